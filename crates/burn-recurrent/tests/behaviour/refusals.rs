//! Wrong shapes panic at the call, with what is there and what should be.

use burn::tensor::{Device, Tensor};
use burn_recurrent::{GruConfig, RecurrentInitializer, RnnCellConfig, RnnWeights};

#[test]
#[should_panic(expected = "the input's last axis must be d_input = 3, but the input is [2, 5, 4]")]
fn a_wrong_width_panics_with_both_shapes() {
    let device = Device::flex();
    let gru = GruConfig::new(3, 4).init(&device);
    gru.forward(Tensor::zeros([2, 5, 4], &device), None);
}

#[test]
#[should_panic(expected = "row 1 has length 6, but the input has only 5 time steps")]
fn a_length_past_the_input_panics() {
    let device = Device::flex();
    let gru = GruConfig::new(3, 4).init(&device);
    gru.forward_padded(Tensor::zeros([2, 5, 3], &device), &[5, 6], None);
}

#[test]
#[should_panic(expected = "expected one length a row: the input has 2 rows, but 3 lengths")]
fn a_wrong_number_of_lengths_panics() {
    let device = Device::flex();
    let gru = GruConfig::new(3, 4).init(&device);
    gru.forward_padded(Tensor::zeros([2, 5, 3], &device), &[5, 5, 5], None);
}

#[test]
#[should_panic(expected = "[1, 2, 4], but is [1, 3, 4]")]
fn a_state_of_another_batch_panics() {
    let device = Device::flex();
    let gru = GruConfig::new(3, 4);
    let state = gru.zero_state(3, &device);
    gru.init(&device)
        .forward(Tensor::zeros([2, 5, 3], &device), Some(state));
}

fn rnn_weights(device: &Device) -> RnnWeights {
    RnnWeights {
        weight_input: Tensor::zeros([3, 4], device),
        weight_hidden: Tensor::zeros([4, 4], device),
        bias: None,
    }
}

#[test]
#[should_panic(expected = "the weights' weight_input must be [2, 4], but is [3, 4]")]
fn weights_of_another_width_panic_with_both_shapes() {
    let config = RnnCellConfig::new(2, 4).with_bias(false);
    config.init_with_weights(rnn_weights(&Device::flex()));
}

#[test]
#[should_panic(expected = "the weights' bias must be [4], but none is given")]
fn weights_without_a_bias_that_there_should_be_panic() {
    RnnCellConfig::new(3, 4).init_with_weights(rnn_weights(&Device::flex()));
}

#[test]
#[should_panic(expected = "gate 2 cannot be open: there are 2")]
fn a_gate_that_there_is_not_cannot_be_open() {
    let initializer = RecurrentInitializer::Orthogonal {};
    initializer.for_cell(4, &Device::flex()).bias(2, Some(2));
}
