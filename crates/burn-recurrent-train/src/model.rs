//! The interface of a model that is trained here.

use burn::tensor::{Device, TensorData};
use burn::train::{InferenceStep, LearnerModel, TrainStep};

use crate::{InvalidValue, TokenLoss};

/// State that a model carries from one batch to the next, as in truncated back-propagation through time.
///
/// A model without such state implements the trait with an empty body. A model with it keeps it behind interior
/// mutability in a field that Burn skips (`#[module(skip)]`), because a step gets the model by shared reference.
pub trait CarriedState {
    /// Forgets the state: called where an epoch begins and where validation begins.
    fn reset_carried(&self) {}

    /// The state, to be written to a checkpoint.
    fn carried(&self) -> Vec<TensorData> {
        Vec::new()
    }

    /// Takes back what [`carried`](Self::carried) gave; `device` is where the model's parameters are.
    fn set_carried(&self, state: Vec<TensorData>, device: &Device) {
        let _ = (state, device);
    }

    /// Whether a checkpoint's state is one that the batches go on from; asked before [`set_carried`](Self::set_carried).
    ///
    /// # Errors
    ///
    /// Names the key of the config that is not what it was when the checkpoint was made.
    fn check_carried(&self, state: &[TensorData], device: &Device) -> Result<(), InvalidValue> {
        let _ = (state, device);
        Ok(())
    }
}

/// A model that [`Training`](crate::Training) can train: a burn-train learner whose steps return a [`TokenLoss`].
///
/// Implemented for every type that fits; never by hand.
pub trait RecurrentLearner:
    LearnerModel + TrainStep<Output = TokenLoss> + InferenceStep<Output = TokenLoss> + CarriedState
{
}

impl<M> RecurrentLearner for M where
    M: LearnerModel
        + TrainStep<Output = TokenLoss>
        + InferenceStep<Output = TokenLoss>
        + CarriedState
{
}
