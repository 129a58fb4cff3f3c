//! The fused operations equal plain tensor operations, forward and backward.
#![cfg(feature = "flex")]

mod common;

use std::sync::Mutex;

use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent_kernels::{
    Cell, Layout, Path, SequenceOptions, SequenceState, SequenceWeights, path, sequence,
    set_threads,
};
use common::{Case, Operands, numbers, portable};
use proptest::prelude::*;

const CELLS: [Cell; 5] = [
    Cell::RnnTanh,
    Cell::RnnRelu,
    Cell::GruResetAfter,
    Cell::GruResetBefore,
    Cell::Lstm,
];

/// The number of threads is the process's: tests that set it take turns.
static THREADS: Mutex<()> = Mutex::new(());

fn fused(case: &Case, operands: Operands) -> (Tensor<3>, Tensor<2>, Option<Tensor<2>>) {
    let Operands {
        input,
        w_ih,
        w_hh,
        bias,
        bias_candidate,
        hidden,
        cell,
    } = operands;
    let after = case.cell == Cell::GruResetAfter;
    let ragged = case.lengths.iter().any(|&length| length < case.time);
    let result = sequence(
        case.cell,
        input,
        SequenceWeights {
            w_ih,
            w_hh,
            bias: case.has_bias.then_some(bias),
            bias_candidate: (case.has_bias && after).then_some(bias_candidate),
        },
        SequenceState {
            hidden: case.has_state.then_some(hidden),
            cell: (case.has_state && case.cell == Cell::Lstm).then_some(cell),
        },
        SequenceOptions {
            layout: case.layout,
            reverse: case.reverse,
            lengths: ragged.then_some(&case.lengths),
        },
    );
    (result.output, result.hidden, result.cell)
}

/// Which results the loss reads.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Read {
    Output,
    Last,
    Both,
}

/// A weighted sum of the results, so that every number gets a gradient of its own.
fn loss(
    case: &Case,
    read: Read,
    output: Tensor<3>,
    hidden: Tensor<2>,
    cell: Option<Tensor<2>>,
) -> Tensor<1> {
    let device = output.device();
    let mut seed = case.seed ^ 0x5555;
    let mut weights = |count| numbers(&mut seed, count, 1.0);
    let w3 = TensorData::new(weights(output.shape().num_elements()), output.dims());
    let w_hidden = TensorData::new(weights(hidden.shape().num_elements()), hidden.dims());
    let mut loss = Tensor::zeros([1], &device);
    if read != Read::Last {
        loss = loss + (output * Tensor::from_data(w3, &device)).sum();
    }
    if read != Read::Output {
        let w_cell = TensorData::new(weights(hidden.shape().num_elements()), hidden.dims());
        loss = loss + (hidden * Tensor::from_data(w_hidden, &device)).sum();
        if let Some(cell) = cell {
            loss = loss + (cell * Tensor::from_data(w_cell, &device)).sum();
        }
    }
    loss
}

fn gradients(operands: &Operands, loss: Tensor<1>) -> Vec<Option<Vec<f32>>> {
    let grads = loss.backward();
    fn list<const D: usize>(data: Option<Tensor<D>>) -> Option<Vec<f32>> {
        data.map(|data| data.into_data().try_to_vec().unwrap())
    }
    vec![
        list(operands.input.grad(&grads)),
        list(operands.w_ih.grad(&grads)),
        list(operands.w_hh.grad(&grads)),
        list(operands.bias.grad(&grads)),
        list(operands.bias_candidate.grad(&grads)),
        list(operands.hidden.grad(&grads)),
        list(operands.cell.grad(&grads)),
    ]
}

fn list<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// Largest difference, relative to the largest number.
fn difference(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let size = theirs.iter().fold(1e-2f32, |most, x| most.max(x.abs()));
    let most = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs());
    most.fold(0.0, |most: f32, x| {
        if x.is_nan() {
            f32::INFINITY
        } else {
            most.max(x)
        }
    }) / size
}

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
    assert_eq!(cell.is_some(), case.cell == Cell::Lstm);
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

fn small() -> Case {
    Case {
        cell: Cell::Lstm,
        batch: 3,
        time: 4,
        d_input: 5,
        d_hidden: 7,
        lengths: vec![4; 3],
        reverse: false,
        layout: Layout::BatchFirst,
        has_bias: true,
        has_state: true,
        seed: 1,
    }
}

#[test]
fn flex_takes_the_fused_path() {
    assert_eq!(path(&Device::flex(), burn::tensor::DType::F32), Path::Fused);
    assert_eq!(
        path(&Device::flex().autodiff(), burn::tensor::DType::F32),
        Path::Fused
    );
    assert!(matches!(
        path(&Device::flex(), burn::tensor::DType::F64),
        Path::Portable(_)
    ));
}

#[test]
fn every_cell_equals_tensor_operations() {
    for cell in CELLS {
        for read in [Read::Output, Read::Last, Read::Both] {
            compare(&Case { cell, ..small() }, read);
        }
    }
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
fn results_do_not_depend_on_the_number_of_threads() {
    let _turn = THREADS.lock();
    for cell in CELLS {
        for (batch, time, d_hidden) in [(1, 30, 130), (20, 12, 100), (13, 9, 65)] {
            let case = Case {
                cell,
                batch,
                time,
                d_hidden,
                lengths: vec![time; batch],
                ..small()
            };
            let mut first: Option<Vec<Vec<u32>>> = None;
            for threads in [1, 2, 3, 5] {
                set_threads(threads);
                let operands = case.operands(&Device::flex().autodiff()).require_grad();
                let (output, hidden, cell) = fused(&case, operands.clone());
                let mut all = vec![list(output.clone()), list(hidden.clone())];
                all.extend(
                    gradients(&operands, loss(&case, Read::Both, output, hidden, cell))
                        .into_iter()
                        .flatten(),
                );
                let bits = all
                    .iter()
                    .map(|x| x.iter().map(|x| x.to_bits()).collect())
                    .collect();
                match &first {
                    None => first = Some(bits),
                    Some(first) => assert!(*first == bits, "{threads} threads differ: {case:?}"),
                }
            }
            set_threads(0);
        }
    }
}

#[test]
fn steps_one_by_one_equal_the_sequence_bit_for_bit() {
    for cell in CELLS {
        let case = Case {
            cell,
            batch: 2,
            time: 5,
            d_hidden: 37,
            lengths: vec![5; 2],
            ..small()
        };
        let operands = case.operands(&Device::flex());
        let (output, hidden, _) = fused(&case, operands.clone());
        let mut state = (operands.hidden.clone(), operands.cell.clone());
        for t in 0..5 {
            let one = Case {
                time: 1,
                lengths: vec![1; 2],
                ..case.clone()
            };
            let input = operands.input.clone().slice([0..2, t..t + 1]);
            let step = Operands {
                input,
                hidden: state.0,
                cell: state.1.clone(),
                ..operands.clone()
            };
            let (out, next, next_cell) = fused(&one, step);
            assert_eq!(list(out), list(output.clone().slice([0..2, t..t + 1])));
            state = (next, next_cell.unwrap_or(state.1));
        }
        assert_eq!(list(state.0), list(hidden));
    }
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
        Cell::RnnTanh,
        Cell::GruResetAfter,
        Cell::GruResetBefore,
        Cell::Lstm,
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
