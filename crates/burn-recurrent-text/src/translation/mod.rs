//! Sentences of one language and another: tokenisers, examples, batches and scores.

mod bleu;
mod bleu_tokenizer;
mod byte_characters;
mod chrf;
mod joined_words;
mod pronunciation_score;
mod python_text;
mod references;
mod replace_unknown;
mod subwords;
mod translation_batch;
mod translation_examples;
mod translation_tokenizer;
mod translation_tokenizer_config;
mod translation_tokenizer_file;
mod translation_tokenizers;
mod translation_unit;

pub use bleu::{Bleu, BleuCounts, BleuScore, BleuSmoothing};
pub use bleu_tokenizer::BleuTokenizer;
pub use chrf::{Chrf, ChrfCounts, ChrfOrder, ChrfScore};
pub use pronunciation_score::{PronunciationCounts, PronunciationScore, edit_distance};
pub use references::{NoReferenceError, NumReferences};
pub use replace_unknown::replace_unknown;
pub use translation_batch::TranslationBatch;
pub use translation_examples::{DroppedPairs, TranslationExamples, TranslationLimits};
pub use translation_tokenizer::TranslationTokenizer;
pub use translation_tokenizer_config::{TokenizerTrainingError, TranslationTokenizerConfig};
pub use translation_tokenizer_file::TokenizerFileError;
pub use translation_tokenizers::TranslationTokenizers;
pub use translation_unit::TranslationUnit;
