//! The weights of one cell on the host, in this crate's layout, between a file and a cell.

use burn::tensor::{Device, Tensor, TensorData};

/// A matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) values: Vec<f32>,
}

/// The weights of one cell; gates in this crate's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// `[d_input, gates * d_hidden]`.
    pub(super) weight_input: Matrix,
    /// `[d_state, gates * d_hidden]`.
    pub(super) weight_hidden: Matrix,
    /// `[gates * d_hidden]`.
    pub(super) bias: Option<Vec<f32>>,
    /// `[d_hidden]`, of a GRU whose reset gate acts after the product.
    pub(super) bias_candidate: Option<Vec<f32>>,
    /// `[d_hidden, d_projection]`.
    pub(super) projection: Option<Matrix>,
}

impl Matrix {
    pub(super) fn new(rows: usize, columns: usize, values: Vec<f32>) -> Self {
        debug_assert_eq!(rows * columns, values.len());
        Self {
            rows,
            columns,
            values,
        }
    }

    pub(super) fn of(tensor: Tensor<2>) -> Self {
        let [rows, columns] = tensor.dims();
        Self::new(rows, columns, values(tensor))
    }

    pub(super) fn tensor(self, device: &Device) -> Tensor<2> {
        Tensor::from_data(
            TensorData::new(self.values, [self.rows, self.columns]),
            device,
        )
    }

    pub(super) fn transposed(&self) -> Self {
        let mut values = Vec::with_capacity(self.values.len());
        for column in 0..self.columns {
            values.extend((0..self.rows).map(|row| self.values[row * self.columns + column]));
        }
        Self::new(self.columns, self.rows, values)
    }

    /// The first two blocks of `width` columns exchanged.
    pub(super) fn with_swapped_gates(mut self, width: usize) -> Self {
        self.values
            .chunks_exact_mut(self.columns)
            .for_each(|row| swap_gates(row, width));
        self
    }
}

/// Exchanges the first two blocks of `width` numbers.
pub(super) fn swap_gates(row: &mut [f32], width: usize) {
    let (first, rest) = row.split_at_mut(width);
    first.swap_with_slice(&mut rest[..width]);
}

/// A tensor's numbers row by row.
pub(super) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// Numbers as a tensor.
pub(super) fn vector(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), device)
}
