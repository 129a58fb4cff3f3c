//! The fused decoder equals one in plain tensor operations, forward and backward.
#![cfg(feature = "flex")]

use crate::common::decoder::{
    self, Decoder, NAMES, Operands, fused, gradients, loss, portable, small,
};
use crate::common::{self, difference, list};
use burn::tensor::{DType, Device, Tensor, TensorData};
use burn_recurrent_kernels::{KernelCell, Operation, path};
use proptest::prelude::*;

const CELLS: [KernelCell; 2] = [KernelCell::GruResetAfter, KernelCell::Lstm];

/// Compares results and all gradients.
fn compare(case: &Decoder) {
    // Sums of a few thousand products in another order differ by some units in the last place.
    const TOLERANCE: f32 = 1e-5;
    let device = Device::flex().autodiff();
    let ours = case.operands(&device).require_grad();
    let theirs = case.operands(&device).require_grad();
    let results = [fused(case, &ours), portable(case, &theirs)];
    let [all, all_] = &results;
    let states = |x: &decoder::Results| {
        let mut states = vec![list(x.hidden.clone()), list(x.fed.clone())];
        states.extend(x.cell.clone().map(list));
        states
    };
    let check = |name: &str, ours: &[f32], theirs: &[f32]| {
        let difference = difference(ours, theirs);
        assert!(
            difference <= TOLERANCE,
            "{name} differs by {difference:.1e}: {case:?}"
        );
    };
    let attended = [all, all_].map(|x| list(x.attended.clone()));
    check("attended", &attended[0], &attended[1]);
    let weights = [all, all_].map(|x| list(x.weights.clone()));
    check("weights", &weights[0], &weights[1]);
    assert_eq!(all.cell.is_some(), case.cell == KernelCell::Lstm);
    for (ours, theirs) in states(all).iter().zip(&states(all_)) {
        check("state", ours, theirs);
    }
    let [all, all_] = results;
    let ours = gradients(&ours, loss(case, all.attended));
    let theirs = gradients(&theirs, loss(case, all_.attended));
    for (name, (ours, theirs)) in NAMES.iter().zip(ours.iter().zip(&theirs)) {
        assert_eq!(ours.is_some(), theirs.is_some(), "{name} {case:?}");
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            check(&format!("gradient of {name}"), ours, theirs);
        }
    }
}

#[test]
fn flex_has_decoders_of_two_cells() {
    let device = Device::flex().autodiff();
    for cell in common::CELLS {
        let expected = CELLS.contains(&cell);
        let path = |dtype: DType| path(Operation::AttentionDecoder(cell), &device, &[dtype]);
        assert_eq!(path(DType::F32).is_fused(), expected);
        assert!(!path(DType::F64).is_fused());
    }
}

#[test]
fn every_cell_and_score_equals_tensor_operations() {
    for cell in CELLS {
        for additive in [true, false] {
            for has_start in [true, false] {
                compare(&Decoder {
                    cell,
                    additive,
                    has_start,
                    ..small()
                });
            }
        }
    }
}

#[test]
fn awkward_sizes_equal_tensor_operations() {
    for cell in CELLS {
        for additive in [true, false] {
            for (batch, time, lengths) in [
                (1, 1, vec![1]),
                (1, 9, vec![3]),
                (2, 1, vec![1, 40]),
                (5, 2, vec![5, 1, 17, 16, 1]),
            ] {
                for (d_embedded, d_hidden, d_attended, d_value) in
                    [(1, 1, 1, 1), (17, 33, 65, 5), (64, 48, 16, 130)]
                {
                    compare(&Decoder {
                        cell,
                        additive,
                        batch,
                        time,
                        lengths: lengths.clone(),
                        d_embedded,
                        d_hidden,
                        d_attended,
                        d_value,
                        ..small()
                    });
                }
            }
        }
    }
}

/// Sums over all steps are cut into blocks, and large products into pieces: here both are several.
#[test]
fn many_rows_and_steps_equal_tensor_operations() {
    for cell in CELLS {
        for additive in [true, false] {
            let batch = 37;
            compare(&Decoder {
                cell,
                additive,
                batch,
                time: 23,
                lengths: (0..batch).map(|row| 1 + row % 11).collect(),
                d_hidden: 40,
                d_attended: 36,
                ..small()
            });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_shapes_equal_tensor_operations(
        flags in 0u8..8,
        batch in 1usize..20,
        time in 1usize..14,
        source in 1usize..20,
        widths in proptest::array::uniform5(1usize..70),
        seed in any::<u64>(),
    ) {
        let mut state = seed;
        let lengths = common::numbers(&mut state, batch, 1.0).into_iter();
        let lengths = lengths.map(|x| ((x.abs() * source as f32) as usize + 1).min(source));
        let [d_embedded, d_hidden, d_attended, d_key, d_value] = widths;
        compare(&Decoder {
            cell: CELLS[usize::from(flags & 1)],
            additive: flags & 2 > 0,
            has_start: flags & 4 > 0,
            batch,
            time,
            source,
            lengths: lengths.collect(),
            d_embedded,
            d_hidden,
            d_attended,
            d_key,
            d_value,
            seed,
        });
    }
}

/// What the fused decoder makes of some rows and steps.
fn numbers_of(operands: &Operands, case: &Decoder) -> [Vec<f32>; 3] {
    let results = fused(case, operands);
    [
        list(results.attended),
        list(results.weights),
        list(results.hidden),
    ]
}

#[test]
fn a_row_does_not_depend_on_its_neighbours_nor_on_padding() {
    for cell in CELLS {
        for additive in [true, false] {
            let batch = 29;
            let case = Decoder {
                cell,
                additive,
                batch,
                source: 12,
                lengths: (0..batch).map(|row| 1 + row * 5 % 12).collect(),
                d_hidden: 35,
                ..small()
            };
            let operands = case.operands(&Device::flex());
            let [attended, weights, hidden] = numbers_of(&operands, &case);
            for row in [0, 7, 28] {
                let length = case.lengths[row];
                let alone = Decoder {
                    batch: 1,
                    source: length,
                    lengths: vec![length],
                    ..case.clone()
                };
                let [one, one_weights, one_hidden] = numbers_of(&operands.row(row, length), &alone);
                let of = |all: &[f32], width: usize| all[row * width..][..width].to_vec();
                assert_eq!(one, of(&attended, case.time * case.d_attended), "{case:?}");
                assert_eq!(one_hidden, of(&hidden, case.d_hidden), "{case:?}");
                let all = of(&weights, case.time * case.source);
                for t in 0..case.time {
                    let (real, padding) = all[t * case.source..][..case.source].split_at(length);
                    assert_eq!(one_weights[t * length..][..length], *real, "{case:?}");
                    assert!(padding.iter().all(|&weight| weight == 0.0));
                }
            }
        }
    }
}

#[test]
fn padding_of_the_source_may_hold_anything() {
    for additive in [true, false] {
        let case = Decoder {
            additive,
            ..small()
        };
        let device = Device::flex().autodiff();
        let mut operands = case.operands(&device);
        for source in [&mut operands.keys, &mut operands.values] {
            let [_, steps, width] = source.dims();
            let mut data = list(source.clone());
            for (row, &length) in case.lengths.iter().enumerate() {
                data[(row * steps + length) * width..(row + 1) * steps * width].fill(f32::NAN);
            }
            *source = Tensor::from_data(TensorData::new(data, source.dims()), &device);
        }
        let operands = operands.require_grad();
        let results = fused(&case, &operands);
        assert!(list(results.weights).iter().all(|x| x.is_finite()));
        let all = gradients(&operands, loss(&case, results.attended));
        assert!(all.iter().flatten().flatten().all(|x| x.is_finite()));
    }
}

#[test]
fn steps_one_by_one_equal_the_sequence_bit_for_bit() {
    for cell in CELLS {
        for additive in [true, false] {
            let case = Decoder {
                cell,
                additive,
                ..small()
            };
            let operands = case.operands(&Device::flex());
            let whole = fused(&case, &operands);
            let mut step = operands.clone();
            let one = Decoder {
                time: 1,
                ..case.clone()
            };
            for t in 0..case.time {
                step.embedded = operands.embedded.clone().narrow(1, t, 1);
                let results = fused(&one, &step);
                let expected = whole.attended.clone().narrow(1, t, 1);
                assert_eq!(list(results.attended), list(expected), "{case:?}");
                let expected = whole.weights.clone().narrow(1, t, 1);
                assert_eq!(list(results.weights), list(expected), "{case:?}");
                step.hidden = results.hidden;
                step.cell = results.cell.unwrap_or(step.cell);
                step.fed = results.fed;
            }
            assert_eq!(list(step.hidden), list(whole.hidden), "{case:?}");
        }
    }
}

#[test]
fn gradients_equal_finite_differences() {
    for cell in CELLS {
        for additive in [true, false] {
            let case = Decoder {
                cell,
                additive,
                batch: 2,
                time: 3,
                source: 3,
                lengths: vec![3, 2],
                d_embedded: 2,
                d_hidden: 3,
                d_attended: 2,
                d_key: 4,
                d_value: 2,
                ..small()
            };
            let device = Device::flex().autodiff();
            let operands = case.operands(&device).require_grad();
            let run =
                |operands: &Operands| loss(&case, fused(&case, operands).attended).into_scalar();
            let all = gradients(&operands, loss(&case, fused(&case, &operands).attended));
            let plain = case.operands(&Device::flex());
            for (k, gradient) in all.iter().enumerate() {
                let Some(gradient) = gradient else { continue };
                for (i, gradient) in gradient.iter().enumerate() {
                    // f32 leaves about three digits of a difference quotient.
                    const STEP: f32 = 1e-2;
                    let at = |change: f32| -> f32 { run(&plain.changed(k, i, change)) };
                    let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                    assert!(
                        (slope - gradient).abs() < 3e-3 * gradient.abs().max(1.0),
                        "{} {i}: {slope} {gradient} {case:?}",
                        NAMES[k]
                    );
                }
            }
        }
    }
}

#[test]
fn one_tracked_operand_gets_the_gradient_that_it_gets_among_others() {
    for cell in CELLS {
        for additive in [true, false] {
            let case = Decoder {
                cell,
                additive,
                ..small()
            };
            let run = |tracked: &dyn Fn(Operands) -> Operands| {
                let operands = tracked(case.operands(&Device::flex().autodiff()));
                let attended = fused(&case, &operands).attended;
                gradients(&operands, loss(&case, attended))
            };
            let all = run(&Operands::require_grad);
            for (k, expected) in all.iter().enumerate() {
                if expected.is_none() {
                    // The decoder has no such operand.
                    continue;
                }
                let mut one = run(&|operands| operands.require_grad_of(k));
                assert_eq!(one[k], *expected, "{case:?} {}", NAMES[k]);
                one.remove(k);
                assert!(one.iter().all(Option::is_none), "{case:?} {}", NAMES[k]);
            }
        }
    }
}

/// Transposed, or cut out of a larger tensor.
#[test]
fn operands_may_lie_in_memory_in_any_way() {
    let case = small();
    let device = Device::flex().autodiff();
    let plain = case.operands(&device);
    let twice = |x: &Tensor<3>, k: usize| {
        let width = x.dims()[2];
        Tensor::cat(vec![x.clone().neg(), x.clone()], 2).narrow(2, width - k, width)
    };
    let turned = |x: &Tensor<2>| {
        let [rows, columns] = x.dims();
        x.clone().reshape([columns, rows]).swap_dims(0, 1)
    };
    let strange = Operands {
        embedded: twice(&plain.embedded, 1),
        keys: twice(&plain.keys, 2),
        values: twice(&plain.values, 3),
        w_ih: turned(&plain.w_ih),
        w_hh: turned(&plain.w_hh),
        w_query: turned(&plain.w_query),
        w_attended: turned(&plain.w_attended),
        hidden: turned(&plain.hidden),
        fed: turned(&plain.fed),
        ..plain
    };
    let straight = strange.straight(&device);
    let (ours, theirs) = (strange.require_grad(), straight.require_grad());
    let runs = [&ours, &theirs].map(|operands| {
        let attended = fused(&case, operands).attended;
        // The gradient of a sum lies in memory as one number.
        let loss = loss(&case, attended.clone()) + attended.clone().sum();
        (list(attended), gradients(operands, loss))
    });
    let [ours, theirs] = runs;
    assert!(ours == theirs);
}

#[test]
fn wrong_shapes_are_refused() {
    let case = small();
    let device = Device::flex();
    let plain = case.operands(&device);
    let refused = |case: &Decoder, operands: &Operands| {
        let run = || fused(case, operands);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err()
    };
    assert!(!refused(&case, &plain));
    for lengths in [vec![0, 3, 1], vec![4, 3, 6], vec![4, 3]] {
        let case = Decoder {
            lengths,
            ..case.clone()
        };
        assert!(refused(&case, &plain), "{case:?}");
    }
    for (k, name) in NAMES.iter().enumerate() {
        if case.has(k) {
            assert!(refused(&case, &plain.lengthened(k)), "{name}");
        }
    }
    let no_step = Operands {
        embedded: Tensor::zeros([case.batch, 0, case.d_embedded], &device),
        ..plain.clone()
    };
    assert!(refused(&case, &no_step));
    let cell = KernelCell::RnnTanh;
    assert!(refused(&Decoder { cell, ..case }, &plain));
}
