//! Whole sequences of a recurrent layer in one direction.

use burn::backend::TensorMetadata;
use burn_flex::{Flex, FlexTensor};

use super::tensors::{contiguous, leave, numbers, shaped, take, tensor};
use crate::cpu::backward::{Incoming, Record, Wanted, backward};
use crate::cpu::cell::{Operands, Saved, States, Weights};
use crate::cpu::forward::{Forward, forward};
use crate::cpu::kernels::Isa;
use crate::cpu::pool::threads;
use crate::cpu::run::Run;
use crate::cpu::schedule::Schedule;
use crate::cpu::scratch::Numbers;
use crate::cpu::sizes::Sizes;
use crate::extension::{Call, Leftover, SEQUENCE_TENSORS, SequenceTensors};
use crate::kind::{KernelCell, Layout};

/// Sizes and rows of a call.
fn describe(tensors: &SequenceTensors<Flex>, call: &Call) -> (Schedule, Sizes) {
    let [first, second, d_input] = tensors.input.shape().dims::<3>();
    let (batch, time) = match call.layout {
        Layout::BatchFirst => (first, second),
        Layout::TimeFirst => (second, first),
    };
    let [d_hidden, _] = tensors.w_hh.shape().dims::<2>();
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

fn weights<'a>(tensors: &'a SequenceTensors<Flex>, call: &Call) -> Weights<'a> {
    Weights {
        w_ih: numbers(&tensors.w_ih),
        w_hh: numbers(&tensors.w_hh),
        bias: call.bias.then(|| numbers(&tensors.bias)),
        bias_candidate: call
            .bias_candidate
            .then(|| numbers(&tensors.bias_candidate)),
    }
}

fn start<'a>(tensors: &'a SequenceTensors<Flex>, call: &Call) -> States<'a> {
    States {
        hidden: call.hidden.then(|| numbers(&tensors.hidden)),
        cell: call.cell_state.then(|| numbers(&tensors.cell)),
    }
}

fn operands<'a>(tensors: &'a SequenceTensors<Flex>, call: &Call) -> Operands<'a> {
    Operands {
        input: numbers(&tensors.input),
        weights: weights(tensors, call),
        start: start(tensors, call),
    }
}

/// Output, final states, and what is left for the backward pass where `save`.
fn run(
    tensors: &SequenceTensors<Flex>,
    call: &Call,
    save: bool,
) -> (FlexTensor, FlexTensor, Option<Saved>) {
    let (schedule, sizes) = describe(tensors, call);
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
        Run::selected(),
        &schedule,
        sizes,
        operands(tensors, call),
        save,
    );
    let [first, second, _] = tensors.input.shape().dims::<3>();
    let output = tensor(output, [first, second, sizes.d_hidden]);
    let states = if sizes.cell == KernelCell::Lstm { 2 } else { 1 };
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

/// Output and final states.
pub(super) fn infer(tensors: SequenceTensors<Flex>, call: &Call) -> (FlexTensor, FlexTensor) {
    let (output, last, _) = run(&tensors.map(contiguous), call, false);
    (output, last)
}

/// Output, final states, and what [`gradients`] needs.
pub(super) fn train(
    tensors: &SequenceTensors<Flex>,
    call: &Call,
) -> (FlexTensor, FlexTensor, Leftover) {
    let tensors = tensors.clone().map(contiguous);
    let (output, last, saved) = run(&tensors, call, true);
    (output, last, leave(saved))
}

/// Gradients of the tensors that are `wanted`, in the order of the fields.
pub(super) fn gradients(
    tensors: SequenceTensors<Flex>,
    call: &Call,
    output: FlexTensor,
    leftover: &Leftover,
    d_output: FlexTensor,
    d_last: Option<FlexTensor>,
    wanted: [bool; SEQUENCE_TENSORS],
) -> [Option<FlexTensor>; SEQUENCE_TENSORS] {
    let shapes = tensors.each().map(|tensor| tensor.shape());
    let tensors = tensors.map(contiguous);
    let (schedule, sizes) = describe(&tensors, call);
    assert_eq!(
        d_output.shape(),
        output.shape(),
        "the gradient of the output must have the output's shape"
    );
    if let Some(d_last) = &d_last {
        let states = if sizes.cell == KernelCell::Lstm { 2 } else { 1 };
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
            cell: (sizes.cell == KernelCell::Lstm).then_some(cell),
        }
    });
    let saved = take::<Saved>(leftover);
    let record = Record {
        operands: operands(&tensors, call),
        output: numbers(&output),
    };
    let gradients = backward(
        Run::selected(),
        &schedule,
        sizes,
        record,
        *saved,
        Incoming {
            output: numbers(&d_output),
            last: states.unwrap_or_default(),
        },
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

#[cfg(test)]
mod tests {
    use super::super::tensors::testing::{ones, refused};
    use super::*;

    #[test]
    fn gradients_of_the_wrong_shape_are_refused() {
        let run = |d_output: [usize; 3], d_last: [usize; 3]| {
            let call = Call {
                cell: KernelCell::Lstm,
                layout: Layout::BatchFirst,
                reverse: false,
                lengths: None,
                bias: false,
                bias_candidate: false,
                hidden: false,
                cell_state: false,
            };
            let tensors = SequenceTensors {
                input: ones([2, 3, 4]),
                w_ih: ones([4, 20]),
                w_hh: ones([5, 20]),
                bias: ones([1]),
                bias_candidate: ones([1]),
                hidden: ones([1, 1]),
                cell: ones([1, 1]),
            };
            let (output, _, leftover) = train(&tensors, &call);
            let wanted = [true, true, true, false, false, false, false];
            refused(|| {
                gradients(
                    tensors,
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
}
