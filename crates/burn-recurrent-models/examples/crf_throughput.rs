//! How long the conditional random field takes for a batch, on the CPU.
//!
//! ```text
//! cargo run --release -p burn-recurrent-models --features flex --example crf_throughput
//! ```

use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use burn_recurrent_models::{LinearChainCrf, LinearChainCrfConfig};
use std::time::Instant;

const BATCH: usize = 32;
const TIME: usize = 25;

/// The shortest of some runs, as microseconds a word.
fn microseconds(mut run: impl FnMut()) -> f64 {
    let times = (0..15).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min) * 1e6 / (BATCH * TIME) as f64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::flex();
    let training = device.clone().autodiff();
    println!("microseconds a word, {BATCH} sentences of {TIME} words");
    println!("labels  viterbi  10 best  marginals  likelihood and gradient  the same as tensors");
    for labels in [5, 17, 23, 45, 60] {
        let crf = LinearChainCrfConfig::new(labels).init(&training)?;
        let emissions = Tensor::<3>::random(
            [BATCH, TIME, labels],
            Distribution::Normal(0.0, 2.0),
            &device,
        );
        let targets: Vec<i64> = (0..BATCH * TIME).map(|i| (i * 7 % labels) as i64).collect();
        let targets = TensorData::new(targets, [BATCH, TIME]);
        let targets = Tensor::<2, Int>::from_data(targets, &training);
        let lengths = vec![TIME; BATCH];
        let tracked = Tensor::from_data(emissions.to_data(), &training).require_grad();
        type Likelihood = fn(&LinearChainCrf, Tensor<3>, Tensor<2, Int>, &[usize]) -> Tensor<1>;
        let train = |likelihood: Likelihood| {
            microseconds(|| {
                let nats = likelihood(&crf, tracked.clone(), targets.clone(), &lengths);
                let gradients = nats.sum().backward();
                let _ = tracked.grad(&gradients).map(Tensor::into_data);
            })
        };
        println!(
            "{labels:6} {:8.2} {:8.2} {:10.2} {:24.2} {:20.2}",
            microseconds(|| drop(crf.viterbi(emissions.clone(), &lengths))),
            microseconds(|| drop(crf.k_best(emissions.clone(), &lengths, 10))),
            microseconds(|| drop(crf.marginals(emissions.clone(), &lengths))),
            train(LinearChainCrf::negative_log_likelihood),
            train(LinearChainCrf::negative_log_likelihood_on_device),
        );
    }
    Ok(())
}
