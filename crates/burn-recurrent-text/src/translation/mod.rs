//! Sentences of one language and another: tokenisers, examples, batches and scores.

mod bleu;
mod bleu_tokenizer;
mod chrf;
mod pronunciation_score;
mod python_text;
mod references;
mod replace_unknown;

pub use bleu::{Bleu, BleuCounts, BleuScore, BleuSmoothing};
pub use bleu_tokenizer::BleuTokenizer;
pub use chrf::{Chrf, ChrfCounts, ChrfOrder, ChrfScore};
pub use pronunciation_score::{PronunciationCounts, PronunciationScore, edit_distance};
pub use references::{NoReferenceError, NumReferences};
pub use replace_unknown::replace_unknown;
