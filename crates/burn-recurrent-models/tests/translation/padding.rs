//! What stands beside a sentence does not change it.

use super::support::{SOURCES, TARGETS, architectures, assert_all_close, batch, model, values};
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent_models::{EncoderDecoderBatch, SpecialTokens};

/// The same tensor with some columns of a token more.
fn widen(tokens: &Tensor<2, Int>, by: usize, token: i64) -> Tensor<2, Int> {
    let [rows, _] = tokens.dims();
    let columns = TensorData::new(vec![token; rows * by], [rows, by]);
    let columns = Tensor::from_data(columns, &tokens.device());
    Tensor::cat(vec![tokens.clone(), columns], 1)
}

#[test]
fn a_sentence_is_the_same_alone_and_in_a_padded_batch() {
    let device = Device::flex();
    for (name, config) in architectures() {
        let model = model(&config, &device);
        let mut together = batch(&device);
        // A word that there is not, in the source's padding; one that there is in the target's.
        together.source = widen(&together.source, 2, 77);
        together.target = widen(&together.target, 3, 5);
        let found = values(model.nats(&together));
        let expected: Vec<f64> = (0..SOURCES.len())
            .flat_map(|row| {
                let (source, target) = (&SOURCES[row..=row], &TARGETS[row..=row]);
                let tokens = SpecialTokens::default();
                let alone = EncoderDecoderBatch::from_rows(source, target, tokens, &device);
                values(model.nats(&alone))
            })
            .collect();
        assert_all_close(&found, &expected, 1e-5, name);
    }
}

#[test]
fn attention_is_zero_in_the_padding_and_sums_to_one() {
    let device = Device::flex();
    for (name, config) in architectures() {
        let model = model(&config, &device);
        let batch = batch(&device);
        let source = model.encode(batch.source.clone(), &batch.source_lengths);
        let start = source.start.clone();
        let Some(weights) = model.decode(batch.target, None, start, &source).weights else {
            continue;
        };
        let [rows, time, words] = weights.dims();
        let weights = values(weights);
        for row in 0..rows {
            let length = batch.source_lengths[row];
            for t in 0..time {
                let of_words = &weights[(row * time + t) * words..][..words];
                let sum: f64 = of_words.iter().sum();
                assert!((sum - 1.0).abs() < 1e-6, "{name}: {of_words:?}");
                // A sentence without words has nothing to look at.
                let padding = if length == 0 {
                    &[]
                } else {
                    &of_words[length..]
                };
                assert!(padding.iter().all(|w| *w == 0.0), "{name}: {of_words:?}");
            }
        }
    }
}

#[test]
fn several_rows_a_sentence_are_as_many_sentences() {
    let device = Device::flex();
    // With one row a sentence some are a fused operation, with several they never are.
    let wide = architectures().into_iter().map(|(name, config)| {
        let config = config.with_d_embedding(40).with_d_hidden(72);
        (name, config)
    });
    for (name, config) in architectures().into_iter().chain(wide) {
        let model = model(&config, &device);
        let batch = batch(&device);
        let [rows, time] = batch.target.dims();
        let twice = |row: usize| [row, row];
        let index: Vec<i64> = (0..rows).flat_map(twice).map(|row| row as i64).collect();
        let index = Tensor::<1, Int>::from_data(index.as_slice(), &device);
        // Two different translations of each sentence.
        let other = batch.target.clone().flip([1]);
        let both = Tensor::stack::<3>(vec![batch.target.clone(), other.clone()], 1);
        let both = both.reshape([2 * rows, time]);

        let once = model.encode(batch.source.clone(), &batch.source_lengths);
        let start = once.start.clone().select(index.clone());
        let found = model.decode(both.clone(), None, start, &once);

        let lengths: Vec<usize> = batch.source_lengths.iter().flat_map(|l| [*l, *l]).collect();
        let repeated = model.encode(batch.source.clone().select(0, index), &lengths);
        let expected = model.decode(both, None, repeated.start.clone(), &repeated);
        assert_all_close(&values(found.output), &values(expected.output), 1e-5, name);
    }
}
