//! Batches without rows and sequences without steps: outputs without elements, losses of zero, gradients of zeros.

use crate::tagger_case::{LABELS, VARIANTS_OF_NOTHING, nothing, taggers};
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Int, Tensor};
use burn_recurrent_models::{
    AttentionKind, CellKind, DecodingOptions, EncoderDecoderBatch, EncoderDecoderConfig,
    LinearChainCrfConfig, NeuralLanguageModel, NeuralTranslator, PoolingKind,
    RecurrentLanguageModelConfig, SequenceClassifierConfig, SequenceTaggerConfig, TaggerInput,
    TokenEncoderConfig, WindowLanguageModelConfig, token_nats,
};

/// With the fused kernels, and without.
#[expect(deprecated, reason = "the backend is kept as long as Burn has it")]
fn devices() -> [Device; 2] {
    [Device::flex().autodiff(), Device::ndarray().autodiff()]
}

/// Counts the parameters with a gradient, which must be of zeros, and those without one.
struct Zeros<'a> {
    gradients: &'a Gradients,
    with: usize,
    without: usize,
}

impl ModuleVisitor for Zeros<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = param.val().grad(self.gradients) else {
            self.without += 1;
            return;
        };
        self.with += 1;
        assert_eq!(gradient.dims(), param.val().dims());
        assert!(
            gradient
                .into_data()
                .iter::<f32>()
                .all(|number| number == 0.0)
        );
    }
}

/// How many of the parameters have gradients of zeros, and how many have none, after `backward` from a loss that is zero.
fn zeros<M: Module>(module: &M, loss: Tensor<1>) -> (usize, usize) {
    assert_eq!(loss.clone().into_scalar::<f32>(), 0.0);
    let mut zeros = Zeros {
        gradients: &loss.backward(),
        with: 0,
        without: 0,
    };
    module.visit(&mut zeros);
    (zeros.with, zeros.without)
}

fn check_language_model<M: NeuralLanguageModel>(model: &M, device: &Device) {
    for [batch, time] in VARIANTS_OF_NOTHING {
        let tokens = Tensor::<2, Int>::zeros([batch, time], device);
        // From the beginning of a text, and from the middle of one.
        let rows = Tensor::<2, Int>::zeros([batch, 3], device);
        let (_, middle) = model.features(rows, None);
        for state in [None, Some(middle)] {
            let (features, _) = model.features(tokens.clone(), state.clone());
            let (weight, _) = model.output();
            assert_eq!(features.dims(), [batch, time, weight.dims()[0]]);
            let (nats, next) = model.nats(tokens.clone(), tokens.clone(), state.clone());
            assert_eq!(nats.dims(), [0]);
            let (with, without) = zeros(model, nats.sum());
            assert!(
                with > 3 && without == 0,
                "{with} with and {without} without"
            );
            if let Some(state) = state {
                let (next, before) = (M::state_to_data(&next), M::state_to_data(&state));
                assert_eq!(next, before, "no step, no change");
            }
        }
    }
}

#[test]
fn language_models_of_no_text_lose_nothing() {
    for device in devices() {
        for cell in [CellKind::Rnn, CellKind::Gru, CellKind::Lstm] {
            let config = RecurrentLanguageModelConfig::new(5, 6, 6).with_cell(cell);
            check_language_model(&config.clone().init(&device).unwrap(), &device);
            let config = config.with_num_layers(2).with_dropout(0.5).with_tied(true);
            check_language_model(&config.init(&device).unwrap(), &device);
        }
        for (window, direct) in [(1, false), (3, true)] {
            let config = WindowLanguageModelConfig::new(5, window, 3, 4).with_direct(direct);
            check_language_model(&config.with_dropout(0.5).init(&device), &device);
        }
        let model = WindowLanguageModelConfig::new(5, 2, 3, 4).init(&device);
        let [width, _] = model.output().0.dims();
        let logits = model.logits(Tensor::zeros([0, width], &device));
        assert_eq!(logits.dims(), [0, 5]);
        assert_eq!(zeros(&model, logits.sum()).0, 2);
        let logits = Tensor::<2>::zeros([0, 5], &device).require_grad();
        token_nats(logits, Tensor::zeros([0], &device))
            .sum()
            .backward();
    }
}

#[test]
fn taggers_of_no_words_lose_nothing() {
    for device in devices() {
        for (number, tagger) in taggers(&device).into_iter().enumerate() {
            for shape in VARIANTS_OF_NOTHING {
                let [batch, time] = shape;
                let input = nothing(shape, &device);
                let expected = [batch, time, LABELS];
                assert_eq!(tagger.emissions(&input).dims(), expected);
                assert_eq!(tagger.marginals(&input).dims(), expected);
                assert_eq!(tagger.decode(&input), vec![Vec::<usize>::new(); batch]);
                assert_eq!(tagger.k_best(&input, 2).len(), batch);
                let targets = Tensor::<2, Int>::zeros(shape, &device);
                let emissions = tagger.emissions(&input);
                let nats = tagger.nats(emissions, targets.clone(), &input.lengths);
                assert_eq!(
                    nats.into_data().iter::<f32>().collect::<Vec<_>>(),
                    vec![0.0; batch]
                );
                let loss = tagger.loss(&input, targets);
                assert_eq!((loss.tokens, loss.sentences), (0, batch));
                let (with, without) = zeros(&tagger, loss.nats);
                assert!(
                    with > 3 && without == 0,
                    "tagger {number}, {shape:?}: {without} without"
                );
            }
        }
        // Nobody is to touch words that are frozen: they have no gradient, not one of zeros.
        let encoder = TokenEncoderConfig::new(9, 4, 4).with_freeze_words(true);
        let tagger = SequenceTaggerConfig::new(encoder, LABELS)
            .init(&device)
            .unwrap();
        let loss = tagger.loss(&nothing([0, 3], &device), Tensor::zeros([0, 3], &device));
        let gradients = loss.nats.backward();
        assert!(tagger.encoder.words.weight.val().grad(&gradients).is_none());
        assert!(tagger.output.weight.val().grad(&gradients).is_some());
    }
}

#[test]
fn a_random_field_over_no_words_loses_nothing() {
    for device in devices() {
        let crf = LinearChainCrfConfig::new(LABELS).init(&device).unwrap();
        for [batch, time] in VARIANTS_OF_NOTHING {
            let emissions = Tensor::<3>::zeros([batch, time, LABELS], &device).require_grad();
            let targets = Tensor::<2, Int>::zeros([batch, time], &device);
            let lengths = vec![0; batch];
            for nats in [
                crf.negative_log_likelihood(emissions.clone(), targets.clone(), &lengths),
                crf.negative_log_likelihood_on_device(emissions.clone(), targets, &lengths),
            ] {
                assert_eq!(nats.dims(), [batch]);
                assert_eq!(zeros(&crf, nats.sum()), (3, 0));
            }
        }
    }
}

#[test]
fn classifiers_of_no_sentences_lose_nothing() {
    for device in devices() {
        for pooling in [
            PoolingKind::Last {},
            PoolingKind::Mean {},
            PoolingKind::Max {},
            PoolingKind::Attention { d_attention: 3 },
        ] {
            let encoder = TokenEncoderConfig::new(9, 4, 4);
            let config = SequenceClassifierConfig::new(encoder, 3).with_pooling(pooling);
            let classifier = config.init(&device).unwrap();
            for time in [0, 3] {
                let words = Tensor::<2, Int>::zeros([0, time], &device);
                let input = TaggerInput::new(words, vec![]);
                assert_eq!(classifier.logits(&input).dims(), [0, 3]);
                assert_eq!(classifier.probabilities(&input).dims(), [0, 3]);
                assert_eq!(classifier.classify(&input), Vec::<usize>::new());
                let nats = classifier.nats(&input, Tensor::zeros([0], &device));
                assert_eq!(nats.dims(), [0]);
                let (with, _) = zeros(&classifier, nats.sum());
                assert!(with > 3, "{with} with");
            }
            // Sentences without words have a class all the same: that of the output layer's bias.
            let input = TaggerInput::new(Tensor::zeros([2, 0], &device), vec![0, 0]);
            let nats = classifier.nats(&input, Tensor::zeros([2], &device));
            let gradients = nats.sum().backward();
            let bias = classifier.output.bias.as_ref().unwrap().val();
            // Three classes that are as likely: one too much on the target, a third too little on each of the others.
            let found: Vec<f32> = bias.grad(&gradients).unwrap().into_data().iter().collect();
            for (found, expected) in found.into_iter().zip([-4.0, 2.0, 2.0]) {
                assert!((found - expected / 3.0_f32).abs() < 1e-5, "{found}");
            }
        }
    }
}

/// Translators that differ in what they do with a batch.
fn translators() -> Vec<EncoderDecoderConfig> {
    let small = EncoderDecoderConfig::new(9, 8)
        .with_d_embedding(4)
        .with_d_hidden(6);
    let plain = small
        .clone()
        .with_cell(CellKind::Lstm)
        .with_layers(2)
        .with_attention(AttentionKind::None)
        .with_input_feeding(false);
    vec![
        small.clone(),
        small
            .clone()
            .with_input_feeding(false)
            .with_label_smoothing(0.1),
        small
            .with_attention(AttentionKind::General)
            .with_tied(false),
        plain,
    ]
}

#[test]
fn translators_of_no_sentences_lose_nothing() {
    for device in devices() {
        for config in translators() {
            let model = config.init(&device).unwrap();
            let none: [Vec<u32>; 0] = [];
            let batch = EncoderDecoderBatch::from_rows(&none, &none, config.tokens, &device);
            assert_eq!(batch.predicted(), 0);
            for nats in [
                model.nats(&batch),
                model.training_nats(&batch, 0.0),
                model.training_nats(&batch, 0.5),
            ] {
                assert_eq!(nats.dims(), [0]);
                let (with, without) = zeros(&model, nats.sum());
                assert!(
                    with > 3 && without == 0,
                    "{with} with and {without} without"
                );
            }
            for [time, words] in [[0, 0], [0, 2], [3, 0], [3, 2]] {
                let source = model.encode(Tensor::zeros([0, time], &device), &[]);
                let [sentences, places, _] = source.values.dims();
                assert_eq!((sentences, places), (0, time.max(1)));
                let words_read = Tensor::zeros([0, words], &device);
                let start = source.start.clone();
                let decoded = model.decode(words_read, Some(&[]), start, &source);
                assert_eq!(decoded.output.dims()[..2], [0, words]);
                let weights = decoded.weights.map(|weights| weights.dims());
                let expected = model
                    .decoder
                    .attention
                    .is_some()
                    .then_some([0, words, places]);
                assert_eq!(weights, expected);
                let logits = model.logits(decoded.output);
                assert_eq!(logits.dims(), [0, words, 8]);
                let (with, _) = zeros(&model, logits.sum());
                assert!(with > 3, "{with} with");
            }
            if let Some(attention) = &model.decoder.attention {
                let source = model.encode(Tensor::zeros([0, 3], &device), &[]);
                let keys = attention.keys(source.values.clone());
                assert_eq!(keys.dims()[..2], [0, 3]);
                let hidden = Tensor::zeros([0, 2, 6], &device);
                let (attended, weights) = attention.forward(hidden, &source);
                assert_eq!((attended.dims(), weights.dims()), ([0, 2, 6], [0, 2, 3]));
            }
            // Sentences of which nothing is written.
            let source = model.encode(Tensor::zeros([2, 3], &device), &[3, 1]);
            let start = source.start.clone();
            let decoded = model.decode(Tensor::zeros([2, 0], &device), None, start, &source);
            let logits = model.logits(decoded.output);
            assert_eq!(logits.dims(), [2, 0, 8]);
            zeros(&model, logits.sum());

            let translator = NeuralTranslator::new(model);
            let found = translator.greedy(&none, &DecodingOptions::default());
            assert_eq!(found.unwrap().len(), 0);
        }
    }
}
