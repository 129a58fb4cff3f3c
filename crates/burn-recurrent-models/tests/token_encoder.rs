//! What the sentences' encoder makes of words, characters and shapes, and its dropouts.

use crate::tagger_case::{
    CHARACTERS, Inner, LABELS, Sentence, WORDS, assert_all_close, batch, bi_lstm, cnn, encoder,
    sentence, taggers, targets, values,
};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent_models::{
    CharacterFeatures, CharacterNetwork, SequenceTagger, SequenceTaggerConfig, TaggerInput,
    TokenEncoderConfig,
};

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
        let CharacterNetwork::Cnn(filters) = &encoder.network else {
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
        base().with_word_dropout(0.5),
        base().with_weight_drop(0.5),
        with_characters.with_dropout_characters(0.5),
    ] {
        let tagger = SequenceTaggerConfig::new(config, LABELS)
            .init(&device)
            .unwrap();
        let run = |tagger: &SequenceTagger, input: &TaggerInput| values(tagger.emissions(input));
        let runs: Vec<_> = (0..20).map(|_| run(&tagger, &input)).collect();
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
#[should_panic(expected = "the encoder reads characters, but the input has none")]
fn missing_characters_panic() {
    let device = Device::flex();
    let config = SequenceTaggerConfig::new(encoder(cnn(3)), LABELS);
    let words = Tensor::<2, Int>::zeros([1, 2], &device);
    let tagger = config.init(&device).unwrap();
    tagger.decode(&TaggerInput::new(words, vec![2]));
}
