//! The language models against brute force and their own equations.

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use burn_recurrent::RecurrentInitializer;
use burn_recurrent_models::ngram::{NgramConfig, Smoothing};
use burn_recurrent_models::{
    CellKind, LanguageModel, Neural, NeuralLanguageModel, RecurrentLanguageModel,
    RecurrentLanguageModelConfig, Sampler, SamplerConfig, SequenceTaggerConfig, TokenEncoderConfig,
    WindowLanguageModel, WindowLanguageModelConfig, generate, score, token_nats,
};

const VOCABULARY: usize = 5;

fn recurrent(cell: CellKind, device: &Device) -> RecurrentLanguageModel {
    device.seed(1);
    let config = RecurrentLanguageModelConfig::new(VOCABULARY, 6, 7).with_cell(cell);
    config.with_init_range(1.0).init(device).unwrap()
}

fn window(size: usize, direct: bool, device: &Device) -> WindowLanguageModel {
    device.seed(2);
    WindowLanguageModelConfig::new(VOCABULARY, size, 3, 4)
        .with_direct(direct)
        .with_init_range(1.0)
        .init(device)
}

fn tokens(rows: &[&[i64]], device: &Device) -> Tensor<2, Int> {
    let data = TensorData::new(rows.concat(), [rows.len(), rows[0].len()]);
    Tensor::from_data(data, device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

fn assert_all_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= tolerance, "{f}, expected {e}");
    }
}

/// The probabilities of all texts of three tokens after token 0 sum to one, and what `advance`
/// says step by step is what `log_probabilities` says at once.
fn check_distribution<M: LanguageModel>(model: &M) {
    let mut total = 0.0;
    for a in 0..VOCABULARY as u32 {
        for b in 0..VOCABULARY as u32 {
            let mut state = model.start();
            let mut at_start = model.advance(&mut state, &[0]);
            let first = at_start[a as usize];
            at_start = model.advance(&mut state, &[a]);
            let second = at_start[b as usize];
            at_start = model.advance(&mut state, &[b]);
            for (c, third) in at_start.iter().enumerate() {
                let text = [a, b, c as u32];
                let at_once = model.log_probabilities(&[0], &text);
                assert_all_close(&at_once, &[first, second, *third], 1e-5);
                let score = score(model, &[0], &text);
                assert_eq!(score.tokens, 3);
                assert!((score.log_probability - (first + second + third)).abs() < 1e-5);
                total += score.log_probability.exp();
            }
        }
    }
    assert!((total - 1.0).abs() < 1e-4, "{total}");
}

#[test]
fn every_model_is_a_distribution_over_texts() {
    let device = Device::flex();
    for cell in [CellKind::Rnn, CellKind::Gru, CellKind::Lstm] {
        check_distribution(&Neural::new(recurrent(cell, &device)));
    }
    for size in [1, 2, 4] {
        check_distribution(&Neural::new(window(size, size == 2, &device)));
    }
    let stream = [1, 2, 3, 0, 1, 1, 4, 0, 2, 0];
    for smoothing in [
        Smoothing::KneserNey,
        Smoothing::AddK { k: 0.5 },
        Smoothing::Katz { threshold: 5 },
        Smoothing::StupidBackoff { alpha: 0.4 },
    ] {
        let config = NgramConfig::new(3, smoothing);
        check_distribution(&config.train(&stream, VOCABULARY, Some(0)).unwrap());
    }
}

/// What is read in stretches is what is read token by token.
#[test]
fn long_texts_are_scored_as_token_by_token() {
    fn check<M: LanguageModel>(model: &M) {
        let text: Vec<u32> = (0..600_u32)
            .map(|i| i * i / 7 % VOCABULARY as u32)
            .collect();
        let (context, tokens) = text.split_at(3);
        let found = model.log_probabilities(context, tokens);
        let mut state = model.start();
        let mut next = model.advance(&mut state, context);
        let expected: Vec<f64> = tokens
            .iter()
            .map(|token| {
                let expected = next[*token as usize];
                next = model.advance(&mut state, &[*token]);
                expected
            })
            .collect();
        assert_all_close(&found, &expected, 1e-5);
        assert!(model.log_probabilities(context, &[]).is_empty());
    }
    let device = Device::flex();
    check(&Neural::new(recurrent(CellKind::Lstm, &device)));
    check(&Neural::new(window(2, true, &device)));
}

fn check_carried_state<M: NeuralLanguageModel>(model: &M, device: &Device) {
    let text = tokens(&[&[1, 2, 3, 4, 0], &[4, 4, 1, 0, 2]], device);
    let targets = tokens(&[&[2, 3, 4, 0, 1], &[4, 1, 0, 2, 3]], device);
    let (whole, _) = model.nats(text.clone(), targets.clone(), None);
    let whole = values(whole);
    let cut = |t: &Tensor<2, Int>, from, length| t.clone().narrow(1, from, length);
    let (first, state) = model.nats(cut(&text, 0, 2), cut(&targets, 0, 2), None);
    let data = M::state_to_data(&state);
    let state = M::state_from_data(data, device).unwrap();
    let (second, _) = model.nats(cut(&text, 2, 3), cut(&targets, 2, 3), Some(state));
    let (first, second) = (values(first), values(second));
    let joined = [&first[..2], &second[..3], &first[2..], &second[3..]].concat();
    assert_all_close(&joined, &whole, 1e-5);
}

#[test]
fn a_state_carried_through_a_checkpoint_goes_on_where_it_was() {
    let device = Device::flex();
    for cell in [CellKind::Rnn, CellKind::Gru, CellKind::Lstm] {
        check_carried_state(&recurrent(cell, &device), &device);
    }
    for size in [1, 2, 4] {
        check_carried_state(&window(size, true, &device), &device);
    }
}

#[test]
fn the_window_model_is_bengios_equation() {
    let device = Device::flex();
    for direct in [true, false] {
        let model = window(2, direct, &device);
        let embedding = values(model.embedding.weight.val());
        let hidden_weight = values(model.hidden.weight.val());
        let hidden_bias = values(model.hidden.bias.as_ref().unwrap().val());
        let output_weight = values(model.output_weight.val());
        let output_bias = values(model.output_bias.val());
        // x: the embeddings of the two last tokens, the older one first.
        let x: Vec<f64> = [3_usize, 1]
            .iter()
            .flat_map(|token| embedding[token * 3..(token + 1) * 3].to_vec())
            .collect();
        let hidden: Vec<f64> = (0..4)
            .map(|unit| {
                let products = (0..6).map(|i| x[i] * hidden_weight[i * 4 + unit]);
                (hidden_bias[unit] + products.sum::<f64>()).tanh()
            })
            .collect();
        let features = if direct { [x, hidden].concat() } else { hidden };
        let expected: Vec<f64> = (0..VOCABULARY)
            .map(|y| {
                let products = features.iter().enumerate();
                let products = products.map(|(i, f)| f * output_weight[i * VOCABULARY + y]);
                output_bias[y] + products.sum::<f64>()
            })
            .collect();
        let (found, _) = model.features(tokens(&[&[3, 1]], &device), None);
        let last = found.narrow(1, 1, 1).squeeze_dim::<2>(1);
        assert_all_close(&values(model.logits(last)), &expected, 1e-5);
    }
}

#[test]
fn tied_weights_are_one_matrix_with_one_gradient() {
    let device = Device::flex().autodiff();
    let config = RecurrentLanguageModelConfig::new(VOCABULARY, 4, 4).with_num_layers(1);
    let untied = config.clone().init(&device).unwrap();
    let tied = config.with_tied(true).init(&device).unwrap();
    assert_eq!(untied.num_params() - tied.num_params(), 4 * VOCABULARY);
    // The token 4 is only a target: without tying, its embedding has no gradient.
    let gradient_of_row_4 = |model: &RecurrentLanguageModel| {
        let input = tokens(&[&[1, 2]], &device);
        let (nats, _) = model.nats(input, tokens(&[&[2, 4]], &device), None);
        let gradient = model.embedding.weight.val().grad(&nats.sum().backward());
        values(gradient.unwrap().narrow(0, 4, 1).abs().sum())[0]
    };
    assert_eq!(gradient_of_row_4(&untied), 0.0);
    assert!(gradient_of_row_4(&tied) > 0.0);
}

#[test]
fn the_fused_loss_is_the_softmax_of_the_logits_and_so_is_its_gradient() {
    let device = Device::flex().autodiff();
    let loss = burn_recurrent_kernels::Operation::LinearCrossEntropy;
    assert!(burn_recurrent_kernels::path(loss, &device, &[DType::F32]).is_fused());
    let text = || tokens(&[&[1, 2, 3], &[4, 0, 1]], &device);
    let targets = tokens(&[&[2, 3, 4], &[0, 1, 3]], &device);
    for tied in [false, true] {
        let config = RecurrentLanguageModelConfig::new(VOCABULARY, 6, 6).with_tied(tied);
        let model = config.with_init_range(1.0).init(&device).unwrap();
        let (nats, _) = model.nats(text(), targets.clone(), None);
        let (features, _) = model.features(text(), None);
        let logits = model.logits(features.reshape([6, 6]));
        let expected = token_nats(logits, targets.clone().reshape([6]));
        assert_all_close(&values(nats.clone()), &values(expected.clone()), 1e-6);
        let gradient = |nats: Tensor<1>| {
            let gradients = nats.sum().backward();
            let embedding = model.embedding.weight.val().grad(&gradients).unwrap();
            let bias = model.output_bias.val().grad(&gradients).unwrap();
            [values(embedding), values(bias)].concat()
        };
        assert_all_close(&gradient(nats), &gradient(expected), 1e-5);
    }
}

#[test]
fn configurations_that_describe_no_model_are_refused() {
    let device = Device::flex();
    let error = |config: RecurrentLanguageModelConfig| {
        let error = config.init(&device).unwrap_err();
        (error.key, error.message)
    };
    let expected = |key: &str, message: &str| (key.to_string(), message.to_string());
    let config = || RecurrentLanguageModelConfig::new(5, 6, 7);
    for (config, key, message) in [
        (
            config().with_tied(true),
            "tied",
            "needs embeddings as wide as the hidden vectors, but d_embedding is 6 and d_hidden 7",
        ),
        (
            config().with_num_layers(0),
            "num_layers",
            "must be at least 1, but is 0",
        ),
        (
            config().with_dropout(1.0),
            "dropout",
            "must be at least 0 and below 1, but is 1",
        ),
        (
            config().with_initializer(RecurrentInitializer::Uniform { bound: 0.0 }),
            "initializer.bound",
            "must be above 0 and at most 1e38, but is 0.0",
        ),
        (
            config().with_init_range(f64::INFINITY),
            "init_range",
            "must be above 0 and at most 1e38, but is inf",
        ),
        (
            config().with_init_range(3e38),
            "init_range",
            "must be above 0 and at most 1e38, but is 3e38",
        ),
        (
            config().with_initializer(RecurrentInitializer::Uniform { bound: f64::NAN }),
            "initializer.bound",
            "must be above 0 and at most 1e38, but is NaN",
        ),
    ] {
        assert_eq!(error(config), expected(key, message));
    }
    // As wide as may be is drawn.
    let device = Device::flex();
    let widest = config().with_init_range(1e38).init(&device).unwrap();
    let drawn = widest
        .embedding
        .weight
        .val()
        .abs()
        .max()
        .into_scalar::<f32>();
    assert!(drawn > 1e37 && drawn <= 1e38, "{drawn}");
}

/// A file says as much as `new` takes, and what it leaves out is what `new` makes it.
#[test]
fn what_a_file_leaves_out_is_the_default() {
    let read = |text| serde_json::from_str::<RecurrentLanguageModelConfig>(text);
    let least = read(r#"{"vocabulary_size": 5, "d_embedding": 6, "d_hidden": 7}"#).unwrap();
    assert_eq!(least, RecurrentLanguageModelConfig::new(5, 6, 7));
    let undecided = read(r#"{"d_embedding": 6, "d_hidden": 7}"#).unwrap();
    assert_eq!(undecided.clone().with_vocabulary_size(5), least);
    assert!(!undecided.to_string().contains("vocabulary_size"));
    let error = undecided.validate().unwrap_err().to_string();
    assert_eq!(error, "vocabulary_size must be at least 1, but is 0");
    let error = read(r#"{"d_embedding": 6, "d_hidden": 7, "d_hiden": 8}"#).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("unknown field `d_hiden`, expected one of"),
        "{error}"
    );

    let window: WindowLanguageModelConfig =
        serde_json::from_str(r#"{"window": 2, "d_embedding": 6, "d_hidden": 7}"#).unwrap();
    assert_eq!(window, WindowLanguageModelConfig::new(0, 2, 6, 7));
    let tagger: SequenceTaggerConfig =
        serde_json::from_str(r#"{"encoder": {"d_word": 6, "d_hidden": 7}}"#).unwrap();
    assert_eq!(
        tagger,
        SequenceTaggerConfig::new(TokenEncoderConfig::new(0, 6, 7), 0)
    );
}

#[test]
fn a_trained_model_knows_word_order_and_writes_what_it_read() {
    let device = Device::flex().autodiff();
    // 0 <eos>, 1 the, 2 cat, 3 is, 4 small: one sentence again and again.
    let text = [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0];
    let mut model = recurrent(CellKind::Lstm, &device);
    let mut optimizer = AdamConfig::new().init();
    for _ in 0..150 {
        let (input, targets) = (&text[..10], &text[1..]);
        let (nats, _) = model.nats(tokens(&[input], &device), tokens(&[targets], &device), None);
        let gradients = GradientsParams::from_grads(nats.mean().backward(), &model);
        model = optimizer.step(0.03, model, gradients);
    }
    let model = Neural::new(model);
    let right = score(&model, &[0], &[1, 2, 3, 4, 0]);
    let wrong = score(&model, &[0], &[4, 3, 1, 2, 0]);
    assert!(right.log_probability > -0.2, "{right:?}");
    assert!(
        wrong.log_probability < right.log_probability - 10.0,
        "{wrong:?}"
    );

    let greedy = SamplerConfig {
        temperature: 0.0,
        ..Default::default()
    };
    let write = |max, stop| -> Vec<u32> {
        let sampler = Sampler::new(greedy, 1).unwrap();
        generate(&model, &[0, 1], max, stop, sampler).collect()
    };
    assert_eq!(write(20, Some(0)), [2, 3, 4, 0]);
    assert_eq!(write(6, None), [2, 3, 4, 0, 1, 2]);
    assert_eq!(write(2, Some(0)), [2, 3]);
    assert_eq!(write(0, Some(0)), [0; 0]);
}

#[test]
fn dropout_acts_only_while_training() {
    let device = Device::flex().autodiff();
    let config = RecurrentLanguageModelConfig::new(VOCABULARY, 32, 32).with_dropout(0.5);
    let model = config.init(&device).unwrap();
    let run = |model: &RecurrentLanguageModel, device: &Device| {
        let (features, _) = model.features(tokens(&[&[1, 2, 3]], device), None);
        values(features)
    };
    assert_ne!(run(&model, &device), run(&model, &device));
    let plain = device.clone().inner();
    let model = model.valid();
    assert_eq!(run(&model, &plain), run(&model, &plain));
}
