//! Pairs as ids and as batches: every pair once, within the budget, each array what it says.

use burn_recurrent_text::{
    DroppedPairs, LengthBatches, TranslationExamples, TranslationLimits, TranslationTokenizer,
    TranslationTokenizerConfig, TranslationTokenizers, TranslationUnit,
};
use proptest::prelude::*;

/// Letters to phonemes; the ids of `a`, `b`, `c` and of `A`, `B`, `C` are 4, 5, 6.
fn tokenizers() -> TranslationTokenizers {
    let spelling = TranslationTokenizerConfig::new(TranslationUnit::Character);
    let phonemes = TranslationTokenizerConfig::new(TranslationUnit::Symbol);
    TranslationTokenizers::train_separate(&spelling, &phonemes, &[("aaabbc", "A A A B B C")])
        .unwrap()
}

#[test]
fn a_batch_has_ends_behind_sources_and_targets_are_shifted_by_one() {
    let pairs = [("ab", "A"), ("", ""), ("cax", "C A B")];
    let examples = TranslationExamples::encode(&tokenizers(), pairs);
    assert_eq!(examples.len(), 3);
    assert_eq!(examples.lengths(), [3, 1, 4]);
    assert_eq!(
        (examples.num_source_tokens(), examples.num_target_tokens()),
        (8, 7)
    );
    assert_eq!(examples.source(0), [4, 5, 2]);
    assert_eq!(examples.target(2), Some(&[6, 4, 5][..]));

    let batch = examples.batch(&[2, 0, 1]);
    assert_eq!(batch.sentences, [2, 0, 1]);
    assert_eq!(
        (batch.batch, batch.source_time, batch.target_time),
        (3, 4, 4)
    );
    #[rustfmt::skip]
    assert_eq!(batch.sources, [
        6, 4, 3, 2,
        4, 5, 2, 0,
        2, 0, 0, 0,
    ]);
    assert_eq!(batch.source_lengths, [4, 3, 1]);
    #[rustfmt::skip]
    assert_eq!(batch.target_inputs, [
        1, 6, 4, 5,
        1, 4, 0, 0,
        1, 0, 0, 0,
    ]);
    #[rustfmt::skip]
    assert_eq!(batch.target_outputs, [
        6, 4, 5, 2,
        4, 2, 0, 0,
        2, 0, 0, 0,
    ]);
    assert_eq!(batch.target_lengths, [4, 2, 1]);
    assert_eq!(
        (batch.num_source_tokens(), batch.num_target_tokens()),
        (8, 7)
    );
    assert_eq!(batch.source_mask()[4..8], [true, true, true, false]);
    assert_eq!(batch.target_mask()[4..8], [true, true, false, false]);
}

#[test]
fn sentences_without_translations_have_sources_only() {
    let examples = TranslationExamples::encode_sources(&tokenizers().source, ["ab", ""]);
    assert_eq!(
        (examples.target(0), examples.num_target_tokens()),
        (None, 0)
    );
    let batch = examples.batch(&[1, 0]);
    assert_eq!(batch.sources, [2, 0, 0, 4, 5, 2]);
    assert_eq!(
        (batch.target_time, &batch.target_lengths[..]),
        (0, &[0, 0][..])
    );
    assert!(batch.target_inputs.is_empty() && batch.target_outputs.is_empty());

    let nothing = examples.batch(&[]);
    assert_eq!((nothing.batch, nothing.source_time), (0, 0));
    assert!(nothing.sources.is_empty() && nothing.source_mask().is_empty());
}

#[test]
fn what_is_empty_or_too_long_is_not_trained_on_and_counted() {
    let limits = TranslationLimits {
        source: 3,
        target: 2,
    };
    let pairs = [
        ("abc", "A B"),
        ("abca", "A"),
        ("a", "A B C"),
        ("", "A"),
        ("a", "   "),
        ("abcabc", ""),
        ("c", "C"),
    ];
    let examples = TranslationExamples::encode_for_training(&tokenizers(), limits, pairs);
    assert_eq!(examples.len(), 2);
    assert_eq!(examples.source(1), [6, TranslationTokenizer::END as i32]);
    let expected = DroppedPairs { empty: 3, long: 2 };
    assert_eq!((examples.dropped(), expected.total()), (expected, 5));
    let all = TranslationExamples::encode(&tokenizers(), pairs);
    assert_eq!((all.len(), all.dropped().total()), (7, 0));
}

proptest! {
    #[test]
    fn batches_have_every_pair_once_and_keep_the_budget(
        pairs in proptest::collection::vec(("[abc]{0,12}", proptest::collection::vec("[ABC]", 0..12)), 0..60),
        budget in 1usize..80,
        seed: u64,
    ) {
        let pairs: Vec<(String, String)> = pairs
            .into_iter()
            .map(|(source, target)| (source, target.join(" ")))
            .collect();
        let tokenizers = tokenizers();
        let examples = TranslationExamples::encode(
            &tokenizers,
            pairs.iter().map(|(source, target)| (source, target)),
        );
        let batches = LengthBatches::new(examples.lengths(), budget).unwrap();
        let mut seen = vec![0; pairs.len()];
        for places in batches.epoch(seed, 0) {
            let batch = examples.batch(&places);
            let time = batch.source_time.max(batch.target_time);
            prop_assert!(batch.batch == 1 || batch.batch * time <= budget);
            for (row, &place) in batch.sentences.iter().enumerate() {
                seen[place] += 1;
                let ids = |array: &[i32], time: usize, length: usize| -> Vec<u32> {
                    let row = &array[row * time..][..time];
                    assert!(row[length..].iter().all(|&id| id == 0));
                    row[..length].iter().map(|&id| id as u32).collect()
                };
                let source = ids(&batch.sources, batch.source_time, batch.source_lengths[row]);
                let length = batch.target_lengths[row];
                let input = ids(&batch.target_inputs, batch.target_time, length);
                let output = ids(&batch.target_outputs, batch.target_time, length);
                prop_assert_eq!(tokenizers.source.decode(&source).unwrap(), &pairs[place].0[..]);
                prop_assert_eq!(tokenizers.target.decode(&input).unwrap(), &pairs[place].1[..]);
                prop_assert_eq!(&input[1..], &output[..length - 1]);
                prop_assert_eq!((input[0], output[length - 1]), (1, 2));
            }
        }
        prop_assert!(seen.iter().all(|&times| times == 1));
    }
}
