//! The kernels behind tensors of the Flex backend.

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::TensorMetadata;
use burn::tensor::{DType, Shape};
use burn_flex::{Flex, FlexTensor};

use super::bytes::recycled;
use super::{Call, Leftover, Operands, RecurrentKernels, RecurrentOps};
use crate::cpu::backward::{Record, Wanted, backward};
use crate::cpu::cell::{Saved, States, Weights};
use crate::cpu::cross_entropy::{LossSaved, LossSizes, loss_forward};
use crate::cpu::cross_entropy_backward::{LossWanted, loss_backward};
use crate::cpu::dropout::{Mask, dropout};
use crate::cpu::embedding;
use crate::cpu::forward::{Forward, forward};
use crate::cpu::join::{join, split};
use crate::cpu::kernels::Isa;
use crate::cpu::pool::threads;
use crate::cpu::schedule::Schedule;
use crate::cpu::scratch::Numbers;
use crate::cpu::shared::Sizes;
use crate::kind::{Cell, Layout};

/// The tensor itself where its numbers lie one after the other, else a copy where they do.
pub(super) fn contiguous(tensor: FlexTensor) -> FlexTensor {
    assert_eq!(tensor.dtype(), DType::F32, "fused operations are for f32");
    if tensor.as_slice::<f32>().is_some() {
        tensor
    } else {
        tensor.to_contiguous()
    }
}

pub(super) fn numbers(tensor: &FlexTensor) -> &[f32] {
    tensor
        .as_slice()
        .expect("operands were made contiguous f32")
}

fn tensor<const D: usize>(data: Numbers, shape: [usize; D]) -> FlexTensor {
    shaped(data, Shape::from(shape))
}

/// The same, with a shape of any rank.
pub(super) fn shaped(data: Numbers, shape: Shape) -> FlexTensor {
    assert_eq!(
        data.len(),
        shape.num_elements(),
        "as many numbers as the shape has"
    );
    FlexTensor::new(
        recycled(data),
        burn_flex::Layout::contiguous(shape),
        DType::F32,
    )
}

/// Sizes and rows of a call.
fn describe(operands: &Operands<Flex>, call: &Call) -> (Schedule, Sizes) {
    let [first, second, d_input] = operands[0].shape().dims::<3>();
    let (batch, time) = match call.layout {
        Layout::BatchFirst => (first, second),
        Layout::TimeFirst => (second, first),
    };
    let [d_hidden, _] = operands[2].shape().dims::<2>();
    let schedule = Schedule::new(
        batch,
        time,
        call.lengths.as_deref(),
        call.reverse,
        call.layout,
    );
    (
        schedule,
        Sizes {
            cell: call.cell,
            d_input,
            d_hidden,
        },
    )
}

fn weights<'a>(operands: &'a Operands<Flex>, call: &Call) -> Weights<'a> {
    Weights {
        w_ih: numbers(&operands[1]),
        w_hh: numbers(&operands[2]),
        bias: call.bias.then(|| numbers(&operands[3])),
        bias_candidate: call.bias_candidate.then(|| numbers(&operands[4])),
    }
}

fn start<'a>(operands: &'a Operands<Flex>, call: &Call) -> States<'a> {
    States {
        hidden: call.hidden.then(|| numbers(&operands[5])),
        cell: call.cell_state.then(|| numbers(&operands[6])),
    }
}

/// Output, final states, and what is left for the backward pass where `save`.
fn run(
    operands: &Operands<Flex>,
    call: &Call,
    save: bool,
) -> (FlexTensor, FlexTensor, Option<Saved>) {
    let (schedule, sizes) = describe(operands, call);
    let isa = Isa::selected();
    log::debug!(
        "fused {:?}: batch {}, time {}, input {}, hidden {}, {} threads, {}",
        sizes.cell,
        schedule.batch,
        schedule.time,
        sizes.d_input,
        sizes.d_hidden,
        threads(),
        isa.name(),
    );
    let Forward {
        output,
        hidden,
        cell,
        saved,
    } = forward(
        isa.kernels(),
        threads(),
        &schedule,
        sizes,
        numbers(&operands[0]),
        weights(operands, call),
        start(operands, call),
        save,
    );
    let [first, second, _] = operands[0].shape().dims::<3>();
    let output = tensor(output, [first, second, sizes.d_hidden]);
    let states = if sizes.cell == Cell::Lstm { 2 } else { 1 };
    let hidden = if states == 1 {
        hidden
    } else {
        Numbers::from([&*hidden, &*cell].concat().as_slice())
    };
    (
        output,
        tensor(hidden, [states, schedule.batch, sizes.d_hidden]),
        saved,
    )
}

impl RecurrentOps for Flex {
    fn recurrent_sequence(
        input: FlexTensor,
        w_ih: FlexTensor,
        w_hh: FlexTensor,
        bias: FlexTensor,
        bias_candidate: FlexTensor,
        hidden: FlexTensor,
        cell: FlexTensor,
        call: Call,
    ) -> (FlexTensor, FlexTensor) {
        let operands = [input, w_ih, w_hh, bias, bias_candidate, hidden, cell].map(contiguous);
        let (output, last, _) = run(&operands, &call, false);
        (output, last)
    }

    fn recurrent_linear_cross_entropy(
        hidden: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        targets: FlexTensor,
        has_bias: bool,
    ) -> FlexTensor {
        losses(
            &[hidden, weight, bias].map(contiguous),
            targets,
            has_bias,
            false,
        )
        .0
    }

    fn recurrent_embedding(weight: FlexTensor, indices: FlexTensor) -> FlexTensor {
        Self::rows_train(&weight, indices).0
    }

    fn recurrent_dropout(input: FlexTensor, probability: f64, key: [u32; 2]) -> FlexTensor {
        let input = contiguous(input);
        let output = dropout(
            Isa::selected().kernels(),
            threads(),
            numbers(&input),
            Mask::new(probability, key),
        );
        shaped(output, input.shape())
    }

    fn recurrent_join(left: FlexTensor, right: FlexTensor) -> FlexTensor {
        let sides = [left, right].map(contiguous);
        let [left, right] = sides.each_ref().map(last);
        let output = join(
            Isa::selected().kernels(),
            threads(),
            sides.each_ref().map(numbers),
            [left, right],
        );
        shaped(output, with_last(&sides[0], left + right))
    }
}

/// The last dimension.
fn last(tensor: &FlexTensor) -> usize {
    tensor.shape().last().copied().expect("a dimension")
}

/// The tensor's shape with another last dimension.
fn with_last(tensor: &FlexTensor, width: usize) -> Shape {
    let mut dims = tensor.shape().to_vec();
    *dims.last_mut().expect("a dimension") = width;
    Shape::from(dims)
}

/// The sizes of a linear layer with cross entropy.
fn loss_sizes(operands: &[FlexTensor; 3]) -> LossSizes {
    let [tokens, d_hidden] = operands[0].shape().dims::<2>();
    let [_, vocabulary] = operands[1].shape().dims::<2>();
    LossSizes {
        tokens,
        d_hidden,
        vocabulary,
    }
}

/// Class numbers as indices.
///
/// # Panics
///
/// Where one is negative or not below `vocabulary`.
fn indices(targets: FlexTensor, vocabulary: usize) -> Vec<usize> {
    let data = targets.to_contiguous().into_data();
    data.iter::<i64>()
        .map(|target| {
            let index = usize::try_from(target)
                .ok()
                .filter(|&index| index < vocabulary);
            index.unwrap_or_else(|| panic!("token {target} in a vocabulary of {vocabulary}"))
        })
        .collect()
}

/// What a loss leaves for its backward pass.
struct LossLeftover {
    saved: LossSaved,
    targets: Vec<usize>,
}

fn losses(
    operands: &[FlexTensor; 3],
    targets: FlexTensor,
    has_bias: bool,
    save: bool,
) -> (FlexTensor, Option<LossLeftover>) {
    let sizes = loss_sizes(operands);
    let targets = indices(targets, sizes.vocabulary);
    let (losses, saved) = loss_forward(
        Isa::selected().kernels(),
        threads(),
        sizes,
        numbers(&operands[0]),
        numbers(&operands[1]),
        has_bias.then(|| numbers(&operands[2])),
        &targets,
        save,
    );
    (
        tensor(losses, [sizes.tokens]),
        saved.map(|saved| LossLeftover { saved, targets }),
    )
}

impl RecurrentKernels for Flex {
    fn sequence_train(
        operands: &Operands<Self>,
        call: &Call,
    ) -> (FlexTensor, FlexTensor, Leftover) {
        let operands = operands.clone().map(contiguous);
        let (output, last, saved) = run(&operands, call, true);
        let saved = saved.map(|saved| Box::new(saved) as Box<dyn core::any::Any + Send>);
        (output, last, Arc::new(Mutex::new(saved)))
    }

    fn sequence_backward(
        operands: Operands<Self>,
        call: &Call,
        output: FlexTensor,
        leftover: &Leftover,
        d_output: FlexTensor,
        d_last: Option<FlexTensor>,
        wanted: [bool; 7],
    ) -> [Option<FlexTensor>; 7] {
        let shapes = operands.each_ref().map(|tensor| tensor.shape());
        let operands = operands.map(contiguous);
        let (schedule, sizes) = describe(&operands, call);
        assert_eq!(
            d_output.shape(),
            output.shape(),
            "the gradient of the output must have the output's shape"
        );
        if let Some(d_last) = &d_last {
            let states = if sizes.cell == Cell::Lstm { 2 } else { 1 };
            assert_eq!(
                d_last.shape().dims::<3>(),
                [states, schedule.batch, sizes.d_hidden],
                "the gradient of the final states must have their shape"
            );
        }
        let (output, d_output) = (contiguous(output), contiguous(d_output));
        let d_last = d_last.map(contiguous);
        let states = d_last.as_ref().map(|d_last| {
            let (hidden, cell) = numbers(d_last).split_at(schedule.batch * sizes.d_hidden);
            States {
                hidden: Some(hidden),
                cell: (sizes.cell == Cell::Lstm).then_some(cell),
            }
        });
        let saved = take::<Saved>(leftover);
        let record = Record {
            input: numbers(&operands[0]),
            weights: weights(&operands, call),
            start: start(&operands, call),
            output: numbers(&output),
        };
        let gradients = backward(
            Isa::selected().kernels(),
            threads(),
            &schedule,
            sizes,
            record,
            *saved,
            numbers(&d_output),
            states.unwrap_or_default(),
            Wanted {
                input: wanted[0],
                weights: wanted[1..5].contains(&true),
            },
        );
        let mut all = [
            gradients.input,
            gradients.w_ih,
            gradients.w_hh,
            gradients.bias,
            gradients.bias_candidate,
            gradients.hidden,
            gradients.cell,
        ]
        .into_iter()
        .zip(shapes)
        .zip(wanted)
        .map(|((data, shape), wanted)| wanted.then(|| shaped(data, shape)));
        core::array::from_fn(|_| all.next().flatten())
    }

    fn loss_train(
        operands: &[FlexTensor; 3],
        targets: FlexTensor,
        has_bias: bool,
    ) -> (FlexTensor, Leftover) {
        let (losses, left) = losses(&operands.clone().map(contiguous), targets, has_bias, true);
        let left = left.map(|left| Box::new(left) as Box<dyn core::any::Any + Send>);
        (losses, Arc::new(Mutex::new(left)))
    }

    fn loss_backward(
        operands: [FlexTensor; 3],
        leftover: &Leftover,
        d_loss: FlexTensor,
        wanted: [bool; 3],
    ) -> [Option<FlexTensor>; 3] {
        let operands = operands.map(contiguous);
        let sizes = loss_sizes(&operands);
        assert_eq!(
            d_loss.shape().dims::<1>(),
            [sizes.tokens],
            "the gradient of the losses must have their shape"
        );
        let LossLeftover { saved, targets } = *take::<LossLeftover>(leftover);
        let gradients = loss_backward(
            Isa::selected().kernels(),
            threads(),
            sizes,
            numbers(&operands[0]),
            numbers(&operands[1]),
            &targets,
            saved,
            numbers(&contiguous(d_loss)),
            LossWanted {
                hidden: wanted[0],
                weight: wanted[1] || wanted[2],
            },
        );
        let LossSizes {
            tokens,
            d_hidden,
            vocabulary,
        } = sizes;
        [
            wanted[0].then(|| tensor(gradients.hidden, [tokens, d_hidden])),
            wanted[1].then(|| tensor(gradients.weight, [d_hidden, vocabulary])),
            wanted[2].then(|| tensor(gradients.bias, [vocabulary])),
        ]
    }

    fn split(joined: FlexTensor, widths: [usize; 2]) -> [FlexTensor; 2] {
        let joined = contiguous(joined);
        assert_eq!(last(&joined), widths[0] + widths[1], "gradient of a join");
        let sides = split(
            Isa::selected().kernels(),
            threads(),
            numbers(&joined),
            widths,
        );
        let mut widths = widths.into_iter();
        sides.map(|side| {
            let width = widths.next().expect("a width for each side");
            shaped(side, with_last(&joined, width))
        })
    }

    fn rows_train(weight: &FlexTensor, indices: FlexTensor) -> (FlexTensor, Arc<[usize]>) {
        let weight = contiguous(weight.clone());
        let [rows, width] = weight.shape().dims::<2>();
        let [batch, time] = indices.shape().dims::<2>();
        let indices = self::indices(indices, rows);
        let output = embedding::rows(threads(), numbers(&weight), width, &indices);
        (tensor(output, [batch, time, width]), indices.into())
    }

    fn rows_backward(shape: [usize; 2], indices: &[usize], d_output: FlexTensor) -> FlexTensor {
        let [rows, width] = shape;
        let d_output = contiguous(d_output);
        tensor(
            embedding::gradient(threads(), rows, width, indices, numbers(&d_output)),
            shape,
        )
    }
}

/// What the forward pass left.
fn take<T: 'static>(leftover: &Leftover) -> Box<T> {
    leftover
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .and_then(|leftover| leftover.downcast::<T>().ok())
        .expect("the backward pass of a fused operation runs once")
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;

    fn refused(f: impl FnOnce()) -> bool {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err()
    }

    fn ones<const D: usize>(shape: [usize; D]) -> FlexTensor {
        tensor(
            Numbers::from(vec![0.5; shape.iter().product()].as_slice()),
            shape,
        )
    }

    #[test]
    fn gradients_of_the_wrong_shape_are_refused() {
        let run = |d_output: [usize; 3], d_last: [usize; 3]| {
            let call = Call {
                cell: Cell::Lstm,
                layout: Layout::BatchFirst,
                reverse: false,
                lengths: None,
                bias: false,
                bias_candidate: false,
                hidden: false,
                cell_state: false,
            };
            let operands = [
                ones([2, 3, 4]),
                ones([4, 20]),
                ones([5, 20]),
                ones([1]),
                ones([1]),
                ones([1, 1]),
                ones([1, 1]),
            ];
            let (output, _, leftover) = Flex::sequence_train(&operands, &call);
            let wanted = [true, true, true, false, false, false, false];
            refused(|| {
                Flex::sequence_backward(
                    operands,
                    &call,
                    output,
                    &leftover,
                    ones(d_output),
                    Some(ones(d_last)),
                    wanted,
                );
            })
        };
        assert!(!run([2, 3, 5], [2, 2, 5]));
        assert!(run([2, 2, 5], [2, 2, 5]));
        assert!(run([3, 2, 5], [2, 2, 5]));
        assert!(run([2, 3, 5], [1, 2, 5]));
        assert!(run([2, 3, 5], [2, 3, 5]));
    }

    #[test]
    fn gradients_of_losses_of_the_wrong_shape_are_refused() {
        let run = |d_loss: usize| {
            let operands = [ones([3, 2]), ones([2, 5]), ones([1])];
            let targets = FlexTensor::from_data(TensorData::new(vec![0i64, 1, 4], [3]));
            let (_, leftover) = Flex::loss_train(&operands, targets, false);
            refused(|| {
                Flex::loss_backward(operands, &leftover, ones([d_loss]), [true, true, false]);
            })
        };
        assert!(!run(3));
        assert!(run(2) && run(4));
    }
}
