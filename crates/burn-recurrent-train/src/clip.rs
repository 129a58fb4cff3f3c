//! Gradient clipping, by the norm of the whole model or tensor by tensor.

use std::collections::HashSet;

use burn::grad_clipping::GradientClipping;
use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use burn_recurrent_kernels::{self as kernels, Operation};
use serde::{Deserialize, Serialize};

use crate::config::InvalidValue;

/// Gradient clipping, before the optimiser sees the gradients. Both may be given; the global norm comes first.
///
/// Where a step is the gradient times the learning rate, as it is without momentum and weight decay, the global norm
/// scales the rate of the step instead of all gradients, which comes to the same. A model that overrides
/// [`TrainStep::optimize`](burn::train::TrainStep::optimize) sees it there.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipConfig {
    /// Scale all gradients so that the norm of all of them together is at most this (Pascanu et al. 2013). This is
    /// what the papers mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global_norm: Option<f32>,
    /// Scale each parameter tensor's gradient so that its own norm is at most this. This is what Burn's optimisers do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_tensor_norm: Option<f32>,
}

impl ClipConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// Names the first key that is out of its range.
    pub fn validate(&self) -> Result<(), InvalidValue> {
        for (key, norm) in [
            ("global_norm", self.global_norm),
            ("per_tensor_norm", self.per_tensor_norm),
        ] {
            if let Some(norm) = norm
                && !(norm.is_finite() && norm > 0.0)
            {
                return Err(InvalidValue::new(
                    key,
                    format!("must be above 0, got {norm}"),
                ));
            }
        }
        Ok(())
    }

    /// Adds the clipping that Burn does itself to its optimiser.
    pub(crate) fn apply_to(&self, optimizer: ModuleOptimizer) -> ModuleOptimizer {
        match self.per_tensor_norm {
            Some(norm) => optimizer.with_grad_clipping(GradientClipping::Norm(norm)),
            None => optimizer,
        }
    }
}

/// The norm of all gradients of `module` together: `sqrt(sum over parameters and elements of g²)`.
///
/// A parameter that the module uses in two places has one gradient and counts once.
pub fn global_norm<M: Module>(module: &M, gradients: &GradientsParams) -> f64 {
    struct SquaredNorm<'a> {
        gradients: &'a GradientsParams,
        seen: HashSet<ParamId>,
        /// Of the gradients on the fused path.
        host: f64,
        /// Of the others, added on the device, so that a GPU is waited for once and not once a parameter.
        device: Option<Tensor<1>>,
    }
    impl ModuleVisitor for SquaredNorm<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if !self.seen.insert(param.id) {
                return;
            }
            let Some(gradient) = self.gradients.get::<D>(param.id) else {
                return;
            };
            if is_fused(&gradient) {
                self.host += kernels::sum_of_squares(gradient);
                return;
            }
            let squares = gradient.square().sum();
            self.device = Some(match self.device.take() {
                Some(sum) => sum + squares,
                None => squares,
            });
        }
    }
    let mut visitor = SquaredNorm {
        gradients,
        seen: HashSet::new(),
        host: 0.0,
        device: None,
    };
    module.visit(&mut visitor);
    let device = visitor.device.map_or(0.0, |sum| sum.into_scalar::<f64>());
    (visitor.host + device).sqrt()
}

/// Whether there are kernels for a gradient.
fn is_fused<const D: usize>(gradient: &Tensor<D>) -> bool {
    kernels::path(Operation::Update, &gradient.device(), &[gradient.dtype()]).is_fused()
}

/// What gradients of this norm are multiplied by so that it is at most `limit`.
///
/// One for a norm within the limit, and for one that is not finite: there is nothing sensible to scale to.
pub(crate) fn clip_factor(norm: f64, limit: f32) -> f64 {
    match norm.is_finite() && norm > f64::from(limit) {
        true => f64::from(limit) / norm,
        false => 1.0,
    }
}

/// Multiplies all gradients of `module` by `factor`, unless it is one.
pub(crate) fn scale_gradients<M: Module>(module: &M, gradients: &mut GradientsParams, factor: f64) {
    struct Scale<'a> {
        gradients: &'a mut GradientsParams,
        seen: HashSet<ParamId>,
        factor: f64,
    }
    impl ModuleVisitor for Scale<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if self.seen.insert(param.id)
                && let Some(gradient) = self.gradients.remove::<D>(param.id)
            {
                let scaled = match is_fused(&gradient) {
                    true => kernels::scale(gradient, self.factor),
                    false => gradient.mul_scalar(self.factor),
                };
                self.gradients.register(param.id, scaled);
            }
        }
    }
    if factor != 1.0 {
        module.visit(&mut Scale {
            gradients,
            seen: HashSet::new(),
            factor,
        });
    }
}

/// Scales `gradients` so that their [`global_norm`] is at most `limit`, and returns the norm that they had.
///
/// Gradients within the limit are left exactly as they are, and so are gradients whose norm is not finite: there is
/// nothing sensible to scale them to, and the caller sees it from the norm returned.
pub fn clip_global_norm<M: Module>(module: &M, gradients: &mut GradientsParams, limit: f32) -> f64 {
    let norm = global_norm(module, gradients);
    scale_gradients(module, gradients, clip_factor(norm, limit));
    norm
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    fn gradients(linear: &Linear, weight: [[f32; 2]; 1], bias: [f32; 2]) -> GradientsParams {
        let device = Device::flex();
        let mut gradients = GradientsParams::new();
        gradients.register(linear.weight.id, Tensor::<2>::from_data(weight, &device));
        let bias_id = linear.bias.as_ref().unwrap().id;
        gradients.register(bias_id, Tensor::<1>::from_data(bias, &device));
        gradients
    }

    #[test]
    fn the_global_norm_is_over_all_parameters_and_all_are_scaled_alike() {
        let linear = LinearConfig::new(1, 2).init(&Device::flex());
        let mut clipped = gradients(&linear, [[2.0, 4.0]], [5.0, 6.0]);
        assert_eq!(global_norm(&linear, &clipped), 9.0);
        assert_eq!(clip_global_norm(&linear, &mut clipped, 4.5), 9.0);
        let weight = clipped.get::<2>(linear.weight.id).unwrap().into_data();
        assert_eq!(weight.try_to_vec::<f32>().unwrap(), [1.0, 2.0]);
        let bias = clipped
            .get::<1>(linear.bias.as_ref().unwrap().id)
            .unwrap()
            .into_data();
        assert_eq!(bias.try_to_vec::<f32>().unwrap(), [2.5, 3.0]);
    }

    #[test]
    fn gradients_within_the_limit_are_untouched() {
        let linear = LinearConfig::new(1, 2).init(&Device::flex());
        let mut clipped = gradients(&linear, [[0.1, 0.2]], [0.3, 0.4]);
        clip_global_norm(&linear, &mut clipped, 1.0);
        let weight = clipped.get::<2>(linear.weight.id).unwrap().into_data();
        assert_eq!(weight.try_to_vec::<f32>().unwrap(), [0.1, 0.2]);
    }

    #[test]
    fn a_norm_that_is_not_finite_is_reported() {
        let linear = LinearConfig::new(1, 2).init(&Device::flex());
        let mut clipped = gradients(&linear, [[f32::NAN, 0.2]], [0.3, 0.4]);
        assert!(clip_global_norm(&linear, &mut clipped, 1.0).is_nan());
    }
}
