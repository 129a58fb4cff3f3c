#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod encode;
mod file;
mod fingerprint;
mod length_batches;
mod special;
mod streams;
mod tagging;
mod text_error;
mod tokens;
mod translation;
mod unit;
mod vocabulary;
mod vocabulary_builder;
mod white_space;
mod word_tokenizer;

pub use file::VocabularyFileError;
pub use fingerprint::Fingerprint;
pub use length_batches::{BudgetError, LengthBatches};
pub use special::Special;
pub use streams::{
    CrossEntropy, Remainder, StreamBatches, StreamBatchesError, Window, WindowIter, boundary,
};
pub use tagging::{
    Confusion, Confusions, Span, SpanCounts, SpanScore, Tag, TagConstraintError, TagConstraints,
    TagPrefix, TagScheme, TaggingBatch, TaggingExamples, TaggingFileError, TaggingTask,
    TaggingVocabularies, TaggingVocabulariesBuilder, TokenPlace, WordNormalization, WordShape,
    spans,
};
pub use text_error::{TextError, utf8};
pub use tokens::{Token, Tokens};
pub use translation::{
    Bleu, BleuCounts, BleuScore, BleuSmoothing, BleuTokenizer, Chrf, ChrfCounts, ChrfOrder,
    ChrfScore, DroppedPairs, NoReferenceError, NumReferences, PronunciationCounts,
    PronunciationScore, TokenizerFileError, TokenizerTrainingError, TranslationBatch,
    TranslationExamples, TranslationLimits, TranslationTokenizer, TranslationTokenizerConfig,
    TranslationTokenizers, TranslationUnit, edit_distance, replace_unknown,
};
pub use unit::Unit;
pub use vocabulary::{Vocabulary, VocabularyError};
pub use vocabulary_builder::VocabularyBuilder;
pub use word_tokenizer::WordTokenizer;
