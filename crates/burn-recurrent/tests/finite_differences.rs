//! Gradients against central differences, for the options that PyTorch has no counterpart for.

use crate::generator;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Distribution, Gradients, Tensor, TensorData};
use burn_recurrent::{
    Cell, GruConfig, LstmConfig, MinimalGatedCellConfig, Recurrent, RecurrentConfig,
    RecurrentInitializer, ResetGate, RnnActivation, RnnConfig,
};

const LENGTHS: [usize; 3] = [4, 0, 2];
/// The step of the central differences: in f32, rounding (about 1e-6 / STEP) and curvature (about
/// STEP²) are then alike.
const STEP: f32 = 1e-2;
/// What both leave, relative to the largest gradient.
const TOLERANCE: f32 = 3e-3;

/// Adds `delta` to one number of one parameter.
struct Nudge {
    id: ParamId,
    index: usize,
    delta: f32,
}

impl ModuleMapper for Nudge {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if param.id != self.id {
            return param;
        }
        let device = param.val().device();
        param.map(|tensor| {
            let shape = tensor.dims();
            let mut values: Vec<f32> = tensor.into_data().iter::<f32>().collect();
            values[self.index] += self.delta;
            Tensor::from_data(TensorData::new(values, shape), &device).require_grad()
        })
    }
}

/// Collects the parameters' names by what can be compared: their ids and gradients.
struct Collect<'a> {
    gradients: &'a Gradients,
    found: Vec<(ParamId, Vec<f32>)>,
}

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.gradients);
        let gradient = gradient.expect("every parameter takes part in the loss");
        self.found
            .push((param.id, gradient.into_data().iter::<f32>().collect()));
    }
}

fn loss<C: Cell>(module: &Recurrent<C>, input: &Tensor<3>) -> Tensor<1> {
    let (output, _) = module.forward_padded(input.clone(), &LENGTHS, None);
    // A weight for each number, so that no gradient cancels.
    let [batch, time, width] = output.dims();
    let weights: Vec<f32> = (0..batch * time * width)
        .map(|i| (i as f32 * 0.7).sin())
        .collect();
    let weights = TensorData::new(weights, [batch, time, width]);
    (output.clone() * Tensor::from_data(weights, &output.device())).sum()
}

fn check<C: Cell>(build: impl Fn(&Device) -> Recurrent<C>) {
    let device = Device::flex().autodiff();
    let (module, input) = {
        let _alone = generator();
        device.seed(3);
        // Peepholes and biases start at zero, where mistakes could hide: move everything a little.
        let module = build(&device).map(&mut Jitter);
        let input = Tensor::random([3, 4, 2], Distribution::Normal(0.0, 1.0), &device);
        (module, input)
    };
    let gradients = loss(&module, &input).backward();
    let mut collect = Collect {
        gradients: &gradients,
        found: Vec::new(),
    };
    module.visit(&mut collect);
    assert!(!collect.found.is_empty());
    let scale = collect
        .found
        .iter()
        .flat_map(|(_, gradient)| gradient)
        .fold(0.0_f32, |m, g| m.max(g.abs()));
    for (id, gradient) in collect.found {
        for (index, expected) in gradient.into_iter().enumerate() {
            let value = |delta| {
                let nudged = module.clone().map(&mut Nudge { id, index, delta });
                loss(&nudged, &input).into_scalar::<f32>()
            };
            let found = (value(STEP) - value(-STEP)) / (2.0 * STEP);
            assert!(
                (found - expected).abs() <= TOLERANCE * scale,
                "{id} [{index}]: {found} by differences, {expected} by back-propagation"
            );
        }
    }
}

struct Jitter;

impl ModuleMapper for Jitter {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| {
            let noise = tensor.random_like(Distribution::Normal(0.0, 0.3));
            Tensor::from_data(
                (tensor + noise).detach().into_data(),
                &Device::flex().autodiff(),
            )
            .require_grad()
        })
    }
}

#[test]
fn lstm_with_peepholes() {
    check(|device| LstmConfig::new(2, 3).with_peephole(true).init(device));
}

#[test]
fn lstm_with_coupled_gates_and_peepholes_in_both_directions() {
    check(|device| {
        LstmConfig::new(2, 3)
            .with_coupled(true)
            .with_peephole(true)
            .with_bidirectional(true)
            .init(device)
    });
}

#[test]
fn lstm_with_projection_and_layer_norm() {
    check(|device| {
        LstmConfig::new(2, 3)
            .with_d_projection(Some(2))
            .with_layer_norm(true)
            .init(device)
    });
}

#[test]
fn lstm_without_bias() {
    check(|device| LstmConfig::new(2, 3).with_bias(false).init(device));
}

#[test]
fn gru_with_reset_before_the_product() {
    check(|device| {
        GruConfig::new(2, 3)
            .with_reset(ResetGate::BeforeProduct)
            .with_num_layers(2)
            .init(device)
    });
}

#[test]
fn gru_with_layer_norm_in_both_forms() {
    for reset in [ResetGate::AfterProduct, ResetGate::BeforeProduct] {
        check(|device| {
            GruConfig::new(2, 3)
                .with_reset(reset)
                .with_layer_norm(true)
                .init(device)
        });
    }
}

#[test]
fn rnn_with_sigmoid_and_layer_norm() {
    check(|device| {
        RnnConfig::new(2, 3)
            .with_activation(RnnActivation::Sigmoid)
            .with_layer_norm(true)
            .init(device)
    });
}

#[test]
fn minimal_gated_unit_in_layers_and_directions() {
    check(|device| {
        RecurrentConfig::new()
            .with_num_layers(2)
            .with_bidirectional(true)
            .init_with(2, |d_input| {
                MinimalGatedCellConfig::new(d_input, 3)
                    .with_initializer(RecurrentInitializer::Torch {})
                    .init(device)
            })
    });
}
