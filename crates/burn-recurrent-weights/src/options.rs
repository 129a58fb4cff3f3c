//! The options of modules that another library may have no counterpart for.

use burn_recurrent::{GruCell, LstmCell, ResetGate, RnnActivation, RnnCell};
use std::fmt;

/// An option of a cell or module that changes what it computes outside of training. What acts in training only (dropout,
/// recurrent dropout, weight drop) is not among them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ComputedOption {
    /// `LstmConfig::peephole`.
    Peephole,
    /// `LstmConfig::coupled`.
    Coupled,
    /// `LstmConfig::cell_clip`.
    CellClip(f64),
    /// `LstmConfig::d_projection`.
    Projection,
    /// `layer_norm` of any cell.
    LayerNorm,
    /// `GruConfig::reset`.
    Reset(ResetGate),
    /// `RnnConfig::activation`.
    Activation(RnnActivation),
    /// `zoneout`, whose expectation is part of what the module computes after training.
    Zoneout,
}

impl fmt::Display for ComputedOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peephole => f.write_str("peephole"),
            Self::Coupled => f.write_str("coupled"),
            Self::CellClip(clip) => write!(f, "cell_clip = {clip}"),
            Self::Projection => f.write_str("d_projection"),
            Self::LayerNorm => f.write_str("layer_norm"),
            Self::Reset(reset) => write!(f, "reset = {reset:?}"),
            Self::Activation(activation) => write!(f, "activation = {activation:?}"),
            Self::Zoneout => f.write_str("zoneout"),
        }
    }
}

/// The options of an Elman network's cell.
pub(crate) fn of_rnn(cell: &RnnCell) -> Vec<ComputedOption> {
    let mut options = vec![ComputedOption::Activation(cell.activation())];
    options.extend(cell.norm.is_some().then_some(ComputedOption::LayerNorm));
    options
}

/// The options of a gated recurrent unit's cell.
pub(crate) fn of_gru(cell: &GruCell) -> Vec<ComputedOption> {
    let mut options = vec![ComputedOption::Reset(cell.reset())];
    options.extend(cell.norm.is_some().then_some(ComputedOption::LayerNorm));
    options
}

/// The options of a long short-term memory's cell.
pub(crate) fn of_lstm(cell: &LstmCell) -> Vec<ComputedOption> {
    [
        cell.peephole.is_some().then_some(ComputedOption::Peephole),
        cell.is_coupled().then_some(ComputedOption::Coupled),
        cell.cell_clip().map(ComputedOption::CellClip),
        (cell.projection.is_some()).then_some(ComputedOption::Projection),
        cell.norm.is_some().then_some(ComputedOption::LayerNorm),
    ]
    .into_iter()
    .flatten()
    .collect()
}
