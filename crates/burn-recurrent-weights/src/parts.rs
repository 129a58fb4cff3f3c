//! The weights of one cell on the host, in burn-recurrent's layout, between a file and a cell.

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};

/// A matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) values: Vec<f32>,
}

/// The weights of one cell; gates in burn-recurrent's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// `[d_input, gates * d_hidden]`.
    pub(crate) weight_input: Matrix,
    /// `[d_state, gates * d_hidden]`.
    pub(crate) weight_hidden: Matrix,
    /// `[gates * d_hidden]`.
    pub(crate) bias: Option<Vec<f32>>,
    /// `[d_hidden]`, of a GRU whose reset gate acts after the product.
    pub(crate) bias_candidate: Option<Vec<f32>>,
    /// `[d_hidden, d_projection]`.
    pub(crate) projection: Option<Matrix>,
}

impl Matrix {
    pub(crate) fn new(rows: usize, columns: usize, values: Vec<f32>) -> Self {
        debug_assert_eq!(rows * columns, values.len());
        Self {
            rows,
            columns,
            values,
        }
    }

    pub(crate) fn of(tensor: Tensor<2>) -> Self {
        let [rows, columns] = tensor.dims();
        Self::new(rows, columns, values(tensor))
    }

    pub(crate) fn tensor(self, device: &Device) -> Tensor<2> {
        Tensor::from_data(
            TensorData::new(self.values, [self.rows, self.columns]),
            device,
        )
    }

    pub(crate) fn transposed(&self) -> Self {
        let mut values = Vec::with_capacity(self.values.len());
        for column in 0..self.columns {
            values.extend((0..self.rows).map(|row| self.values[row * self.columns + column]));
        }
        Self::new(self.columns, self.rows, values)
    }

    /// The first two blocks of `width` columns exchanged.
    pub(crate) fn with_swapped_gates(mut self, width: usize) -> Self {
        self.values
            .chunks_exact_mut(self.columns)
            .for_each(|row| swap_gates(row, width));
        self
    }
}

/// Exchanges the first two blocks of `width` numbers.
pub(crate) fn swap_gates(row: &mut [f32], width: usize) {
    let (first, rest) = row.split_at_mut(width);
    first.swap_with_slice(&mut rest[..width]);
}

/// A tensor's numbers row by row.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// Numbers as a tensor.
pub(crate) fn vector(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), device)
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
