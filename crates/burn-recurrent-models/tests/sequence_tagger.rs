//! The tagger: what it reads, what it must not see, and that it learns from context.

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::store::{ModuleSnapshot, SafetensorsStore};
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent_models::{
    CellKind, CharacterFeatures, CharacterInput, SequenceTagger, SequenceTaggerConfig,
    SequenceTaggerError, ShapeFeatures, TaggerInput, TaggerOutput, TokenEncoderConfig,
    TokenEncoderError, TransitionConstraints,
};

const WORDS: usize = 12;
const CHARACTERS: usize = 7;
const SHAPES: usize = 3;
const LABELS: usize = 4;

/// A sentence: for each word its index, spelling and shape.
type Sentence = Vec<(i64, Vec<i64>, i64)>;

fn sentence(words: &[i64]) -> Sentence {
    let spelling = |word: i64| (0..word % 4 + 1).map(|i| (word + i) % 7).collect();
    words
        .iter()
        .map(|word| (*word, spelling(*word), word % 3))
        .collect()
}

/// A batch; `junk` stands in all its padding, and there are `extra` steps and characters of it.
fn batch(sentences: &[Sentence], extra: usize, junk: i64, device: &Device) -> TaggerInput {
    let lengths: Vec<usize> = sentences.iter().map(Vec::len).collect();
    let time = lengths.iter().max().copied().unwrap_or(0) + extra;
    let mut distinct: Vec<Vec<i64>> = Vec::new();
    let (mut words, mut shapes, mut index) = (Vec::new(), Vec::new(), Vec::new());
    for sentence in sentences {
        for (word, spelling, shape) in sentence {
            words.push(*word);
            shapes.push(*shape);
            let known = distinct.iter().position(|other| other == spelling);
            index.push(known.unwrap_or(distinct.len()) as i64);
            if known.is_none() {
                distinct.push(spelling.clone());
            }
        }
        for _ in sentence.len()..time {
            words.push(junk);
            shapes.push(junk);
            index.push(junk);
        }
    }
    let width = distinct.iter().map(Vec::len).max().unwrap_or(0) + extra;
    let characters: Vec<i64> = distinct
        .iter()
        .flat_map(|word| (0..width).map(|i| word.get(i).copied().unwrap_or(junk)))
        .collect();
    let table = |values: Vec<i64>, rows, columns| {
        Tensor::<2, Int>::from_data(TensorData::new(values, [rows, columns]), device)
    };
    let rows = sentences.len();
    TaggerInput::new(table(words, rows, time), lengths)
        .with_shapes(table(shapes, rows, time))
        .with_characters(CharacterInput {
            characters: table(characters, distinct.len(), width),
            lengths: distinct.iter().map(Vec::len).collect(),
            index: table(index, rows, time),
        })
}

fn bi_lstm() -> CharacterFeatures {
    CharacterFeatures::BiLstm {
        d_embedding: 5,
        d_hidden: 4,
    }
}

fn cnn(width: usize) -> CharacterFeatures {
    CharacterFeatures::Cnn {
        d_embedding: 5,
        num_filters: 6,
        width,
    }
}

fn crf() -> TaggerOutput {
    TaggerOutput::Crf {
        constraints: None,
        constrain_training: true,
    }
}

fn encoder(characters: CharacterFeatures) -> TokenEncoderConfig {
    TokenEncoderConfig::new(WORDS, 6, 8)
        .with_characters(characters)
        .with_character_vocabulary_size(CHARACTERS)
        .with_shapes(Some(ShapeFeatures {
            vocabulary_size: SHAPES,
            d_embedding: 2,
        }))
}

/// Every kind of tagger there is, some of each option.
fn taggers(device: &Device) -> Vec<SequenceTagger> {
    device.seed(1);
    let none = CharacterFeatures::None {};
    [
        SequenceTaggerConfig::new(TokenEncoderConfig::new(WORDS, 6, 8), LABELS),
        SequenceTaggerConfig::new(encoder(bi_lstm()), LABELS).with_output(crf()),
        SequenceTaggerConfig::new(encoder(cnn(3)), LABELS).with_output(crf()),
        SequenceTaggerConfig::new(encoder(cnn(2)).with_cell(CellKind::Gru), LABELS),
        SequenceTaggerConfig::new(encoder(cnn(1)).with_num_layers(2), LABELS)
            .with_d_projection(Some(5)),
        SequenceTaggerConfig::new(encoder(none).with_bidirectional(false), LABELS)
            .with_output(crf()),
    ]
    .into_iter()
    .map(|config| config.init(device).unwrap())
    .collect()
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

fn targets(rows: &[&[i64]], time: usize, junk: i64, device: &Device) -> Tensor<2, Int> {
    let padded = rows
        .iter()
        .flat_map(|row| (0..time).map(|t| row.get(t).copied().unwrap_or(junk)));
    let data = TensorData::new(padded.collect::<Vec<_>>(), [rows.len(), time]);
    Tensor::from_data(data, device)
}

fn assert_all_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= tolerance, "{f}, expected {e}");
    }
}

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
#[allow(deprecated)]
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

#[test]
fn a_word_without_characters_has_features_of_zero_and_others_do_not_mind() {
    let device = Device::flex();
    for characters in [bi_lstm(), cnn(3)] {
        let config = TokenEncoderConfig::new(WORDS, 6, 8)
            .with_characters(characters)
            .with_character_vocabulary_size(CHARACTERS);
        let encoder = config.init(&device).unwrap();
        let encoder = encoder.characters.unwrap();
        let input = |rows: Vec<Vec<i64>>| {
            let sentence: Sentence = rows.into_iter().map(|row| (0, row, 0)).collect();
            batch(&[sentence], 0, 0, &device).characters.unwrap()
        };
        let both = values(encoder.forward(&input(vec![vec![], vec![1, 2, 3]])));
        let one = values(encoder.forward(&input(vec![vec![1, 2, 3]])));
        let width = encoder.d_output();
        assert_eq!(both[..width], vec![0.0; width]);
        assert_all_close(&both[width..], &one, 1e-6);
        assert!(one.iter().any(|feature| feature.abs() > 1e-3));
    }
}

#[test]
fn the_convolution_is_ma_and_hovys() {
    let device = Device::flex();
    for width in [1, 2, 3, 4] {
        let config = TokenEncoderConfig::new(WORDS, 6, 8)
            .with_characters(cnn(width))
            .with_character_vocabulary_size(CHARACTERS);
        let encoder = config.init(&device).unwrap().characters.unwrap();
        let burn_recurrent_models::CharacterNetwork::Cnn(filters) = &encoder.network else {
            panic!("not a convolution");
        };
        let table = values(encoder.embedding.weight.val());
        let weight = values(filters.weight.val());
        let word = [1_i64, 6, 2, 2, 5];
        let sentence: Sentence = vec![(0, word.to_vec(), 0)];
        let found = encoder.forward(&batch(&[sentence], 3, 0, &device).characters.unwrap());
        for filter in 0..6 {
            let answers = (0..word.len()).map(|t| -> f64 {
                let windows = (0..width).map(|k| -> f64 {
                    // Left and right of the word there is nothing.
                    let Some(place) = (t + k).checked_sub((width - 1) / 2) else {
                        return 0.0;
                    };
                    let Some(character) = word.get(place) else {
                        return 0.0;
                    };
                    let numbers = (0..5).map(|i| {
                        table[*character as usize * 5 + i] * weight[(k * 5 + i) * 6 + filter]
                    });
                    numbers.sum()
                });
                windows.sum()
            });
            let largest = answers.fold(f64::NEG_INFINITY, f64::max);
            let found = values(found.clone().narrow(1, 0, 1))[filter];
            assert!(
                (found - largest).abs() < 1e-5,
                "{found}, expected {largest}"
            );
        }
    }
}

#[test]
fn every_feature_reaches_the_emissions() {
    let device = Device::flex();
    let tagger = &taggers(&device)[1];
    let emissions =
        |sentence: Sentence| values(tagger.emissions(&batch(&[sentence], 0, 0, &device)));
    let base = emissions(sentence(&[1, 2, 3]));
    let mut changed = sentence(&[1, 2, 3]);
    changed[2].0 = 4;
    assert_ne!(emissions(changed)[..LABELS], base[..LABELS]);
    let mut changed = sentence(&[1, 2, 3]);
    changed[2].1.push(0);
    assert_ne!(emissions(changed)[..LABELS], base[..LABELS]);
    let mut changed = sentence(&[1, 2, 3]);
    changed[2].2 = 1;
    assert_ne!(emissions(changed)[..LABELS], base[..LABELS]);
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

trait Inner {
    fn inner(self) -> Self;
}

impl Inner for TaggerInput {
    /// The same without gradients.
    fn inner(self) -> Self {
        let inner = |tensor: Tensor<2, Int>| {
            let device = tensor.device().inner();
            Tensor::from_data(tensor.into_data(), &device)
        };
        Self {
            words: inner(self.words),
            lengths: self.lengths,
            characters: self.characters.map(|characters| CharacterInput {
                characters: inner(characters.characters),
                lengths: characters.lengths,
                index: inner(characters.index),
            }),
            shapes: self.shapes.map(inner),
        }
    }
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
#[allow(deprecated)]
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
fn pretrained_vectors_are_set_and_stay_where_they_are_frozen() {
    let device = Device::flex().autodiff();
    for freeze in [false, true] {
        let config = encoder(CharacterFeatures::None {}).with_freeze_words(freeze);
        let mut tagger = SequenceTaggerConfig::new(config, LABELS)
            .init(&device)
            .unwrap();
        let before = values(tagger.encoder.words.weight.val());
        let vectors = TensorData::new(vec![9.0_f32; 12], [2, 6]);
        tagger.encoder = tagger.encoder.with_word_vectors(&[4, 7], vectors);
        let after = values(tagger.encoder.words.weight.val());
        for row in 0..WORDS {
            let range = row * 6..(row + 1) * 6;
            match row {
                4 | 7 => assert_eq!(after[range], [9.0; 6]),
                _ => assert_eq!(after[range.clone()], before[range]),
            }
        }
        // Through evaluation and back, as in training.
        let mut tagger = tagger.valid().train();
        let input = batch(&[sentence(&[4, 1, 7])], 0, 0, &device);
        let mut optimizer = AdamConfig::new().init();
        let loss = tagger.loss(&input, targets(&[&[0, 1, 2]], 3, 0, &device));
        let gradients = GradientsParams::from_grads(loss.nats.backward(), &tagger);
        let recurrent = tagger.output.weight.val();
        tagger = optimizer.step(0.1, tagger, gradients);
        assert_ne!(values(tagger.output.weight.val()), values(recurrent));
        let trained = values(tagger.encoder.words.weight.val());
        assert_eq!(trained == after, freeze);
    }
}

#[test]
#[should_panic(expected = "the vectors of 2 words must be [2, 6], but are [2, 5]")]
fn vectors_of_another_width_panic() {
    let config = TokenEncoderConfig::new(WORDS, 6, 8);
    let encoder = config.init(&Device::flex()).unwrap();
    encoder.with_word_vectors(&[4, 7], TensorData::new(vec![0.0_f32; 10], [2, 5]));
}

#[test]
fn dropouts_act_only_while_training() {
    let device = Device::flex().autodiff();
    let input = batch(&[sentence(&[4, 1, 7, 3, 3])], 0, 0, &device);
    let base = || TokenEncoderConfig::new(WORDS, 32, 32);
    let with_characters = base()
        .with_characters(cnn(3))
        .with_character_vocabulary_size(CHARACTERS);
    for config in [
        base().with_dropout_input(0.5),
        base().with_dropout_output(0.5),
        base()
            .with_dropout_input(0.5)
            .with_variational_dropout(true),
        base().with_num_layers(2).with_dropout_layers(0.5),
        base().with_word_dropout(0.9),
        base().with_weight_drop(0.5),
        with_characters.with_dropout_characters(0.5),
    ] {
        let tagger = SequenceTaggerConfig::new(config, LABELS)
            .init(&device)
            .unwrap();
        let run = |tagger: &SequenceTagger, input: &TaggerInput| values(tagger.emissions(input));
        let runs: Vec<_> = (0..4).map(|_| run(&tagger, &input)).collect();
        assert!(runs.iter().any(|other| *other != runs[0]));
        let (tagger, input) = (tagger.valid(), input.clone().inner());
        assert_eq!(run(&tagger, &input), run(&tagger, &input));
    }
}

#[test]
fn variational_dropout_drops_the_same_units_of_every_word() {
    let device = Device::flex().autodiff();
    for variational in [false, true] {
        let config = TokenEncoderConfig::new(WORDS, 8, 32)
            .with_dropout_output(0.5)
            .with_variational_dropout(variational);
        let encoder = config.init(&device).unwrap();
        let (output, _) = encoder.forward(&batch(&[sentence(&[4, 1, 7])], 0, 0, &device));
        let dropped: Vec<bool> = values(output).iter().map(|number| *number == 0.0).collect();
        let words: Vec<_> = dropped.chunks(64).collect();
        assert_eq!(words[0] == words[1] && words[1] == words[2], variational);
    }
}

#[test]
fn dropped_words_become_the_unknown_word() {
    let device = Device::flex().autodiff();
    let config = TokenEncoderConfig::new(WORDS, 6, 8)
        .with_word_dropout(0.999)
        .with_unknown_word(11);
    let tagger = SequenceTaggerConfig::new(config, LABELS)
        .init(&device)
        .unwrap();
    let emissions = |words: &[i64]| {
        let input = batch(&[sentence(words)], 0, 0, &device);
        values(tagger.emissions(&input))
    };
    let plain = |words: &[i64]| {
        let input = batch(&[sentence(words)], 0, 0, &device).inner();
        values(tagger.valid().emissions(&input))
    };
    let unknown = plain(&[11, 11, 11]);
    assert_ne!(plain(&[1, 2, 3]), unknown);
    let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    // One of 10 runs has a word left with a probability of 3%, all of them never.
    let runs = (0..10).filter(|_| close(&emissions(&[1, 2, 3]), &unknown));
    assert!(runs.count() >= 5);
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
            "the characters' width must be at least 1",
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
        Err(SequenceTaggerError::Encoder(
            TokenEncoderError::Probability {
                name: "word_dropout",
                value: -0.1
            }
        ))
    );
}

#[test]
#[should_panic(expected = "the encoder reads characters, but the input has none")]
fn missing_characters_panic() {
    let device = Device::flex();
    let config = SequenceTaggerConfig::new(encoder(cnn(3)), LABELS);
    let words = Tensor::<2, Int>::zeros([1, 2], &device);
    let tagger = config.init(&device).unwrap();
    tagger.decode(&TaggerInput::new(words, vec![2]));
}
