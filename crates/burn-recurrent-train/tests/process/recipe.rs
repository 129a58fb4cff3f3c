//! The smallest recipe, as a program: what the parent process starts, stops, kills and feeds nonsense.

use std::process::ExitCode;
use std::time::Duration;

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Dropout, DropoutConfig, Embedding, EmbeddingConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn::train::{InferenceStep, TrainOutput, TrainStep};
use burn_recurrent_train::{
    BatchIterator, Batches, CarriedState, EvaluateArgs, InvalidValue, Recipe, RecipeConfig, Report,
    RunResult, TokenLoss, TrainArgs, Training, TrainingConfig, default_device, evaluate, main_exit,
    print_json, seeded_init,
};
use clap::{Parser, Subcommand};
use serde::{Deserialize, Serialize};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(TrainArgs),
    Evaluate(EvaluateArgs),
    Panic,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    vocabulary: usize,
    /// How long a step takes, so that there is time to interrupt it.
    step_milliseconds: u64,
    training: TrainingConfig,
}

impl RecipeConfig for Config {
    fn validate(&self) -> Result<(), InvalidValue> {
        self.training
            .validate()
            .map_err(|error| error.within("training"))
    }
}

const RECIPE: Recipe = Recipe {
    name: "bigram",
    configs: &[(
        "sample",
        r#"
            vocabulary = 5
            step_milliseconds = 0
            [training]
            epochs = 4
            learning_rate = 0.1
            optimizer = { kind = "adam" }
            clip = { global_norm = 1.0 }
            checkpoint = { every_steps = 3 }
        "#,
    )],
};

#[derive(Module, Debug)]
struct Bigram {
    logits: Embedding,
    dropout: Dropout,
}

impl Bigram {
    fn new(config: &Config, device: &Device) -> Self {
        seeded_init(config.training.seed, device, |device| Self {
            logits: EmbeddingConfig::new(config.vocabulary, config.vocabulary).init(device),
            dropout: DropoutConfig::new(0.2).init(),
        })
    }

    fn mean_loss(&self, tokens: &[i64]) -> Tensor<1> {
        let device = self.logits.weight.val().device();
        let tokens = Tensor::<1, Int>::from_data(TensorData::from(tokens), &device);
        let count = tokens.dims()[0] - 1;
        let input = tokens.clone().narrow(0, 0, count).unsqueeze::<2>();
        let logits = self
            .dropout
            .forward(self.logits.forward(input))
            .squeeze_dim::<2>(0);
        let loss = CrossEntropyLossConfig::new().init(&device);
        loss.forward(logits, tokens.narrow(0, 1, count))
    }
}

impl TrainStep for Bigram {
    type Input = Vec<i64>;
    type Output = TokenLoss;

    fn step(&self, tokens: Vec<i64>) -> TrainOutput<TokenLoss> {
        let mean = self.mean_loss(&tokens);
        let count = tokens.len() - 1;
        let loss = TokenLoss::new(mean.clone() * count as f64, count);
        TrainOutput::new(self, mean.backward(), loss)
    }
}

impl InferenceStep for Bigram {
    type Input = Vec<i64>;
    type Output = TokenLoss;

    fn step(&self, tokens: Vec<i64>) -> TokenLoss {
        let count = tokens.len() - 1;
        TokenLoss::new(self.mean_loss(&tokens) * count as f64, count)
    }
}

impl CarriedState for Bigram {}

/// Sentences that take their time.
struct Sentences {
    pause: Duration,
}

impl Batches for Sentences {
    type Batch = Vec<i64>;

    fn num_batches(&self, _epoch: usize) -> usize {
        20
    }

    fn batches<'a>(
        &'a self,
        epoch: usize,
        first: usize,
        _device: &Device,
    ) -> BatchIterator<'a, Vec<i64>> {
        Box::new((first..20).map(move |number| {
            std::thread::sleep(self.pause);
            Ok((0..8)
                .map(|place| ((number + epoch + place * place) % 5) as i64)
                .collect())
        }))
    }
}

pub(crate) fn main() -> ExitCode {
    main_exit(|| match Cli::parse().command {
        Command::Train(args) => train(&args),
        Command::Evaluate(args) => score(&args),
        Command::Panic => panic!("one is not two"),
    })
}

fn test_set() -> Vec<Vec<i64>> {
    vec![vec![0, 1, 4, 4, 1], vec![2, 3, 1, 1]]
}

fn train(args: &TrainArgs) -> Result<(), Report> {
    let config: Config = args.config(&RECIPE)?;
    let device = default_device()?;
    let run = args.run_directory(&RECIPE, &config)?;
    let model = Bigram::new(&config, &device);
    let sentences = Sentences {
        pause: Duration::from_millis(config.step_milliseconds),
    };
    let outcome = Training::new(&run, &config.training, model, sentences, test_set())
        .with_progress(args.progress())
        .launch()?;
    run.save_model(&outcome.model)?;
    let result = RunResult::new(RECIPE.name, config.training.seed, &device)
        .with_training(&outcome)
        .with_metric(
            "test_perplexity",
            evaluate(&outcome.model, &test_set())?.perplexity(),
        );
    run.write_json("result.json", &result)?;
    if args.json {
        print_json(&result)?;
    }
    Ok(())
}

fn score(args: &EvaluateArgs) -> Result<(), Report> {
    let run = args.run_directory(&RECIPE)?;
    let config: Config = run.config()?;
    let device = default_device()?;
    let model = run.load_model(Bigram::new(&config, &device))?;
    let sum = evaluate(&model, &test_set())?;
    print_json(&serde_json::json!({ "test_perplexity": sum.perplexity() }))
}
