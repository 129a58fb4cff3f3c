//! Batches without rows and sequences without steps.

use super::{Stacked, normal, on_both_paths, parts, random_state};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::nn::{EmbeddingConfig, Linear, LinearConfig};
use burn::tensor::{DType, Device, Gradients, Int, Tensor};
use burn_recurrent::{
    Cell, CellState, GruConfig, LstmConfig, MinimalGatedCellConfig, Recurrent, RecurrentConfig,
    RnnConfig, apply_linear,
};

/// No rows, no steps, and neither: `[first, second]`, whichever of both is the batch.
const NOTHING: [[usize; 2]; 3] = [[0, 5], [2, 0], [0, 0]];

/// The devices of which the workspace's tests have the backend.
#[cfg_attr(
    feature = "ndarray",
    expect(deprecated, reason = "the backend is kept as long as Burn has it")
)]
fn devices() -> Vec<Device> {
    vec![
        Device::flex().autodiff(),
        #[cfg(feature = "ndarray")]
        Device::ndarray().autodiff(),
    ]
}

/// Asserts that each parameter has a gradient, of zeros and of its own shape and element type.
struct Zeros<'a>(&'a Gradients);

impl ModuleVisitor for Zeros<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.0).expect("a gradient");
        assert_zeros(gradient, &param.val());
    }
}

fn assert_zeros<const D: usize>(gradient: Tensor<D>, of: &Tensor<D>) {
    assert_eq!(gradient.dims(), of.dims());
    assert_eq!(gradient.dtype(), of.dtype());
    assert!(
        gradient
            .into_data()
            .iter::<f64>()
            .all(|number| number == 0.0)
    );
}

fn check_gradients<C: Cell>(module: &Recurrent<C>) {
    let device = module.layers[0].forward.devices().remove(0);
    let dtype = DType::F32;
    for [first, second] in NOTHING {
        let batch = if module.is_batch_first() {
            first
        } else {
            second
        };
        for state in [None, Some(zero_state(module, batch, &device))] {
            let input = Tensor::<3>::zeros([first, second, 3], (&device, dtype)).require_grad();
            let given = state.clone();
            let (output, last) = module.forward(input.clone(), state);
            assert_eq!(output.dims(), [first, second, module.d_output()]);
            let gradients = output.sum().backward();
            module.visit(&mut Zeros(&gradients));
            assert_zeros(input.grad(&gradients).expect("a gradient"), &input);
            for part in given.into_iter().flat_map(|state| parts(module, state)) {
                match part.grad(&gradients) {
                    Some(gradient) => assert_zeros(gradient, &part),
                    // A state without rows has no number that a gradient could be of.
                    None => assert_eq!(batch, 0),
                }
            }
            let stack = module.num_layers() * module.directions();
            for part in parts(module, last) {
                assert_eq!(part.dims()[..2], [stack, batch]);
                // From it too one can go back.
                assert!(batch > 0 || part.is_tracked());
            }
        }
        if module.is_batch_first() {
            let input = Tensor::zeros([first, second, 3], (&device, dtype));
            let (output, _) = module.forward_padded(input, &vec![0; first], None);
            assert_eq!(output.dims(), [first, second, module.d_output()]);
            module.visit(&mut Zeros(&output.sum().backward()));
        }
    }
}

/// A state of zeros whose gradients are kept.
fn zero_state<C: Cell>(module: &Recurrent<C>, batch: usize, device: &Device) -> Stacked<C> {
    let stack = module.num_layers() * module.directions();
    let like = module.layers[0].forward.initial_state(1, device);
    let parts = like.into_parts().into_iter();
    let zeros = parts.map(|part| Tensor::zeros([stack, batch, part.dims()[1]], device));
    C::State::stacked_from_parts(zeros.map(Tensor::require_grad).collect())
}

#[test]
fn from_an_empty_output_come_gradients_of_zeros() {
    let device = Device::flex().autodiff();
    let deep = LstmConfig::new(3, 4)
        .with_num_layers(2)
        .with_bidirectional(true)
        .with_dropout(0.5)
        .init(&device);
    on_both_paths!(deep, |module| check_gradients(module));
    let gru = GruConfig::new(3, 4)
        .with_num_layers(2)
        .with_dropout(0.5)
        .with_variational_dropout(true)
        .init(&device);
    on_both_paths!(gru, |module| check_gradients(module));
    let rnn = RnnConfig::new(3, 4).with_batch_first(false).init(&device);
    on_both_paths!(rnn, |module| check_gradients(module));
    for device in devices() {
        check_gradients(&LstmConfig::new(3, 4).with_layer_norm(true).init(&device));
        check_gradients(&GruConfig::new(3, 4).with_bidirectional(true).init(&device));
        let own = RecurrentConfig::new().with_num_layers(2);
        check_gradients(&own.init_with(3, |d_input| {
            MinimalGatedCellConfig::new(d_input, 4).init(&device)
        }));
    }
}

fn check_step<C: Cell>(module: &Recurrent<C>) {
    let device = Device::flex().autodiff();
    for state in [None, Some(random_state(module, 0, &device))] {
        let (output, state) = module.step(Tensor::zeros([0, 3], &device), state);
        assert_eq!(output.dims(), [0, 4]);
        assert!(
            parts(module, state)
                .iter()
                .all(|part| part.dims() == [2, 0, 4])
        );
        module.visit(&mut Zeros(&output.sum().backward()));
    }
}

#[test]
fn a_step_of_no_rows_is_no_rows() {
    let device = Device::flex().autodiff();
    for batch_first in [true, false] {
        let lstm = LstmConfig::new(3, 4)
            .with_num_layers(2)
            .with_batch_first(batch_first)
            .init(&device);
        on_both_paths!(lstm, |module| check_step(module));
    }
}

fn check_linear<const D: usize>(linear: &Linear, dims: [usize; D], device: &Device) {
    let input = Tensor::<D>::zeros(dims, (device, linear.weight.val().dtype())).require_grad();
    let output = apply_linear(linear, input.clone());
    let mut expected = dims;
    expected[D - 1] = 2;
    assert_eq!(output.dims(), expected);
    assert_eq!(output.dtype(), input.dtype());
    let gradients = output.sum().backward();
    linear.visit(&mut Zeros(&gradients));
    assert_zeros(input.grad(&gradients).expect("a gradient"), &input);
}

#[test]
fn a_linear_layer_of_nothing_is_nothing_and_has_gradients_of_zeros() {
    for device in devices() {
        for linear in [
            LinearConfig::new(4, 2).init(&device),
            LinearConfig::new(4, 2).with_bias(false).init(&device),
            LinearConfig::new(4, 2).init(&device).map(&mut ToF64),
        ] {
            check_linear(&linear, [0, 4], &device);
            for [first, second] in NOTHING {
                check_linear(&linear, [first, second, 4], &device);
                check_linear(&linear, [first, 3, second, 4], &device);
            }
        }
    }
    // What it is modelled on: Burn's own answer, where it has one.
    let device = Device::flex().autodiff();
    let linear = LinearConfig::new(4, 2).init(&device);
    let output = linear.forward(Tensor::<2>::zeros([0, 4], &device));
    assert_eq!(output.dims(), [0, 2]);
    linear.visit(&mut Zeros(&output.sum().backward()));
}

/// What the first page's tagger does, on the way back too: Burn's embeddings, a padded batch, a linear layer.
#[test]
fn a_tagger_of_burns_parts_takes_an_empty_batch() {
    let device = Device::flex().autodiff();
    let words = EmbeddingConfig::new(10, 3).init(&device);
    let lstm = LstmConfig::new(3, 4)
        .with_bidirectional(true)
        .with_dropout(0.3)
        .init(&device);
    let tags = LinearConfig::new(8, 5).init(&device);
    for [batch, time] in [[0, 7], [0, 0]] {
        let embedded = words.forward(Tensor::<2, Int>::zeros([batch, time], &device));
        let (features, _) = lstm.forward_padded(embedded, &[], None);
        let logits = apply_linear(&tags, features);
        assert_eq!(logits.dims(), [batch, time, 5]);
        let gradients = logits.sum().backward();
        lstm.visit(&mut Zeros(&gradients));
        tags.visit(&mut Zeros(&gradients));
        words.visit(&mut Zeros(&gradients));
    }
}

#[test]
fn a_linear_layer_of_something_is_burns() {
    let device = Device::flex();
    let linear = LinearConfig::new(4, 2).init(&device);
    let input = normal([3, 5, 4], &device);
    let (found, expected) = (apply_linear(&linear, input.clone()), linear.forward(input));
    assert_eq!(found.into_data(), expected.into_data());
}

#[test]
#[should_panic(expected = "d_input = 4, but the input is [0, 5, 3]")]
fn a_linear_layer_of_nothing_of_another_width_is_refused() {
    let device = Device::flex();
    let linear = LinearConfig::new(4, 2).init(&device);
    apply_linear(&linear, Tensor::<3>::zeros([0, 5, 3], &device));
}

/// Gives every parameter another element type.
struct ToF64;

impl ModuleMapper for ToF64 {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.cast(DType::F64).detach().require_grad())
    }
}
