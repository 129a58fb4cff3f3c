//! Models of another element type compute in it, from the words to the loss and back.

use crate::tagger_case::{batch, sentence, taggers, targets};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Device, Gradients, Int, Tensor};
use burn_recurrent_models::{
    AttentionKind, CellKind, EncoderDecoder, EncoderDecoderBatch, EncoderDecoderConfig,
    NeuralLanguageModel, PoolingKind, RecurrentLanguageModelConfig, SequenceClassifierConfig,
    TokenEncoderConfig, WindowLanguageModelConfig,
};

/// Gives every parameter another element type.
struct Casting(DType);

impl ModuleMapper for Casting {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.cast(self.0).detach().require_grad())
    }
}

/// All gradients, each of its parameter's element type.
struct Collect<'a>(&'a Gradients, Vec<f64>);

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad(self.0) {
            assert_eq!(gradient.dtype(), param.val().dtype());
            self.1.extend(gradient.into_data().iter::<f64>());
        }
    }
}

/// Checks that a loss and its gradients are those of f32, but for the rounding of the type.
fn check<M: Module>(what: &str, model: &M, loss: impl Fn(&M) -> Tensor<1>) {
    for (dtype, tolerance) in [
        (DType::F64, 1e-5),
        // 11 and 8 bits, and some tens of roundings from the words to the loss.
        (DType::F16, 32.0 / 2048.0),
        (DType::BF16, 32.0 / 256.0),
    ] {
        let cast = model.clone().map(&mut Casting(dtype));
        // The same numbers in f32.
        let same = cast.clone().map(&mut Casting(DType::F32));
        let numbers = |model: &M, dtype: DType| {
            let nats = loss(model).sum();
            assert_eq!(nats.dtype(), dtype, "{what}");
            let gradients = nats.backward();
            let mut collect = Collect(&gradients, Vec::new());
            model.visit(&mut collect);
            (nats.into_scalar::<f64>(), collect.1)
        };
        let (found, expected) = (numbers(&cast, dtype), numbers(&same, DType::F32));
        let off = (found.0 - expected.0).abs();
        assert!(
            off <= tolerance * expected.0.abs(),
            "{what} {dtype:?}: {}, expected {}",
            found.0,
            expected.0
        );
        assert_eq!(found.1.len(), expected.1.len(), "{what} {dtype:?}");
        let largest = expected.1.iter().fold(0.0_f64, |m, e| m.max(e.abs()));
        for (f, e) in found.1.iter().zip(&expected.1) {
            assert!(
                (f - e).abs() <= tolerance * largest,
                "{what} {dtype:?}: {f}, expected {e} (largest {largest})"
            );
        }
    }
}

fn check_language_model<M: NeuralLanguageModel>(what: &str, model: &M, device: &Device) {
    let tokens = Tensor::<2, Int>::from_data([[1, 2, 3], [4, 0, 1]], device);
    check(what, model, |model| {
        let (first, state) = model.nats(tokens.clone(), tokens.clone(), None);
        let (second, _) = model.nats(tokens.clone(), tokens.clone(), Some(state));
        first + second
    });
}

#[test]
fn language_models_compute_in_the_type_of_their_parameters() {
    let device = Device::flex().autodiff();
    for cell in [CellKind::Rnn, CellKind::Gru, CellKind::Lstm] {
        let config = RecurrentLanguageModelConfig::new(5, 4, 4).with_cell(cell);
        let config = config.with_tied(cell == CellKind::Gru);
        check_language_model("recurrent", &config.init(&device).unwrap(), &device);
    }
    let window = WindowLanguageModelConfig::new(5, 3, 3, 4).init(&device);
    check_language_model("window", &window, &device);
}

#[test]
fn taggers_and_classifiers_compute_in_the_type_of_their_parameters() {
    let device = Device::flex().autodiff();
    let sentences = [sentence(&[1, 5, 3]), sentence(&[]), sentence(&[7])];
    let input = batch(&sentences, 0, 0, &device);
    let labels: [&[i64]; 3] = [&[0, 1, 2], &[], &[3]];
    for (number, tagger) in taggers(&device).into_iter().enumerate() {
        check(&format!("tagger {number}"), &tagger, |tagger| {
            tagger.loss(&input, targets(&labels, 3, 0, &device)).nats
        });
    }
    for pooling in [
        PoolingKind::Last {},
        PoolingKind::Mean {},
        PoolingKind::Max {},
        PoolingKind::Attention { d_attention: 3 },
    ] {
        let config = SequenceClassifierConfig::new(TokenEncoderConfig::new(12, 4, 4), 3);
        let what = format!("{pooling:?}");
        let classifier = config.with_pooling(pooling).init(&device).unwrap();
        let classes = Tensor::<1, Int>::from_data([0, 1, 2], &device);
        check(&what, &classifier, |classifier| {
            classifier.nats(&input, classes.clone())
        });
    }
}

#[test]
fn translators_compute_in_the_type_of_their_parameters() {
    let device = Device::flex().autodiff();
    let small = EncoderDecoderConfig::new(9, 8)
        .with_d_embedding(4)
        .with_d_hidden(4);
    let configs = [
        small.clone(),
        small
            .clone()
            .with_cell(CellKind::Lstm)
            .with_attention(AttentionKind::General)
            .with_label_smoothing(0.1)
            .with_input_feeding(false),
        small
            .with_attention(AttentionKind::None)
            .with_input_feeding(false)
            .with_summary(true),
    ];
    for (number, config) in configs.into_iter().enumerate() {
        let model = config.init(&device).unwrap();
        let (source, target) = (
            [vec![4, 8, 5], vec![7], vec![]],
            [vec![4], vec![6, 5], vec![5]],
        );
        let batch = EncoderDecoderBatch::from_rows(&source, &target, config.tokens, &device);
        check(
            &format!("translator {number}"),
            &model,
            |model: &EncoderDecoder| model.training_nats(&batch, 0.0),
        );
    }
}
