//! The weights of the built-in cells as plain tensors: what a cell is made of where they are not drawn.
//!
//! Everything is in this crate's layout: `[d_in, gates * d_hidden]`, gates in PyTorch's order (LSTM i, f, g, o; GRU
//! r, z, n).

use burn::module::Param;
use burn::tensor::Tensor;

/// The weights of an [`LstmCell`](crate::LstmCell), for
/// [`LstmCellConfig::init_with_weights`](crate::LstmCellConfig::init_with_weights). The gates are i, f, g, o; coupled
/// i, g, o.
#[derive(Clone, Debug)]
pub struct LstmWeights {
    /// `[d_input, gates * d_hidden]`.
    pub weight_input: Tensor<2>,
    /// `[d_hidden, gates * d_hidden]`, or `[d_projection, gates * d_hidden]`.
    pub weight_hidden: Tensor<2>,
    /// `[gates * d_hidden]`.
    pub bias: Option<Tensor<1>>,
    /// `[gates - 1, d_hidden]`.
    pub peephole: Option<Tensor<2>>,
    /// `[d_hidden, d_projection]`.
    pub projection: Option<Tensor<2>>,
}

/// The weights of a [`GruCell`](crate::GruCell), for
/// [`GruCellConfig::init_with_weights`](crate::GruCellConfig::init_with_weights). The gates are r, z, n.
#[derive(Clone, Debug)]
pub struct GruWeights {
    /// `[d_input, 3 * d_hidden]`.
    pub weight_input: Tensor<2>,
    /// `[d_hidden, 3 * d_hidden]`.
    pub weight_hidden: Tensor<2>,
    /// `[3 * d_hidden]`.
    pub bias: Option<Tensor<1>>,
    /// `[d_hidden]`, beside `bias` where the reset gate acts after the product.
    pub bias_candidate: Option<Tensor<1>>,
}

/// The weights of an [`RnnCell`](crate::RnnCell), for
/// [`RnnCellConfig::init_with_weights`](crate::RnnCellConfig::init_with_weights).
#[derive(Clone, Debug)]
pub struct RnnWeights {
    /// `[d_input, d_hidden]`.
    pub weight_input: Tensor<2>,
    /// `[d_hidden, d_hidden]`.
    pub weight_hidden: Tensor<2>,
    /// `[d_hidden]`.
    pub bias: Option<Tensor<1>>,
}

/// A parameter of these numbers.
///
/// # Panics
///
/// If they have another shape than the configuration asks for.
pub(crate) fn param<const D: usize>(
    name: &str,
    tensor: Tensor<D>,
    expected: [usize; D],
) -> Param<Tensor<D>> {
    let found = tensor.dims();
    assert!(
        found == expected,
        "the weights' {name} must be {expected:?}, but is {found:?}"
    );
    Param::from_tensor(tensor.detach())
}

/// [`param`] where the configuration may ask for none.
///
/// # Panics
///
/// Also if it asks for one and none is given, or the other way around.
pub(crate) fn optional_param<const D: usize>(
    name: &str,
    tensor: Option<Tensor<D>>,
    expected: Option<[usize; D]>,
) -> Option<Param<Tensor<D>>> {
    match (tensor, expected) {
        (Some(tensor), Some(expected)) => Some(param(name, tensor, expected)),
        (None, None) => None,
        (Some(tensor), None) => panic!(
            "the configuration has no {name}, but one of shape {:?} is given",
            tensor.dims()
        ),
        (None, Some(expected)) => {
            panic!("the weights' {name} must be {expected:?}, but none is given")
        }
    }
}
