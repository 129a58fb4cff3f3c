//! What the modules promise, whatever the numbers.

mod description;
mod element_types;
mod empty;
mod initialisation;
mod padding;
mod path;
mod refusals;
mod regularisation;
mod state;

use crate::common::assert_close;
use burn::tensor::{Device, Distribution, Tensor};
use burn_recurrent::{Cell, CellState, Recurrent};

const EXACT: f32 = 0.0;
/// Sums in another order.
const ROUNDING: f32 = 1e-6;

/// Checks a module by the fused path (where its kernels are compiled in), and its cells by the portable one.
macro_rules! on_both_paths {
    ($module:expr, |$name:ident| $check:expr) => {{
        let $name = &$module;
        let device = $name.layers[0].forward.devices().remove(0);
        let dtype = burn::tensor::DType::F32;
        assert_eq!(
            $name.path(&device, dtype).is_fused(),
            cfg!(feature = "flex")
        );
        $check;
        let portable = $crate::common::portable($name, burn_recurrent::RecurrentConfig::new());
        let $name = &portable;
        assert!(!$name.path(&device, dtype).is_fused());
        $check;
    }};
}
use on_both_paths;

fn normal<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
}

/// A module's state, for all layers and directions.
type Stacked<C> = <<C as Cell>::State as CellState>::Stacked;

fn random_state<C: Cell>(module: &Recurrent<C>, batch: usize, device: &Device) -> Stacked<C> {
    let stack = module.num_layers() * module.directions();
    let like = module.layers[0].forward.initial_state(batch, device);
    let parts = like.into_parts().into_iter();
    let parts = parts.map(|part| normal([stack, batch, part.dims()[1]], device));
    C::State::stacked_from_parts(parts.collect())
}

/// The parts of a module's state, `[num_layers * directions, batch, width]`.
fn parts<C: Cell>(_: &Recurrent<C>, state: Stacked<C>) -> Vec<Tensor<3>> {
    C::State::stacked_into_parts(state)
}

/// One row of the state, as the state of a batch of one.
fn row_of<C: Cell>(module: &Recurrent<C>, state: &Stacked<C>, row: usize) -> Stacked<C> {
    let parts = parts(module, state.clone()).into_iter();
    C::State::stacked_from_parts(parts.map(|part| part.narrow(1, row, 1)).collect())
}

fn assert_states_close<C: Cell>(
    module: &Recurrent<C>,
    found: Stacked<C>,
    expected: Stacked<C>,
    tolerance: f32,
    what: &str,
) {
    let (found, expected) = (parts(module, found), parts(module, expected));
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.into_iter().zip(expected) {
        assert_close(found, expected, tolerance, what);
    }
}
