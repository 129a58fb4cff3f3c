//! A small recurrent model with dropout and carried state, and data for it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Dropout, DropoutConfig, Embedding, EmbeddingConfig, Linear, LinearConfig};
use burn::tensor::activation::tanh;
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn::train::{InferenceStep, Interrupter, TrainOutput, TrainStep};
use burn_recurrent_train::{
    BatchIterator, Batches, CarriedState, Progress, RecipeConfig, RunDirectory, TokenLoss,
    TrainError, Training, TrainingConfig, TrainingOutcome, seeded_init,
};
use serde::{Deserialize, Serialize};

pub(crate) const VOCABULARY: usize = 7;
pub(crate) const D_HIDDEN: usize = 8;
pub(crate) const LANES: usize = 3;
pub(crate) const WINDOW: usize = 4;

/// Flex has one random generator for the whole process, so no two tests may train at once.
pub(crate) fn one_at_a_time() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An Elman network over tokens, with the hidden state carried from window to window.
#[derive(Module, Debug)]
pub(crate) struct Toy {
    embedding: Embedding,
    recurrent: Linear,
    output: Linear,
    dropout: Dropout,
    #[module(skip)]
    hidden: Arc<Mutex<Option<Tensor<2>>>>,
    /// Multiplies the loss, to make it go wrong on purpose.
    #[module(skip)]
    pub(crate) scale: f64,
}

impl Toy {
    pub(crate) fn new(seed: u64, device: &Device) -> Self {
        seeded_init(seed, device, |device| Self {
            embedding: EmbeddingConfig::new(VOCABULARY, D_HIDDEN).init(device),
            recurrent: LinearConfig::new(2 * D_HIDDEN, D_HIDDEN).init(device),
            output: LinearConfig::new(D_HIDDEN, VOCABULARY).init(device),
            dropout: DropoutConfig::new(0.3).init(),
            hidden: Arc::default(),
            scale: 1.0,
        })
    }

    fn loss(&self, window: &Window) -> (Tensor<1>, usize) {
        let device = self.output.weight.val().device();
        let tokens = Tensor::<2, Int>::from_data(TensorData::from(window.tokens), &device);
        let embedded = self.dropout.forward(self.embedding.forward(tokens.clone()));
        let mut slot = self.hidden.lock().unwrap();
        let mut hidden = match slot.take() {
            Some(hidden) => hidden,
            None => Tensor::zeros([LANES, D_HIDDEN], &device),
        };
        let mut logits = Vec::new();
        for time in 0..WINDOW {
            let input = embedded.clone().narrow(1, time, 1).squeeze_dim::<2>(1);
            hidden = tanh(self.recurrent.forward(Tensor::cat(vec![input, hidden], 1)));
            logits.push(self.output.forward(self.dropout.forward(hidden.clone())));
        }
        *slot = Some(hidden.detach());
        let logits = Tensor::stack::<3>(logits, 1).reshape([LANES * WINDOW, VOCABULARY]);
        let targets = tokens.narrow(1, 1, WINDOW).reshape([LANES * WINDOW]);
        let mean = CrossEntropyLossConfig::new()
            .init(&device)
            .forward(logits, targets);
        (mean.mul_scalar(self.scale), LANES * WINDOW)
    }
}

/// `WINDOW` inputs of each lane and the token after them.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    pub(crate) tokens: [[i64; WINDOW + 1]; LANES],
}

impl TrainStep for Toy {
    type Input = Window;
    type Output = TokenLoss;

    fn step(&self, window: Window) -> TrainOutput<TokenLoss> {
        let (mean, tokens) = self.loss(&window);
        let sum = mean.clone().mul_scalar(tokens as f64);
        TrainOutput::new(self, mean.backward(), TokenLoss::new(sum, tokens))
    }
}

impl InferenceStep for Toy {
    type Input = Window;
    type Output = TokenLoss;

    fn step(&self, window: Window) -> TokenLoss {
        let (mean, tokens) = self.loss(&window);
        TokenLoss::new(mean.mul_scalar(tokens as f64), tokens)
    }
}

impl CarriedState for Toy {
    fn reset_carried(&self) {
        *self.hidden.lock().unwrap() = None;
    }

    fn carried(&self) -> Vec<TensorData> {
        let hidden = self.hidden.lock().unwrap();
        hidden
            .iter()
            .map(|hidden| hidden.clone().into_data())
            .collect()
    }

    fn set_carried(&self, state: Vec<TensorData>, device: &Device) {
        *self.hidden.lock().unwrap() = state
            .into_iter()
            .next()
            .map(|data| Tensor::from_data(data, device));
    }
}

/// A stream of tokens that a recurrent model can learn, cut into `count` windows.
pub(crate) fn windows(count: usize, offset: usize) -> Vec<Window> {
    let token = |lane: usize, time: usize| {
        let time = time + offset + 5 * lane;
        ((time * time + time / 3) % VOCABULARY) as i64
    };
    (0..count)
        .map(|number| Window {
            tokens: std::array::from_fn(|lane| {
                std::array::from_fn(|time| token(lane, number * WINDOW + time))
            }),
        })
        .collect()
}

/// What happens when the given number of batches has been asked for.
#[derive(Clone)]
pub(crate) enum Trouble {
    /// A polite stop, as by Ctrl-C.
    Stop(Interrupter),
    /// The process dies, as far as one can within a process.
    Die,
    /// The source fails.
    Fail,
}

/// Batches that make trouble once.
pub(crate) struct Troubled {
    pub(crate) windows: Vec<Window>,
    pub(crate) after: usize,
    pub(crate) trouble: Trouble,
    pub(crate) asked: Arc<AtomicUsize>,
}

impl Batches for Troubled {
    type Batch = Window;

    fn num_batches(&self, _epoch: usize) -> usize {
        self.windows.len()
    }

    fn batches<'a>(
        &'a self,
        _epoch: usize,
        first: usize,
        _device: &Device,
    ) -> BatchIterator<'a, Window> {
        Box::new(self.windows.iter().skip(first).map(|window| {
            if self.asked.fetch_add(1, Ordering::Relaxed) == self.after {
                match &self.trouble {
                    Trouble::Stop(interrupter) => interrupter.stop(Some("test")),
                    Trouble::Die => std::panic::panic_any("killed by the test"),
                    Trouble::Fail => return Err("the disk is gone".into()),
                }
            }
            Ok(window.clone())
        }))
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) training: TrainingConfig,
}

impl RecipeConfig for Config {}

pub(crate) fn config(text: &str) -> Config {
    toml::from_str(&format!("[training]\n{text}")).unwrap()
}

pub(crate) fn train(
    run: &RunDirectory,
    config: &Config,
    batches: impl Batches<Batch = Window>,
    interrupter: Interrupter,
) -> Result<TrainingOutcome<Toy>, TrainError> {
    let model = Toy::new(config.training.seed, &Device::flex().autodiff());
    Training::new(run, &config.training, model, batches, windows(3, 1000))
        .with_progress(Progress::Quiet)
        .with_interrupter(interrupter)
        .launch()
}

/// All weights, as bits.
pub(crate) fn bits(model: &Toy) -> Vec<u32> {
    let record = |tensor: TensorData| -> Vec<u32> {
        tensor
            .try_to_vec::<f32>()
            .unwrap()
            .into_iter()
            .map(f32::to_bits)
            .collect()
    };
    let mut all = record(model.embedding.weight.val().into_data());
    for linear in [&model.recurrent, &model.output] {
        all.extend(record(linear.weight.val().into_data()));
        all.extend(record(linear.bias.as_ref().unwrap().val().into_data()));
    }
    all
}
