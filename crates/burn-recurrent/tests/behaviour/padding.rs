//! Rows of unequal length.

use super::{
    EXACT, ROUNDING, assert_close, assert_states_close, normal, on_both_paths, parts, random_state,
    row_of,
};
use crate::common::portable;
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor};
use burn_recurrent::{
    Cell, CellState, GruConfig, LstmConfig, MinimalGatedCellConfig, Recurrent, RecurrentConfig,
    RnnConfig,
};

fn check_padded_rows<C: Cell>(module: &Recurrent<C>) {
    let device = Device::flex();
    let lengths = [5, 2, 0, 4];
    let input = normal([4, 5, 3], &device);
    let state = random_state(module, 4, &device);
    let (output, last) = module.forward_padded(input.clone(), &lengths, Some(state.clone()));
    for (row, length) in lengths.into_iter().enumerate() {
        let what = format!("{}, row {row}", C::name());
        let row_output = output.clone().narrow(0, row, 1);
        let (before, after) = (row_of(module, &state, row), row_of(module, &last, row));
        if length > 0 {
            let alone = input.clone().narrow(0, row, 1).narrow(1, 0, length);
            let (alone, alone_last) = module.forward(alone, Some(before));
            let found = row_output.clone().narrow(1, 0, length);
            assert_close(found, alone, ROUNDING, &what);
            assert_states_close(module, after, alone_last, ROUNDING, &what);
        } else {
            assert_states_close(module, after, before, EXACT, &what);
        }
        if length < 5 {
            let padding = row_output.narrow(1, length, 5 - length);
            assert_eq!(padding.abs().max().into_scalar::<f32>(), 0.0, "{what}");
        }
    }
}

#[test]
fn a_padded_row_is_the_row_alone() {
    let device = Device::flex();
    for (layers, bidirectional) in [(1, false), (2, true)] {
        let lstm = LstmConfig::new(3, 4)
            .with_num_layers(layers)
            .with_bidirectional(bidirectional)
            .init(&device);
        on_both_paths!(lstm, |module| check_padded_rows(module));
        let gru = GruConfig::new(3, 4)
            .with_num_layers(layers)
            .with_bidirectional(bidirectional)
            .init(&device);
        on_both_paths!(gru, |module| check_padded_rows(module));
        let rnn = RnnConfig::new(3, 4)
            .with_num_layers(layers)
            .with_bidirectional(bidirectional)
            .init(&device);
        on_both_paths!(rnn, |module| check_padded_rows(module));
    }
}

#[test]
fn a_cell_of_ones_own_gets_lengths_and_directions() {
    let device = Device::flex();
    let module = RecurrentConfig::new()
        .with_bidirectional(true)
        .init_with(3, |d| MinimalGatedCellConfig::new(d, 4).init(&device));
    check_padded_rows(&module);
}

/// Collects the gradients of all parameters.
struct Collect<'a> {
    gradients: &'a Gradients,
    found: Vec<Tensor<1>>,
}

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.gradients).unwrap();
        self.found.push(gradient.flatten(0, D - 1));
    }
}

/// The gradients of all parameters, one after the other.
fn parameter_gradients<C: Cell>(module: &Recurrent<C>, gradients: &Gradients) -> Tensor<1> {
    let found = Vec::new();
    let mut collect = Collect { gradients, found };
    module.visit(&mut collect);
    Tensor::cat(collect.found, 0)
}

fn check_padding_is_ignored<C: Cell>(module: &Recurrent<C>) {
    let device = Device::flex().autodiff();
    let input = normal([2, 4, 2], &device);
    let run = |padding: f32| {
        let input = input.clone().slice_fill([1..2, 2..4, 0..2], padding);
        let input = input.detach().require_grad();
        let (output, _) = module.forward_padded(input.clone(), &[4, 2], None);
        let gradients = output.clone().sum().backward();
        let reaching = input.grad(&gradients).unwrap().slice([1..2, 2..4, 0..2]);
        assert_eq!(
            reaching.abs().max().into_scalar::<f32>(),
            0.0,
            "a gradient in the padding"
        );
        (output.inner(), parameter_gradients(module, &gradients))
    };
    let (output, gradients) = run(0.0);
    let (other_output, other_gradients) = run(f32::NAN);
    assert_close(other_output, output, EXACT, "output");
    assert_close(other_gradients, gradients, EXACT, "gradients");
}

#[test]
fn what_stands_in_the_padding_does_not_matter() {
    let device = Device::flex().autodiff();
    let gru = GruConfig::new(2, 3)
        .with_num_layers(2)
        .with_bidirectional(true)
        .init(&device);
    on_both_paths!(gru, |module| check_padding_is_ignored(module));
    let lstm = LstmConfig::new(2, 3).with_bidirectional(true).init(&device);
    on_both_paths!(lstm, |module| check_padding_is_ignored(module));
}

/// What a module of the test below reads, and a weight for each number that comes out, so that no gradient cancels.
struct Draw {
    input: Tensor<3>,
    state: Vec<Tensor<3>>,
    weights: Vec<Tensor<3>>,
}

impl Draw {
    fn for_module<C: Cell>(module: &Recurrent<C>, device: &Device) -> Self {
        let state = parts(module, random_state(module, 3, device));
        let mut weights = vec![normal([3, 6, module.d_output()], device)];
        weights.extend(state.iter().map(|part| normal(part.dims(), device)));
        Self {
            input: normal([3, 6, 4], device),
            state,
            weights,
        }
    }
}

/// Output, final state, and the gradients of input, initial state and parameters.
fn all_numbers<C: Cell>(module: &Recurrent<C>, draw: &Draw) -> Vec<(&'static str, Tensor<1>)> {
    let input = draw.input.clone().require_grad();
    let before = draw.state.iter().cloned().map(Tensor::require_grad);
    let before: Vec<Tensor<3>> = before.collect();
    let state = C::State::stacked_from_parts(before.clone());
    let (output, last) = module.forward_padded(input.clone(), &[6, 0, 3], Some(state));
    let outputs: Vec<Tensor<3>> = [vec![output], parts(module, last)].concat();
    let loss = outputs.iter().zip(&draw.weights);
    let loss = loss.map(|(numbers, weights)| (numbers.clone() * weights.clone()).sum());
    let gradients = loss.reduce(|sum, part| sum + part).unwrap().backward();
    let flat = |tensor: Tensor<3>| tensor.flatten::<1>(0, 2);
    let reaching = |tensor: &Tensor<3>| flat(tensor.grad(&gradients).unwrap());
    let outputs = outputs.into_iter();
    let mut numbers: Vec<(&str, Tensor<1>)> = outputs
        .map(|tensor| ("output", flat(tensor.inner())))
        .collect();
    numbers.push(("gradient of the input", reaching(&input)));
    let of_state = before.iter().map(reaching);
    numbers.extend(of_state.map(|tensor| ("gradient of the state", tensor)));
    let of_parameters = parameter_gradients(module, &gradients);
    numbers.push(("gradient of the parameters", of_parameters));
    numbers
}

fn check_paths_agree<C: Cell>(module: &Recurrent<C>) {
    let device = Device::flex().autodiff();
    let draw = Draw::for_module(module, &device);
    let portable = portable(module, RecurrentConfig::new());
    let (fused, portable) = (all_numbers(module, &draw), all_numbers(&portable, &draw));
    assert_eq!(fused.len(), portable.len());
    for ((what, found), (_, expected)) in fused.into_iter().zip(portable) {
        // Gradients are sums over rows and steps, in another order each.
        assert_close(found, expected, 1e-5, &format!("{}: {what}", C::name()));
    }
}

#[test]
fn both_paths_give_the_same_numbers_for_ragged_rows() {
    let device = Device::flex().autodiff();
    for bidirectional in [false, true] {
        let lstm = LstmConfig::new(4, 19)
            .with_num_layers(2)
            .with_bidirectional(bidirectional);
        check_paths_agree(&lstm.init(&device));
        let gru = GruConfig::new(4, 19)
            .with_num_layers(2)
            .with_bidirectional(bidirectional);
        check_paths_agree(&gru.init(&device));
        let rnn = RnnConfig::new(4, 19)
            .with_num_layers(2)
            .with_bidirectional(bidirectional);
        check_paths_agree(&rnn.init(&device));
    }
}

#[test]
fn time_first_is_batch_first_transposed() {
    let device = Device::flex();
    let config = RnnConfig::new(3, 4).with_bidirectional(true);
    let batch_first = config.clone().init(&device);
    let weights = batch_first.clone().into_record();
    let time_first = config.with_batch_first(false).init(&device);
    let time_first = time_first.load_record(weights);
    let input = normal([2, 5, 3], &device);
    let (expected, _) = batch_first.forward_padded(input.clone(), &[3, 5], None);
    on_both_paths!(time_first, |module| {
        let input = input.clone().swap_dims(0, 1);
        let (found, _) = module.forward_padded(input, &[3, 5], None);
        assert_close(found.swap_dims(0, 1), expected.clone(), ROUNDING, "output");
    });
}

#[test]
fn a_batch_or_time_of_zero_is_allowed() {
    let device = Device::flex();
    let lstm = LstmConfig::new(3, 4).with_bidirectional(true).init(&device);
    on_both_paths!(lstm, |module| {
        let (output, state) = module.forward(Tensor::zeros([2, 0, 3], &device), None);
        assert_eq!(output.dims(), [2, 0, 8]);
        assert_eq!(state.hidden.dims(), [2, 2, 4]);
        let (output, state) = module.forward(Tensor::zeros([0, 5, 3], &device), None);
        assert_eq!(output.dims(), [0, 5, 8]);
        assert_eq!(state.cell.dims(), [2, 0, 4]);
        let (output, _) = module.forward_padded(Tensor::ones([2, 5, 3], &device), &[0, 0], None);
        assert_eq!(output.abs().max().into_scalar::<f32>(), 0.0);
    });
}
