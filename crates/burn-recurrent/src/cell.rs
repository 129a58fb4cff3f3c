//! The interface of a recurrent cell.

use crate::{CellState, ComputePath};
use burn::module::{Module, ModuleDisplay};
use burn::tensor::{DType, Device, Tensor};

/// One step of a recurrence, from which [`Recurrent`](crate::Recurrent) makes a module with depth,
/// directions, lengths, dropout and state.
///
/// The engine knows a cell by this trait and nothing else, so a cell of one's own gets all that
/// [`RnnCell`](crate::RnnCell), [`GruCell`](crate::GruCell) and [`LstmCell`](crate::LstmCell) get.
/// [`MinimalGatedCell`](crate::MinimalGatedCell) is the worked example: its weights are drawn by a
/// [`CellInitializer`](crate::CellInitializer), its state is a [`HiddenState`](crate::HiddenState), and it uses nothing
/// of this crate that is not public.
///
/// The built-in cells share two things beside the trait that are not public. One is dropout in the recurrent product; a cell of
/// one's own draws such masks in [`prepare`](Self::prepare), with Burn's `Dropout` for the weights and
/// [`VariationalDropout::mask`](crate::VariationalDropout::mask) for the hidden vector. The other is how they call the
/// kernels of `burn-recurrent-kernels`, whose operations are public there; a cell that has a kernel says so in
/// [`path`](Self::path) and calls it in [`fused_sequence`](Self::fused_sequence).
///
/// The input's part of every gate is computed for all time steps in one matrix product
/// ([`project_input`](Self::project_input)); only what depends on the previous state happens in
/// [`step`](Self::step).
pub trait Cell: Module + ModuleDisplay {
    /// What the cell carries from step to step.
    type State: CellState;

    /// What all steps of one sequence share: masks drawn once a sequence, weights derived from the
    /// parameters. Use `()` where there is nothing.
    type Prepared;

    /// The name that a module of such cells shows: "Lstm".
    fn name() -> &'static str;

    /// The width of the input.
    fn d_input(&self) -> usize;

    /// The width of the output, which is the state's hidden vector.
    fn d_output(&self) -> usize;

    /// The state before the first step, where the caller gives none; of any element type, as it is cast to the input's.
    fn initial_state(&self, batch: usize, device: &Device) -> Self::State;

    /// The widths of the state's parts, in the order of [`CellState::into_parts`]: for a clear message where a state
    /// does not fit. By default those of an initial state that is made for it on the device.
    fn state_widths(&self, device: &Device) -> Vec<usize> {
        let parts = self.initial_state(1, device).into_parts();
        parts.iter().map(|part| part.dims()[1]).collect()
    }

    /// Prepares what all steps of one sequence share. Called once a sequence, layer and direction.
    fn prepare(&self, batch: usize, device: &Device) -> Self::Prepared;

    /// The part of a step that depends on the input alone, for the steps of all rows and times at
    /// once.
    ///
    /// # Shapes
    ///
    /// - input: `[time * batch, d_input]`
    /// - returns: `[time * batch, any]`, whose rows [`step`](Self::step) gets
    fn project_input(&self, input: Tensor<2>) -> Tensor<2>;

    /// One step.
    ///
    /// # Shapes
    ///
    /// - projected: `[batch, any]`, this step's rows of [`project_input`](Self::project_input)
    /// - state: `[batch, width]` each part
    fn step(
        &self,
        projected: Tensor<2>,
        state: Self::State,
        prepared: &Self::Prepared,
    ) -> Self::State;

    /// Which way a sequence of this element type takes on this device; portable, unless the cell
    /// has a fused kernel.
    fn path(&self, _device: &Device, _dtype: DType) -> ComputePath {
        ComputePath::portable("the cell has no fused kernel")
    }

    /// The whole sequence at once, where [`path`](Self::path) says that it is fused. It must
    /// compute the same numbers as the steps do; `None`, the default, where it cannot: then the steps do.
    fn fused_sequence(&self, _input: &Sequence<'_, Self::State>) -> Option<Fused<Self::State>> {
        None
    }
}

/// The input of [`Cell::fused_sequence`].
pub struct Sequence<'a, S> {
    /// The input, `[batch, time, d_input]`, or `[time, batch, d_input]` unless `batch_first`.
    pub input: Tensor<3>,
    /// Whether input and output are batch-first.
    pub batch_first: bool,
    /// The state before the first step, `None` for the cell's initial state.
    pub state: Option<S>,
    /// The rows' lengths; `None` where every row fills the whole time. Past a row's end the output
    /// is zero and the state stays.
    pub lengths: Option<&'a [usize]>,
    /// Whether the steps run from the last to the first.
    pub reverse: bool,
}

/// The output of [`Cell::fused_sequence`].
pub struct Fused<S> {
    /// The hidden vectors of all steps, `[batch, time, d_output]`, or `[time, batch, d_output]` as the input is.
    pub output: Tensor<3>,
    /// The state after each row's last step.
    pub state: S,
}
