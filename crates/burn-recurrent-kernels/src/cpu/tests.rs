//! The kernels of all instruction sets that this machine has, against one another and against `f64`.

use super::backward::{Record, Wanted, backward};
use super::cell::{States, Weights};
use super::cross_entropy::{LossSizes, loss_forward};
use super::cross_entropy_backward::{LossWanted, loss_backward};
use super::forward::forward;
use super::kernels::Isa;
use super::math;
use super::schedule::Schedule;
use super::shared::Sizes;
use super::simd::{Simd, scalar::Scalar};
use crate::kind::{Cell, Layout};

fn numbers(seed: &mut u64, count: usize, scale: f32) -> Vec<f32> {
    (0..count)
        .map(|_| {
            *seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((*seed >> 40) as f32 / (1u64 << 23) as f32 - 1.0) * scale
        })
        .collect()
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let size = b.iter().fold(1e-2f32, |most, x| most.max(x.abs()));
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
        / size
}

/// Everything that a layer computes, forward and backward.
fn layer(
    isa: Isa,
    threads: usize,
    cell: Cell,
    [batch, time, d_input, d_hidden]: [usize; 4],
) -> Vec<Vec<f32>> {
    let columns = cell.gates() * d_hidden;
    let seed = &mut 3;
    let input = numbers(seed, batch * time * d_input, 1.0);
    let w_ih = numbers(seed, d_input * columns, 0.3);
    let w_hh = numbers(seed, d_hidden * columns, 1.0 / (d_hidden as f32).sqrt());
    let bias = numbers(seed, columns, 0.3);
    let candidate = numbers(seed, d_hidden, 0.3);
    let hidden = numbers(seed, batch * d_hidden, 1.0);
    let state = numbers(seed, batch * d_hidden, 1.0);
    let d_output = numbers(seed, batch * time * d_hidden, 1.0);
    let lengths: Vec<usize> = (0..batch).map(|row| time - row % time.min(3)).collect();
    let schedule = Schedule::new(
        batch,
        time,
        Some(&lengths),
        batch % 2 == 0,
        Layout::BatchFirst,
    );
    let sizes = Sizes {
        cell,
        d_input,
        d_hidden,
    };
    let weights = Weights {
        w_ih: &w_ih,
        w_hh: &w_hh,
        bias: Some(&bias),
        bias_candidate: (cell == Cell::GruResetAfter).then_some(&candidate),
    };
    let start = States {
        hidden: Some(&hidden),
        cell: (cell == Cell::Lstm).then_some(&state),
    };
    let kernels = isa.kernels();
    let only = forward(
        kernels, threads, &schedule, sizes, &input, weights, start, false,
    );
    let result = forward(
        kernels, threads, &schedule, sizes, &input, weights, start, true,
    );
    assert_eq!(only.output, result.output, "inference and training differ");
    let record = Record {
        input: &input,
        weights,
        start,
        output: &result.output,
    };
    let wanted = Wanted {
        input: true,
        weights: true,
    };
    let saved = result.saved.unwrap();
    let g = backward(
        kernels, threads, &schedule, sizes, record, saved, &d_output, start, wanted,
    );
    vec![
        result.output.clone(),
        result.hidden,
        result.cell,
        g.input,
        g.w_ih,
        g.w_hh,
        g.bias,
        g.bias_candidate,
        g.hidden,
        g.cell,
    ]
}

#[test]
fn instruction_sets_agree_and_threads_do_not_matter() {
    let cells = [
        Cell::RnnTanh,
        Cell::RnnRelu,
        Cell::GruResetAfter,
        Cell::GruResetBefore,
        Cell::Lstm,
    ];
    for cell in cells {
        for shape in [[1, 5, 3, 7], [2, 4, 9, 65], [7, 3, 33, 16], [20, 3, 17, 40]] {
            let plain = layer(Isa::Scalar, 1, cell, shape);
            for isa in Isa::available() {
                let alone = layer(isa, 1, cell, shape);
                for (k, (ours, plain)) in alone.iter().zip(&plain).enumerate() {
                    let difference = difference(ours, plain);
                    assert!(
                        difference < 1e-5,
                        "{isa:?} {cell:?} {shape:?} result {k}: {difference:.1e}"
                    );
                }
                for threads in [2, 3] {
                    assert!(
                        alone == layer(isa, threads, cell, shape),
                        "{isa:?} {cell:?} {shape:?} {threads}"
                    );
                }
            }
        }
    }
}

#[test]
fn losses_agree_between_instruction_sets_and_threads() {
    for [tokens, d_hidden, vocabulary] in [[3, 5, 7], [20, 17, 130], [13, 9, 1025]] {
        let seed = &mut 5;
        let hidden = numbers(seed, tokens * d_hidden, 1.0);
        let weight = numbers(seed, d_hidden * vocabulary, 0.5);
        let bias = numbers(seed, vocabulary, 0.5);
        let d_loss = numbers(seed, tokens, 1.0);
        let targets: Vec<usize> = (0..tokens).map(|i| i * 31 % vocabulary).collect();
        let sizes = LossSizes {
            tokens,
            d_hidden,
            vocabulary,
        };
        let run = |isa: Isa, threads| {
            let kernels = isa.kernels();
            let forward = |save| {
                loss_forward(
                    kernels,
                    threads,
                    sizes,
                    &hidden,
                    &weight,
                    Some(&bias),
                    &targets,
                    save,
                )
            };
            let (losses, saved) = forward(true);
            assert_eq!(losses, forward(false).0);
            let wanted = LossWanted {
                hidden: true,
                weight: true,
            };
            let saved = saved.unwrap();
            let g = loss_backward(
                kernels, threads, sizes, &hidden, &weight, &targets, saved, &d_loss, wanted,
            );
            vec![losses, g.hidden, g.weight, g.bias]
        };
        let plain = run(Isa::Scalar, 1);
        for isa in Isa::available() {
            let alone = run(isa, 1);
            for (ours, plain) in alone.iter().zip(&plain) {
                assert!(
                    difference(ours, plain) < 1e-5,
                    "{isa:?} {tokens} {vocabulary}"
                );
            }
            assert!(alone == run(isa, 3), "{isa:?} {tokens} {vocabulary}");
        }
    }
}

/// `f` on every lane of the plain implementation, whose arithmetic the others share.
fn apply(f: unsafe fn([f32; 8]) -> [f32; 8], x: f32) -> f32 {
    // SAFETY: the plain implementation needs no instruction set.
    unsafe { f(Scalar::splat(x))[0] }
}

#[test]
fn functions_are_exact_to_a_few_units_in_the_last_place() {
    let mut worst = [0.0f64; 3];
    for i in -160_000..=160_000 {
        let x = i as f32 / 2_000.0;
        let wide = f64::from(x);
        let sigmoid = 1.0 / (1.0 + (-wide).exp());
        let pairs = [
            (apply(math::exp::<Scalar>, x), wide.exp()),
            (apply(math::sigmoid::<Scalar>, x), sigmoid),
            (apply(math::tanh::<Scalar>, x), wide.tanh()),
        ];
        for (worst, (ours, exact)) in worst.iter_mut().zip(pairs) {
            if exact != 0.0 {
                *worst = worst.max(((f64::from(ours) - exact) / exact).abs());
            }
        }
    }
    assert!(worst.iter().all(|&error| error < 4e-7), "{worst:?}");
}

#[test]
fn functions_meet_their_limits() {
    let (exp, sigmoid, tanh) = (
        math::exp::<Scalar>,
        math::sigmoid::<Scalar>,
        math::tanh::<Scalar>,
    );
    assert_eq!(apply(exp, f32::NEG_INFINITY), 0.0);
    assert_eq!(apply(exp, f32::INFINITY), f32::INFINITY);
    assert_eq!(apply(exp, 0.0), 1.0);
    assert_eq!(apply(sigmoid, f32::NEG_INFINITY), 0.0);
    assert_eq!(apply(sigmoid, f32::INFINITY), 1.0);
    assert_eq!(apply(tanh, f32::NEG_INFINITY), -1.0);
    assert_eq!(apply(tanh, f32::INFINITY), 1.0);
    assert_eq!(apply(tanh, 1e-40), 1e-40);
    for f in [exp as unsafe fn([f32; 8]) -> [f32; 8], sigmoid, tanh] {
        assert!(apply(f, f32::NAN).is_nan());
    }
}
