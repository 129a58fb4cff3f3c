//! Times the fused decoder with attention and input feeding, forward and backward, at the sizes of a translation
//! model; `attention_decoder.py` beside it times the same steps in PyTorch.
//!
//! ```sh
//! cargo run --release -p burn-recurrent-kernels --features flex --example attention_decoder -- gru additive 80 2
//! ```
//!
//! Arguments are the cell (`gru`, `lstm`), the score (`additive`, `dot`), the batch and the number of threads.
//! Words have 256 numbers and all else 512; sources and targets have 8 to 24 words, of about the same length in a
//! batch. Printed is the median over twelve batches, after three that are not counted, in words of the target a
//! second.

use burn::tensor::{Device, Distribution, Tensor};
use burn_recurrent_kernels::{
    AttentionDecoderState, AttentionDecoderWeights, AttentionScore, AttentionSource, KernelCell,
    attention_decoder,
};
use std::time::Instant;

const D_EMBEDDED: usize = 256;
const WIDTH: usize = 512;

fn weights(cell: KernelCell, additive: bool, device: &Device) -> AttentionDecoderWeights {
    let make = |shape: [usize; 2]| {
        let scale = 1.0 / (shape[0] as f64).sqrt();
        Tensor::<2>::random(shape, Distribution::Uniform(-scale, scale), device).require_grad()
    };
    let zeros = |width: usize| Tensor::<1>::zeros([width], device).require_grad();
    let columns = cell.gates() * WIDTH;
    let score = if additive {
        AttentionScore::Additive {
            w_query: make([WIDTH, WIDTH]),
            energy: Tensor::random([WIDTH], Distribution::Uniform(-0.05, 0.05), device)
                .require_grad(),
        }
    } else {
        AttentionScore::Dot
    };
    AttentionDecoderWeights {
        w_ih: make([D_EMBEDDED + WIDTH, columns]),
        w_hh: make([WIDTH, columns]),
        bias: zeros(columns),
        bias_candidate: (cell == KernelCell::GruResetAfter).then(|| zeros(WIDTH)),
        score,
        w_attended: make([2 * WIDTH, WIDTH]),
        b_attended: zeros(WIDTH),
    }
}

/// Seconds of a forward and a backward pass over a batch whose sources have `lengths` words, and whose targets are
/// one word shorter.
fn run(
    cell: KernelCell,
    weights: &AttentionDecoderWeights,
    lengths: &[usize],
    device: &Device,
) -> f64 {
    let source = lengths.iter().copied().max().unwrap_or(1);
    let batch = lengths.len();
    let random = |shape: [usize; 3]| {
        Tensor::<3>::random(shape, Distribution::Normal(0.0, 0.5), device).require_grad()
    };
    let embedded = random([batch, source - 1, D_EMBEDDED]);
    let (keys, values) = (
        random([batch, source, WIDTH]),
        random([batch, source, WIDTH]),
    );
    let hidden = random([1, batch, WIDTH]).reshape([batch, WIDTH]);
    let started = Instant::now();
    let output = attention_decoder(
        cell,
        embedded.clone(),
        weights.clone(),
        AttentionSource {
            keys,
            values,
            lengths,
        },
        AttentionDecoderState {
            hidden,
            cell: None,
            fed: None,
        },
    );
    let attended = output.attended;
    let gradients = (attended.clone() * attended).mean().backward();
    let seconds = started.elapsed().as_secs_f64();
    assert!(embedded.grad(&gradients).is_some());
    seconds
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |i: usize, default| arguments.get(i).map_or(default, String::as_str);
    let cell = match argument(0, "gru") {
        "gru" => KernelCell::GruResetAfter,
        "lstm" => KernelCell::Lstm,
        other => panic!("{other}: gru or lstm"),
    };
    let additive = match argument(1, "additive") {
        "additive" => true,
        "dot" => false,
        other => panic!("{other}: additive or dot"),
    };
    let number = |i, default| -> usize {
        let text = argument(i, default);
        text.parse().unwrap_or_else(|_| panic!("{text}: a number"))
    };
    let (batch, threads) = (number(2, "80"), number(3, "2"));
    burn_recurrent_kernels::set_threads(threads);
    let device = Device::flex().autodiff();
    let weights = weights(cell, additive, &device);
    let mut rates = Vec::new();
    for step in 0..15 {
        let centre: usize = 8 + step * 7 % 15;
        let lengths: Vec<usize> = (0..batch)
            .map(|row| 8.max(centre - 1) + row * 7 % (centre + 3 - 8.max(centre - 1)))
            .collect();
        let words: usize = lengths.iter().map(|length| length - 1).sum();
        let seconds = run(cell, &weights, &lengths, &device);
        if step >= 3 {
            rates.push(words as f64 / seconds);
        }
    }
    rates.sort_by(f64::total_cmp);
    let median = (rates[5] + rates[6]) / 2.0;
    println!("{cell:?}, {threads} threads: {median:.0} words of the target a second");
}
