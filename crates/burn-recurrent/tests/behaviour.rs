//! What the modules promise, whatever the numbers.

mod common;

use burn::module::{Module, Param, ParamId};
use burn::tensor::{DType, Device, Distribution, Tensor, TensorData};
use burn_recurrent::{
    GruConfig, LstmConfig, LstmState, MinimalGatedCellConfig, RecurrentConfig,
    RecurrentInitializer, ResetGate, RnnConfig,
};
use common::assert_close;

const EXACT: f32 = 0.0;
/// Sums in another order.
const ROUNDING: f32 = 1e-6;

fn normal<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
}

#[test]
fn a_padded_row_is_the_row_alone() {
    let device = Device::flex();
    let lstm = LstmConfig::new(3, 4)
        .with_num_layers(2)
        .with_bidirectional(true)
        .init(&device);
    let lengths = [5, 2, 0, 4];
    let input = normal([4, 5, 3], &device);
    let state = LstmState {
        hidden: normal([4, 4, 4], &device),
        cell: normal([4, 4, 4], &device),
    };
    let (output, last) = lstm.forward_padded(input.clone(), &lengths, Some(state.clone()));
    for (row, length) in lengths.into_iter().enumerate() {
        let pick = |tensor: &Tensor<3>, axis| tensor.clone().narrow(axis, row, 1);
        let row_output = pick(&output, 0);
        let row_state = LstmState {
            hidden: pick(&state.hidden, 1),
            cell: pick(&state.cell, 1),
        };
        if length > 0 {
            let alone = pick(&input, 0).narrow(1, 0, length);
            let (alone, alone_last) = lstm.forward(alone, Some(row_state));
            let what = format!("row {row}");
            assert_close(
                row_output.clone().narrow(1, 0, length),
                alone,
                ROUNDING,
                &what,
            );
            assert_close(pick(&last.hidden, 1), alone_last.hidden, ROUNDING, &what);
            assert_close(pick(&last.cell, 1), alone_last.cell, ROUNDING, &what);
        } else {
            assert_close(pick(&last.hidden, 1), row_state.hidden, EXACT, "empty row");
            assert_close(pick(&last.cell, 1), row_state.cell, EXACT, "empty row");
        }
        if length < 5 {
            let padding = row_output.narrow(1, length, 5 - length);
            assert_eq!(padding.abs().max().into_scalar::<f32>(), 0.0, "row {row}");
        }
    }
}

#[test]
fn what_stands_in_the_padding_does_not_matter() {
    let device = Device::flex().autodiff();
    let gru = GruConfig::new(2, 3)
        .with_num_layers(2)
        .with_bidirectional(true)
        .init(&device);
    let input = normal([2, 4, 2], &device);
    let run = |padding: f32| {
        let input = input.clone().slice_fill([1..2, 2..4, 0..2], padding);
        let input = input.detach().require_grad();
        let (output, _) = gru.forward_padded(input.clone(), &[4, 2], None);
        let gradients = output.clone().sum().backward();
        let reaching = input.grad(&gradients).unwrap().slice([1..2, 2..4, 0..2]);
        assert_eq!(
            reaching.abs().max().into_scalar::<f32>(),
            0.0,
            "a gradient in the padding"
        );
        let weight = &gru.layers[0].forward.weight_input;
        (output.inner(), weight.val().grad(&gradients).unwrap())
    };
    let (output, gradient) = run(0.0);
    let (other_output, other_gradient) = run(f32::NAN);
    assert_close(other_output, output, EXACT, "output");
    assert_close(other_gradient, gradient, EXACT, "gradient");
}

#[test]
fn two_calls_with_the_state_carried_are_one_long_call() {
    let device = Device::flex();
    let lstm = LstmConfig::new(3, 4).with_num_layers(3).init(&device);
    let input = normal([2, 7, 3], &device);
    let (whole, last) = lstm.forward(input.clone(), None);
    let (first, state) = lstm.forward(input.clone().narrow(1, 0, 3), None);
    let (second, state) = lstm.forward(input.narrow(1, 3, 4), Some(state));
    assert_close(
        Tensor::cat(vec![first, second], 1),
        whole,
        ROUNDING,
        "output",
    );
    assert_close(state.hidden, last.hidden, ROUNDING, "hidden");
    assert_close(state.cell, last.cell, ROUNDING, "cell");
}

#[test]
fn steps_are_the_sequence() {
    let device = Device::flex();
    let gru = GruConfig::new(3, 4).with_num_layers(2).init(&device);
    let input = normal([2, 5, 3], &device);
    let (whole, _) = gru.forward(input.clone(), None);
    let mut state = None;
    for t in 0..5 {
        let (output, next) = gru.step(input.clone().narrow(1, t, 1).squeeze_dim(1), state);
        let expected = whole.clone().narrow(1, t, 1).squeeze_dim::<2>(1);
        assert_close(output, expected, ROUNDING, "step");
        state = Some(next);
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
    let (found, _) = time_first.forward_padded(input.swap_dims(0, 1), &[3, 5], None);
    assert_close(found.swap_dims(0, 1), expected, EXACT, "output");
}

#[test]
fn a_batch_or_time_of_zero_is_allowed() {
    let device = Device::flex();
    let lstm = LstmConfig::new(3, 4).with_bidirectional(true).init(&device);
    let (output, state) = lstm.forward(Tensor::zeros([2, 0, 3], &device), None);
    assert_eq!(output.dims(), [2, 0, 8]);
    assert_eq!(state.hidden.dims(), [2, 2, 4]);
    let (output, state) = lstm.forward(Tensor::zeros([0, 5, 3], &device), None);
    assert_eq!(output.dims(), [0, 5, 8]);
    assert_eq!(state.cell.dims(), [2, 0, 4]);
}

#[test]
fn records_keep_the_weights() {
    let device = Device::flex();
    let config = LstmConfig::new(3, 4)
        .with_num_layers(2)
        .with_bidirectional(true)
        .with_peephole(true)
        .with_layer_norm(true);
    let module = config.init(&device);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lstm.bpk");
    module.clone().save_file(&path).unwrap();
    let loaded = config.init(&device).load_file(&path);
    let input = normal([2, 5, 3], &device);
    let (expected, _) = module.forward(input.clone(), None);
    let (found, _) = loaded.forward(input, None);
    assert_close(found, expected, EXACT, "output");
}

#[test]
fn configurations_survive_serialisation() {
    let config = GruConfig::new(3, 4)
        .with_reset(ResetGate::BeforeProduct)
        .with_initializer(RecurrentInitializer::Uniform { bound: 0.1 });
    let text = serde_json::to_string(&config).unwrap();
    let back: GruConfig = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), text);
    assert_eq!(back.reset, ResetGate::BeforeProduct);
}

#[test]
fn display_shows_sizes_and_parameters() {
    let device = Device::flex();
    let (m, n) = (3, 5);
    let lstm = LstmConfig::new(m, n).init(&device);
    let params = 4 * (n * (m + n) + n);
    assert_eq!(lstm.num_params(), params);
    assert_eq!(
        lstm.to_string(),
        format!("Lstm {{d_input: 3, d_hidden: 5, params: {params}}}")
    );
    let gru = GruConfig::new(m, n)
        .with_num_layers(2)
        .with_bidirectional(true)
        .with_dropout(0.5)
        .init(&device);
    assert_eq!(
        gru.to_string(),
        format!(
            "Gru {{d_input: 3, d_hidden: 5, num_layers: 2, bidirectional: true, dropout: 0.5, \
             params: {}}}",
            gru.num_params()
        )
    );
}

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
fn pass_through(device: &Device, config: RnnConfig) -> burn_recurrent::Rnn {
    let mut rnn = config
        .with_activation(burn_recurrent::RnnActivation::Relu)
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

    let dropout = burn_recurrent::VariationalDropout::new(0.25);
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
        .with_activation(burn_recurrent::RnnActivation::Relu)
        .with_bias(false)
        .with_weight_drop(0.5)
        .init(&device);
    let cell = &mut rnn.layers[0].forward;
    let set = |tensor: Tensor<2>| Param::initialized(ParamId::new(), tensor.require_grad());
    cell.weight_input = set(Tensor::zeros([1, width], &device));
    cell.weight_hidden = set(Tensor::eye(width, &device));
    let ones = burn_recurrent::HiddenState {
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

#[test]
fn orthogonal_initialisation_is_orthogonal_gate_by_gate() {
    let device = Device::flex();
    let n = 37;
    let lstm = LstmConfig::new(5, n).init(&device);
    let cell = &lstm.layers[0].forward;
    for gate in 0..4 {
        let block = cell.weight_hidden.val().narrow(1, gate * n, n);
        let gram = block.clone().matmul(block.transpose());
        assert_close(gram, Tensor::eye(n, &device), 1e-5, "W Wᵀ");
    }
    let bias: Vec<f32> = cell
        .bias
        .as_ref()
        .unwrap()
        .to_data()
        .iter::<f32>()
        .collect();
    assert!(bias[..n].iter().all(|b| *b == 0.0));
    assert!(
        bias[n..2 * n].iter().all(|b| *b == 1.0),
        "the forget gate starts open"
    );
    assert!(bias[2 * n..].iter().all(|b| *b == 0.0));
    let bound = (6.0 / (5 + n) as f32).sqrt();
    let weights = cell.weight_input.to_data();
    let largest = weights.iter::<f32>().fold(0.0_f32, |m, w| m.max(w.abs()));
    assert!(
        largest <= bound && largest > 0.9 * bound,
        "{largest} of {bound}"
    );
}

#[test]
fn the_other_initialisers_draw_what_they_say() {
    let device = Device::flex();
    let build = |initializer| {
        RnnConfig::new(40, 25)
            .with_initializer(initializer)
            .init(&device)
    };
    let largest = |data: TensorData| data.iter::<f32>().fold(0.0_f32, |m, w| m.max(w.abs()));

    let uniform = build(RecurrentInitializer::Uniform { bound: 0.1 });
    let cell = &uniform.layers[0].forward;
    for magnitude in [
        largest(cell.weight_input.to_data()),
        largest(cell.weight_hidden.to_data()),
        largest(cell.bias.as_ref().unwrap().to_data()),
    ] {
        assert!(magnitude <= 0.1 && magnitude > 0.07, "{magnitude}");
    }

    let torch = build(RecurrentInitializer::Torch {});
    let cell = &torch.layers[0].forward;
    let magnitude = largest(cell.weight_hidden.to_data());
    assert!(magnitude <= 0.2 && magnitude > 0.19, "{magnitude}");
    assert!(largest(cell.bias.as_ref().unwrap().to_data()) <= 0.4);

    // A GRU's candidate has two biases that are not added: each is one draw.
    let gru = GruConfig::new(3, 25)
        .with_initializer(RecurrentInitializer::Torch {})
        .init(&device);
    let cell = &gru.layers[0].forward;
    let magnitude = largest(cell.bias_candidate.as_ref().unwrap().to_data());
    assert!(magnitude <= 0.2 && magnitude > 0.1, "{magnitude}");
    let candidate = cell.bias.as_ref().unwrap().val().narrow(0, 50, 25);
    assert!(largest(candidate.to_data()) <= 0.2);

    let identity = build(RecurrentInitializer::Identity { scale: 0.5 });
    let cell = &identity.layers[0].forward;
    let expected = Tensor::eye(25, &device) * 0.5;
    assert_close(cell.weight_hidden.val(), expected, EXACT, "identity");
    assert!(largest(cell.weight_input.to_data()) < 0.006);
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

#[test]
fn a_cell_of_ones_own_gets_lengths_and_directions() {
    let device = Device::flex();
    let module = RecurrentConfig::new()
        .with_bidirectional(true)
        .init_with(3, |d| MinimalGatedCellConfig::new(d, 4).init(&device));
    let input = normal([2, 5, 3], &device);
    let (padded, _) = module.forward_padded(input.clone(), &[5, 3], None);
    let alone = input.narrow(0, 1, 1).narrow(1, 0, 3);
    let (alone, _) = module.forward(alone, None);
    let row = padded.narrow(0, 1, 1).narrow(1, 0, 3);
    assert_close(row, alone, ROUNDING, "row alone");
}

#[test]
fn the_path_is_fused_where_a_kernel_knows_the_options_and_is_said_otherwise() {
    let device = Device::flex();
    let path = |config: LstmConfig| config.init(&device).path(&device, DType::F32);
    let plain = LstmConfig::new(3, 4);
    assert_eq!(path(plain.clone()).is_fused(), cfg!(feature = "flex"));
    for (config, reason) in [
        (plain.clone().with_peephole(true), "peepholes"),
        (plain.clone().with_layer_norm(true), "layer normalisation"),
        (plain.clone().with_zoneout_cell(0.1), "zoneout"),
    ] {
        assert!(path(config).to_string().contains(reason));
    }
    let lstm = plain.init(&device);
    assert!(!lstm.path(&device, DType::F64).is_fused());
}

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
