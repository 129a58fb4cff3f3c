//! Batches of sentences: each sentence once, no batch over its budget, the same again for the same seed.

use burn_recurrent_text::LengthBatches;
use proptest::prelude::*;

fn cost(batch: &[usize], lengths: &[usize]) -> usize {
    batch.len()
        * batch
            .iter()
            .map(|&sentence| lengths[sentence])
            .max()
            .unwrap_or(0)
}

proptest! {
    #[test]
    fn every_sentence_is_in_one_batch_and_no_batch_over_its_budget(
        lengths in proptest::collection::vec(0usize..40, 0..400),
        max_tokens in 1usize..200,
        max_sentences in 1usize..20,
        seed: u64,
        epoch: u64,
    ) {
        let batches = LengthBatches::new(lengths.clone(), max_tokens)
            .unwrap()
            .with_max_sentences(max_sentences)
            .unwrap();
        for epoch in [batches.epoch(seed, epoch), batches.by_length()] {
            let mut all: Vec<usize> = epoch.iter().flatten().copied().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..lengths.len()).collect::<Vec<_>>());
            for batch in &epoch {
                prop_assert!(!batch.is_empty() && batch.len() <= max_sentences);
                prop_assert!(batch.len() == 1 || cost(batch, &lengths) <= max_tokens);
            }
        }
    }
}

#[test]
fn an_epoch_is_the_same_again_and_no_other() {
    let lengths: Vec<usize> = (0..2_000).map(|i| 1 + i * 7 % 50).collect();
    let batches = LengthBatches::new(lengths.clone(), 512).unwrap();
    let again = LengthBatches::new(lengths, 512).unwrap();
    assert_eq!(batches.epoch(3, 0), again.epoch(3, 0));
    assert_ne!(batches.epoch(3, 0), batches.epoch(3, 1));
    assert_ne!(batches.epoch(3, 0), batches.epoch(4, 0));
}

#[test]
fn the_order_of_an_epoch_stays_what_it_is() {
    // A run that is resumed by a later version must go on with the same batches.
    let batches = LengthBatches::new(vec![3, 1, 4, 1, 5, 9, 2, 6, 5, 3], 10).unwrap();
    assert_eq!(format!("{:?}", batches.epoch(1, 2)), EPOCH);
}

const EPOCH: &str = "[[7], [5], [3], [8, 4], [2, 9], [0, 6, 1]]";

#[test]
fn little_of_an_epoch_is_padding() {
    // Lengths as those of sentences: many of around 20 words, few long ones.
    let lengths: Vec<usize> = (0..8_000usize)
        .map(|i| 1 + (i * 37 % 40 + i * 101 % 23) % 60)
        .collect();
    let tokens: usize = lengths.iter().sum();
    let batches = LengthBatches::new(lengths.clone(), 1_000).unwrap();
    let padded: usize = batches
        .epoch(1, 1)
        .iter()
        .map(|batch| cost(batch, &lengths))
        .sum();
    assert!(
        (padded as f64) < 1.03 * tokens as f64,
        "{padded} for {tokens}"
    );
}

#[test]
fn a_sentence_over_the_budget_is_a_batch_of_its_own() {
    let batches = LengthBatches::new(vec![5, 10_000, 5], 100).unwrap();
    assert_eq!(batches.by_length(), [vec![1], vec![0, 2]]);
    assert_eq!(batches.num_sentences(), 3);
}

#[test]
fn no_budget_is_an_error() {
    let error = LengthBatches::new(vec![1], 0).unwrap_err().to_string();
    assert!(error.starts_with("a batch of 0 tokens"), "{error}");
    let some = LengthBatches::new(vec![1], 1).unwrap();
    assert!(some.with_max_sentences(0).is_err());
}
