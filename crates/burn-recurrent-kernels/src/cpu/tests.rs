//! The kernels of all instruction sets that this machine has, against one another and against `f64`.

use super::backward::{Incoming, Record, Wanted, backward};
use super::cell::{Operands, States, Weights};
use super::cross_entropy::{LossOperands, LossSizes, loss_forward};
use super::cross_entropy_backward::{LossWanted, loss_backward};
use super::forward::forward;
use super::kernels::Isa;
use super::run::Run;
use super::schedule::Schedule;
use super::sizes::Sizes;
use crate::kind::{KernelCell, Layout};

/// Numbers between `-scale` and `scale` that follow no pattern.
pub(super) fn numbers(seed: &mut u64, count: usize, scale: f32) -> Vec<f32> {
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
        .map(|x| if x.is_nan() { f32::INFINITY } else { x })
        .fold(0.0, f32::max)
        / size
}

/// Everything that a layer computes, forward and backward.
fn layer(
    isa: Isa,
    threads: usize,
    cell: KernelCell,
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
        bias_candidate: (cell == KernelCell::GruResetAfter).then_some(&candidate),
    };
    let start = States {
        hidden: Some(&hidden),
        cell: (cell == KernelCell::Lstm).then_some(&state),
    };
    let operands = Operands {
        input: &input,
        weights,
        start,
    };
    let run = Run {
        kernels: isa.kernels(),
        threads,
    };
    let only = forward(run, &schedule, sizes, operands, false);
    let result = forward(run, &schedule, sizes, operands, true);
    assert_eq!(
        *only.output, *result.output,
        "inference and training differ"
    );
    let record = Record {
        operands,
        output: &result.output,
    };
    let incoming = Incoming {
        output: &d_output,
        last: start,
    };
    let wanted = Wanted {
        input: true,
        weights: true,
    };
    let saved = result.saved.unwrap();
    let g = backward(run, &schedule, sizes, record, saved, incoming, wanted);
    vec![
        result.output.to_vec(),
        result.hidden.to_vec(),
        result.cell.to_vec(),
        g.input.to_vec(),
        g.w_ih.to_vec(),
        g.w_hh.to_vec(),
        g.bias.to_vec(),
        g.bias_candidate.to_vec(),
        g.hidden.to_vec(),
        g.cell.to_vec(),
    ]
}

/// The shapes that Miri has time for, if it is Miri.
pub(super) fn shapes<const N: usize>(all: &[[usize; N]], miri: &[[usize; N]]) -> Vec<[usize; N]> {
    if cfg!(miri) { miri } else { all }.to_vec()
}

#[test]
fn instruction_sets_agree_and_threads_do_not_matter() {
    let cells = [
        KernelCell::RnnTanh,
        KernelCell::RnnRelu,
        KernelCell::GruResetAfter,
        KernelCell::GruResetBefore,
        KernelCell::Lstm,
    ];
    for cell in cells {
        let all = [
            [1, 1, 5, 37],
            [2, 1, 150, 150],
            [6, 2, 64, 150],
            [26, 2, 33, 64],
            [1, 5, 3, 7],
            [2, 4, 9, 65],
            [7, 3, 33, 16],
            [20, 3, 17, 40],
            [38, 41, 5, 37],
        ];
        for shape in shapes(&all, &[[3, 3, 2, 5]]) {
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
                for threads in if cfg!(miri) { 2..3 } else { 2..4 } {
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
    let all = [
        [0, 5, 7],
        [3, 0, 7],
        [3, 5, 7],
        [20, 17, 130],
        [13, 9, 1025],
        [1100, 37, 71],
    ];
    for [tokens, d_hidden, vocabulary] in shapes(&all, &[[0, 5, 7], [14, 3, 37]]) {
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
            let run = Run {
                kernels: isa.kernels(),
                threads,
            };
            let operands = LossOperands {
                hidden: &hidden,
                weight: &weight,
                bias: Some(&bias),
                targets: &targets,
            };
            let forward = |save| loss_forward(run, sizes, operands, save);
            let (losses, saved) = forward(true);
            assert_eq!(*losses, *forward(false).0);
            let wanted = LossWanted {
                hidden: true,
                weight: true,
            };
            let saved = saved.unwrap();
            let g = loss_backward(run, sizes, operands, saved, &d_loss, wanted);
            [losses, g.hidden, g.weight, g.bias].map(|numbers| numbers.to_vec())
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

/// A logarithm far smaller than the logits is not lost between them.
#[test]
fn a_small_loss_of_large_logits_is_kept() {
    for isa in Isa::available() {
        for (target, exact) in [
            (0, (-12.0f64).exp().ln_1p()),
            (1, 12.0 + (-12.0f64).exp().ln_1p()),
        ] {
            let sizes = LossSizes {
                tokens: 1,
                d_hidden: 1,
                vocabulary: 2,
            };
            let operands = LossOperands {
                hidden: &[1.0],
                weight: &[100.0, 88.0],
                bias: None,
                targets: &[target],
            };
            let run = Run {
                kernels: isa.kernels(),
                threads: 1,
            };
            let (losses, _) = loss_forward(run, sizes, operands, false);
            // The sum of the exponentials is just above one, where numbers are 1.2e-7 apart.
            let tolerance = 0.6e-7 + 1e-7 * exact;
            let error = (f64::from(losses[0]) - exact).abs();
            assert!(error < tolerance, "{isa:?} {target}: {} {exact}", losses[0]);
        }
    }
}

fn panics(f: impl FnOnce()) -> bool {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err()
}

#[test]
fn operands_of_the_wrong_size_are_refused() {
    let (batch, time, d_input, d_hidden) = (2, 3, 4, 5);
    let cell = KernelCell::Lstm;
    let alone = Run {
        kernels: Isa::Scalar.kernels(),
        threads: 1,
    };
    let schedule = Schedule::new(batch, time, None, false, Layout::BatchFirst);
    let sizes = Sizes {
        cell,
        d_input,
        d_hidden,
    };
    let right = [
        batch * time * d_input,
        d_input * 4 * d_hidden,
        d_hidden * 4 * d_hidden,
        4 * d_hidden,
        batch * d_hidden,
        batch * d_hidden,
        batch * time * d_hidden,
        batch * time * d_hidden,
        batch * d_hidden,
    ];
    // Operand `wrong` of the forward pass where it is one of those, else of the backward pass.
    let run = |wrong: usize, change: isize| {
        let buffers: Vec<Vec<f32>> = (0..right.len())
            .map(|i| {
                let change = if i == wrong { change } else { 0 };
                vec![0.1; right[i].strict_add_signed(change)]
            })
            .collect();
        fn operands(b: &[Vec<f32>]) -> Operands<'_> {
            Operands {
                input: &b[0],
                weights: Weights {
                    w_ih: &b[1],
                    w_hh: &b[2],
                    bias: Some(&b[3]),
                    bias_candidate: None,
                },
                start: States {
                    hidden: Some(&b[4]),
                    cell: Some(&b[5]),
                },
            }
        }
        let with = |b: &[Vec<f32>]| forward(alone, &schedule, sizes, operands(b), true);
        if wrong < 6 && change != 0 {
            assert!(panics(|| drop(with(&buffers))), "forward {wrong}");
        }
        let good: Vec<Vec<f32>> = right.iter().map(|&len| vec![0.1; len]).collect();
        let saved = with(&good).saved.unwrap();
        let record = Record {
            operands: operands(&buffers),
            output: &buffers[6],
        };
        let incoming = Incoming {
            output: &buffers[7],
            last: States {
                hidden: Some(&buffers[8]),
                cell: None,
            },
        };
        let wanted = Wanted {
            input: true,
            weights: true,
        };
        panics(|| {
            backward(alone, &schedule, sizes, record, saved, incoming, wanted);
        })
    };
    assert!(!run(0, 0));
    for wrong in 0..right.len() {
        assert!(run(wrong, -1) && run(wrong, 1), "backward {wrong}");
    }
}

#[test]
fn operands_of_a_loss_of_the_wrong_size_are_refused() {
    let sizes = LossSizes {
        tokens: 3,
        d_hidden: 2,
        vocabulary: 5,
    };
    let alone = Run {
        kernels: Isa::Scalar.kernels(),
        threads: 1,
    };
    let run = |[hidden, weight, bias, targets, d_loss]: [usize; 5], largest: usize| {
        let (hidden, weight, bias) = (vec![0.1; hidden], vec![0.1; weight], vec![0.1; bias]);
        let targets: Vec<usize> = (0..targets).map(|i| i.min(1) * largest).collect();
        let good = LossOperands {
            hidden: &[0.1; 6],
            weight: &[0.1; 10],
            bias: None,
            targets: &[0; 3],
        };
        let operands = LossOperands {
            hidden: &hidden,
            weight: &weight,
            bias: Some(&bias),
            targets: &targets,
        };
        let forward = panics(|| drop(loss_forward(alone, sizes, operands, true)));
        let saved = loss_forward(alone, sizes, good, true).1.unwrap();
        let wanted = LossWanted {
            hidden: true,
            weight: true,
        };
        let d_loss = vec![1.0; d_loss];
        let backward = panics(|| {
            loss_backward(alone, sizes, operands, saved, &d_loss, wanted);
        });
        [forward, backward]
    };
    assert_eq!(run([6, 10, 5, 3, 3], 4), [false, false]);
    assert_eq!(run([6, 10, 5, 3, 3], 5), [true, true]);
    assert_eq!(run([5, 10, 5, 3, 3], 4), [true, true]);
    assert_eq!(run([6, 9, 5, 3, 3], 4), [true, true]);
    assert_eq!(run([6, 10, 4, 3, 3], 4), [true, true]);
    assert_eq!(run([6, 10, 5, 2, 3], 4), [true, true]);
    assert_eq!(run([6, 10, 5, 3, 2], 4), [false, true]);
}
