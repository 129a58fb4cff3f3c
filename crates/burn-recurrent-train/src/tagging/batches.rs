//! The batches of sentences with labels.

use std::sync::Arc;

use burn_recurrent_text::{BudgetError, TaggingExamples};

use crate::sentences::{self, BatchesConfig};

/// The batches of the training split: other neighbours in every epoch.
pub type TrainBatches = sentences::SentenceTrainBatches<TaggingExamples>;

/// The batches of a split to compute its loss, the same in every epoch.
pub type LossBatches = sentences::SentenceLossBatches<TaggingExamples>;

/// The batches of the sentences that have a loss: one with a label that training never saw has none and is left out; where
/// what is predicted is compared with the labels, it counts.
pub(super) fn loss_batches(
    examples: &Arc<TaggingExamples>,
    config: &BatchesConfig,
) -> Result<LossBatches, BudgetError> {
    let known = (0..examples.len()).filter(|sentence| {
        let targets = examples.targets(*sentence);
        !targets.contains(&TaggingExamples::UNKNOWN_LABEL)
    });
    LossBatches::of(examples, known.collect(), config)
}
