//! States carried from call to call.

use super::{ROUNDING, assert_close, assert_states_close, normal, on_both_paths, random_state};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Device, Tensor};
use burn_recurrent::{
    Cell, CellState, GruConfig, LstmConfig, LstmState, MinimalGatedCellConfig, Recurrent,
    RecurrentConfig, RnnConfig,
};

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

/// Gives every parameter another element type.
struct Casting(DType);

impl ModuleMapper for Casting {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.cast(self.0))
    }
}

fn check_other_type<C: Cell>(module: &Recurrent<C>, dtype: DType, tolerance: f32) {
    let device = Device::flex();
    let input = normal([2, 5, 3], &device);
    let (expected, _) = module.forward(input.clone(), None);
    let cast = module.clone().map(&mut Casting(dtype));
    let (output, state) = cast.forward(input.clone().cast(dtype), None);
    assert_eq!(output.dtype(), dtype, "{}", C::name());
    let off = (output.cast(DType::F32) - expected).abs().max();
    assert!(
        off.into_scalar::<f32>() < tolerance,
        "{} {dtype:?}",
        C::name()
    );
    // The state goes on in its type, rows that end early are masked in it, and an empty batch has it too.
    let (_, state) = cast.forward_padded(input.clone().cast(dtype), &[5, 2], Some(state));
    let parts = C::State::stacked_into_parts(state);
    assert!(parts.iter().all(|part| part.dtype() == dtype));
    let empty = Tensor::<3>::zeros([0, 5, 3], (&device, dtype));
    let (output, state) = cast.forward(empty, None);
    assert_eq!(output.dtype(), dtype);
    let parts = C::State::stacked_into_parts(state);
    assert!(parts.iter().all(|part| part.dtype() == dtype));
}

#[test]
fn a_module_of_another_element_type_begins_with_a_state_of_its_own() {
    let device = Device::flex();
    let lstm = LstmConfig::new(3, 4).with_num_layers(2).init(&device);
    let gru = GruConfig::new(3, 4).with_bidirectional(true).init(&device);
    let rnn = RnnConfig::new(3, 4).init(&device);
    let own = RecurrentConfig::new().init_with(3, |d_input| {
        MinimalGatedCellConfig::new(d_input, 4).init(&device)
    });
    // The second and third have 11 and 8 bits of precision, and values stay within -1 and 1.
    for (dtype, tolerance) in [(DType::F64, 1e-5), (DType::F16, 5e-3), (DType::BF16, 4e-2)] {
        check_other_type(&lstm, dtype, tolerance);
        check_other_type(&gru, dtype, tolerance);
        check_other_type(&rnn, dtype, tolerance);
        check_other_type(&own, dtype, tolerance);
    }
}

#[test]
fn dropout_of_a_whole_sequence_is_of_the_element_type_of_its_module() {
    let device = Device::flex().autodiff();
    let lstm = LstmConfig::new(3, 4)
        .with_num_layers(2)
        .with_dropout(0.5)
        .with_variational_dropout(true)
        .with_recurrent_dropout(0.5)
        .with_weight_drop(0.5)
        .init(&device)
        .map(&mut Casting(DType::F64));
    let input = Tensor::<3>::ones([2, 5, 3], (&device, DType::F64));
    let (output, _) = lstm.forward(input, None);
    assert_eq!(output.dtype(), DType::F64);
}
