//! The loss of a model on a data set.

use burn::tensor::Device;
use burn::train::InferenceStep;

use super::error::TrainError;
use crate::batches::Batches;
use crate::{LossSum, RecurrentLearner, TokenLoss};

/// The summed loss of `model`, without dropout and gradients, on the batches of epoch 1.
///
/// Carried state is forgotten before the first batch and after the last.
///
/// # Errors
///
/// When a batch cannot be made.
pub fn evaluate<M, B>(model: &M, batches: &B) -> Result<LossSum, TrainError>
where
    M: RecurrentLearner,
    B: Batches<Batch = <M as InferenceStep>::Input> + ?Sized,
{
    let model = model.clone().valid();
    let device = model.devices().into_iter().next().unwrap_or_default();
    let sum = sum_losses(&model, batches, "evaluation", 1, &device.inner(), |_, _| {
        true
    })?;
    // Always there, because the callback never says to stop.
    Ok(sum.unwrap_or_default())
}

/// Sums the losses of an epoch's batches. `each` gets each batch's number, from 1, and its loss, and says whether to go
/// on; where it does not, there is no sum. However it ends, nothing is carried afterwards: clones of a model share what
/// they carry, and a checkpoint of the one that is trained is not to have what validation left.
pub(super) fn sum_losses<M, B>(
    model: &M,
    batches: &B,
    split: &'static str,
    epoch: usize,
    device: &Device,
    each: impl FnMut(usize, TokenLoss) -> bool,
) -> Result<Option<LossSum>, TrainError>
where
    M: RecurrentLearner,
    B: Batches<Batch = <M as InferenceStep>::Input> + ?Sized,
{
    model.reset_carried();
    let sum = sum_batches(model, batches, split, epoch, device, each);
    model.reset_carried();
    match sum? {
        Some(sum) if sum.tokens == 0 => Err(TrainError::NoBatches { split }),
        sum => Ok(sum),
    }
}

fn sum_batches<M, B>(
    model: &M,
    batches: &B,
    split: &'static str,
    epoch: usize,
    device: &Device,
    mut each: impl FnMut(usize, TokenLoss) -> bool,
) -> Result<Option<LossSum>, TrainError>
where
    M: RecurrentLearner,
    B: Batches<Batch = <M as InferenceStep>::Input> + ?Sized,
{
    let mut sum = LossSum::default();
    for (number, batch) in batches.batches(epoch, 0, device).enumerate() {
        let batch = batch.map_err(|source| TrainError::Batch {
            split,
            epoch,
            step: number + 1,
            source,
        })?;
        let loss = InferenceStep::step(model, batch);
        sum.add(loss.read());
        if !each(number + 1, loss) {
            return Ok(None);
        }
    }
    Ok(Some(sum))
}
