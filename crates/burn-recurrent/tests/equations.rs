//! Every cell against its published equations, worked out number by number in f64.

use crate::common::assert_close;
use burn::module::{Module, ModuleMapper, Param};
use burn::nn::LayerNorm;
use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent::{
    Cell, GruCell, GruConfig, HiddenState, LstmCell, LstmConfig, LstmState, MinimalGatedCell,
    MinimalGatedCellConfig, Recurrent, RecurrentConfig, ResetGate, RnnActivation, RnnCell,
    RnnConfig,
};

const BATCH: usize = 2;
const TIME: usize = 3;
const D_INPUT: usize = 3;
const D_HIDDEN: usize = 4;
/// The rounding of f32.
const TOLERANCE: f32 = 1e-5;
/// Normalising divides by a standard deviation, which for four units may be small, and so enlarges
/// the rounding.
const NORM_TOLERANCE: f32 = 1e-4;
/// Burn's default.
const EPSILON: f64 = 1e-5;

// ---- numbers ----

/// Numbers in [-scale, scale] without a pattern, another stretch of them for another `first`.
fn wave<const D: usize>(shape: [usize; D], first: usize, scale: f64) -> Tensor<D> {
    let count: usize = shape.iter().product();
    let values = (first..first + count).map(|index| scale * (1.3 * index as f64 + 0.4).sin());
    tensor(values, shape)
}

fn tensor<const D: usize>(values: impl Iterator<Item = f64>, shape: [usize; D]) -> Tensor<D> {
    let values: Vec<f32> = values.map(|value| value as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}

/// Overwrites every parameter, so that no bias, peephole or normalisation is left at zero or one.
#[derive(Default)]
struct Fill {
    next: usize,
}

impl ModuleMapper for Fill {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.val().dims();
        let value = wave(shape, self.next, 0.8);
        self.next += shape.iter().product::<usize>();
        Param::initialized(param.id, value)
    }
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    let data = tensor.into_data();
    data.iter::<f64>().collect()
}

fn vector(param: &Param<Tensor<1>>) -> Vec<f64> {
    numbers(param.val())
}

fn bias(param: &Option<Param<Tensor<1>>>) -> Vec<f64> {
    vector(param.as_ref().expect("these cells have biases"))
}

fn matrix(param: &Param<Tensor<2>>) -> Vec<Vec<f64>> {
    let value = param.val();
    let [_, width] = value.dims();
    rows(value, width)
}

/// A tensor's numbers, `width` at a time.
fn rows<const D: usize>(tensor: Tensor<D>, width: usize) -> Vec<Vec<f64>> {
    let numbers = numbers(tensor);
    numbers.chunks(width).map(|row| row.to_vec()).collect()
}

fn columns(matrix: &[Vec<f64>], from: usize, to: usize) -> Vec<Vec<f64>> {
    matrix.iter().map(|row| row[from..to].to_vec()).collect()
}

/// A row vector times a matrix.
fn product(row: &[f64], matrix: &[Vec<f64>]) -> Vec<f64> {
    let width = matrix[0].len();
    (0..width)
        .map(|j| {
            let terms = row.iter().zip(matrix).map(|(x, weights)| x * weights[j]);
            terms.sum::<f64>()
        })
        .collect()
}

fn add(left: &[f64], right: &[f64]) -> Vec<f64> {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).map(|(l, r)| l + r).collect()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Ba et al. 2016, equation 4, with the variance divided by the width; the numbers as they are
/// where there is no normalisation.
fn layer_norm(norm: Option<&LayerNorm>, values: Vec<f64>) -> Vec<f64> {
    let Some(norm) = norm else {
        return values;
    };
    let (gamma, beta) = (vector(&norm.gamma), bias(&norm.beta));
    assert_eq!(gamma.len(), values.len());
    let width = values.len() as f64;
    let mean = values.iter().sum::<f64>() / width;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / width;
    let deviation = (variance + EPSILON).sqrt();
    values
        .iter()
        .zip(gamma.iter().zip(&beta))
        .map(|(value, (gamma, beta))| gamma * (value - mean) / deviation + beta)
        .collect()
}

/// For each row of the batch the states after each step.
fn run<S: Clone>(
    input: &Tensor<3>,
    initial: Vec<S>,
    step: impl Fn(&[f64], &S) -> S,
) -> Vec<Vec<S>> {
    let inputs = rows(input.clone(), D_INPUT);
    let sequences = inputs.chunks(TIME).zip(initial);
    sequences
        .map(|(sequence, mut state)| {
            let mut states = Vec::new();
            for x in sequence {
                state = step(x, &state);
                states.push(state.clone());
            }
            states
        })
        .collect()
}

/// What of the states `part` shows, at all steps, `[batch, time, width]`, and at the last,
/// `[1, batch, width]`.
fn stacked<S>(states: &[Vec<S>], part: impl Fn(&S) -> &[f64]) -> (Tensor<3>, Tensor<3>) {
    let width = part(&states[0][0]).len();
    let all = states
        .iter()
        .flatten()
        .flat_map(|state| part(state).to_vec());
    let last = states
        .iter()
        .flat_map(|states| part(&states[TIME - 1]).to_vec());
    (
        tensor(all, [BATCH, TIME, width]),
        tensor(last, [1, BATCH, width]),
    )
}

// ---- cells whose state is the hidden vector ----

fn check_hidden<C: Cell<State = HiddenState<2>>>(
    module: Recurrent<C>,
    tolerance: f32,
    step: impl Fn(&C, &[f64], &[f64]) -> Vec<f64>,
) {
    let module = module.map(&mut Fill::default());
    let input = wave([BATCH, TIME, D_INPUT], 1000, 1.5);
    let hidden = wave([1, BATCH, D_HIDDEN], 2000, 0.9);
    let cell = &module.layers[0].forward;
    let initial = rows(hidden.clone(), D_HIDDEN);
    let states = run(&input, initial, |x, h: &Vec<f64>| step(cell, x, h));
    let (expected, expected_last) = stacked(&states, |state| state.as_slice());
    let (output, last) = module.forward(input, Some(HiddenState { hidden }));
    assert_close(output, expected, tolerance, "output");
    assert_close(last.hidden, expected_last, tolerance, "hidden");
}

fn rnn_step(cell: &RnnCell, activation: impl Fn(f64) -> f64, x: &[f64], h: &[f64]) -> Vec<f64> {
    let sum = add(
        &product(x, &matrix(&cell.weight_input)),
        &product(h, &matrix(&cell.weight_hidden)),
    );
    let sum = layer_norm(cell.norm.as_ref(), sum);
    let sum = add(&sum, &bias(&cell.bias));
    sum.into_iter().map(activation).collect()
}

fn rnn(activation: RnnActivation) -> RnnConfig {
    RnnConfig::new(D_INPUT, D_HIDDEN).with_activation(activation)
}

#[test]
fn an_rnn_is_elmans_with_the_hyperbolic_tangent() {
    let module = rnn(RnnActivation::Tanh).init(&Device::flex());
    check_hidden(module, TOLERANCE, |cell, x, h| {
        rnn_step(cell, f64::tanh, x, h)
    });
}

#[test]
fn an_rnn_is_elmans_with_the_rectifier() {
    let module = rnn(RnnActivation::Relu).init(&Device::flex());
    check_hidden(module, TOLERANCE, |cell, x, h| {
        rnn_step(cell, |v| v.max(0.0), x, h)
    });
}

#[test]
fn an_rnn_is_elmans_with_the_logistic_function() {
    let module = rnn(RnnActivation::Sigmoid).init(&Device::flex());
    check_hidden(module, TOLERANCE, |cell, x, h| {
        rnn_step(cell, sigmoid, x, h)
    });
}

#[test]
fn a_layer_normalised_rnn_normalises_the_sum_and_then_adds_the_bias() {
    let module = rnn(RnnActivation::Tanh)
        .with_layer_norm(true)
        .init(&Device::flex());
    assert!(module.layers[0].forward.norm.is_some());
    check_hidden(module, NORM_TOLERANCE, |cell, x, h| {
        rnn_step(cell, f64::tanh, x, h)
    });
}

/// The reset gate and the update gate.
fn gru_gates(cell: &GruCell, x: &[f64], h: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let n = h.len();
    let norm = cell.norm.as_ref();
    let weight_input = columns(&matrix(&cell.weight_input), 0, 2 * n);
    let weight_hidden = columns(&matrix(&cell.weight_hidden), 0, 2 * n);
    let from_input = layer_norm(norm.map(|n| &n.input_gates), product(x, &weight_input));
    let from_hidden = layer_norm(norm.map(|n| &n.hidden_gates), product(h, &weight_hidden));
    let sum = add(&from_input, &from_hidden);
    let sum = add(&sum, &bias(&cell.bias)[..2 * n]);
    let gates: Vec<f64> = sum.into_iter().map(sigmoid).collect();
    (gates[..n].to_vec(), gates[n..].to_vec())
}

/// The input's part of the candidate, with its bias.
fn gru_candidate_input(cell: &GruCell, x: &[f64], n: usize) -> Vec<f64> {
    let weight = columns(&matrix(&cell.weight_input), 2 * n, 3 * n);
    let norm = cell.norm.as_ref().map(|norm| &norm.input_candidate);
    let sum = layer_norm(norm, product(x, &weight));
    add(&sum, &bias(&cell.bias)[2 * n..])
}

/// A vector's product with the candidate's recurrent weights.
fn gru_candidate_product(cell: &GruCell, row: &[f64]) -> Vec<f64> {
    let n = row.len();
    let weight = columns(&matrix(&cell.weight_hidden), 2 * n, 3 * n);
    let norm = cell.norm.as_ref().map(|norm| &norm.hidden_candidate);
    layer_norm(norm, product(row, &weight))
}

fn gru_mix(update: &[f64], candidate_sum: &[f64], h: &[f64]) -> Vec<f64> {
    let units = update.iter().zip(candidate_sum).zip(h);
    units
        .map(|((z, sum), h)| (1.0 - z) * sum.tanh() + z * h)
        .collect()
}

fn gru_reset_after(cell: &GruCell, x: &[f64], h: &[f64]) -> Vec<f64> {
    let (reset, update) = gru_gates(cell, x, h);
    let recurrent = gru_candidate_product(cell, h);
    let recurrent = add(&recurrent, &bias(&cell.bias_candidate));
    let recurrent: Vec<f64> = reset.iter().zip(&recurrent).map(|(r, v)| r * v).collect();
    let sum = add(&gru_candidate_input(cell, x, h.len()), &recurrent);
    gru_mix(&update, &sum, h)
}

fn gru_reset_before(cell: &GruCell, x: &[f64], h: &[f64]) -> Vec<f64> {
    let (reset, update) = gru_gates(cell, x, h);
    let kept: Vec<f64> = reset.iter().zip(h).map(|(r, h)| r * h).collect();
    let recurrent = gru_candidate_product(cell, &kept);
    let sum = add(&gru_candidate_input(cell, x, h.len()), &recurrent);
    gru_mix(&update, &sum, h)
}

fn gru(reset: ResetGate) -> GruConfig {
    GruConfig::new(D_INPUT, D_HIDDEN).with_reset(reset)
}

#[test]
fn a_gru_resets_the_product_after_it() {
    let module = gru(ResetGate::AfterProduct).init(&Device::flex());
    check_hidden(module, TOLERANCE, gru_reset_after);
}

#[test]
fn a_gru_resets_the_hidden_vector_before_the_product() {
    let module = gru(ResetGate::BeforeProduct).init(&Device::flex());
    check_hidden(module, TOLERANCE, gru_reset_before);
}

#[test]
fn a_layer_normalised_gru_resets_the_normalised_product() {
    let module = gru(ResetGate::AfterProduct)
        .with_layer_norm(true)
        .init(&Device::flex());
    assert!(module.layers[0].forward.norm.is_some());
    check_hidden(module, NORM_TOLERANCE, gru_reset_after);
}

#[test]
fn a_layer_normalised_gru_normalises_the_product_of_the_reset_hidden_vector() {
    let module = gru(ResetGate::BeforeProduct)
        .with_layer_norm(true)
        .init(&Device::flex());
    assert!(module.layers[0].forward.norm.is_some());
    check_hidden(module, NORM_TOLERANCE, gru_reset_before);
}

#[test]
fn a_minimal_gated_unit_is_zhous() {
    let device = Device::flex();
    let module = RecurrentConfig::new().init_with(D_INPUT, |d_input| {
        MinimalGatedCellConfig::new(d_input, D_HIDDEN).init(&device)
    });
    check_hidden(module, TOLERANCE, |cell: &MinimalGatedCell, x, h| {
        let n = h.len();
        let from_input = product(x, &matrix(&cell.weight_input));
        let from_input = add(&from_input, &vector(&cell.bias));
        let weight_hidden = matrix(&cell.weight_hidden);
        let from_hidden = product(h, &columns(&weight_hidden, 0, n));
        let sum = add(&from_input[..n], &from_hidden);
        let forget: Vec<f64> = sum.into_iter().map(sigmoid).collect();
        let kept: Vec<f64> = forget.iter().zip(h).map(|(f, h)| f * h).collect();
        let recurrent = product(&kept, &columns(&weight_hidden, n, 2 * n));
        let sum = add(&from_input[n..], &recurrent);
        let units = forget.iter().zip(&sum).zip(h);
        units
            .map(|((f, sum), h)| (1.0 - f) * h + f * sum.tanh())
            .collect()
    });
}

// ---- the long short-term memory ----

#[derive(Clone)]
struct Memory {
    hidden: Vec<f64>,
    cell: Vec<f64>,
}

fn lstm_step(config: &LstmConfig, lstm: &LstmCell, x: &[f64], old: &Memory) -> Memory {
    let n = old.cell.len();
    let norm = lstm.norm.as_ref();
    let from_input = product(x, &matrix(&lstm.weight_input));
    let from_input = layer_norm(norm.map(|n| &n.input), from_input);
    let from_hidden = product(&old.hidden, &matrix(&lstm.weight_hidden));
    let from_hidden = layer_norm(norm.map(|n| &n.hidden), from_hidden);
    let sum = add(&from_input, &from_hidden);
    let sum = add(&sum, &bias(&lstm.bias));
    let peepholes = lstm.peephole.as_ref().map(matrix);

    let (mut cell, mut output) = (Vec::new(), Vec::new());
    for (j, c) in old.cell.iter().enumerate() {
        let gate = |index: usize| sum[index * n + j];
        let peep = |row: usize, seen: f64| match &peepholes {
            Some(weights) => weights[row][j] * seen,
            None => 0.0,
        };
        let i = sigmoid(gate(0) + peep(0, *c));
        let (f, g) = match config.coupled {
            true => (1.0 - i, gate(1).tanh()),
            false => (sigmoid(gate(1) + peep(1, *c)), gate(2).tanh()),
        };
        let mut new = f * c + i * g;
        if let Some(clip) = config.cell_clip {
            new = new.clamp(-clip, clip);
        }
        output.push(match config.coupled {
            true => sigmoid(gate(2) + peep(1, new)),
            false => sigmoid(gate(3) + peep(2, new)),
        });
        cell.push(new);
    }
    let shown = layer_norm(norm.map(|n| &n.cell), cell.clone());
    let mut hidden: Vec<f64> = output
        .iter()
        .zip(&shown)
        .map(|(o, c)| o * c.tanh())
        .collect();
    if let Some(projection) = &lstm.projection {
        hidden = product(&hidden, &matrix(projection));
    }
    Memory { hidden, cell }
}

/// Compares the module with `lstm_step` and the expectation of its zoneout; returns the memory
/// cells that were expected.
fn check_lstm(config: &LstmConfig, scale: f64, tolerance: f32) -> Vec<f64> {
    let module = config.init(&Device::flex()).map(&mut Fill::default());
    let lstm = &module.layers[0].forward;
    let d_state = config.d_projection.unwrap_or(D_HIDDEN);
    let input = wave([BATCH, TIME, D_INPUT], 1000, scale);
    let state = LstmState {
        hidden: wave([1, BATCH, d_state], 2000, 0.9),
        cell: wave([1, BATCH, D_HIDDEN], 3000, 0.9),
    };
    let initial = rows(state.hidden.clone(), d_state)
        .into_iter()
        .zip(rows(state.cell.clone(), D_HIDDEN))
        .map(|(hidden, cell)| Memory { hidden, cell })
        .collect();
    let mix = |p: f64, old: &[f64], new: &[f64]| -> Vec<f64> {
        let units = old.iter().zip(new);
        units.map(|(old, new)| p * old + (1.0 - p) * new).collect()
    };
    let states = run(&input, initial, |x, old: &Memory| {
        let new = lstm_step(config, lstm, x, old);
        Memory {
            hidden: mix(config.zoneout_hidden, &old.hidden, &new.hidden),
            cell: mix(config.zoneout_cell, &old.cell, &new.cell),
        }
    });
    let (expected, expected_hidden) = stacked(&states, |state| state.hidden.as_slice());
    let (_, expected_cell) = stacked(&states, |state| state.cell.as_slice());
    let (output, last) = module.forward(input, Some(state));
    assert_close(output, expected, tolerance, "output");
    assert_close(last.hidden, expected_hidden, tolerance, "hidden");
    assert_close(last.cell, expected_cell, tolerance, "cell");
    states.into_iter().flatten().flat_map(|s| s.cell).collect()
}

fn lstm() -> LstmConfig {
    LstmConfig::new(D_INPUT, D_HIDDEN)
}

#[test]
fn an_lstm_is_hochreiters_with_the_forget_gate() {
    check_lstm(&lstm(), 1.5, TOLERANCE);
}

#[test]
fn peepholes_show_i_and_f_the_previous_memory_cell_and_o_the_new_one() {
    check_lstm(&lstm().with_peephole(true), 1.5, TOLERANCE);
}

#[test]
fn a_coupled_forget_gate_is_one_minus_the_input_gate() {
    check_lstm(&lstm().with_coupled(true), 1.5, TOLERANCE);
}

#[test]
fn a_coupled_lstm_has_peepholes_of_i_and_o() {
    let config = lstm().with_coupled(true).with_peephole(true);
    check_lstm(&config, 1.5, TOLERANCE);
}

#[test]
fn a_projected_lstm_recurs_on_the_projected_hidden_vector() {
    check_lstm(&lstm().with_d_projection(Some(2)), 1.5, TOLERANCE);
}

#[test]
fn a_clipped_memory_cell_is_clipped_before_anything_sees_it() {
    let clip = 0.4;
    // With a peephole, so that the output gate sees the clipped memory cell too.
    for config in [lstm(), lstm().with_peephole(true)] {
        let config = config.with_cell_clip(Some(clip));
        let cells = check_lstm(&config, 4.0, TOLERANCE);
        assert!(cells.iter().any(|c| c.abs() == clip), "nothing is clipped");
        assert!(cells.iter().any(|c| c.abs() < clip), "all is clipped");
    }
}

#[test]
fn a_layer_normalised_lstm_is_bas_equations_20_to_22() {
    check_lstm(&lstm().with_layer_norm(true), 1.5, NORM_TOLERANCE);
}

#[test]
fn zoneout_after_training_mixes_old_and_new_by_its_probabilities() {
    // The new hidden vector is made from the new memory cell before zoneout (Krueger et al. 2017).
    let config = lstm().with_zoneout_hidden(0.3).with_zoneout_cell(0.2);
    check_lstm(&config, 1.5, TOLERANCE);
}
