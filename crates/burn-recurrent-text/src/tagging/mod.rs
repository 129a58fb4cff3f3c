//! Sentences whose words have labels: vocabularies, examples, batches, label schemes and their scores.

mod confusions;
mod span;
mod span_score;
mod tag;
mod tag_constraints;
mod tag_scheme;
mod tagging_batch;
mod tagging_examples;
mod tagging_task;
mod tagging_vocabularies;
mod tagging_vocabularies_builder;
mod word_normalization;
mod word_shape;

pub use confusions::{Confusion, Confusions, TokenPlace};
pub use span::{Span, spans};
pub use span_score::{SpanCounts, SpanScore};
pub use tag::{Tag, TagPrefix};
pub use tag_constraints::{TagConstraintError, TagConstraints};
pub use tag_scheme::TagScheme;
pub use tagging_batch::TaggingBatch;
pub use tagging_examples::TaggingExamples;
pub use tagging_task::TaggingTask;
pub use tagging_vocabularies::{TaggingFileError, TaggingVocabularies};
pub use tagging_vocabularies_builder::TaggingVocabulariesBuilder;
pub use word_normalization::WordNormalization;
pub use word_shape::WordShape;
