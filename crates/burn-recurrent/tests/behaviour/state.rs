//! States carried from call to call.

use super::{ROUNDING, assert_close, assert_states_close, normal, on_both_paths, random_state};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use burn_recurrent::{Cell, GruConfig, LstmConfig, LstmState, Recurrent, RnnConfig};

fn check_two_calls<C: Cell>(module: &Recurrent<C>) {
    let device = Device::flex();
    let input = normal([2, 7, 3], &device);
    for state in [None, Some(random_state(module, 2, &device))] {
        let (whole, last) = module.forward(input.clone(), state.clone());
        let (first, between) = module.forward(input.clone().narrow(1, 0, 3), state);
        let (second, end) = module.forward(input.clone().narrow(1, 3, 4), Some(between));
        let joined = Tensor::cat(vec![first, second], 1);
        assert_close(joined, whole, ROUNDING, C::name());
        assert_states_close(module, end, last, ROUNDING, C::name());
    }
}

#[test]
fn two_calls_with_the_state_carried_are_one_long_call() {
    let device = Device::flex();
    let lstm = LstmConfig::new(3, 4).with_num_layers(3).init(&device);
    on_both_paths!(lstm, |module| check_two_calls(module));
    let gru = GruConfig::new(3, 4).with_num_layers(2).init(&device);
    on_both_paths!(gru, |module| check_two_calls(module));
    let rnn = RnnConfig::new(3, 4).init(&device);
    on_both_paths!(rnn, |module| check_two_calls(module));
}

fn check_steps<C: Cell>(module: &Recurrent<C>) {
    let device = Device::flex();
    let input = normal([2, 5, 3], &device);
    let (whole, last) = module.forward(input.clone(), None);
    let mut state = None;
    for t in 0..5 {
        let (output, next) = module.step(input.clone().narrow(1, t, 1).squeeze_dim(1), state);
        let expected = whole.clone().narrow(1, t, 1).squeeze_dim::<2>(1);
        assert_close(output, expected, ROUNDING, C::name());
        state = Some(next);
    }
    assert_states_close(module, state.unwrap(), last, ROUNDING, C::name());
}

#[test]
fn steps_are_the_sequence() {
    let device = Device::flex();
    let gru = GruConfig::new(3, 4).with_num_layers(2).init(&device);
    on_both_paths!(gru, |module| check_steps(module));
    let lstm = LstmConfig::new(3, 4).with_num_layers(2).init(&device);
    on_both_paths!(lstm, |module| check_steps(module));
}

#[test]
fn cell_clipping_bounds_the_cell() {
    let device = Device::flex();
    let lstm = LstmConfig::new(2, 8)
        .with_cell_clip(Some(0.25))
        .init(&device);
    let state = LstmState {
        hidden: Tensor::ones([1, 1, 8], &device),
        cell: Tensor::ones([1, 1, 8], &device) * 9.0,
    };
    let (_, state) = lstm.forward(Tensor::ones([1, 3, 2], &device) * 5.0, Some(state));
    assert_eq!(state.cell.abs().max().into_scalar::<f32>(), 0.25);
}
