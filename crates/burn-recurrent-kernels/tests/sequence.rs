//! The fused operations equal plain tensor operations, forward and backward.

use crate::common::{
    CELLS, Case, Operands, Read, difference, fused, gradients, list, loss, numbers, portable, small,
};
use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent_kernels::{ComputePath, KernelCell, Layout, Operation, PortableReason, path};
use proptest::prelude::*;

/// Compares outputs, final states and all gradients.
fn compare(case: &Case, read: Read) {
    // Sums of a few thousand products in another order differ by some units in the last place.
    const TOLERANCE: f32 = 1e-5;
    let device = Device::flex().autodiff();
    let ours = case.operands(&device).require_grad();
    let theirs = case.operands(&device).require_grad();
    let (output, hidden, cell) = fused(case, ours.clone());
    let (output_, hidden_, cell_) = portable(case, theirs.clone());
    let check = |name: &str, ours: &[f32], theirs: &[f32], tolerance: f32| {
        let difference = difference(ours, theirs);
        assert!(
            difference <= tolerance,
            "{name} differs by {difference:.1e}: {case:?} {read:?}"
        );
    };
    check(
        "output",
        &list(output.clone()),
        &list(output_.clone()),
        TOLERANCE,
    );
    check(
        "hidden",
        &list(hidden.clone()),
        &list(hidden_.clone()),
        TOLERANCE,
    );
    assert_eq!(cell.is_some(), case.cell == KernelCell::Lstm);
    if let Some(cell) = cell.clone() {
        check("cell", &list(cell), &list(cell_.clone()), TOLERANCE);
    }
    let cell_ = cell.is_some().then_some(cell_);
    let ours = gradients(&ours, loss(case, read, output, hidden, cell));
    let theirs = gradients(&theirs, loss(case, read, output_, hidden_, cell_));
    let names = [
        "input",
        "w_ih",
        "w_hh",
        "bias",
        "bias_candidate",
        "hidden",
        "cell",
    ];
    for (name, (ours, theirs)) in names.iter().zip(ours.iter().zip(&theirs)) {
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            check(&format!("gradient of {name}"), ours, theirs, TOLERANCE);
        }
        if ours.is_none() != theirs.is_none() {
            let zero = ours.iter().chain(theirs).flatten().all(|&x| x == 0.0);
            assert!(
                zero,
                "only one path has a gradient of {name}: {case:?} {read:?}"
            );
        }
    }
}

#[test]
fn flex_takes_the_fused_path() {
    let (f32, f64) = (burn::tensor::DType::F32, burn::tensor::DType::F64);
    let (flex, autodiff) = (Device::flex(), Device::flex().autodiff());
    for operation in [
        Operation::Sequence,
        Operation::AttentionDecoder(KernelCell::Lstm),
        Operation::AdditiveScores,
        Operation::LinearCrossEntropy,
        Operation::Embedding,
        Operation::Join,
        Operation::Dropout,
        Operation::Update,
    ] {
        let on_flex = |dtypes: &[_]| path(operation, &flex, dtypes);
        assert_eq!(on_flex(&[]), ComputePath::Fused);
        assert_eq!(on_flex(&[f32, f32]), ComputePath::Fused);
        let wrong_type = ComputePath::Portable(PortableReason::DType(f64));
        assert_eq!(on_flex(&[f64]), wrong_type);
        assert_eq!(on_flex(&[f32, f64]), wrong_type);
        // A step of an optimiser and the scores of a decoding have no gradient.
        let expected = match operation {
            Operation::Update | Operation::AdditiveScores => {
                ComputePath::Portable(PortableReason::Gradients)
            }
            _ => ComputePath::Fused,
        };
        assert_eq!(path(operation, &autodiff, &[f32]), expected);
    }
}

#[test]
fn the_first_obstacle_is_the_reason() {
    let fused = ComputePath::Fused;
    assert_eq!(fused.unless(&[(false, "one"), (false, "two")]), fused);
    let portable = fused.unless(&[(false, "one"), (true, "two"), (true, "three")]);
    assert_eq!(portable, ComputePath::portable("two"));
    assert_eq!(portable.to_string(), "portable (two)");
    assert_eq!(portable.unless(&[(false, "four")]), portable);
}

#[test]
fn every_cell_equals_tensor_operations() {
    for cell in CELLS {
        for read in [Read::Output, Read::Last, Read::Hidden, Read::Both] {
            compare(&Case { cell, ..small() }, read);
        }
    }
    for reverse in [false, true] {
        let lengths = vec![2, 0, 4];
        compare(
            &Case {
                reverse,
                lengths,
                ..small()
            },
            Read::Cell,
        );
    }
    compare(&small(), Read::Cell);
}

#[test]
fn rows_of_any_length_equal_masked_tensor_operations() {
    for cell in CELLS {
        for reverse in [false, true] {
            let lengths = vec![2, 0, 4];
            compare(
                &Case {
                    cell,
                    reverse,
                    lengths,
                    ..small()
                },
                Read::Both,
            );
            compare(
                &Case {
                    cell,
                    reverse,
                    lengths: vec![0; 3],
                    ..small()
                },
                Read::Both,
            );
        }
    }
}

#[test]
fn padding_may_hold_anything() {
    let device = Device::flex().autodiff();
    let case = Case {
        lengths: vec![2, 0, 4],
        ..small()
    };
    let mut operands = case.operands(&device);
    let mut data = list(operands.input.clone());
    for (row, &length) in case.lengths.iter().enumerate() {
        for t in length..case.time {
            data[(row * case.time + t) * case.d_input..][..case.d_input].fill(f32::NAN);
        }
    }
    let shape = operands.input.dims();
    operands.input = Tensor::from_data(TensorData::new(data, shape), &device);
    let operands = operands.require_grad();
    let (output, hidden, cell) = fused(&case, operands.clone());
    let all = gradients(&operands, loss(&case, Read::Both, output, hidden, cell));
    assert!(all.iter().flatten().flatten().all(|x| x.is_finite()));
}

#[test]
fn awkward_sizes_equal_tensor_operations() {
    for cell in CELLS {
        for (batch, time, d_hidden) in [
            (1, 200, 1),
            (130, 3, 65),
            (2, 1, 63),
            (1, 1, 130),
            (17, 9, 64),
        ] {
            let lengths = vec![time; batch];
            compare(
                &Case {
                    cell,
                    batch,
                    time,
                    d_hidden,
                    lengths,
                    ..small()
                },
                Read::Both,
            );
        }
    }
}

/// Sums over all steps are cut into blocks, and projections into blocks of time: here both are several.
#[test]
fn long_sequences_of_many_rows_equal_tensor_operations() {
    for cell in CELLS {
        for (ragged, reverse) in [(false, false), (true, true)] {
            let (batch, time) = (40, 41);
            let lengths = (0..batch).map(|row| if ragged { time - row % 5 } else { time });
            let case = Case {
                cell,
                batch,
                time,
                d_hidden: 37,
                lengths: lengths.collect(),
                reverse,
                ..small()
            };
            compare(&case, Read::Both);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_shapes_equal_tensor_operations(
        cell in 0usize..5,
        batch in 1usize..24,
        time in 1usize..24,
        d_input in 1usize..70,
        d_hidden in 1usize..90,
        flags in 0u8..32,
        read in 0usize..3,
        seed in any::<u64>(),
    ) {
        let mut state = seed;
        let ragged = flags & 1 > 0;
        let lengths = numbers(&mut state, batch, 1.0).into_iter().map(|x| {
            if ragged { ((x.abs() * (time + 1) as f32) as usize).min(time) } else { time }
        });
        compare(&Case {
            cell: CELLS[cell],
            batch,
            time,
            d_input,
            d_hidden,
            lengths: lengths.collect(),
            reverse: flags & 2 > 0,
            layout: if flags & 4 > 0 { Layout::BatchFirst } else { Layout::TimeFirst },
            has_bias: flags & 8 > 0,
            has_state: flags & 16 > 0,
            seed,
        }, [Read::Output, Read::Last, Read::Both][read]);
    }
}

#[test]
fn steps_one_by_one_equal_the_sequence_bit_for_bit() {
    // Steps of few rows have kernels of their own, for each number of rows.
    for (batch, d_hidden) in [(1, 37), (2, 37), (3, 64), (4, 37), (5, 37), (1, 300)] {
        for cell in CELLS {
            let case = Case {
                cell,
                batch,
                time: 5,
                d_hidden,
                lengths: vec![5; batch],
                ..small()
            };
            steps_equal_the_sequence(&case);
        }
    }
}

/// Output and states of a sequence are those of its steps one by one.
fn steps_equal_the_sequence(case: &Case) {
    let batch = case.batch;
    let operands = case.operands(&Device::flex());
    let (output, hidden, _) = fused(case, operands.clone());
    let mut state = (operands.hidden.clone(), operands.cell.clone());
    for t in 0..case.time {
        let one = Case {
            time: 1,
            lengths: vec![1; batch],
            ..case.clone()
        };
        let input = operands.input.clone().slice([0..batch, t..t + 1]);
        let step = Operands {
            input,
            hidden: state.0,
            cell: state.1.clone(),
            ..operands.clone()
        };
        let (out, next, next_cell) = fused(&one, step);
        let expected = output.clone().slice([0..batch, t..t + 1]);
        assert_eq!(list(out), list(expected), "{case:?}");
        state = (next, next_cell.unwrap_or(state.1));
    }
    assert_eq!(list(state.0), list(hidden), "{case:?}");
}

#[test]
fn infinite_nan_and_denormal_numbers_behave_as_in_tensor_operations() {
    for cell in CELLS {
        let case = Case { cell, ..small() };
        for value in [
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            1e-40,
            -1e-45,
            3e38,
            -200.0,
            200.0,
        ] {
            let device = Device::flex();
            let mut operands = case.operands(&device);
            let mut data = list(operands.input.clone());
            data[case.d_input] = value;
            let shape = operands.input.dims();
            operands.input = Tensor::from_data(TensorData::new(data, shape), &device);
            let ours = list(fused(&case, operands.clone()).0);
            let theirs = list(portable(&case, operands).0);
            for (ours, theirs) in ours.iter().zip(&theirs) {
                let same = ours == theirs
                    || (ours.is_nan() && theirs.is_nan())
                    || (ours - theirs).abs() <= 1e-5 * theirs.abs().max(1.0);
                assert!(same, "{cell:?} {value}: {ours} {theirs}");
            }
        }
    }
}

#[test]
fn gradients_equal_finite_differences() {
    for cell in [
        KernelCell::RnnTanh,
        KernelCell::GruResetAfter,
        KernelCell::GruResetBefore,
        KernelCell::Lstm,
    ] {
        let case = Case {
            cell,
            batch: 2,
            time: 3,
            d_input: 2,
            d_hidden: 3,
            lengths: vec![3, 2],
            ..small()
        };
        let device = Device::flex().autodiff();
        let operands = case.operands(&device).require_grad();
        let run = |operands: Operands| {
            let (output, hidden, cell) = fused(&case, operands);
            loss(&case, Read::Both, output, hidden, cell)
        };
        let gradient = gradients(&operands, run(operands.clone()))
            .remove(2)
            .unwrap();
        let w_hh = list(operands.w_hh.clone());
        for i in 0..w_hh.len() {
            // f32 leaves about three digits of a difference quotient.
            const STEP: f32 = 1e-2;
            let at = |change: f32| {
                let mut w = w_hh.clone();
                w[i] += change;
                let w_hh = Tensor::from_data(TensorData::new(w, operands.w_hh.dims()), &device);
                run(Operands {
                    w_hh,
                    ..operands.clone()
                })
                .into_scalar::<f32>()
            };
            let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
            assert!(
                (slope - gradient[i]).abs() < 3e-3,
                "{cell:?} {i}: {slope} {}",
                gradient[i]
            );
        }
    }
}

#[test]
fn one_tracked_operand_gets_the_gradient_that_it_gets_among_others() {
    for cell in [
        KernelCell::Lstm,
        KernelCell::GruResetAfter,
        KernelCell::GruResetBefore,
    ] {
        for lengths in [vec![4; 3], vec![2, 0, 4]] {
            let case = Case {
                cell,
                lengths,
                ..small()
            };
            let run = |tracked: &dyn Fn(Operands) -> Operands| {
                let operands = tracked(case.operands(&Device::flex().autodiff()));
                let (output, hidden, cell) = fused(&case, operands.clone());
                gradients(&operands, loss(&case, Read::Both, output, hidden, cell))
            };
            let all = run(&Operands::require_grad);
            for (k, expected) in all.iter().enumerate() {
                if expected.is_none() {
                    // The cell has no such operand.
                    continue;
                }
                let mut one = run(&|operands| operands.require_grad_of(k));
                assert_eq!(one[k], *expected, "{cell:?} operand {k}");
                one.remove(k);
                assert!(one.iter().all(Option::is_none), "{cell:?} operand {k}");
            }
        }
    }
}

/// Output, final hidden state and final cell state.
type Results = (Tensor<3>, Tensor<2>, Option<Tensor<2>>);

/// Transposed, cut out of larger tensors, or repeated along a dimension.
#[test]
fn operands_may_lie_in_memory_in_any_way() {
    for cell in CELLS {
        let case = Case { cell, ..small() };
        let device = Device::flex().autodiff();
        let columns = cell.gates() * case.d_hidden;
        let run = |way: usize, path: &dyn Fn(&Case, Operands) -> Results| {
            let leaves = case.operands(&device).require_grad();
            let operands = match way {
                0 => Operands {
                    input: leaves.input.clone().swap_dims(0, 1).reshape([3, 4, 5]),
                    w_ih: leaves.w_ih.clone().reshape([columns, 5]).swap_dims(0, 1),
                    w_hh: leaves.w_hh.clone().reshape([columns, 7]).swap_dims(0, 1),
                    hidden: leaves.hidden.clone().reshape([7, 3]).swap_dims(0, 1),
                    cell: leaves.cell.clone().reshape([7, 3]).swap_dims(0, 1),
                    ..leaves.clone()
                },
                1 => {
                    let double = |x: &Tensor<2>| Tensor::cat(vec![x.clone(), x.clone().neg()], 1);
                    Operands {
                        input: Tensor::cat(vec![leaves.input.clone(); 2], 2).narrow(2, 3, 5),
                        w_ih: double(&leaves.w_ih).narrow(1, 1, columns),
                        w_hh: double(&leaves.w_hh).narrow(1, 2, columns),
                        bias: Tensor::cat(vec![leaves.bias.clone(); 2], 0).narrow(0, 3, columns),
                        hidden: double(&leaves.hidden).narrow(1, 3, 7),
                        cell: double(&leaves.cell).narrow(1, 4, 7),
                        ..leaves.clone()
                    }
                }
                _ => Operands {
                    input: leaves.input.clone().narrow(0, 1, 1).expand([3, 4, 5]),
                    w_ih: leaves.w_ih.clone().narrow(0, 0, 1).expand([5, columns]),
                    w_hh: leaves.w_hh.clone().narrow(1, 1, 1).expand([7, columns]),
                    bias: leaves.bias.clone().narrow(0, 0, 1).expand([columns]),
                    bias_candidate: leaves.bias_candidate.clone().narrow(0, 1, 1).expand([7]),
                    hidden: leaves.hidden.clone().narrow(0, 2, 1).expand([3, 7]),
                    cell: leaves.cell.clone().narrow(1, 2, 1).expand([3, 7]),
                },
            };
            let (output, hidden, cell) = path(&case, operands);
            let mut all = vec![Some(list(output.clone())), Some(list(hidden.clone()))];
            let cell = (case.cell == KernelCell::Lstm).then_some(cell).flatten();
            // What the sums' gradients look like in memory differs too.
            let mut sum = loss(&case, Read::Both, output.clone(), hidden, cell) + output.sum();
            sum = sum * 0.5;
            all.extend(gradients(&leaves, sum));
            all
        };
        for way in 0..3 {
            let ours = run(way, &fused);
            let theirs = run(way, &|case, operands| {
                let (output, hidden, cell) = portable(case, operands);
                (output, hidden, Some(cell))
            });
            for (k, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
                if let (Some(ours), Some(theirs)) = (ours, theirs) {
                    let difference = difference(ours, theirs);
                    assert!(
                        difference <= 1e-5,
                        "{cell:?} way {way} result {k}: {difference:.1e}"
                    );
                } else {
                    let zero = ours.iter().chain(theirs).flatten().all(|&x| x == 0.0);
                    assert!(zero, "{cell:?} way {way} result {k}");
                }
            }
        }
    }
}

#[test]
fn calls_at_once_do_not_disturb_one_another() {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for (round, cell) in CELLS.into_iter().enumerate() {
                    let (batch, time, d_hidden) = (3 + thread, 9, 60 + round);
                    let lengths = vec![time; batch];
                    let seed = (10 * thread + round) as u64;
                    compare(
                        &Case {
                            cell,
                            batch,
                            time,
                            d_hidden,
                            lengths,
                            seed,
                            ..small()
                        },
                        Read::Both,
                    );
                }
            });
        }
    });
}
