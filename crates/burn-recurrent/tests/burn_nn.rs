//! Conversion from and to Burn's own recurrent modules: random modules of every option give the same numbers on both
//! sides, in either direction, and what has no counterpart is named.

use crate::common::{assert_close, assert_close_from};
use burn::module::Module;
use burn::nn;
use burn::nn::activation::ActivationConfig;
use burn::tensor::{Device, Distribution, Tensor};
use burn_recurrent::burn_nn::NoCounterpart;
use burn_recurrent::{
    Gru, GruConfig, HiddenState, Lstm, LstmConfig, LstmState, RecurrentInitializer, ResetGate, Rnn,
    RnnActivation, RnnConfig,
};
use proptest::prelude::*;

/// A module of either crate, its state's parts as `[directions, batch, width]`, hidden first.
trait Runs {
    fn run(&self, input: Tensor<3>, state: Option<Vec<Tensor<3>>>) -> (Tensor<3>, Vec<Tensor<3>>);
}

fn lstm_state(parts: Vec<Tensor<3>>) -> LstmState {
    let [hidden, cell] = parts.try_into().unwrap();
    LstmState { hidden, cell }
}

fn hidden_state(parts: Vec<Tensor<3>>) -> HiddenState {
    let [hidden] = parts.try_into().unwrap();
    HiddenState { hidden }
}

impl Runs for Lstm {
    fn run(&self, input: Tensor<3>, state: Option<Vec<Tensor<3>>>) -> (Tensor<3>, Vec<Tensor<3>>) {
        let (output, state) = self.forward(input, state.map(lstm_state));
        (output, vec![state.hidden, state.cell])
    }
}

impl Runs for Gru {
    fn run(&self, input: Tensor<3>, state: Option<Vec<Tensor<3>>>) -> (Tensor<3>, Vec<Tensor<3>>) {
        let (output, state) = self.forward(input, state.map(hidden_state));
        (output, vec![state.hidden])
    }
}

impl Runs for Rnn {
    fn run(&self, input: Tensor<3>, state: Option<Vec<Tensor<3>>>) -> (Tensor<3>, Vec<Tensor<3>>) {
        let (output, state) = self.forward(input, state.map(hidden_state));
        (output, vec![state.hidden])
    }
}

impl Runs for nn::Lstm {
    fn run(&self, input: Tensor<3>, state: Option<Vec<Tensor<3>>>) -> (Tensor<3>, Vec<Tensor<3>>) {
        let (output, state) = self.forward(input, state.map(|parts| lstm_state(parts).into()));
        let state = LstmState::<3>::from(state);
        (output, vec![state.hidden, state.cell])
    }
}

impl Runs for nn::BiLstm {
    fn run(&self, input: Tensor<3>, state: Option<Vec<Tensor<3>>>) -> (Tensor<3>, Vec<Tensor<3>>) {
        let (output, state) = self.forward(input, state.map(|parts| lstm_state(parts).into()));
        let state = LstmState::<3>::from(state);
        (output, vec![state.hidden, state.cell])
    }
}

impl Runs for nn::Gru {
    fn run(&self, input: Tensor<3>, state: Option<Vec<Tensor<3>>>) -> (Tensor<3>, Vec<Tensor<3>>) {
        let state = state.map(|mut parts| parts.remove(0).squeeze_dim(0));
        let output = self.forward(input, state);
        // It gives no state; of one direction, that is the last output.
        let [_, time, _] = output.dims();
        let last = output.clone().narrow(1, time - 1, 1).swap_dims(0, 1);
        (output, vec![last])
    }
}

impl Runs for nn::BiGru {
    fn run(&self, input: Tensor<3>, state: Option<Vec<Tensor<3>>>) -> (Tensor<3>, Vec<Tensor<3>>) {
        let (output, state) = self.forward(input, state.map(|mut parts| parts.remove(0)));
        (output, vec![state])
    }
}

impl Runs for nn::Rnn {
    fn run(&self, input: Tensor<3>, state: Option<Vec<Tensor<3>>>) -> (Tensor<3>, Vec<Tensor<3>>) {
        let (output, state) = self.forward(input, state.map(|parts| hidden_state(parts).into()));
        (output, vec![HiddenState::<3>::from(state).hidden])
    }
}

impl Runs for nn::BiRnn {
    fn run(&self, input: Tensor<3>, state: Option<Vec<Tensor<3>>>) -> (Tensor<3>, Vec<Tensor<3>>) {
        let (output, state) = self.forward(input, state.map(|parts| hidden_state(parts).into()));
        (output, vec![HiddenState::<3>::from(state).hidden])
    }
}

/// What a random module and its input are like.
#[derive(Clone, Debug)]
struct Case {
    d_input: usize,
    d_hidden: usize,
    batch: usize,
    time: usize,
    bidirectional: bool,
    bias: bool,
    batch_first: bool,
    with_state: bool,
    fused: bool,
    seed: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    let sizes = (1..6_usize, 1..7_usize, 1..5_usize, 1..6_usize);
    let options = any::<(bool, bool, bool, bool, bool, u64)>();
    (sizes, options).prop_map(|((d_input, d_hidden, batch, time), options)| {
        let (bidirectional, bias, batch_first, with_state, fused, seed) = options;
        Case {
            d_input,
            d_hidden,
            batch,
            time,
            bidirectional,
            bias,
            batch_first,
            with_state,
            fused,
            seed,
        }
    })
}

impl Case {
    /// One that the fused kernels are for, or one that is not.
    #[expect(
        deprecated,
        reason = "deprecated upstream, kept here as a backend of the portable path"
    )]
    fn device(&self) -> Device {
        let device = match self.fused {
            true => Device::flex(),
            false => Device::ndarray(),
        };
        device.seed(self.seed);
        device.autodiff()
    }

    /// Runs both on the same input and state and compares outputs, states, and the gradients of the input.
    fn compare(&self, ours: &impl Runs, theirs: &impl Runs, parts: usize, device: &Device) {
        let normal = Distribution::Normal(0.0, 1.0);
        let (first, second) = match self.batch_first {
            true => (self.batch, self.time),
            false => (self.time, self.batch),
        };
        let directions = 1 + usize::from(self.bidirectional);
        let input = Tensor::<3>::random([first, second, self.d_input], normal, device);
        let shape = [directions, self.batch, self.d_hidden];
        let state: Option<Vec<_>> = self.with_state.then(|| {
            (0..parts)
                .map(|_| Tensor::random(shape, normal, device))
                .collect()
        });
        let output_shape = [first, second, directions * self.d_hidden];
        let weights = Tensor::<3>::random(output_shape, normal, device);

        let run = |module: &dyn Runs| {
            let input = input.clone().detach().require_grad();
            let (output, state_after) = module.run(input.clone(), state.clone());
            let mut loss = (output.clone() * weights.clone()).sum();
            for part in &state_after {
                loss = loss + part.clone().sum();
            }
            let gradient = input.grad(&loss.backward()).unwrap();
            (output, state_after, gradient)
        };
        // A single output may be a small difference of terms about 1, whose roundings it has.
        const LEAST: f32 = 0.05;
        let (output, state_after, gradient) = run(ours);
        let (expected, expected_state, expected_gradient) = run(theirs);
        assert_close_from(LEAST, output, expected, 1e-5, "output");
        assert_eq!(state_after.len(), expected_state.len());
        for (part, expected) in state_after.into_iter().zip(expected_state) {
            assert_close_from(LEAST, part, expected, 1e-5, "state");
        }
        assert_close_from(
            LEAST,
            gradient,
            expected_gradient,
            1e-5,
            "gradient of the input",
        );
    }

    /// Weights and biases that matter all.
    fn initializer(&self) -> RecurrentInitializer {
        RecurrentInitializer::Uniform { bound: 0.8 }
    }
}

const THEIR_INITIALIZER: nn::Initializer = nn::Initializer::Uniform {
    min: -0.8,
    max: 0.8,
};

/// That two modules have the same numbers in their parameters.
fn assert_same_parameters<M: Module>(found: &M, expected: &M) {
    let numbers = |module: &M| {
        let mut visitor = Numbers::default();
        module.visit(&mut visitor);
        visitor.0
    };
    assert_eq!(numbers(found), numbers(expected));
}

#[derive(Default)]
struct Numbers(Vec<Vec<f32>>);

impl burn::module::ModuleVisitor for Numbers {
    fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<D>>) {
        self.0.push(param.val().into_data().iter::<f32>().collect());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_lstm_of_burn_nn_is_the_same_here(
        case in cases(),
        clip in proptest::option::of(0.1..1.0_f64),
        input_forget in any::<bool>(),
    ) {
        let device = case.device();
        if case.bidirectional {
            let theirs = nn::BiLstmConfig::new(case.d_input, case.d_hidden, case.bias)
                .with_initializer(THEIR_INITIALIZER)
                .with_batch_first(case.batch_first)
                .with_clip(clip)
                .with_input_forget(input_forget)
                .init(&device);
            case.compare(&Lstm::try_from(&theirs).unwrap(), &theirs, 2, &device);
        } else {
            let theirs = nn::LstmConfig::new(case.d_input, case.d_hidden, case.bias)
                .with_initializer(THEIR_INITIALIZER)
                .with_batch_first(case.batch_first)
                .with_clip(clip)
                .with_input_forget(input_forget)
                .init(&device);
            case.compare(&Lstm::try_from(&theirs).unwrap(), &theirs, 2, &device);
        }
    }

    #[test]
    fn an_lstm_is_the_same_in_burn_nn_and_back(
        case in cases(),
        cell_clip in proptest::option::of(0.1..1.0_f64),
        coupled in any::<bool>(),
    ) {
        let device = case.device();
        let ours = LstmConfig::new(case.d_input, case.d_hidden)
            .with_bidirectional(case.bidirectional)
            .with_bias(case.bias)
            .with_batch_first(case.batch_first)
            .with_initializer(case.initializer())
            .with_coupled(coupled)
            .with_cell_clip(cell_clip)
            .init(&device);
        let back = if case.bidirectional {
            let theirs = nn::BiLstm::try_from(&ours).unwrap();
            case.compare(&ours, &theirs, 2, &device);
            Lstm::try_from(&theirs).unwrap()
        } else {
            let theirs = nn::Lstm::try_from(&ours).unwrap();
            case.compare(&ours, &theirs, 2, &device);
            Lstm::try_from(&theirs).unwrap()
        };
        assert_same_parameters(&back, &ours);
        case.compare(&back, &ours, 2, &device);
    }

    #[test]
    fn a_gru_of_burn_nn_is_the_same_here(case in cases(), reset_after in any::<bool>()) {
        let device = case.device();
        if case.bidirectional {
            let theirs = nn::BiGruConfig::new(case.d_input, case.d_hidden, case.bias)
                .with_initializer(THEIR_INITIALIZER)
                .with_batch_first(case.batch_first)
                .with_reset_after(reset_after)
                .init(&device);
            case.compare(&Gru::try_from(&theirs).unwrap(), &theirs, 1, &device);
        } else {
            let case = Case { batch_first: true, ..case };
            let theirs = nn::GruConfig::new(case.d_input, case.d_hidden, case.bias)
                .with_initializer(THEIR_INITIALIZER)
                .with_reset_after(reset_after)
                .init(&device);
            case.compare(&Gru::try_from(&theirs).unwrap(), &theirs, 1, &device);
        }
    }

    #[test]
    fn a_gru_is_the_same_in_burn_nn_and_back(case in cases(), after in any::<bool>()) {
        let device = case.device();
        let case = Case { batch_first: case.batch_first || !case.bidirectional, ..case };
        let ours = GruConfig::new(case.d_input, case.d_hidden)
            .with_bidirectional(case.bidirectional)
            .with_bias(case.bias)
            .with_batch_first(case.batch_first)
            .with_initializer(case.initializer())
            .with_reset(match after {
                true => ResetGate::AfterProduct,
                false => ResetGate::BeforeProduct,
            })
            .init(&device);
        let back = if case.bidirectional {
            let theirs = nn::BiGru::try_from(&ours).unwrap();
            case.compare(&ours, &theirs, 1, &device);
            Gru::try_from(&theirs).unwrap()
        } else {
            let theirs = nn::Gru::try_from(&ours).unwrap();
            case.compare(&ours, &theirs, 1, &device);
            Gru::try_from(&theirs).unwrap()
        };
        assert_same_parameters(&back, &ours);
        case.compare(&back, &ours, 1, &device);
    }

    #[test]
    fn an_rnn_of_burn_nn_is_the_same_here(case in cases(), activation in 0..3_usize) {
        let device = case.device();
        let activation = [
            ActivationConfig::Tanh,
            ActivationConfig::Relu,
            ActivationConfig::Sigmoid,
        ][activation].clone();
        if case.bidirectional {
            let theirs = nn::BiRnnConfig::new(case.d_input, case.d_hidden, case.bias)
                .with_initializer(THEIR_INITIALIZER)
                .with_batch_first(case.batch_first)
                .with_hidden_activation(activation)
                .init(&device);
            case.compare(&Rnn::try_from(&theirs).unwrap(), &theirs, 1, &device);
        } else {
            let theirs = nn::RnnConfig::new(case.d_input, case.d_hidden, case.bias)
                .with_initializer(THEIR_INITIALIZER)
                .with_batch_first(case.batch_first)
                .with_hidden_activation(activation)
                .init(&device);
            case.compare(&Rnn::try_from(&theirs).unwrap(), &theirs, 1, &device);
        }
    }

    #[test]
    fn an_rnn_is_the_same_in_burn_nn_and_back(case in cases(), activation in 0..3_usize) {
        let device = case.device();
        let ours = RnnConfig::new(case.d_input, case.d_hidden)
            .with_bidirectional(case.bidirectional)
            .with_bias(case.bias)
            .with_batch_first(case.batch_first)
            .with_initializer(case.initializer())
            .with_activation(
                [RnnActivation::Tanh, RnnActivation::Relu, RnnActivation::Sigmoid][activation],
            )
            .init(&device);
        let back = if case.bidirectional {
            let theirs = nn::BiRnn::try_from(&ours).unwrap();
            case.compare(&ours, &theirs, 1, &device);
            Rnn::try_from(&theirs).unwrap()
        } else {
            let theirs = nn::Rnn::try_from(&ours).unwrap();
            case.compare(&ours, &theirs, 1, &device);
            Rnn::try_from(&theirs).unwrap()
        };
        assert_same_parameters(&back, &ours);
        case.compare(&back, &ours, 1, &device);
    }
}

/// The gradient that each bias of the product gets there is that of the one bias here, and the weights' are the same.
#[test]
fn gradients_of_the_weights_are_the_same() {
    let device = Device::flex().autodiff();
    let theirs = nn::LstmConfig::new(3, 5, true).init(&device);
    let ours = Lstm::try_from(&theirs).unwrap();
    let input = Tensor::<3>::random([2, 4, 3], Distribution::Normal(0.0, 1.0), &device);
    let (output, _) = ours.forward(input.clone(), None);
    let ours_gradients = output.powi_scalar(2).sum().backward();
    let (output, _) = theirs.forward(input, None);
    let gradients = output.powi_scalar(2).sum().backward();

    let cell = &ours.layers[0].forward;
    let gates = [
        &theirs.input_gate,
        theirs.forget_gate.as_ref().unwrap(),
        &theirs.cell_gate,
        &theirs.output_gate,
    ];
    for (index, gate) in gates.into_iter().enumerate() {
        let inputs = [
            (&cell.weight_input, &gate.input_transform),
            (&cell.weight_hidden, &gate.hidden_transform),
        ];
        for (weight, linear) in inputs {
            let found = weight.val().grad(&ours_gradients).unwrap();
            let expected = linear.weight.val().grad(&gradients).unwrap();
            assert_close(found.narrow(1, index * 5, 5), expected, 1e-5, "weights");
            let bias = cell.bias.as_ref().unwrap().val();
            let found = bias.grad(&ours_gradients).unwrap();
            let expected = linear
                .bias
                .as_ref()
                .unwrap()
                .val()
                .grad(&gradients)
                .unwrap();
            assert_close(found.narrow(0, index * 5, 5), expected, 1e-5, "bias");
        }
    }
}

#[test]
fn frozen_modules_stay_frozen() {
    let device = Device::flex().autodiff();
    let theirs = nn::BiGruConfig::new(3, 5, true).init(&device);
    let ours = Gru::try_from(&theirs).unwrap();
    assert!(ours.layers[0].forward.weight_hidden.is_require_grad());
    let theirs = nn::BiGru::try_from(&ours).unwrap();
    assert!(
        theirs
            .reverse
            .new_gate
            .hidden_transform
            .weight
            .is_require_grad()
    );

    let ours = Gru::try_from(&theirs.no_grad()).unwrap();
    assert!(!ours.layers[0].forward.weight_hidden.is_require_grad());
    let theirs = nn::BiGru::try_from(&ours).unwrap();
    let gate = &theirs.reverse.new_gate.hidden_transform;
    assert!(!gate.weight.is_require_grad());
    assert!(!gate.bias.as_ref().unwrap().is_require_grad());
}

#[test]
fn a_bias_that_only_one_product_of_one_gate_has_counts() {
    let device = Device::flex();
    let mut theirs = nn::LstmConfig::new(2, 3, false).init(&device);
    let mut donor = nn::LstmConfig::new(2, 3, true).init(&device);
    theirs.cell_gate.hidden_transform.bias = donor.cell_gate.hidden_transform.bias.take();
    let ours = Lstm::try_from(&theirs).unwrap();
    let input = Tensor::<3>::random([2, 4, 2], Distribution::Normal(0.0, 1.0), &device);
    let (expected, _) = theirs.forward(input.clone(), None);
    assert_close(ours.forward(input, None).0, expected, 1e-5, "output");
}

/// Asserts that the conversion fails for this option and value, and says so.
fn assert_refused<M>(result: Result<M, NoCounterpart>, option: &str, value: &str) {
    let error = result
        .err()
        .unwrap_or_else(|| panic!("{option} = {value} was converted"));
    assert_eq!(
        (error.option, error.value.as_str()),
        (option, value),
        "{error}"
    );
    let shown = error.to_string();
    let named = format!(
        "{} with {option} = {value} has no counterpart in {}: ",
        error.from, error.to
    );
    assert!(
        shown.starts_with(&named) && shown.len() > named.len(),
        "{shown}"
    );
}

#[test]
fn options_of_burn_nn_without_a_counterpart_are_named() {
    let device = Device::flex();
    let lstm = nn::LstmConfig::new(2, 3, true);
    let convert = |config: nn::LstmConfig| Lstm::try_from(&config.init(&device));
    assert_refused(convert(lstm.clone().with_reverse(true)), "reverse", "true");
    assert_refused(convert(lstm.clone().with_clip(Some(-1.0))), "clip", "-1");
    let gelu = ActivationConfig::Gelu;
    let hard = ActivationConfig::HardSigmoid(nn::HardSigmoidConfig::new());
    let refused = convert(lstm.clone().with_gate_activation(hard));
    assert_refused(refused, "gate_activation", "HardSigmoid");
    let refused = convert(lstm.clone().with_cell_activation(gelu.clone()));
    assert_refused(refused, "cell_activation", "Gelu");
    let refused = convert(lstm.clone().with_hidden_activation(ActivationConfig::Relu));
    assert_refused(refused, "hidden_activation", "Relu");
    let mut lost = lstm.init(&device);
    lost.forget_gate = None;
    assert_refused(Lstm::try_from(&lost), "input_forget", "false");
    let both = nn::BiLstmConfig::new(2, 3, true).with_cell_activation(gelu.clone());
    let refused = Lstm::try_from(&both.init(&device));
    assert_refused(refused, "cell_activation", "Gelu");

    let gru = nn::GruConfig::new(2, 3, true);
    let convert = |config: nn::GruConfig| Gru::try_from(&config.init(&device));
    assert_refused(convert(gru.clone().with_clip(Some(2.5))), "clip", "2.5");
    let refused = convert(gru.clone().with_gate_activation(ActivationConfig::Tanh));
    assert_refused(refused, "gate_activation", "Tanh");
    let refused = convert(gru.with_hidden_activation(gelu.clone()));
    assert_refused(refused, "hidden_activation", "Gelu");
    let both = nn::BiGruConfig::new(2, 3, true).with_clip(Some(1.0));
    assert_refused(Gru::try_from(&both.init(&device)), "clip", "1");

    let rnn = nn::RnnConfig::new(2, 3, true);
    let convert = |config: nn::RnnConfig| Rnn::try_from(&config.init(&device));
    assert_refused(convert(rnn.clone().with_clip(Some(2.5))), "clip", "2.5");
    assert_refused(convert(rnn.clone().with_reverse(true)), "reverse", "true");
    let refused = convert(rnn.with_hidden_activation(gelu));
    assert_refused(refused, "hidden_activation", "Gelu");
    let both = nn::BiRnnConfig::new(2, 3, true).with_clip(Some(1.0));
    assert_refused(Rnn::try_from(&both.init(&device)), "clip", "1");
}

#[test]
fn options_of_ours_without_a_counterpart_are_named() {
    let device = Device::flex();
    let lstm = LstmConfig::new(2, 4);
    let refuse = |config: LstmConfig, option: &str, value: &str| {
        let single = config.init(&device);
        assert_refused(nn::Lstm::try_from(&single), option, value);
        let both = config.with_bidirectional(true).init(&device);
        assert_refused(nn::BiLstm::try_from(&both), option, value);
    };
    refuse(lstm.clone().with_num_layers(2), "num_layers", "2");
    refuse(lstm.clone().with_peephole(true), "peephole", "true");
    refuse(lstm.clone().with_d_projection(Some(3)), "d_projection", "3");
    refuse(lstm.clone().with_layer_norm(true), "layer_norm", "true");
    refuse(lstm.clone().with_weight_drop(0.5), "weight_drop", "0.5");
    refuse(
        lstm.clone().with_recurrent_dropout(0.25),
        "recurrent_dropout",
        "0.25",
    );
    refuse(
        lstm.clone().with_zoneout_hidden(0.1),
        "zoneout_hidden",
        "0.1",
    );
    refuse(lstm.clone().with_zoneout_cell(0.2), "zoneout_cell", "0.2");
    let both = lstm.clone().with_bidirectional(true).init(&device);
    assert_refused(nn::Lstm::try_from(&both), "bidirectional", "true");
    assert_refused(
        nn::BiLstm::try_from(&lstm.init(&device)),
        "bidirectional",
        "false",
    );

    let gru = GruConfig::new(2, 4);
    let refuse = |config: GruConfig, option: &str, value: &str| {
        let single = config.init(&device);
        assert_refused(nn::Gru::try_from(&single), option, value);
        let both = config.with_bidirectional(true).init(&device);
        assert_refused(nn::BiGru::try_from(&both), option, value);
    };
    refuse(gru.clone().with_num_layers(3), "num_layers", "3");
    refuse(gru.clone().with_layer_norm(true), "layer_norm", "true");
    refuse(gru.clone().with_weight_drop(0.5), "weight_drop", "0.5");
    refuse(
        gru.clone().with_recurrent_dropout(0.25),
        "recurrent_dropout",
        "0.25",
    );
    refuse(gru.clone().with_zoneout(0.1), "zoneout", "0.1");
    let time_first = gru.clone().with_batch_first(false).init(&device);
    assert_refused(nn::Gru::try_from(&time_first), "batch_first", "false");
    let both = gru.clone().with_bidirectional(true).init(&device);
    assert_refused(nn::Gru::try_from(&both), "bidirectional", "true");
    assert_refused(
        nn::BiGru::try_from(&gru.init(&device)),
        "bidirectional",
        "false",
    );

    let rnn = RnnConfig::new(2, 4);
    let refuse = |config: RnnConfig, option: &str, value: &str| {
        let single = config.init(&device);
        assert_refused(nn::Rnn::try_from(&single), option, value);
        let both = config.with_bidirectional(true).init(&device);
        assert_refused(nn::BiRnn::try_from(&both), option, value);
    };
    refuse(rnn.clone().with_num_layers(2), "num_layers", "2");
    refuse(rnn.clone().with_layer_norm(true), "layer_norm", "true");
    refuse(rnn.clone().with_weight_drop(0.5), "weight_drop", "0.5");
    refuse(
        rnn.clone().with_recurrent_dropout(0.25),
        "recurrent_dropout",
        "0.25",
    );
    refuse(rnn.clone().with_zoneout(0.1), "zoneout", "0.1");
    let both = rnn.clone().with_bidirectional(true).init(&device);
    assert_refused(nn::Rnn::try_from(&both), "bidirectional", "true");
    assert_refused(
        nn::BiRnn::try_from(&rnn.init(&device)),
        "bidirectional",
        "false",
    );
}

/// Dropout between layers does nothing where there is one layer.
#[test]
fn dropout_of_a_single_layer_is_left_out() {
    let device = Device::flex();
    let ours = LstmConfig::new(2, 4).with_dropout(0.5).init(&device);
    assert!(nn::Lstm::try_from(&ours).is_ok());
}

#[test]
#[should_panic(expected = "[1, batch, width], but this one has [2, 3, 4]")]
fn a_state_of_two_directions_is_not_that_of_one() {
    let state = LstmState::zeros([2, 3, 4], &Device::flex());
    let _ = nn::LstmState::<2>::from(state);
}
