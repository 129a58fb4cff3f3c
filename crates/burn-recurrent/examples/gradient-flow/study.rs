//! One architecture: how its gradients flow before and after training, and what it learns.

use crate::adding::{BASELINE, Sequences};
use crate::architecture::Architecture;
use crate::clip::clip;
use crate::flow::{mean_norm, state_gradients};
use crate::model::Adder;
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use burn_recurrent::{Cell, RecurrentInitializer};
use clap::{Args, ValueEnum};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::time::Instant;

/// Below this mean squared error on sequences that it has not seen, a model is said to have learnt to add: it is off by a tenth.
pub const LEARNT: f64 = 0.01;
/// Below this there is nothing left to see, and training ends.
const ENOUGH: f64 = 0.001;
/// Sequences to measure the error on.
const UNSEEN: usize = 1000;
/// Sequences to take the mean of gradients over.
const MEASURED: usize = 32;

/// How models are drawn and trained.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// The most steps of training
    #[arg(long, default_value_t = 10_000)]
    pub steps: usize,
    /// The seed of weights and sequences
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The width of the hidden vector
    #[arg(long, default_value_t = 64)]
    pub hidden: usize,
    /// Sequences a step
    #[arg(long, default_value_t = 32)]
    pub batch: usize,
    /// Adam's
    #[arg(long, default_value_t = 0.003)]
    pub learning_rate: f64,
    /// The most that the norm of all gradients together may be
    #[arg(long, default_value_t = 1.0)]
    pub clip: f64,
    /// How weights are drawn, but those of the network with identity weights
    #[arg(long, value_enum, default_value = "orthogonal")]
    pub weights: Weights,
    /// Steps from one measuring of the error to the next
    #[arg(long, default_value_t = 100)]
    pub every: usize,
}

/// How weights are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Weights {
    /// Orthogonal recurrent weights, Xavier's for the input
    Orthogonal,
    /// PyTorch's: uniform within one over the root of the hidden vector's width
    Torch,
}

impl Settings {
    /// How weights are drawn.
    pub fn initializer(&self) -> RecurrentInitializer {
        match self.weights {
            Weights::Orthogonal => RecurrentInitializer::Orthogonal {},
            Weights::Torch => RecurrentInitializer::Torch {},
        }
    }
}

/// The mean norms of the loss's gradients: `[part][distance from the end]`, the hidden vectors first, then the memory cells.
pub type Flow = Vec<Vec<f64>>;

/// What was measured of one architecture.
pub struct Study {
    /// Which one.
    pub architecture: Architecture,
    /// Before training.
    pub before: Flow,
    /// After training.
    pub after: Flow,
    /// Steps and the error after them, on sequences that training has not seen.
    pub errors: Vec<(usize, f64)>,
    /// Seconds of training.
    pub seconds: f64,
}

impl Study {
    /// The last error; not a number where training diverged.
    pub fn error(&self) -> f64 {
        self.errors.last().map_or(f64::NAN, |(_, error)| *error)
    }

    /// After how many steps it had learnt to add, if it did.
    pub fn learnt_after(&self) -> Option<usize> {
        let first = self.errors.iter().find(|(_, error)| *error < LEARNT);
        first.map(|(steps, _)| *steps)
    }
}

/// Measures and trains a model of this cell, which is on a device with automatic differentiation.
pub fn study<C: Cell>(
    architecture: Architecture,
    cell: C,
    length: usize,
    settings: &Settings,
    device: &Device,
) -> Study {
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    let measured = Sequences::draw(MEASURED, length, &mut rng, device);
    let unseen = Sequences::draw(UNSEEN, length, &mut rng, &device.clone().inner());
    let error_of = |model: &Adder<C>| model.valid().error(&unseen).into_scalar::<f64>();

    let mut model = Adder::new(cell, device);
    let before = flow(&model, &measured);
    let mut errors = vec![(0, error_of(&model))];
    let mut optimizer = AdamConfig::new().init();
    let started = Instant::now();
    for step in 1..=settings.steps {
        let sequences = Sequences::draw(settings.batch, length, &mut rng, device);
        let gradients = model.error(&sequences).backward();
        let mut gradients = GradientsParams::from_grads(gradients, &model);
        let norm = clip(&model, &mut gradients, Some(settings.clip));
        model = optimizer.step(settings.learning_rate, model, gradients);
        let last = step == settings.steps || !norm.is_finite();
        if last || step % settings.every == 0 {
            errors.push((step, error_of(&model)));
            let error = errors[errors.len() - 1].1;
            if last || step % (10 * settings.every) == 0 || error < ENOUGH {
                eprintln!(
                    "length {length}, {}: step {step} of {}, error {error:.4} (always 1: {BASELINE:.4}), {:.0} s",
                    architecture.name(),
                    settings.steps,
                    started.elapsed().as_secs_f64(),
                );
            }
            if last || error < ENOUGH {
                break;
            }
        }
    }
    Study {
        architecture,
        before,
        after: flow(&model, &measured),
        errors,
        seconds: started.elapsed().as_secs_f64(),
    }
}

/// The mean over the sequences of the norm of the gradient of a sequence's squared error, for each state of it.
fn flow<C: Cell>(model: &Adder<C>, sequences: &Sequences) -> Flow {
    let cell = &model.recurrent.layers[0].forward;
    // Summed, so that each row has the gradient of its own error.
    let loss = |hidden: Tensor<2>| {
        let answers = model.answer.forward(hidden);
        (answers - sequences.targets.clone()).square().sum()
    };
    let gradients = state_gradients(cell, &sequences.input, loss);
    let mut norms: Flow = vec![Vec::new(); gradients[0].len()];
    for step in gradients.into_iter().rev() {
        for (norms, part) in norms.iter_mut().zip(step) {
            norms.push(mean_norm(part));
        }
    }
    norms
}
