//! Times a recurrent module on the CPU; `benches/compare_torch.py` times PyTorch on the same work.
//!
//! ```sh
//! cargo run --release -p burn-recurrent --features flex --example throughput -- \
//!     --cell lstm --shape 20,35,650,650 --mode train --path fused --threads 2 --json
//! ```
//!
//! `train` is a forward pass, the mean of the output's squares, and the gradients of input and weights; `forward` is the
//! output and its sum read back, without gradients; `step` is one step of generation with the state carried. The median
//! of `--repeat` runs is printed, after three that are not counted.

#[path = "../tests/common/portable.rs"]
mod portable;

use burn::nn::{GruConfig as BurnGruConfig, LstmConfig as BurnLstmConfig};
use burn::tensor::{DType, Device, Distribution, Tensor};
use burn_recurrent::{
    Cell, GruCellConfig, LstmCellConfig, Recurrent, RecurrentConfig, RnnCellConfig,
};
use clap::{Parser, ValueEnum};
use portable::Portable;
use std::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum CellKind {
    Rnn,
    Gru,
    Lstm,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Mode {
    Train,
    Forward,
    Step,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Code {
    Fused,
    Portable,
    BurnNn,
}

/// Batch, time, input and hidden.
type Shape = [usize; 4];

fn parse_shape(text: &str) -> Result<Shape, String> {
    let numbers: Result<Vec<usize>, _> = text.split(',').map(str::parse).collect();
    numbers
        .ok()
        .and_then(|numbers| numbers.try_into().ok())
        .ok_or_else(|| "expected four numbers: batch,time,input,hidden".into())
}

#[derive(Debug, Parser)]
struct Args {
    #[arg(long, value_enum, default_value = "lstm")]
    cell: CellKind,
    /// batch,time,input,hidden
    #[arg(long, value_parser = parse_shape, default_value = "20,35,650,650")]
    shape: Shape,
    #[arg(long, default_value_t = 1)]
    layers: usize,
    #[arg(long)]
    bidirectional: bool,
    #[arg(long, value_enum, default_value = "train")]
    mode: Mode,
    #[arg(long, value_enum, default_value = "fused")]
    path: Code,
    /// 0 for all cores
    #[arg(long, default_value_t = 0)]
    threads: usize,
    #[arg(long, default_value_t = 10)]
    repeat: usize,
    #[arg(long)]
    json: bool,
}

/// Milliseconds of each run that counts.
fn time(repeat: usize, mut run: impl FnMut()) -> Vec<f64> {
    for _ in 0..3 {
        run();
    }
    let clock = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..repeat).map(clock).collect()
}

fn read(tensor: Tensor<1>) {
    std::hint::black_box(tensor.into_scalar::<f32>());
}

/// Times `forward`, which maps an input to an output.
fn time_sequence<F: Fn(Tensor<3>) -> Tensor<3>>(
    args: &Args,
    device: &Device,
    forward: F,
) -> Vec<f64> {
    let [batch, steps, d_input, _] = args.shape;
    let input = Tensor::<3>::random(
        [batch, steps, d_input],
        Distribution::Normal(0.0, 1.0),
        device,
    );
    match args.mode {
        Mode::Train => time(args.repeat, || {
            let input = input.clone().require_grad();
            let loss = forward(input.clone()).square().mean();
            let gradients = loss.backward();
            std::hint::black_box(input.grad(&gradients));
        }),
        _ => time(args.repeat, || read(forward(input.clone()).sum())),
    }
}

fn time_recurrent<C: Cell>(args: &Args, device: &Device, build: impl Fn(usize) -> C) -> Vec<f64> {
    let [batch, _, d_input, _] = args.shape;
    let module: Recurrent<C> = RecurrentConfig::new()
        .with_num_layers(args.layers)
        .with_bidirectional(args.bidirectional)
        .init_with(d_input, build);
    let path = module.path(device, DType::F32);
    let expected = args.path == Code::Fused;
    assert!(
        path.is_fused() == expected,
        "asked for {:?}, but the path is {path}",
        args.path
    );
    if args.mode != Mode::Step {
        return time_sequence(args, device, |input| module.forward(input, None).0);
    }
    let input = Tensor::<2>::random([batch, d_input], Distribution::Normal(0.0, 1.0), device);
    let mut state = None;
    time(args.repeat, || {
        let (output, next) = module.step(input.clone(), state.take());
        state = Some(next);
        read(output.sum());
    })
}

fn time_ours(args: &Args, device: &Device) -> Vec<f64> {
    let [.., hidden] = args.shape;
    let portable = args.path == Code::Portable;
    macro_rules! timed {
        ($config:ident) => {{
            let cell = |d_input| $config::new(d_input, hidden).init(device);
            match portable {
                true => time_recurrent(args, device, |d_input| Portable {
                    cell: cell(d_input),
                }),
                false => time_recurrent(args, device, cell),
            }
        }};
    }
    match args.cell {
        CellKind::Rnn => timed!(RnnCellConfig),
        CellKind::Gru => timed!(GruCellConfig),
        CellKind::Lstm => timed!(LstmCellConfig),
    }
}

fn time_burn_nn(args: &Args, device: &Device) -> Vec<f64> {
    let [_, _, d_input, hidden] = args.shape;
    assert!(
        args.layers == 1 && !args.bidirectional && args.mode != Mode::Step,
        "burn-nn is timed with one layer, one direction, and whole sequences"
    );
    match args.cell {
        CellKind::Lstm => {
            let lstm = BurnLstmConfig::new(d_input, hidden, true).init(device);
            time_sequence(args, device, |input| lstm.forward(input, None).0)
        }
        CellKind::Gru => {
            let gru = BurnGruConfig::new(d_input, hidden, true).init(device);
            time_sequence(args, device, |input| gru.forward(input, None))
        }
        CellKind::Rnn => panic!("burn-nn is timed with lstm and gru"),
    }
}

fn main() {
    let args = Args::parse();
    if args.threads > 0 {
        burn_recurrent::set_threads(args.threads);
    }
    let device = Device::flex();
    let device = match args.mode {
        Mode::Train => device.autodiff(),
        Mode::Forward | Mode::Step => device,
    };
    let mut times = match args.path {
        Code::BurnNn => time_burn_nn(&args, &device),
        Code::Fused | Code::Portable => time_ours(&args, &device),
    };
    times.sort_by(f64::total_cmp);
    let median_ms = times[times.len() / 2];
    let name = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
    let [batch, steps, input, hidden] = args.shape;
    let result = serde_json::json!({
        "peer": "burn-recurrent", "cell": name(&args.cell), "batch": batch, "time": steps, "input": input,
        "hidden": hidden, "layers": args.layers, "bidirectional": args.bidirectional, "mode": name(&args.mode),
        "path": if args.path == Code::BurnNn { "burn-nn".into() } else { name(&args.path) },
        "threads": burn_recurrent::threads(), "median_ms": median_ms, "lowest_ms": times[0],
    });
    match args.json {
        true => println!("{result}"),
        false => println!(
            "{} {:?} {}: {median_ms:.2} ms",
            name(&args.cell),
            args.shape,
            name(&args.mode)
        ),
    }
}
