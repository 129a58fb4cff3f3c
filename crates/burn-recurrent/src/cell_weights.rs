//! The weights of the built-in cells, taken out and put in, for conversions from and to other libraries.
//!
//! Everything is in this crate's layout: `[d_in, gates * d_hidden]`, gates in PyTorch's order (LSTM i, f, g, o; GRU
//! r, z, n).

use burn::module::Param;
use burn::tensor::Tensor;
use core::fmt;

/// The weights of an [`LstmCell`](crate::LstmCell) without layer normalisation.
#[derive(Clone, Debug)]
pub(crate) struct LstmWeights {
    /// `[d_input, gates * d_hidden]`.
    pub(crate) weight_input: Tensor<2>,
    /// `[d_state, gates * d_hidden]`.
    pub(crate) weight_hidden: Tensor<2>,
    /// `[gates * d_hidden]`.
    pub(crate) bias: Option<Tensor<1>>,
    /// `[d_hidden, d_projection]`.
    pub(crate) projection: Option<Tensor<2>>,
    /// `[gates - 1, d_hidden]`.
    pub(crate) peephole: Option<Tensor<2>>,
}

/// The weights of a [`GruCell`](crate::GruCell) without layer normalisation.
#[derive(Clone, Debug)]
pub(crate) struct GruWeights {
    /// `[d_input, 3 * d_hidden]`.
    pub(crate) weight_input: Tensor<2>,
    /// `[d_hidden, 3 * d_hidden]`.
    pub(crate) weight_hidden: Tensor<2>,
    /// `[3 * d_hidden]`.
    pub(crate) bias: Option<Tensor<1>>,
    /// `[d_hidden]`, only where the reset gate acts after the product.
    pub(crate) bias_candidate: Option<Tensor<1>>,
}

/// The weights of an [`RnnCell`](crate::RnnCell) without layer normalisation.
#[derive(Clone, Debug)]
pub(crate) struct RnnWeights {
    /// `[d_input, d_hidden]`.
    pub(crate) weight_input: Tensor<2>,
    /// `[d_hidden, d_hidden]`.
    pub(crate) weight_hidden: Tensor<2>,
    /// `[d_hidden]`.
    pub(crate) bias: Option<Tensor<1>>,
}

/// An option of a cell or module that changes what it computes outside of training, and that another library may have
/// no counterpart for. What acts in training only (dropout, recurrent dropout, weight drop) is not among them.
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
    Reset(crate::ResetGate),
    /// `RnnConfig::activation`.
    Activation(crate::RnnActivation),
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

/// Gives a parameter other values; its identity, its device, its element type and whether it takes gradients stay.
pub(crate) fn set<const D: usize>(param: &mut Param<Tensor<D>>, tensor: Tensor<D>) {
    let (id, dtype) = (param.id, param.val().dtype());
    let tensor = match tensor.dtype() == dtype {
        true => tensor,
        false => tensor.cast(dtype),
    };
    *param = param.clone().transform_for_load(tensor, id);
}

/// [`set`] for a parameter that may not be there.
///
/// # Panics
///
/// If only one of both is there: callers have compared the options.
pub(crate) fn set_optional<const D: usize>(
    param: &mut Option<Param<Tensor<D>>>,
    tensor: Option<Tensor<D>>,
) {
    match (param, tensor) {
        (Some(param), Some(tensor)) => set(param, tensor),
        (None, None) => {}
        (param, tensor) => panic!(
            "the module has {} such parameter, and {} was given",
            if param.is_some() { "a" } else { "no" },
            if tensor.is_some() { "one" } else { "none" },
        ),
    }
}
