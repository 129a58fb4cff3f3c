//! What clipping is for: the same recurrent network, whose gradients explode, trained with the norm of its gradients
//! clipped (Pascanu et al. 2013) and without.
//!
//! ```sh
//! cargo run --release -p burn-recurrent --features flex --example clipping -- --out docs/gradient-flow
//! ```
//!
//! The network is an Elman network with the rectifier, whose recurrent weights are a little more than the identity, on the adding
//! problem. It draws `clipping.svg`; `docs/gradient-flow.md` says what there is to see, and how its other picture is made.

#[path = "gradient-flow/adding.rs"]
mod adding;
#[path = "gradient-flow/clip.rs"]
mod clip;
#[path = "gradient-flow/model.rs"]
mod model;
#[path = "gradient-flow/panel.rs"]
mod panel;

use adding::{BASELINE, Sequences};
use burn::optim::{AdamConfig, GradientsParams, SgdConfig};
use burn::tensor::Device;
use burn_recurrent::{RecurrentInitializer, RnnActivation, RnnCellConfig};
use clap::{Parser, ValueEnum};
use model::Adder;
use panel::{Entry, Line, Panel};
use plotters::style::RGBColor;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;

#[derive(Debug, Parser)]
#[command(max_term_width = 100)]
struct Args {
    /// The sequences' length
    #[arg(long, default_value_t = 50)]
    length: usize,
    /// What the identity is multiplied with to have the recurrent weights
    #[arg(long, default_value_t = 1.05)]
    scale: f64,
    /// Steps of training
    #[arg(long, default_value_t = 600)]
    steps: usize,
    /// The seed of weights and sequences
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The width of the hidden vector
    #[arg(long, default_value_t = 64)]
    hidden: usize,
    /// Sequences a step
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// What takes the steps
    #[arg(long, value_enum, default_value = "sgd")]
    optimizer: Optimizer,
    /// The learning rate
    #[arg(long, default_value_t = 0.01)]
    learning_rate: f64,
    /// The most that the norm of all gradients together may be, where it is clipped
    #[arg(long, default_value_t = 1.0)]
    clip: f64,
    /// The folder for the picture
    #[arg(long, default_value = "docs/gradient-flow")]
    out: PathBuf,
    /// The picture's name there
    #[arg(long, default_value = "clipping.svg")]
    name: String,
}

/// What takes the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Optimizer {
    /// Plain gradient descent
    Sgd,
    /// Adam (Kingma and Ba 2015)
    Adam,
}

/// One training.
#[derive(Default)]
struct Trained {
    /// The errors of the batches, each before its step.
    errors: Vec<f64>,
    /// The norms of their gradients before clipping.
    norms: Vec<f64>,
}

/// A line has about so many points, each the mean of some steps.
const POINTS: usize = 200;
const CLIPPED: RGBColor = RGBColor(0, 114, 178);
const UNCLIPPED: RGBColor = RGBColor(213, 94, 0);
const GREY: RGBColor = RGBColor(140, 140, 140);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let clipped = train(&args, Some(args.clip));
    let unclipped = train(&args, None);
    for (name, trained) in [("clipped", &clipped), ("not clipped", &unclipped)] {
        println!("{name}: {}", summary(trained));
    }
    let trainings = [(&unclipped, UNCLIPPED), (&clipped, CLIPPED)];
    let lines = |values: fn(&Trained) -> &[f64]| -> Vec<Line> {
        let line = |(trained, colour): &(&Trained, RGBColor)| {
            let values = values(trained).iter().copied();
            Line {
                points: means(&values.collect::<Vec<f64>>()),
                colour: *colour,
                dashed: false,
            }
        };
        trainings.iter().map(line).collect()
    };
    let mut errors = lines(|trained| &trained.errors);
    errors.push(Line {
        points: vec![(0.0, BASELINE), (args.steps as f64, BASELINE)],
        colour: GREY,
        dashed: true,
    });
    let panel = |caption: &str, y, lines| Panel {
        caption: caption.to_string(),
        x: "steps of training",
        y,
        lowest: 1e-6,
        highest: 1e9,
        lines,
    };
    let norms = lines(|trained| &trained.norms);
    let panels = [
        panel("Error of the batches", "mean squared error", errors),
        panel("Gradients before clipping", "norm of all gradients", norms),
    ];
    let legend: [Entry; 4] = [
        (format!("Adding problem, length {}", args.length), None),
        (
            format!("clipped to a norm of {}", args.clip),
            Some((CLIPPED, false)),
        ),
        ("not clipped".to_string(), Some((UNCLIPPED, false))),
        ("always answering 1".to_string(), Some((GREY, true))),
    ];
    std::fs::create_dir_all(&args.out)?;
    let path = args.out.join(&args.name);
    std::fs::write(&path, panel::draw(&panels, &legend)?)?;
    eprintln!("{}", path.display());
    Ok(())
}

/// Trains until the steps are done or a number is not finite any more. Both trainings begin with the same weights and see the
/// same sequences.
fn train(args: &Args, limit: Option<f64>) -> Trained {
    let device = Device::flex().autodiff();
    device.seed(args.seed);
    let mut rng = ChaCha8Rng::seed_from_u64(args.seed);
    let initializer = RecurrentInitializer::Identity { scale: args.scale };
    let cell = RnnCellConfig::new(2, args.hidden)
        .with_activation(RnnActivation::Relu)
        .with_initializer(initializer)
        .init(&device);
    let mut model = Adder::new(cell, &device);
    let mut optimizer = match args.optimizer {
        Optimizer::Sgd => SgdConfig::new().init(),
        Optimizer::Adam => AdamConfig::new().init(),
    };
    let mut trained = Trained::default();
    for step in 0..args.steps {
        let sequences = Sequences::draw(args.batch, args.length, &mut rng, &device);
        let error = model.error(&sequences);
        let gradients = error.backward();
        let error = error.into_scalar::<f64>();
        let mut gradients = GradientsParams::from_grads(gradients, &model);
        let norm = clip::clip(&model, &mut gradients, limit);
        trained.errors.push(error);
        trained.norms.push(norm);
        if step % 100 == 0 {
            eprintln!(
                "clipping {limit:?}: step {step}, error {error:.4}, norm of the gradients {norm:.3}"
            );
        }
        if !error.is_finite() || !norm.is_finite() {
            break;
        }
        model = optimizer.step(args.learning_rate, model, gradients);
    }
    trained
}

/// The means of some values at a time, and the step that each begins with.
fn means(values: &[f64]) -> Vec<(f64, f64)> {
    let together = values.len().div_ceil(POINTS).max(1);
    let chunks = values.chunks(together).enumerate();
    chunks
        .map(|(number, chunk)| {
            let mean = chunk.iter().sum::<f64>() / chunk.len() as f64;
            ((number * together) as f64, mean)
        })
        .collect()
}

/// The mean of the last hundred errors, or where they ended.
fn summary(trained: &Trained) -> String {
    let (errors, steps) = (&trained.errors, trained.errors.len());
    let largest = trained.norms.iter().copied().fold(0.0, f64::max);
    match errors.last() {
        Some(error) if error.is_finite() => {
            let last = &errors[steps.saturating_sub(100)..];
            let mean = last.iter().sum::<f64>() / last.len() as f64;
            format!(
                "error {mean:.4} over the last {} of {steps} steps, largest norm {largest:.3}",
                last.len()
            )
        }
        _ => format!("not a number after {steps} steps, largest norm {largest:.3}"),
    }
}
