//! Gradients of modules of another element type.

use super::{Stacked, parts};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Device, Gradients, Tensor, TensorData};
use burn_recurrent::{
    Cell, GruConfig, LstmConfig, MinimalGatedCellConfig, Recurrent, RecurrentConfig, RnnConfig,
};

/// Gives every parameter another element type, whose gradients are then its own.
struct Casting(DType);

impl ModuleMapper for Casting {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.cast(self.0).detach().require_grad())
    }
}

/// The parameters' gradients, each of its parameter's element type.
struct Collect<'a> {
    gradients: &'a Gradients,
    found: Vec<Vec<f64>>,
}

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.gradients);
        let gradient = gradient.expect("every parameter takes part in the loss");
        assert_eq!(gradient.dtype(), param.val().dtype());
        self.found
            .push(gradient.into_data().iter::<f64>().collect());
    }
}

/// Numbers between -1 and 1 that have no pattern, as the element type has them.
fn waves<const D: usize>(shape: [usize; D], pace: f32, device: &Device, dtype: DType) -> Tensor<D> {
    let count = shape.iter().product::<usize>();
    let numbers = (0..count).map(|i| (i as f32 * pace + 0.3).sin()).collect();
    Tensor::<D>::from_data(TensorData::new(numbers, shape), device).cast(dtype)
}

/// The gradients of input and parameters of a loss of everything that the module returns, begun without a state.
fn gradients<C: Cell>(module: &Recurrent<C>, input: Tensor<3>, padded: bool) -> Vec<Vec<f64>> {
    let dtype = input.dtype();
    let input = input.detach().require_grad();
    let device = input.device();
    let (output, state): (Tensor<3>, Stacked<C>) = match padded {
        true => module.forward_padded(input.clone(), &[3, 1], None),
        false => module.forward(input.clone(), None),
    };
    assert_eq!(output.dtype(), dtype);
    let mut loss = (output.clone() * waves(output.dims(), 0.7, &device, dtype)).sum();
    for part in parts(module, state) {
        assert_eq!(part.dtype(), dtype);
        loss = loss + (part.clone() * waves(part.dims(), 1.1, &device, dtype)).sum();
    }
    let gradients = loss.backward();
    let of_input = input.grad(&gradients).expect("the input takes part");
    let mut collect = Collect {
        gradients: &gradients,
        found: vec![of_input.into_data().iter::<f64>().collect()],
    };
    module.visit(&mut collect);
    collect.found
}

fn check<C: Cell>(module: &Recurrent<C>) {
    let device = Device::flex().autodiff();
    for (dtype, tolerance) in [
        // Against f32, whose roundings are what is seen.
        (DType::F64, 1e-5),
        // Roundings of 11 and 8 bits. From the loss to a weight a number is rounded some ten times a step and layer, up and
        // down alike: over three steps and two layers that is less than 16 roundings in one direction.
        (DType::F16, 16.0 / 2048.0),
        (DType::BF16, 16.0 / 256.0),
    ] {
        let cast = module.clone().map(&mut Casting(dtype));
        // The same numbers in f32, so that the arithmetic is all that differs.
        let same = cast.clone().map(&mut Casting(DType::F32));
        let input = waves([2, 3, 3], 0.9, &device, dtype);
        for padded in [false, true] {
            let found = gradients(&cast, input.clone(), padded);
            let expected = gradients(&same, input.clone().cast(DType::F32), padded);
            assert_eq!(found.len(), expected.len());
            for (place, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let largest = expected.iter().fold(0.0_f64, |m, e| m.max(e.abs()));
                assert!(largest > 0.0, "{} {dtype:?}, gradient {place}", C::name());
                for (f, e) in found.iter().zip(expected) {
                    assert!(
                        (f - e).abs() <= tolerance * largest,
                        "{} {dtype:?}, gradient {place}: {f}, expected {e} (largest {largest})",
                        C::name()
                    );
                }
            }
        }
    }
}

#[test]
fn gradients_of_another_element_type_are_those_of_f32_but_for_rounding() {
    let device = Device::flex().autodiff();
    check(&RnnConfig::new(3, 4).with_bidirectional(true).init(&device));
    check(&GruConfig::new(3, 4).with_num_layers(2).init(&device));
    let lstm = LstmConfig::new(3, 4).with_num_layers(2);
    check(&lstm.with_bidirectional(true).init(&device));
    check(&RecurrentConfig::new().init_with(3, |d_input| {
        MinimalGatedCellConfig::new(d_input, 4).init(&device)
    }));
}
