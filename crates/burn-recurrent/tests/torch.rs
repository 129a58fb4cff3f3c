//! Outputs, final states and gradients against PyTorch's.

use crate::common::{Case, Fixtures, Slot, assert_close, load_gru, load_lstm, load_rnn};
use burn::module::Param;
use burn::tensor::{Device, Gradients, Tensor};
use burn_recurrent::{
    Cell, CellState, GruConfig, HiddenState, LstmConfig, LstmState, Recurrent, RnnActivation,
    RnnConfig,
};

/// f32 sums of a few terms, in another order than PyTorch's.
const TOLERANCE: f32 = 1e-5;

/// One comparison of a parameter's gradient: ours, and PyTorch's brought to our layout.
type GradientCheck<C> = fn(&C, &Case<'_>, Slot, &Gradients, &Device);

fn grad<const D: usize>(param: &Param<Tensor<D>>, gradients: &Gradients) -> Tensor<D> {
    let gradient = param.val().grad(gradients);
    gradient.expect("every parameter takes part in the loss")
}

fn check<C: Cell>(
    case: &Case<'_>,
    mut module: Recurrent<C>,
    state: Option<<C::State as CellState>::Stacked>,
    leaves: Vec<(&str, Tensor<3>)>,
    load: fn(&mut C, &Case<'_>, Slot, &Device),
    check_gradients: GradientCheck<C>,
    device: &Device,
) {
    for (layer, cells) in module.layers.iter_mut().enumerate() {
        let slot = |backward| Slot { layer, backward };
        load(&mut cells.forward, case, slot(false), device);
        if let Some(cell) = &mut cells.backward {
            load(cell, case, slot(true), device);
        }
    }
    let input = case.tensor::<3>("input", device).require_grad();
    let (output, state) = match case.is_ragged() {
        true => module.forward_padded(input.clone(), &case.lengths(), state),
        false => module.forward(input.clone(), state),
    };
    let name = &case.name;
    let mut results = vec![("output", output)];
    results.extend(
        ["h_n", "c_n"]
            .into_iter()
            .zip(C::State::stacked_into_parts(state)),
    );
    let mut loss = Tensor::<1>::zeros([1], device);
    for (result, found) in results {
        assert_close(
            found.clone().inner(),
            case.tensor(result, &device.clone().inner()),
            TOLERANCE,
            &format!("{name} {result}"),
        );
        let weight = case.tensor::<3>(&format!("loss.{result}"), device);
        loss = loss + (found * weight).sum();
    }
    let gradients = loss.backward();
    let plain = device.clone().inner();
    for (leaf, tensor) in [vec![("input", input)], leaves].concat() {
        assert_close(
            tensor.grad(&gradients).expect("a leaf has a gradient"),
            case.tensor(&format!("grad.{leaf}"), &plain),
            TOLERANCE,
            &format!("{name} gradient of {leaf}"),
        );
    }
    for (layer, cells) in module.layers.iter().enumerate() {
        let slot = |backward| Slot { layer, backward };
        check_gradients(&cells.forward, case, slot(false), &gradients, &plain);
        if let Some(cell) = &cells.backward {
            check_gradients(cell, case, slot(true), &gradients, &plain);
        }
    }
}

fn check_matrix(
    param: &Param<Tensor<2>>,
    name: &str,
    case: &Case<'_>,
    slot: Slot,
    gradients: &Gradients,
    device: &Device,
) {
    assert_close(
        grad(param, gradients),
        case.parameter::<2>("grad.module.", name, slot, device)
            .transpose(),
        TOLERANCE,
        &format!("{} gradient of {name} {slot:?}", case.name),
    );
}

fn check_bias(
    param: &Option<Param<Tensor<1>>>,
    name: &str,
    range: Option<core::ops::Range<usize>>,
    case: &Case<'_>,
    slot: Slot,
    gradients: &Gradients,
    device: &Device,
) {
    let mut expected = case.parameter::<1>("grad.module.", name, slot, device);
    if let Some(range) = range {
        expected = expected.slice([range]);
    }
    assert_close(
        grad(param.as_ref().unwrap(), gradients),
        expected,
        TOLERANCE,
        &format!("{} gradient of {name} {slot:?}", case.name),
    );
}

fn check_case(case: &Case<'_>, device: &Device) {
    let h0 = case
        .data("h0")
        .map(|data| Tensor::<3>::from_data(data, device).require_grad());
    let c0 = case
        .data("c0")
        .map(|data| Tensor::<3>::from_data(data, device).require_grad());
    let mut leaves = Vec::new();
    leaves.extend(h0.clone().map(|tensor| ("h0", tensor)));
    leaves.extend(c0.clone().map(|tensor| ("c0", tensor)));
    let hidden_state = h0.clone().map(|hidden| HiddenState { hidden });
    let bidirectional = case.directions() == 2;
    match case.cell() {
        kind @ ("rnn" | "rnn_relu") => check(
            case,
            RnnConfig::new(3, 4)
                .with_activation(match kind {
                    "rnn" => RnnActivation::Tanh,
                    _ => RnnActivation::Relu,
                })
                .with_num_layers(case.layers())
                .with_bidirectional(bidirectional)
                .init(device),
            hidden_state,
            leaves,
            load_rnn,
            |cell, case, slot, gradients, device| {
                check_matrix(
                    &cell.weight_input,
                    "weight_ih",
                    case,
                    slot,
                    gradients,
                    device,
                );
                check_matrix(
                    &cell.weight_hidden,
                    "weight_hh",
                    case,
                    slot,
                    gradients,
                    device,
                );
                check_bias(&cell.bias, "bias_ih", None, case, slot, gradients, device);
            },
            device,
        ),
        "gru" => check(
            case,
            GruConfig::new(3, 4)
                .with_num_layers(case.layers())
                .with_bidirectional(bidirectional)
                .init(device),
            hidden_state,
            leaves,
            load_gru,
            |cell, case, slot, gradients, device| {
                check_matrix(
                    &cell.weight_input,
                    "weight_ih",
                    case,
                    slot,
                    gradients,
                    device,
                );
                check_matrix(
                    &cell.weight_hidden,
                    "weight_hh",
                    case,
                    slot,
                    gradients,
                    device,
                );
                check_bias(&cell.bias, "bias_ih", None, case, slot, gradients, device);
                let recurrent = Some(8..12);
                let bias = &cell.bias_candidate;
                check_bias(bias, "bias_hh", recurrent, case, slot, gradients, device);
            },
            device,
        ),
        kind @ ("lstm" | "lstm_projected") => check(
            case,
            LstmConfig::new(3, 4)
                .with_num_layers(case.layers())
                .with_bidirectional(bidirectional)
                .with_d_projection((kind == "lstm_projected").then_some(2))
                .init(device),
            h0.zip(c0).map(|(hidden, cell)| LstmState { hidden, cell }),
            leaves,
            load_lstm,
            |cell, case, slot, gradients, device| {
                check_matrix(
                    &cell.weight_input,
                    "weight_ih",
                    case,
                    slot,
                    gradients,
                    device,
                );
                check_matrix(
                    &cell.weight_hidden,
                    "weight_hh",
                    case,
                    slot,
                    gradients,
                    device,
                );
                check_bias(&cell.bias, "bias_ih", None, case, slot, gradients, device);
                if let Some(projection) = &cell.projection {
                    check_matrix(projection, "weight_hr", case, slot, gradients, device);
                }
            },
            device,
        ),
        other => panic!("no such cell: {other}"),
    }
}

fn check_all(device: &Device) {
    let fixtures = Fixtures::load();
    let cases = fixtures.cases();
    assert_eq!(cases.len(), 3 * 3 * 2 * 2 * 2 + 2 * 2 * 2 * 2);
    for name in cases {
        check_case(&fixtures.case(&name), device);
    }
}

#[test]
fn flex_agrees_with_torch() {
    check_all(&Device::flex().autodiff());
}

#[cfg(feature = "ndarray")]
#[test]
#[expect(
    deprecated,
    reason = "deprecated upstream, kept here as a second backend to agree with"
)]
fn ndarray_agrees_with_torch() {
    check_all(&Device::ndarray().autodiff());
}
