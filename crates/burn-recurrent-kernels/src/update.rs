//! Optimiser steps and norms of gradients in one pass over memory, on several threads.
//!
//! Tensors have any shape, and a parameter's gradient and moments the parameter's.
//!
//! All of it is for tensors without gradients, where [`path`](crate::path()) says that there is a fused path; results do
//! not depend on the number of threads.

use burn::tensor::Tensor;

use crate::path::{self, Operation};

/// The constants of a step of Adam (Kingma and Ba 2015, algorithm 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamRates {
    /// The learning rate.
    pub learning_rate: f64,
    /// The decay of the first moment.
    pub beta_1: f32,
    /// The decay of the second moment.
    pub beta_2: f32,
    /// What is added to the root of the corrected second moment.
    pub epsilon: f32,
    /// The L2 penalty: how much of the parameter is added to the gradient.
    pub penalty: f32,
    /// The fraction of the parameter, times the learning rate, that is taken off apart from the gradient (Loshchilov and
    /// Hutter 2019).
    pub decay: f32,
}

/// Panics where there is no kernel for a tensor.
fn assert_fused<const D: usize>(tensor: &Tensor<D>) {
    path::assert_fused(Operation::Update, &tensor.device(), &[tensor.dtype()]);
}

/// Panics where two operands differ in shape.
fn assert_shape<const D: usize>(name: &str, tensor: &Tensor<D>, parameter: &Tensor<D>) {
    assert_eq!(
        tensor.dims(),
        parameter.dims(),
        "the {name} must have the parameter's shape"
    );
}

/// A step of stochastic gradient descent, `parameter - learning_rate * (gradient + penalty * parameter)`. Memory that
/// nothing else holds is used again. All tensors have the parameter's shape, whatever it is.
///
/// # Panics
///
/// Where the shapes differ, a tensor tracks gradients, or there is no fused path.
pub fn sgd_update<const D: usize>(
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    learning_rate: f64,
    penalty: f32,
) -> Tensor<D> {
    assert_fused(&parameter);
    assert_shape("gradient", &gradient, &parameter);
    imp::sgd(parameter, gradient, learning_rate, penalty)
}

/// Step number `time`, from one, of Adam or AdamW: the new parameter and its two moments. Memory that nothing else holds
/// is used again. All tensors have the parameter's shape, whatever it is.
///
/// # Panics
///
/// Where the shapes differ, a tensor tracks gradients, or there is no fused path.
pub fn adam_update<const D: usize>(
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    moments: [Tensor<D>; 2],
    time: usize,
    rates: AdamRates,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    assert_fused(&parameter);
    assert_shape("gradient", &gradient, &parameter);
    assert_shape("first moment", &moments[0], &parameter);
    assert_shape("second moment", &moments[1], &parameter);
    imp::adam(parameter, gradient, moments, time, rates)
}

/// `tensor * factor`, of any shape. Memory that nothing else holds is used again.
///
/// # Panics
///
/// Where the tensor tracks gradients or there is no fused path.
pub fn scale<const D: usize>(tensor: Tensor<D>, factor: f64) -> Tensor<D> {
    assert_fused(&tensor);
    imp::scale(tensor, factor)
}

/// The sum of the squares of all numbers of a tensor of any shape.
///
/// # Panics
///
/// Where the tensor tracks gradients or there is no fused path.
pub fn sum_of_squares<const D: usize>(tensor: Tensor<D>) -> f64 {
    assert_fused(&tensor);
    imp::sum_of_squares(tensor)
}

#[cfg(feature = "flex")]
mod imp {
    use burn::tensor::Tensor;

    use super::AdamRates;
    use crate::cpu::update_row::Rates;
    use crate::extension::{burn_tensor as tensor, flex_tensor as flex, update};

    pub(super) fn sgd<const D: usize>(
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        learning_rate: f64,
        penalty: f32,
    ) -> Tensor<D> {
        let rates = Rates {
            step: learning_rate as f32,
            penalty,
            ..Rates::default()
        };
        tensor(update::sgd(flex(parameter), flex(gradient), rates))
    }

    pub(super) fn adam<const D: usize>(
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        moments: [Tensor<D>; 2],
        time: usize,
        rates: AdamRates,
    ) -> (Tensor<D>, [Tensor<D>; 2]) {
        // The corrections of both moments, taken out of the loop as at the end of section 2 of the paper.
        let time = i32::try_from(time).unwrap_or(i32::MAX);
        let root = (1.0 - f64::from(rates.beta_2).powi(time)).sqrt();
        let rate = rates.learning_rate * root / (1.0 - f64::from(rates.beta_1).powi(time));
        let rates = Rates {
            step: rate as f32,
            epsilon: (f64::from(rates.epsilon) * root) as f32,
            beta_1: rates.beta_1,
            beta_2: rates.beta_2,
            penalty: rates.penalty,
            keep: (1.0 - rates.learning_rate * f64::from(rates.decay)) as f32,
        };
        let (parameter, moments) =
            update::adam(flex(parameter), flex(gradient), moments.map(flex), rates);
        (tensor(parameter), moments.map(tensor))
    }

    pub(super) fn scale<const D: usize>(x: Tensor<D>, factor: f64) -> Tensor<D> {
        tensor(update::scale(flex(x), factor as f32))
    }

    pub(super) fn sum_of_squares<const D: usize>(x: Tensor<D>) -> f64 {
        update::sum_of_squares(flex(x))
    }
}

/// Nothing gets here: there is no fused path without the feature.
#[cfg(not(feature = "flex"))]
mod imp {
    use burn::tensor::Tensor;

    use super::AdamRates;

    pub(super) fn sgd<const D: usize>(_: Tensor<D>, _: Tensor<D>, _: f64, _: f32) -> Tensor<D> {
        unreachable!("there is no fused path")
    }

    pub(super) fn adam<const D: usize>(
        _: Tensor<D>,
        _: Tensor<D>,
        _: [Tensor<D>; 2],
        _: usize,
        _: AdamRates,
    ) -> (Tensor<D>, [Tensor<D>; 2]) {
        unreachable!("there is no fused path")
    }

    pub(super) fn scale<const D: usize>(_: Tensor<D>, _: f64) -> Tensor<D> {
        unreachable!("there is no fused path")
    }

    pub(super) fn sum_of_squares<const D: usize>(_: Tensor<D>) -> f64 {
        unreachable!("there is no fused path")
    }
}
