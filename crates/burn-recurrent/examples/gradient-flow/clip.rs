//! Clipping by the norm of all gradients together (Pascanu et al. 2013).

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use burn_recurrent_kernels as kernels;

/// Scales the gradients so that the norm of all of them together is at most `limit`, where there is one, and returns the norm
/// that they had.
pub fn clip<M: Module>(model: &M, gradients: &mut GradientsParams, limit: Option<f64>) -> f64 {
    let mut squares = Squares {
        gradients,
        sum: 0.0,
    };
    model.visit(&mut squares);
    let norm = squares.sum.sqrt();
    if let Some(limit) = limit
        && norm > limit
        && norm.is_finite()
    {
        let factor = limit / norm;
        model.visit(&mut Scale { gradients, factor });
    }
    norm
}

struct Squares<'a> {
    gradients: &'a GradientsParams,
    sum: f64,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.sum += kernels::sum_of_squares(gradient);
        }
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    factor: f64,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            let scaled = kernels::scale(gradient, self.factor);
            self.gradients.register(param.id, scaled);
        }
    }
}
