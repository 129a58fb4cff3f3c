//! The tagger: what it must not see, and that it learns from context.

use crate::tagger_case::{
    Inner, LABELS, Sentence, WORDS, assert_all_close, batch, bi_lstm, cnn, crf, encoder, sentence,
    taggers, targets, values,
};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::store::{ModuleSnapshot, SafetensorsStore};
use burn::tensor::{Device, Int, Tensor};
use burn_recurrent_models::{
    CharacterFeatures, OptionError, SequenceTagger, SequenceTaggerConfig, SequenceTaggerError,
    TaggerInput, TaggerOutput, TokenEncoderConfig, TransitionConstraints,
};

fn check_padding(device: &Device) {
    let sentences: Vec<Sentence> = [&[3, 1, 4, 1, 5][..], &[], &[9, 2], &[6, 5, 3, 5]]
        .map(sentence)
        .into();
    let labels: [&[i64]; 4] = [&[0, 1, 2, 3, 0], &[], &[3, 3], &[1, 0, 2, 1]];
    for tagger in taggers(device) {
        // Indices that there are not, in the padding.
        let together = batch(&sentences, 2, 999, device);
        let [_, time] = together.words.dims();
        let emissions = tagger.emissions(&together);
        let marginals = tagger.marginals(&together);
        let decoded = tagger.decode(&together);
        let all = targets(&labels, time, 999, device);
        let nats = values(tagger.nats(emissions.clone(), all.clone(), &together.lengths));
        let loss = tagger.loss(&together, all);
        assert_eq!((loss.tokens, loss.sentences), (11, 4));
        assert_all_close(&values(loss.nats), &[nats.iter().sum()], 1e-5);
        let best = tagger.k_best(&together, 2);
        for (row, sentence) in sentences.iter().enumerate() {
            let length = sentence.len();
            assert_eq!(decoded[row].len(), length);
            assert_eq!(best[row][0].labels, decoded[row]);
            if length == 0 {
                assert_eq!(nats[row], 0.0);
                continue;
            }
            let alone = batch(core::slice::from_ref(sentence), 0, 0, device);
            let cut = |tensor: &Tensor<3>| {
                let row = tensor.clone().narrow(0, row, 1).narrow(1, 0, length);
                values(row)
            };
            let expected = tagger.emissions(&alone);
            assert_all_close(&cut(&emissions), &values(expected.clone()), 1e-5);
            assert_all_close(&cut(&marginals), &values(tagger.marginals(&alone)), 1e-5);
            assert_eq!(tagger.decode(&alone)[0], decoded[row]);
            let targets = targets(&labels[row..=row], length, 0, device);
            let expected = values(tagger.nats(expected, targets, &[length]));
            assert_all_close(&nats[row..=row], &expected, 1e-5);
        }
        let beyond = marginals.narrow(1, 5, 2);
        assert!(values(beyond).iter().all(|marginal| *marginal == 0.0));
    }
}

#[test]
fn a_sentence_is_the_same_alone_and_in_a_padded_batch() {
    check_padding(&Device::flex());
}

#[test]
fn a_sentence_is_the_same_alone_and_in_a_padded_batch_with_gradients() {
    check_padding(&Device::flex().autodiff());
}

#[test]
#[expect(
    deprecated,
    reason = "deprecated upstream, kept here as a second backend to agree with"
)]
fn a_sentence_is_the_same_alone_and_in_a_padded_batch_on_ndarray() {
    check_padding(&Device::ndarray());
}

#[test]
fn gradients_of_a_padded_batch_are_those_of_its_sentences() {
    let device = Device::flex().autodiff();
    let sentences: Vec<Sentence> = [&[3, 1, 4][..], &[9, 2], &[5, 3, 5, 1]]
        .map(sentence)
        .into();
    let labels: [&[i64]; 3] = [&[0, 1, 2], &[3, 3], &[1, 0, 2, 1]];
    for tagger in taggers(&device) {
        let words = |sentences: &[Sentence], labels: &[&[i64]], extra: usize| {
            let input = batch(sentences, extra, 5, &device);
            let [_, time] = input.words.dims();
            let targets = targets(labels, time, 0, &device);
            let gradients = tagger.loss(&input, targets).nats.backward();
            let of_words = tagger.encoder.words.weight.val().grad(&gradients).unwrap();
            let of_characters = tagger.encoder.characters.as_ref();
            let of_characters =
                of_characters.map(|c| c.embedding.weight.val().grad(&gradients).unwrap());
            [
                values(of_words),
                of_characters.map(values).unwrap_or_default(),
            ]
            .concat()
        };
        let together = words(&sentences, &labels, 2);
        let mut sum = vec![0.0; together.len()];
        for row in 0..3 {
            let alone = words(&sentences[row..=row], &labels[row..=row], 0);
            sum.iter_mut()
                .zip(alone)
                .for_each(|(sum, alone)| *sum += alone);
        }
        assert_all_close(&together, &sum, 1e-5);
        assert!(sum.iter().any(|gradient| gradient.abs() > 1e-3));
    }
}

#[test]
fn batches_without_words_are_no_trouble() {
    let device = Device::flex().autodiff();
    for tagger in taggers(&device) {
        for sentences in [vec![], vec![vec![]], vec![vec![], vec![]]] {
            for extra in [0, 2] {
                let input = batch(&sentences, extra, 0, &device);
                let [rows, time] = input.words.dims();
                assert_eq!(tagger.decode(&input), vec![Vec::<usize>::new(); rows]);
                assert_eq!(tagger.marginals(&input).dims(), [rows, time, LABELS]);
                let targets = Tensor::<2, Int>::zeros([rows, time], &device);
                let loss = tagger.loss(&input, targets);
                assert_eq!(loss.tokens, 0);
                assert_eq!(values(loss.nats).iter().sum::<f64>(), 0.0);
            }
        }
    }
}

/// Trains until all labels are right; how many epochs that took.
fn train(
    mut tagger: SequenceTagger,
    input: &TaggerInput,
    targets: &Tensor<2, Int>,
    labels: &[Vec<usize>],
) -> (SequenceTagger, Option<usize>) {
    let mut optimizer = AdamConfig::new().init();
    for epoch in 0..200 {
        let loss = tagger.loss(input, targets.clone());
        let gradients = (loss.nats / loss.tokens as f64).backward();
        let gradients = GradientsParams::from_grads(gradients, &tagger);
        tagger = optimizer.step(0.02, tagger, gradients);
        if tagger.valid().decode(&input.clone().inner()) == labels {
            return (tagger, Some(epoch));
        }
    }
    (tagger, None)
}

/// Random sentences whose labels need the word before and the word after.
fn contextual(seed: u64) -> (Vec<Sentence>, Vec<Vec<i64>>) {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        (state >> 33) as i64
    };
    let mut sentences = Vec::new();
    let mut labels = Vec::new();
    for _ in 0..24 {
        let length = next() % 6;
        let words: Vec<i64> = (0..length).map(|_| next() % WORDS as i64).collect();
        let at = |t: i64| words.get(t as usize).copied().unwrap_or(0);
        labels.push(
            (0..length)
                .map(|t| at(t + 1) % 2 * 2 + at(t - 1) % 2)
                .collect(),
        );
        sentences.push(sentence(&words));
    }
    (sentences, labels)
}

fn check_learning(device: &Device, config: SequenceTaggerConfig) -> SequenceTagger {
    device.seed(7);
    let (sentences, labels) = contextual(3);
    let input = batch(&sentences, 0, 0, device);
    let [_, time] = input.words.dims();
    let rows: Vec<&[i64]> = labels.iter().map(Vec::as_slice).collect();
    let targets = targets(&rows, time, 0, device);
    let expected: Vec<Vec<usize>> = labels
        .iter()
        .map(|row| row.iter().map(|label| *label as usize).collect())
        .collect();
    let (tagger, epoch) = train(config.init(device).unwrap(), &input, &targets, &expected);
    assert!(epoch.is_some(), "not all labels were learned: {config:?}");
    tagger
}

#[test]
fn it_learns_labels_that_need_both_neighbours() {
    let device = Device::flex().autodiff();
    for output in [crf(), TaggerOutput::Softmax {}] {
        for characters in [CharacterFeatures::None {}, bi_lstm(), cnn(3)] {
            let mut encoder = encoder(characters);
            encoder.d_hidden = 24;
            let config = SequenceTaggerConfig::new(encoder, LABELS).with_output(output.clone());
            check_learning(&device, config);
        }
    }
}

#[test]
#[expect(
    deprecated,
    reason = "deprecated upstream, kept here as a second backend to agree with"
)]
fn it_learns_on_ndarray_too() {
    let mut encoder = encoder(cnn(3));
    encoder.d_hidden = 24;
    let config = SequenceTaggerConfig::new(encoder, LABELS).with_output(crf());
    check_learning(&Device::ndarray().autodiff(), config);
}

#[test]
fn constraints_hold_in_what_it_decodes() {
    let device = Device::flex();
    // Label 3 never after label 0, and never first.
    let constraints = TransitionConstraints::from_fn(
        LABELS,
        |label| label != 3,
        |from, to| from != 0 || to != 3,
        |_| true,
    );
    for constrain_training in [false, true] {
        let output = TaggerOutput::Crf {
            constraints: Some(constraints.clone()),
            constrain_training,
        };
        let config = SequenceTaggerConfig::new(encoder(cnn(3)), LABELS).with_output(output);
        let mut tagger = config.init(&device).unwrap();
        // Emissions that ask for 0 and 3 in turn.
        tagger.output.bias = tagger
            .output
            .bias
            .map(|bias| bias.map(|_| Tensor::from_data([5.0, -5.0, -5.0, 5.0], &device)));
        let (sentences, _) = contextual(5);
        let input = batch(&sentences, 0, 0, &device);
        for labels in tagger.decode(&input) {
            assert!(constraints.allows(&labels), "{labels:?}");
        }
        for path in tagger.k_best(&input, 5).concat() {
            assert!(constraints.allows(&path.labels), "{path:?}");
        }
    }
}

#[test]
fn saved_and_loaded_it_is_the_same() {
    let device = Device::flex();
    let (sentences, _) = contextual(1);
    let input = batch(&sentences, 0, 0, &device);
    device.seed(10);
    for config in [
        SequenceTaggerConfig::new(encoder(cnn(3)), LABELS).with_output(crf()),
        SequenceTaggerConfig::new(encoder(bi_lstm()), LABELS).with_d_projection(Some(3)),
    ] {
        let json = serde_json::to_string(&config).unwrap();
        let config: SequenceTaggerConfig = serde_json::from_str(&json).unwrap();
        let mut tagger = config.init(&device).unwrap();
        // Scores of zero would be the same without having been saved.
        tagger.crf = tagger.crf.map(|mut crf| {
            crf.transitions = crf
                .transitions
                .map(|t| t.random_like(burn::tensor::Distribution::Default));
            crf
        });
        let mut store = SafetensorsStore::from_bytes(None);
        tagger.save_into(&mut store).unwrap();
        let mut store = SafetensorsStore::from_bytes(Some(store.get_bytes().unwrap()));
        let mut loaded = config.init(&device).unwrap();
        assert_ne!(
            values(loaded.emissions(&input)),
            values(tagger.emissions(&input))
        );
        let result = loaded.load_from(&mut store).unwrap();
        assert!(result.unused.is_empty() && result.missing.is_empty());
        assert_eq!(
            values(loaded.emissions(&input)),
            values(tagger.emissions(&input))
        );
        assert_eq!(loaded.k_best(&input, 3), tagger.k_best(&input, 3));
    }
}

#[test]
fn configurations_that_describe_no_tagger_are_refused() {
    let error = |config: SequenceTaggerConfig| {
        let result = config.init(&Device::flex());
        result.map(|_| ()).unwrap_err().to_string()
    };
    let tagger = |encoder| SequenceTaggerConfig::new(encoder, LABELS);
    let base = || TokenEncoderConfig::new(WORDS, 6, 8);
    for (config, expected) in [
        (
            tagger(TokenEncoderConfig::new(0, 6, 8)),
            "vocabulary_size must be at least 1",
        ),
        (
            tagger(base().with_characters(cnn(3))),
            "character_vocabulary_size must be at least 1",
        ),
        (
            tagger(encoder(cnn(0))),
            "encoder.characters.width must be at least 1",
        ),
        (
            tagger(base().with_dropout_input(1.0)),
            "dropout_input must be at least 0 and below 1",
        ),
        (
            tagger(base().with_unknown_word(12)),
            "unknown_word must be below vocabulary_size = 12",
        ),
        (
            SequenceTaggerConfig::new(base(), 0),
            "num_labels must be at least 1",
        ),
        (
            tagger(base()).with_d_projection(Some(0)),
            "d_projection must be at least 1",
        ),
    ] {
        let found = error(config);
        assert!(found.contains(expected), "{found}");
    }
    let constraints = TransitionConstraints::from_fn(3, |_| true, |_, _| true, |_| true);
    let output = TaggerOutput::Crf {
        constraints: Some(constraints),
        constrain_training: true,
    };
    let found = error(tagger(base()).with_output(output));
    assert!(found.contains("`start` must have 4 entries"), "{found}");
    assert_eq!(
        tagger(base().with_word_dropout(-0.1)).validate(),
        Err(SequenceTaggerError::Option(OptionError::new(
            "encoder.word_dropout",
            "must be at least 0 and below 1, but is -0.1"
        )))
    );
}
