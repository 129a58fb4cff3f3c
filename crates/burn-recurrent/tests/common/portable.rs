//! The portable path of a cell that has a fused kernel, for tests and for the example that times both.

use burn::module::{Module, ModuleDisplay};
use burn::tensor::{Device, Tensor};
use burn_recurrent::Cell;

/// A cell without its fused kernel.
#[derive(Module, Debug)]
pub struct Portable<C: Cell> {
    pub cell: C,
}

impl<C: Cell + ModuleDisplay> Cell for Portable<C> {
    type State = C::State;
    type Prepared = C::Prepared;

    fn name() -> &'static str {
        C::name()
    }

    fn d_input(&self) -> usize {
        self.cell.d_input()
    }

    fn d_output(&self) -> usize {
        self.cell.d_output()
    }

    fn initial_state(&self, batch: usize, device: &Device) -> C::State {
        self.cell.initial_state(batch, device)
    }

    fn prepare(&self, batch: usize, device: &Device) -> C::Prepared {
        self.cell.prepare(batch, device)
    }

    fn project_input(&self, input: Tensor<2>) -> Tensor<2> {
        self.cell.project_input(input)
    }

    fn step(&self, projected: Tensor<2>, state: C::State, prepared: &C::Prepared) -> C::State {
        self.cell.step(projected, state, prepared)
    }
}
