//! The weights of the built-in cells, to make cells of, for conversions from other libraries.
//!
//! Everything is in this crate's layout: `[d_in, gates * d_hidden]`, gates in PyTorch's order (LSTM i, f, g, o; GRU
//! r, z, n).

use burn::tensor::Tensor;

/// The weights of an [`LstmCell`](crate::LstmCell) without peepholes, projection and layer normalisation.
#[derive(Clone, Debug)]
pub(crate) struct LstmWeights {
    /// `[d_input, gates * d_hidden]`.
    pub(crate) weight_input: Tensor<2>,
    /// `[d_hidden, gates * d_hidden]`.
    pub(crate) weight_hidden: Tensor<2>,
    /// `[gates * d_hidden]`.
    pub(crate) bias: Option<Tensor<1>>,
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
