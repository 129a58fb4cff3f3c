//! A language model as burn-train trains it: window by window, the state carried along.

use std::sync::{Arc, Mutex, PoisonError};

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn::train::{InferenceStep, TrainOutput, TrainStep};
use burn_recurrent_models::NeuralLanguageModel;
use burn_recurrent_text::Window;

use super::batches_config::{BatchesConfig, LossConfig};
use crate::{CarriedState, InvalidValue, TokenLoss};

/// A model, and the state that it carries from one window to the next.
#[derive(Module, Debug)]
pub struct Learner<M: NeuralLanguageModel> {
    /// The model.
    pub model: M,
    #[module(skip)]
    loss: LossConfig,
    /// How many stretches of text are trained on side by side, where that is known.
    #[module(skip)]
    lanes: Option<usize>,
    #[module(skip)]
    carried: Carried<M::State>,
}

/// Shared by all clones of a learner: burn-train clones it at every step.
#[derive(Debug)]
struct Carried<S>(Arc<Mutex<Option<S>>>);

impl<S> Clone for Carried<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Clone> Carried<S> {
    fn get(&self) -> Option<S> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, state: Option<S>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

impl<M: NeuralLanguageModel> Learner<M> {
    /// A learner of this model, which carries nothing yet. Its gradient is of the mean over the tokens of a batch.
    pub fn new(model: M) -> Self {
        Self {
            model,
            loss: LossConfig::default(),
            lanes: None,
            carried: Carried(Arc::new(Mutex::new(None))),
        }
    }

    /// A learner for these batches: it has their loss, and a checkpoint of a run with another number of lanes is refused.
    pub fn with_batches(self, batches: &BatchesConfig) -> Self {
        let lanes = Some(batches.lanes);
        let loss = batches.loss;
        Self { lanes, ..self }.with_loss(loss)
    }

    /// Sets what the gradient is of.
    pub fn with_loss(mut self, loss: LossConfig) -> Self {
        self.loss = loss;
        self
    }

    /// The summed nats of a window's predictions; the state goes on to the next window.
    fn nats(&self, window: &Window) -> Tensor<1> {
        let device = self.model.devices().swap_remove(0);
        let tensor = |tokens: &[u32]| {
            let tokens: Vec<i64> = tokens.iter().map(|token| i64::from(*token)).collect();
            Tensor::<2, Int>::from_data(
                TensorData::new(tokens, [window.lanes, window.time]),
                &device,
            )
        };
        let (inputs, targets) = (tensor(&window.inputs), tensor(&window.targets));
        let (nats, state) = self.model.nats(inputs, targets, self.carried.get());
        self.carried.set(Some(M::detach(state)));
        let nats = match window.predictions() == window.lanes * window.time {
            true => nats,
            false => nats * predicted(window, &device),
        };
        nats.sum()
    }
}

/// One for every prediction of a window and zero for what only fills it, `[lanes * time]`.
fn predicted(window: &Window, device: &Device) -> Tensor<1> {
    let mask: Vec<f32> = window
        .lengths
        .iter()
        .flat_map(|length| (0..window.time).map(move |t| if t < *length { 1.0 } else { 0.0 }))
        .collect();
    Tensor::from_data(mask.as_slice(), device)
}

impl<M: NeuralLanguageModel> TrainStep for Learner<M> {
    type Input = Window;
    type Output = TokenLoss;

    fn step(&self, window: Window) -> TrainOutput<TokenLoss> {
        let tokens = window.predictions();
        let nats = self.nats(&window);
        let scale = match self.loss {
            LossConfig::PerToken => tokens,
            LossConfig::PerLane => window.lanes,
        };
        let gradients = (nats.clone() / scale.max(1) as f64).backward();
        TrainOutput::new(self, gradients, TokenLoss::new(nats, tokens))
    }
}

impl<M: NeuralLanguageModel> InferenceStep for Learner<M> {
    type Input = Window;
    type Output = TokenLoss;

    fn step(&self, window: Window) -> TokenLoss {
        TokenLoss::new(self.nats(&window), window.predictions())
    }
}

impl<M: NeuralLanguageModel> CarriedState for Learner<M> {
    fn reset_carried(&self) {
        self.carried.set(None);
    }

    fn carried(&self) -> Vec<TensorData> {
        let state = self.carried.get();
        state.map_or_else(Vec::new, |state| M::state_to_data(&state))
    }

    fn set_carried(&self, state: Vec<TensorData>, device: &Device) {
        if state.is_empty() {
            return self.carried.set(None);
        }
        // The checkpoint's checksums held, so it was written by another model.
        let state = M::state_from_data(state, device)
            .expect("the checkpoint's carried state is not one of this kind of model");
        self.carried.set(Some(state));
    }

    fn check_carried(&self, state: &[TensorData], device: &Device) -> Result<(), InvalidValue> {
        if state.is_empty() {
            return Ok(());
        }
        let Some(state) = M::state_from_data(state.to_vec(), device) else {
            let message = "is of another kind than when the run began: its state is not one of this kind of model";
            return Err(InvalidValue::new("model", message));
        };
        match (M::state_rows(&state), self.lanes) {
            (Some(rows), Some(lanes)) if rows != lanes => Err(InvalidValue::new(
                "batches.lanes",
                format!("is {lanes} and was {rows} when the run began"),
            )),
            _ => Ok(()),
        }
    }
}
