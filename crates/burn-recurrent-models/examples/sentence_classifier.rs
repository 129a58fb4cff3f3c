//! Trains a sentence classifier on a task that needs word order, with each way of pooling, and
//! prints how many sentences it has never seen it gets right.
//!
//! ```text
//! cargo run --release -p burn-recurrent-models --features flex --example sentence_classifier
//! ```
//!
//! A sentence is a row of random words with one question word among them; its class is what kind
//! of word follows that one. Which words are there says nothing, only which comes after which.

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent_models::{
    PoolingKind, SequenceClassifierConfig, TaggerInput, TokenEncoderConfig,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Instant;

const WORDS: i64 = 24;
const QUESTION: i64 = 0;
const KINDS: i64 = 3;
const BATCH: usize = 64;
const STEPS: usize = 400;

/// Random sentences of 2 to 12 words and their classes.
fn sentences(count: usize, rng: &mut ChaCha8Rng, device: &Device) -> (TaggerInput, Vec<i64>) {
    let mut rows = Vec::with_capacity(count);
    let mut classes = Vec::with_capacity(count);
    for _ in 0..count {
        let length = rng.random_range(2..=12);
        let mut words: Vec<i64> = (0..length).map(|_| rng.random_range(1..WORDS)).collect();
        let place = rng.random_range(0..length - 1);
        words[place] = QUESTION;
        classes.push(words[place + 1] % KINDS);
        rows.push(words);
    }
    let lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
    let time = lengths.iter().copied().max().unwrap_or(0);
    rows.iter_mut().for_each(|row| row.resize(time, 0));
    let words = TensorData::new(rows.concat(), [count, time]);
    let words = Tensor::<2, Int>::from_data(words, device);
    (TaggerInput::new(words, lengths), classes)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::flex();
    for pooling in [
        PoolingKind::Last {},
        PoolingKind::Mean {},
        PoolingKind::Max {},
        PoolingKind::Attention { d_attention: 16 },
    ] {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let training = device.clone().autodiff();
        training.seed(1);
        let encoder = TokenEncoderConfig::new(WORDS as usize, 16, 24);
        let mut classifier = SequenceClassifierConfig::new(encoder, KINDS as usize)
            .with_pooling(pooling.clone())
            .init(&training)?;
        let mut optimizer = AdamConfig::new().init();
        let start = Instant::now();
        for _ in 0..STEPS {
            let (input, classes) = sentences(BATCH, &mut rng, &training);
            let targets = Tensor::<1, Int>::from_data(classes.as_slice(), &training);
            let gradients = classifier.nats(&input, targets).mean().backward();
            let gradients = GradientsParams::from_grads(gradients, &classifier);
            classifier = optimizer.step(0.005, classifier, gradients);
        }
        let (input, classes) = sentences(1000, &mut rng, &device);
        let found = classifier.valid().classify(&input);
        let right = found.iter().zip(&classes);
        let right = right.filter(|(found, class)| **found as i64 == **class);
        println!(
            "{pooling:?}: {:.1}% of 1000 sentences right after {:.1} s of training",
            right.count() as f64 / 10.0,
            start.elapsed().as_secs_f64(),
        );
    }
    Ok(())
}
