//! One recurrent layer, in one direction or both.

use crate::cell::Sequence;
use crate::lengths::Lengths;
use crate::unstack::unstack;
use crate::zoneout::Zoneout;
use crate::{Cell, CellState, ComputePath, ZeroOutput};
use burn::module::Module;
use burn::tensor::{Bool, DType, Device, Tensor};
use burn_recurrent_kernels::{self as kernels, Operation, join};

/// One recurrent layer: a cell for each direction.
#[derive(Module, Debug)]
pub struct RecurrentLayer<C: Cell> {
    /// The cell that reads from the first step to the last.
    pub forward: C,
    /// The cell that reads from the last step to the first, in a bidirectional layer.
    pub backward: Option<C>,
}

/// A layer's input, the same for both directions.
pub(crate) struct LayerInput<'a> {
    /// `[batch, time, d_input]`, or `[time, batch, d_input]` unless `batch_first`.
    pub(crate) input: Tensor<3>,
    pub(crate) batch_first: bool,
    pub(crate) lengths: Option<&'a Lengths>,
    pub(crate) zoneout: &'a Zoneout,
}

impl<C: Cell> RecurrentLayer<C> {
    /// The number of directions, 1 or 2.
    pub fn directions(&self) -> usize {
        1 + usize::from(self.backward.is_some())
    }

    /// The width of the output, both directions side by side.
    pub fn d_output(&self) -> usize {
        self.directions() * self.forward.d_output()
    }

    /// Runs the layer; `states` has one state for each direction and gets the final ones.
    pub(crate) fn run(
        &self,
        input: &LayerInput<'_>,
        states: Option<Vec<C::State>>,
    ) -> (Tensor<3>, Vec<C::State>) {
        let mut states = states.map(Vec::into_iter);
        let mut next = || states.as_mut().and_then(Iterator::next);
        let (output, state) = run_direction(&self.forward, input, next(), false);
        match &self.backward {
            None => (output, vec![state]),
            Some(cell) => {
                let (backward_output, backward_state) = run_direction(cell, input, next(), true);
                (
                    side_by_side(output, backward_output),
                    vec![state, backward_state],
                )
            }
        }
    }
}

/// The outputs of both directions in one.
fn side_by_side(forward: Tensor<3>, backward: Tensor<3>) -> Tensor<3> {
    let [first, second, width] = forward.dims();
    if first == 0 || second == 0 {
        let both = ZeroOutput::like(&forward).of(&forward).of(&backward);
        return both.shaped([first, second, width + backward.dims()[2]]);
    }
    let dtypes = [forward.dtype(), backward.dtype()];
    match kernels::path(Operation::Join, &forward.device(), &dtypes).is_fused() {
        true => join(forward, backward),
        false => Tensor::cat(vec![forward, backward], 2),
    }
}

fn run_direction<C: Cell>(
    cell: &C,
    layer: &LayerInput<'_>,
    state: Option<C::State>,
    reverse: bool,
) -> (Tensor<3>, C::State) {
    let mut path = path(
        cell,
        layer.zoneout,
        &layer.input.device(),
        layer.input.dtype(),
    );
    let [first, second, _] = layer.input.dims();
    if path.is_fused() && (first == 0 || second == 0) {
        path = ComputePath::portable("an empty batch is not worth a kernel");
    }
    if path.is_fused() {
        let sequence = Sequence {
            input: layer.input.clone(),
            batch_first: layer.batch_first,
            state: state.clone(),
            lengths: layer.lengths.map(Lengths::as_slice),
            reverse,
        };
        if let Some(fused) = cell.fused_sequence(&sequence) {
            log::debug!("{}: {path}", C::name());
            return (fused.output, fused.state);
        }
        path = ComputePath::portable("the fused kernel does not take this sequence");
    }
    log::debug!("{}: {path}", C::name());
    run_portable(cell, layer, state, reverse)
}

/// Which way a sequence takes through this cell.
pub(crate) fn path<C: Cell>(
    cell: &C,
    zoneout: &Zoneout,
    device: &Device,
    dtype: DType,
) -> ComputePath {
    let obstacle = (zoneout.is_active(), "zoneout has no fused kernel");
    cell.path(device, dtype).unless(&[obstacle])
}

/// The reference: step by step, with plain tensor operations.
fn run_portable<C: Cell>(
    cell: &C,
    layer: &LayerInput<'_>,
    state: Option<C::State>,
    reverse: bool,
) -> (Tensor<3>, C::State) {
    let time_axis = usize::from(layer.batch_first);
    let input = match layer.batch_first {
        true => layer.input.clone().swap_dims(0, 1),
        false => layer.input.clone(),
    };
    let [time, batch, d_input] = input.dims();
    let device = input.device();
    let dtype = input.dtype();
    let mut state = state.unwrap_or_else(|| {
        // A module may be of another element type than the device's default, and its input is of the same.
        let parts = cell.initial_state(batch, &device).into_parts().into_iter();
        C::State::from_parts(parts.map(|part| part.cast(dtype)).collect())
    });
    if time == 0 || batch == 0 {
        return run_nothing(cell, layer, state);
    }

    let projected = cell.project_input(input.reshape([time * batch, d_input]));
    let width = projected.dims()[1];
    let projected = unstack(projected.reshape([time, batch, width]));
    let prepared = cell.prepare(batch, &device);

    let mut outputs = Vec::with_capacity(time);
    let ended = layer.lengths.map(|lengths| lengths.ended_masks(&device));
    let mut steps: Vec<_> = projected.into_iter().enumerate().collect();
    if reverse {
        steps.reverse();
    }
    for (t, projected) in steps {
        let mut new = cell.step(projected, state.clone(), &prepared);
        if layer.zoneout.is_active() {
            new = layer.zoneout.forward(state.clone(), new);
        }
        let output = match ended.and_then(|masks| masks[t].as_ref()) {
            None => {
                state = new;
                hidden(&state)
            }
            Some(ended) => {
                state = keep(ended, state, new);
                mask_rows(ended, hidden(&state))
            }
        };
        outputs.push(output);
    }
    if reverse {
        outputs.reverse();
    }
    (Tensor::stack(outputs, time_axis), state)
}

/// An output without elements, and the state as it was: of a batch of nothing, without elements either.
fn run_nothing<C: Cell>(
    cell: &C,
    layer: &LayerInput<'_>,
    state: C::State,
) -> (Tensor<3>, C::State) {
    let parts = state.into_parts();
    let operands = ZeroOutput::like(&layer.input)
        .of(&layer.input)
        .of_module(cell);
    let operands = parts.iter().fold(operands, |all, part| all.of(part));
    let [first, second, _] = layer.input.dims();
    let output = operands.clone().shaped([first, second, cell.d_output()]);
    let parts = parts.into_iter().map(|part| match part.dims() {
        [0, width] => operands.clone().shaped([0, width]),
        _ => part,
    });
    (output, C::State::from_parts(parts.collect()))
}

fn hidden<S: CellState>(state: &S) -> Tensor<2> {
    state.clone().into_parts().swap_remove(0)
}

/// The new state, but the previous one in the rows that have ended.
fn keep<S: CellState>(ended: &Tensor<2, Bool>, previous: S, new: S) -> S {
    let parts = previous.into_parts().into_iter().zip(new.into_parts());
    S::from_parts(
        parts
            .map(|(previous, new)| {
                let mask = ended.clone().expand(new.dims());
                new.mask_where(mask, previous)
            })
            .collect(),
    )
}

fn mask_rows(ended: &Tensor<2, Bool>, output: Tensor<2>) -> Tensor<2> {
    let mask = ended.clone().expand(output.dims());
    output.mask_fill(mask, 0.0)
}
