//! The mean of the weights of several models.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

/// Sums of weights, in the order in which a module visits its parameters. In f64, so that the mean is rounded once.
#[derive(Default)]
pub(super) struct Average {
    sums: Vec<Vec<f64>>,
    models: usize,
}

impl Average {
    /// Adds a model; all of them have the same shapes.
    pub(super) fn add<M: Module>(&mut self, model: &M) {
        let mut adding = Adding {
            sums: &mut self.sums,
            next: 0,
        };
        model.visit(&mut adding);
        self.models += 1;
    }

    /// `model` with the mean of the weights added; none added leave it as it is.
    pub(super) fn apply<M: Module>(self, model: M) -> M {
        match self.models {
            0 => model,
            models => model.map(&mut Replacing {
                sums: self.sums.into_iter(),
                models: models as f64,
            }),
        }
    }
}

struct Adding<'a> {
    sums: &'a mut Vec<Vec<f64>>,
    next: usize,
}

impl ModuleVisitor for Adding<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let data = param.val().into_data();
        let values = data.iter::<f64>();
        match self.sums.get_mut(self.next) {
            Some(sums) => sums
                .iter_mut()
                .zip(values)
                .for_each(|(sum, value)| *sum += value),
            None => self.sums.push(values.collect()),
        }
        self.next += 1;
    }
}

struct Replacing {
    sums: std::vec::IntoIter<Vec<f64>>,
    models: f64,
}

impl ModuleMapper for Replacing {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let sums = self.sums.next().expect("as many parameters as were added");
        let mean: Vec<f64> = sums.into_iter().map(|sum| sum / self.models).collect();
        param.map(|tensor| {
            let data = TensorData::new(mean, tensor.dims()).convert_dtype(tensor.dtype());
            Tensor::from_data(data, &tensor.device())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    fn linear(weight: [[f32; 2]; 2], bias: [f32; 2]) -> Linear {
        let device = Device::flex();
        let mut linear = LinearConfig::new(2, 2).init(&device);
        linear.weight = Param::from_tensor(Tensor::from_data(weight, &device));
        linear.bias = Some(Param::from_tensor(Tensor::from_data(bias, &device)));
        linear
    }

    #[test]
    fn every_weight_is_the_mean_of_its_own() {
        let mut average = Average::default();
        average.add(&linear([[1.0, 2.0], [3.0, 4.0]], [0.0, -1.0]));
        average.add(&linear([[2.0, 2.0], [-3.0, 0.5]], [6.0, -1.0]));
        average.add(&linear([[6.0, 2.0], [3.0, 0.0]], [0.0, -4.0]));
        let mean = average.apply(linear([[9.0; 2]; 2], [9.0; 2]));
        let weight = mean.weight.val().into_data();
        assert_eq!(weight, TensorData::from([[3.0f32, 2.0], [1.0, 1.5]]));
        let bias = mean.bias.unwrap().val().into_data();
        assert_eq!(bias, TensorData::from([2.0f32, -2.0]));
    }
}
