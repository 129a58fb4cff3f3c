//! Dropout in its forms, and zoneout: what acts while training only.

use super::{EXACT, assert_close, normal, on_both_paths, parts, random_state};
use crate::common::portable;
use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Gradients, Tensor};
use burn_recurrent::{
    Cell, GruConfig, HiddenState, LstmConfig, Recurrent, RecurrentConfig, Rnn, RnnActivation,
    RnnConfig, VariationalDropout,
};

#[test]
fn dropout_acts_between_layers_and_only_while_training() {
    let device = Device::flex().autodiff();
    let config = RnnConfig::new(64, 64).with_dropout(0.5);
    let ones = Tensor::ones([1, 4, 64], &device);
    // Before the first layer and after the last nothing is dropped.
    let one_layer = pass_through(&device, config.clone());
    let (output, _) = one_layer.forward(ones.clone(), None);
    assert_close(output.inner(), ones.clone().inner(), EXACT, "one layer");
    let two_layers = pass_through(&device, config.with_num_layers(2));
    let (output, _) = two_layers.forward(ones.clone(), None);
    let values = steps_of(output).concat();
    assert!(values.iter().all(|v| *v == 0.0 || *v == 2.0));
    assert!(values.contains(&0.0) && values.contains(&2.0));
    let (output, _) = two_layers.valid().forward(ones.clone().inner(), None);
    assert_close(output, ones.inner(), EXACT, "without training");
}

/// An RNN whose input passes through: one unit in, the same unit out at each step.
fn pass_through(device: &Device, config: RnnConfig) -> Rnn {
    let mut rnn = config
        .with_activation(RnnActivation::Relu)
        .with_bias(false)
        .init(device);
    for layer in &mut rnn.layers {
        let cell = &mut layer.forward;
        let [d_input, d_hidden] = cell.weight_input.dims();
        assert_eq!(d_input, d_hidden);
        let set = |tensor: Tensor<2>| Param::initialized(ParamId::new(), tensor.require_grad());
        cell.weight_input = set(Tensor::eye(d_input, device));
        cell.weight_hidden = set(Tensor::zeros([d_hidden, d_hidden], device));
    }
    rnn
}

fn steps_of(output: Tensor<3>) -> Vec<Vec<f32>> {
    let [_, time, _] = output.dims();
    (0..time)
        .map(|t| {
            let step = output.clone().narrow(1, t, 1).inner();
            step.into_data().iter::<f32>().collect()
        })
        .collect()
}

#[test]
fn variational_dropout_has_one_mask_a_sequence_and_keeps_the_expectation() {
    let device = Device::flex().autodiff();
    let width = 4096;
    let config = RnnConfig::new(64, 64).with_num_layers(2).with_dropout(0.25);
    let rnn = pass_through(&device, config.with_variational_dropout(true));
    let (output, _) = rnn.forward(Tensor::ones([1, 6, 64], &device), None);
    let steps = steps_of(output);
    assert!(steps.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(steps[0].contains(&0.0));
    assert!(
        steps[0]
            .iter()
            .all(|v| *v == 0.0 || (*v - 4.0 / 3.0).abs() < 1e-6)
    );

    let dropout = VariationalDropout::new(0.25);
    let masked = dropout.forward(Tensor::ones([1, 2, width], &device));
    let mean = masked.mean().into_scalar::<f32>();
    // Five standard errors: sqrt(0.25 / 0.75 / 4096) = 0.009.
    assert!((mean - 1.0).abs() < 0.045, "{mean}");
}

#[test]
fn plain_dropout_has_a_mask_a_step() {
    let device = Device::flex().autodiff();
    let config = RnnConfig::new(64, 64).with_num_layers(2).with_dropout(0.25);
    let rnn = pass_through(&device, config);
    let (output, _) = rnn.forward(Tensor::ones([1, 6, 64], &device), None);
    let steps = steps_of(output);
    assert!(steps.windows(2).any(|pair| pair[0] != pair[1]));
}

#[test]
fn weight_drop_drops_recurrent_weights_once_a_sequence() {
    let device = Device::flex().autodiff();
    let width = 32;
    let mut rnn = RnnConfig::new(1, width)
        .with_activation(RnnActivation::Relu)
        .with_bias(false)
        .with_weight_drop(0.5)
        .init(&device);
    let cell = &mut rnn.layers[0].forward;
    let set = |tensor: Tensor<2>| Param::initialized(ParamId::new(), tensor.require_grad());
    cell.weight_input = set(Tensor::zeros([1, width], &device));
    cell.weight_hidden = set(Tensor::eye(width, &device));
    let ones = HiddenState {
        hidden: Tensor::ones([1, 1, width], &device),
    };
    let (output, _) = rnn.forward(Tensor::zeros([1, 3, 1], &device), Some(ones));
    let steps = steps_of(output);
    // A kept weight of 1 is scaled to 2 at every step: 2, 4, 8. A dropped one gives zeros.
    for unit in 0..width {
        let column: Vec<f32> = steps.iter().map(|step| step[unit]).collect();
        assert!(
            column == [2.0, 4.0, 8.0] || column == [0.0; 3],
            "{column:?}"
        );
    }
    assert!(steps[0].contains(&0.0) && steps[0].contains(&2.0));
}

#[test]
fn recurrent_dropout_masks_the_hidden_vector_once_a_sequence() {
    let device = Device::flex().autodiff();
    let width = 32;
    let config = RnnConfig::new(width, width).with_recurrent_dropout(0.5);
    let mut rnn = pass_through(&device, config);
    let eye = Tensor::<2>::eye(width, &device).require_grad();
    rnn.layers[0].forward.weight_hidden = Param::initialized(ParamId::new(), eye);
    let (output, _) = rnn.forward(Tensor::ones([1, 3, width], &device), None);
    let steps = steps_of(output);
    // h = 1, then 1 + 2 h for a kept unit and 1 for a dropped one.
    for unit in 0..width {
        let column: Vec<f32> = steps.iter().map(|step| step[unit]).collect();
        assert!(
            column == [1.0, 3.0, 7.0] || column == [1.0; 3],
            "{column:?}"
        );
    }
    assert!(steps[1].contains(&1.0) && steps[1].contains(&3.0));
}

#[test]
fn zoneout_keeps_units_while_training_and_their_expectation_afterwards() {
    let device = Device::flex().autodiff();
    let width = 64;
    let config = RnnConfig::new(width, width).with_zoneout(0.25);
    let rnn = pass_through(&device, config);
    let (output, _) = rnn.forward(Tensor::ones([1, 1, width], &device), None);
    let step = &steps_of(output)[0];
    assert!(step.iter().all(|v| *v == 0.0 || *v == 1.0));
    assert!(step.contains(&0.0) && step.contains(&1.0));
    let rnn = rnn.valid();
    let plain = device.inner();
    let (output, _) = rnn.forward(Tensor::ones([1, 1, width], &plain), None);
    assert_close(
        output,
        Tensor::full([1, 1, width], 0.75, &plain),
        EXACT,
        "expectation",
    );
}

/// The gradient of the first layer's recurrent weights, the only parameter of this shape.
struct RecurrentGradient<'a> {
    gradients: &'a Gradients,
    shape: [usize; 2],
    found: Vec<f32>,
}

impl ModuleVisitor for RecurrentGradient<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if param.dims().as_slice() == self.shape.as_slice() {
            let gradient = param.val().grad(self.gradients).unwrap();
            self.found = gradient.into_data().iter::<f32>().collect();
        }
    }
}

/// The rows of the gradient of a module's recurrent weights, `[WIDTH, gates * WIDTH]`, over one sequence.
fn recurrent_gradient<C: Cell>(module: &Recurrent<C>, gates: usize) -> Vec<Vec<f32>> {
    let device = Device::flex().autodiff();
    let state = random_state(module, 1, &device);
    let (output, _) = module.forward(normal([1, 6, 3], &device), Some(state));
    let gradients = output.sum().backward();
    let mut visitor = RecurrentGradient {
        gradients: &gradients,
        shape: [WIDTH, gates * WIDTH],
        found: Vec::new(),
    };
    module.visit(&mut visitor);
    let rows: Vec<Vec<f32>> = visitor
        .found
        .chunks(gates * WIDTH)
        .map(<[f32]>::to_vec)
        .collect();
    assert_eq!(rows.len(), WIDTH);
    rows
}

const WIDTH: usize = 64;

/// What a mask drops has no gradient. With one mask a sequence that is half of it; with another one at each of the six
/// steps it would be one part in 64.
fn check_weight_drop<C: Cell>(module: &Recurrent<C>, gates: usize) {
    let numbers = recurrent_gradient(module, gates).concat();
    let dropped = numbers.iter().filter(|number| **number == 0.0).count();
    // Five standard deviations of a count of halves.
    let (half, most) = (
        numbers.len() as f64 / 2.0,
        2.5 * (numbers.len() as f64).sqrt(),
    );
    assert!(
        (dropped as f64 - half).abs() < most,
        "{dropped} of {} dropped",
        numbers.len()
    );
}

fn check_recurrent_dropout<C: Cell>(module: &Recurrent<C>, gates: usize) {
    let rows = recurrent_gradient(module, gates);
    let is_dropped = |row: &&Vec<f32>| row.iter().all(|number| *number == 0.0);
    let dropped = rows.iter().filter(is_dropped).count();
    assert!((12..=52).contains(&dropped), "{dropped} of {WIDTH} dropped");
    let kept = rows.iter().filter(|row| !is_dropped(row));
    for row in kept {
        assert!(row.iter().filter(|number| **number == 0.0).count() < WIDTH / 2);
    }
}

#[test]
fn gru_and_lstm_drop_recurrent_weights_once_a_sequence() {
    let device = Device::flex().autodiff();
    let gru = GruConfig::new(3, WIDTH).with_weight_drop(0.5).init(&device);
    on_both_paths!(gru, |module| check_weight_drop(module, 3));
    let lstm = LstmConfig::new(3, WIDTH)
        .with_weight_drop(0.5)
        .init(&device);
    on_both_paths!(lstm, |module| check_weight_drop(module, 4));
}

#[test]
fn gru_and_lstm_mask_the_hidden_vector_once_a_sequence() {
    let device = Device::flex().autodiff();
    let gru = GruConfig::new(3, WIDTH)
        .with_recurrent_dropout(0.5)
        .init(&device);
    check_recurrent_dropout(&gru, 3);
    let lstm = LstmConfig::new(3, WIDTH)
        .with_recurrent_dropout(0.5)
        .init(&device);
    check_recurrent_dropout(&lstm, 4);
}

#[test]
fn zoneout_of_an_lstm_keeps_hidden_vector_and_memory_cell_apart() {
    let device = Device::flex().autodiff();
    for (hidden, cell) in [(0.5, 0.0), (0.0, 0.5), (0.5, 0.5)] {
        let lstm = LstmConfig::new(3, WIDTH)
            .with_zoneout_hidden(hidden)
            .with_zoneout_cell(cell)
            .init(&device);
        let without = portable(&lstm, RecurrentConfig::new());
        let input = normal([1, 1, 3], &device);
        let before = random_state(&lstm, 1, &device);
        let (_, zoned) = lstm.forward(input.clone(), Some(before.clone()));
        let (_, new) = without.forward(input, Some(before.clone()));
        let all = [before, zoned, new].map(|state| {
            let state = parts(&lstm, state).into_iter();
            state
                .map(|part| steps_of(part).concat())
                .collect::<Vec<_>>()
        });
        for (part, prob) in [hidden, cell].into_iter().enumerate() {
            let [before, zoned, new] = all.each_ref().map(|parts| &parts[part]);
            let is_old: Vec<bool> = (0..WIDTH)
                .map(|unit| {
                    let kept = zoned[unit] == before[unit];
                    assert!(kept || zoned[unit] == new[unit], "unit {unit}");
                    kept
                })
                .collect();
            let kept = is_old.iter().filter(|old| **old).count();
            match prob {
                0.0 => assert_eq!(kept, 0),
                // Five standard deviations of a count of halves.
                _ => assert!((12..=52).contains(&kept), "{kept} of {WIDTH} kept"),
            }
        }
    }
}
