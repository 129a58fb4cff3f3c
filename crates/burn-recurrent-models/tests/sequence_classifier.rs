//! The classifier: each way of pooling, padding, and that it learns.

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent_models::{
    CellKind, Pooling, PoolingKind, SequenceClassifier, SequenceClassifierConfig, TaggerInput,
    TokenEncoderConfig,
};

const WORDS: usize = 9;
const CLASSES: usize = 3;

fn poolings() -> [PoolingKind; 4] {
    [
        PoolingKind::Last {},
        PoolingKind::Mean {},
        PoolingKind::Max {},
        PoolingKind::Attention { d_attention: 4 },
    ]
}

fn classifier(pooling: PoolingKind, cell: CellKind, device: &Device) -> SequenceClassifier {
    let encoder = TokenEncoderConfig::new(WORDS, 6, 7)
        .with_cell(cell)
        .with_num_layers(2);
    let config = SequenceClassifierConfig::new(encoder, CLASSES).with_pooling(pooling);
    config.init(device).unwrap()
}

fn batch(rows: &[&[i64]], extra: usize, junk: i64, device: &Device) -> TaggerInput {
    let lengths: Vec<usize> = rows.iter().map(|row| row.len()).collect();
    let time = lengths.iter().max().copied().unwrap_or(0) + extra;
    let words: Vec<i64> = rows
        .iter()
        .flat_map(|row| (0..time).map(|t| row.get(t).copied().unwrap_or(junk)))
        .collect();
    let words = TensorData::new(words, [rows.len(), time]);
    TaggerInput::new(Tensor::from_data(words, device), lengths)
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

const ROWS: [&[i64]; 4] = [&[3, 1, 4, 1], &[], &[5], &[2, 6]];

fn check_padding(device: &Device) {
    for cell in [CellKind::Rnn, CellKind::Gru, CellKind::Lstm] {
        for pooling in poolings() {
            let mut classifier = classifier(pooling, cell, device);
            let bias = [0.3, -0.2, 0.1];
            classifier.output.bias = classifier
                .output
                .bias
                .map(|param| param.map(|_| Tensor::from_data(bias, device)));
            // Words that there are not, in the padding.
            let together = batch(&ROWS, 3, 77, device);
            let logits = classifier.logits(&together);
            for (row, words) in ROWS.iter().enumerate() {
                let found = values(logits.clone().narrow(0, row, 1));
                let expected = match words.len() {
                    0 => bias.to_vec(),
                    _ => values(classifier.logits(&batch(&[words], 0, 0, device))),
                };
                assert_all_close(&found, &expected, 1e-5);
            }
        }
    }
}

#[test]
fn a_sentence_is_the_same_alone_and_in_a_padded_batch() {
    check_padding(&Device::flex());
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
fn pooling_is_what_it_is_called() {
    let device = Device::flex();
    let input = batch(&[&[3, 1, 4], &[5, 2]], 0, 0, &device);
    for kind in poolings() {
        let classifier = classifier(kind, CellKind::Lstm, &device);
        let (output, last) = classifier.encoder.forward(&input);
        let pooled = classifier
            .pooling
            .forward(output.clone(), last, &input.lengths);
        let width = classifier.encoder.d_output();
        for (row, length) in [3, 2].into_iter().enumerate() {
            let words: Vec<Vec<f64>> = (0..length)
                .map(|t| values(output.clone().narrow(0, row, 1).narrow(1, t, 1)))
                .collect();
            let number = |unit: usize| words.iter().map(move |word| word[unit]);
            let expected: Vec<f64> = match &classifier.pooling {
                // The first half reads forwards, the second backwards.
                Pooling::Last(_) => {
                    [&words[length - 1][..width / 2], &words[0][width / 2..]].concat()
                }
                Pooling::Mean(_) => (0..width)
                    .map(|unit| number(unit).sum::<f64>() / length as f64)
                    .collect(),
                Pooling::Max(_) => (0..width)
                    .map(|unit| number(unit).fold(f64::NEG_INFINITY, f64::max))
                    .collect(),
                Pooling::Attention(attention) => {
                    let key = values(attention.key.weight.val());
                    let query = values(attention.query.val());
                    let score = |word: &Vec<f64>| -> f64 {
                        let unit = |a: usize| -> f64 {
                            let products = word.iter().enumerate().map(|(i, x)| x * key[i * 4 + a]);
                            products.sum::<f64>().tanh() * query[a]
                        };
                        (0..4).map(unit).sum()
                    };
                    let scores: Vec<f64> = words.iter().map(score).collect();
                    let total: f64 = scores.iter().map(|score| score.exp()).sum();
                    (0..width)
                        .map(|unit| {
                            let weighted = number(unit).zip(&scores);
                            weighted.map(|(x, score)| x * score.exp() / total).sum()
                        })
                        .collect()
                }
            };
            let found = values(pooled.clone().narrow(0, row, 1));
            assert_all_close(&found, &expected, 1e-5);
        }
    }
}

#[test]
fn nats_and_probabilities_are_the_softmax_of_the_logits() {
    let device = Device::flex();
    let classifier = classifier(PoolingKind::Mean {}, CellKind::Gru, &device);
    let input = batch(&ROWS, 0, 0, &device);
    let expected = log_softmax(classifier.logits(&input), 1);
    let targets = [2_i64, 0, 1, 1];
    let tensor = Tensor::<1, Int>::from_data(targets, &device);
    let expected = values(expected);
    let chosen: Vec<f64> = targets
        .iter()
        .enumerate()
        .map(|(row, target)| -expected[row * CLASSES + *target as usize])
        .collect();
    assert_all_close(&values(classifier.nats(&input, tensor)), &chosen, 1e-6);
    let probabilities = values(classifier.probabilities(&input));
    let exponentials: Vec<f64> = expected.iter().map(|log| log.exp()).collect();
    assert_all_close(&probabilities, &exponentials, 1e-6);
    for (row, class) in classifier.classify(&input).into_iter().enumerate() {
        let row = &probabilities[row * CLASSES..(row + 1) * CLASSES];
        assert!(row.iter().all(|probability| *probability <= row[class]));
    }
}

#[test]
fn batches_without_words_are_no_trouble() {
    let device = Device::flex().autodiff();
    for pooling in poolings() {
        let classifier = classifier(pooling, CellKind::Lstm, &device);
        for rows in [&[][..], &[&[][..], &[]]] {
            for extra in [0, 2] {
                let input = batch(rows, extra, 0, &device);
                assert_eq!(classifier.classify(&input).len(), rows.len());
                let probabilities = classifier.probabilities(&input);
                assert_eq!(probabilities.dims(), [rows.len(), CLASSES]);
                let targets = Tensor::<1, Int>::zeros([rows.len()], &device);
                let nats = values(classifier.nats(&input, targets));
                assert!(nats.iter().all(|nats| nats.is_finite()));
            }
        }
    }
}

#[test]
fn it_learns_what_depends_on_word_order() {
    let device = Device::flex().autodiff();
    // Which of the words 1 and 2 comes first, anywhere among others.
    let mut rows: Vec<Vec<i64>> = Vec::new();
    for place in 0..4_usize {
        for gap in 1..4_usize {
            for swap in [false, true] {
                let mut row: Vec<i64> = (0..8).map(|i| 3 + (i * 5 + gap as i64) % 6).collect();
                row[place] = if swap { 2 } else { 1 };
                row[place + gap] = if swap { 1 } else { 2 };
                row.truncate(place + gap + 1 + gap % 2);
                rows.push(row);
            }
        }
    }
    let classes: Vec<usize> = (0..rows.len()).map(|row| row % 2).collect();
    let rows: Vec<&[i64]> = rows.iter().map(Vec::as_slice).collect();
    let (input, plain) = (
        batch(&rows, 0, 0, &device),
        batch(&rows, 0, 0, &Device::flex()),
    );
    let targets: Vec<i64> = classes.iter().map(|class| *class as i64).collect();
    for pooling in poolings() {
        device.seed(1);
        let mut classifier = classifier(pooling.clone(), CellKind::Lstm, &device);
        let mut optimizer = AdamConfig::new().init();
        let learned = (0..200).any(|_| {
            let targets = Tensor::<1, Int>::from_data(targets.as_slice(), &device);
            let gradients = classifier.nats(&input, targets).mean().backward();
            let gradients = GradientsParams::from_grads(gradients, &classifier);
            classifier = optimizer.step(0.02, classifier.clone(), gradients);
            classifier.valid().classify(&plain) == classes
        });
        assert!(learned, "{pooling:?}");
    }
}

#[test]
fn configurations_that_describe_no_classifier_are_refused() {
    let error = |config: SequenceClassifierConfig| {
        let result = config.init(&Device::flex());
        result.map(|_| ()).unwrap_err().to_string()
    };
    let encoder = || TokenEncoderConfig::new(WORDS, 6, 7);
    let attention = PoolingKind::Attention { d_attention: 0 };
    for (config, expected) in [
        (
            SequenceClassifierConfig::new(encoder(), 0),
            "num_classes must be at least 1",
        ),
        (
            SequenceClassifierConfig::new(encoder(), 2).with_pooling(attention),
            "d_attention must be at least 1",
        ),
        (
            SequenceClassifierConfig::new(TokenEncoderConfig::new(WORDS, 6, 0), 2),
            "d_hidden must be at least 1",
        ),
    ] {
        let found = error(config);
        assert!(found.contains(expected), "{found}");
    }
}
