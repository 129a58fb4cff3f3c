//! Writing translations: greedy, by beam search, by drawing; against exhaustive search.

use super::support::{architectures, assert_all_close, model, small, values};
use burn::tensor::{Device, Int, Tensor};
use burn_recurrent_models::{
    AttentionKind, BeamConfig, DecodingError, DecodingOptions, EncoderDecoderConfig, Hypothesis,
    NeuralTranslator, Sampler, SamplerConfig, coverage_penalty, length_penalty,
};

const END: u32 = 3;

fn translator(config: &EncoderDecoderConfig) -> NeuralTranslator {
    NeuralTranslator::new(model(config, &Device::flex()))
}

fn sentences() -> Vec<Vec<u32>> {
    vec![vec![4, 8, 5, 6], vec![7], vec![], vec![5, 5, 8], vec![6]]
}

fn short(length: usize) -> DecodingOptions {
    DecodingOptions {
        max_length: length,
        ..Default::default()
    }
}

/// Everything that a model can write in so many tokens: the finished with their end.
fn all_translations(words: &[u32], length: usize) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let mut finished = Vec::new();
    let mut open: Vec<Vec<u32>> = vec![Vec::new()];
    for _ in 0..length {
        finished.extend(open.iter().cloned());
        let longer = |row: &Vec<u32>| {
            let row = row.clone();
            let with = move |word: &u32| [row.as_slice(), &[*word]].concat();
            words.iter().map(with).collect::<Vec<_>>()
        };
        open = open.iter().flat_map(longer).collect();
    }
    (finished, open)
}

/// How much each word of a sentence is looked at while a translation and its end are written.
fn coverage(translator: &NeuralTranslator, sentence: &[u32], translation: &[u32]) -> Vec<f64> {
    let row = |tokens: &[u32]| {
        let tokens: Vec<i64> = tokens.iter().map(|token| i64::from(*token)).collect();
        Tensor::<1, Int>::from_data(tokens.as_slice(), translator.device()).unsqueeze_dim::<2>(0)
    };
    let model = translator.model();
    let source = model.encode(row(sentence), &[sentence.len()]);
    let inputs = [&[2], translation].concat();
    let decoded = model.decode(row(&inputs), None, source.start.clone(), &source);
    let weights = decoded.weights.expect("the model has attention");
    values(weights.sum_dim(1))
}

#[test]
fn a_wide_beam_finds_what_exhaustive_search_finds() {
    const LENGTH: usize = 4;
    const NBEST: usize = 12;
    // Four words to choose from, of which one is the end: 40 translations of up to four tokens.
    let writable = [1, 4, 5];
    for (name, config) in architectures() {
        let attends = config.attention != AttentionKind::None;
        let translator = translator(&config.with_target_vocabulary_size(6));
        for (alpha, beta) in [(0.0, 0.0), (1.0, 0.0), (0.6, 0.3)] {
            if beta > 0.0 && !attends {
                continue;
            }
            let beam = BeamConfig {
                beam: 120,
                nbest: NBEST,
                length_penalty: alpha,
                coverage_penalty: beta,
                options: short(LENGTH),
            };
            let found = translator.beam(&sentences(), &beam).unwrap();
            for (sentence, found) in sentences().iter().zip(found) {
                let (all, _) = all_translations(&writable, LENGTH);
                let repeated = vec![sentence.clone(); all.len()];
                let log_probabilities = translator.log_probabilities(&repeated, &all, 64).unwrap();
                let mut expected: Vec<(f64, &Vec<u32>)> = all
                    .iter()
                    .zip(&log_probabilities)
                    .map(|(translation, nats)| {
                        let penalty = match beta > 0.0 && !sentence.is_empty() {
                            true => {
                                let coverage = coverage(&translator, sentence, translation);
                                coverage_penalty(&coverage, beta)
                            }
                            false => 0.0,
                        };
                        let length = length_penalty(translation.len() + 1, alpha);
                        (nats.iter().sum::<f64>() / length + penalty, translation)
                    })
                    .collect();
                expected.sort_by(|left, right| right.0.total_cmp(&left.0));
                assert_eq!(found.len(), NBEST);
                for (hypothesis, (score, translation)) in found.iter().zip(expected) {
                    assert_eq!(&hypothesis.tokens, translation, "{name} {alpha} {beta}");
                    assert!(hypothesis.finished);
                    assert_all_close(&[hypothesis.score], &[score], 1e-5, name);
                }
            }
        }
    }
}

#[test]
fn where_nothing_ends_the_likeliest_cut_off_are_found() {
    const LENGTH: usize = 3;
    let mut model = model(&small().with_target_vocabulary_size(7), &Device::flex());
    // The end is all but impossible, and so comes after all that was cut off.
    model.output.bias = model.output.bias.map(|bias| {
        bias.map(|_| Tensor::from_data([0., 0., 0., -60., 0.3, 0.1, 0.], &Device::flex()))
    });
    let translator = NeuralTranslator::new(model);
    let beam = BeamConfig {
        beam: 64,
        nbest: 1,
        length_penalty: 0.0,
        options: short(LENGTH),
        ..Default::default()
    };
    for (sentence, found) in sentences()
        .iter()
        .zip(translator.beam(&sentences(), &beam).unwrap())
    {
        let found = &found[0];
        // The end is written where nothing else is left, and only there.
        assert!(
            found.finished,
            "a finished translation comes before one cut off"
        );
        let (_, open) = all_translations(&[1, 4, 5, 6], LENGTH);
        let repeated = vec![sentence.clone(); open.len()];
        let log_probabilities = translator.log_probabilities(&repeated, &open, 64).unwrap();
        let best = log_probabilities
            .iter()
            .map(|nats| nats[..LENGTH].iter().sum::<f64>())
            .fold(f64::NEG_INFINITY, f64::max);
        let narrow = BeamConfig {
            beam: 1,
            ..beam.clone()
        };
        let greedy = &translator.beam(&[sentence], &narrow).unwrap()[0][0];
        assert!(!greedy.finished && greedy.tokens.len() == LENGTH);
        assert!(greedy.log_probability <= best + 1e-5);
    }
}

#[test]
fn a_beam_of_one_is_greedy() {
    for (name, config) in architectures() {
        let translator = translator(&config);
        let options = DecodingOptions {
            attention: true,
            ..Default::default()
        };
        let greedy = translator.greedy(&sentences(), &options).unwrap();
        let beam = BeamConfig {
            beam: 1,
            length_penalty: 0.0,
            options,
            ..Default::default()
        };
        let beam = translator.beam(&sentences(), &beam).unwrap();
        let beam: Vec<Hypothesis> = beam.into_iter().flatten().collect();
        assert_eq!(greedy, beam, "{name}");
    }
}

/// Numbers of a linear congruential generator.
fn random_sentences(count: usize, vocabulary: u32) -> Vec<Vec<u32>> {
    let mut state = 12345u32;
    let mut next = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let mut sentence = || {
        let length = next(7);
        (0..length).map(|_| 4 + next(vocabulary - 4)).collect()
    };
    (0..count).map(|_| sentence()).collect()
}

/// Models of a width at which products are shared among threads.
fn wide() -> Vec<(&'static str, EncoderDecoderConfig)> {
    let mut architectures = architectures();
    let few_words = small().with_attention(AttentionKind::General);
    architectures.push(("few words", few_words));
    architectures
        .into_iter()
        .map(|(name, config)| {
            let config = config
                .with_source_vocabulary_size(60)
                .with_target_vocabulary_size(if name == "few words" { 20 } else { 130 })
                .with_d_embedding(40)
                .with_d_hidden(72);
            (name, config)
        })
        .collect()
}

#[test]
fn no_translation_depends_on_its_neighbours_or_on_the_threads() {
    let sentences = random_sentences(100, 60);
    for (name, config) in wide() {
        let translator = translator(&config);
        let translate = |batch: usize| {
            let options = DecodingOptions {
                max_length: 9,
                attention: true,
                batch,
                ..Default::default()
            };
            let beam = BeamConfig {
                nbest: 3,
                options: options.clone(),
                ..Default::default()
            };
            let mut samplers = samplers(sentences.len());
            let sampled = translator.sample(&sentences, &mut samplers, &options);
            let greedy = translator.greedy(&sentences, &options).unwrap();
            let translations: Vec<&[u32]> = greedy.iter().map(|h| h.tokens.as_slice()).collect();
            let forced = translator.log_probabilities(&sentences, &translations, batch);
            (
                translator.beam(&sentences, &beam).unwrap(),
                sampled.unwrap(),
                forced.unwrap(),
                greedy,
            )
        };
        let before = burn_recurrent_kernels::threads();
        burn_recurrent_kernels::set_threads(2);
        let together = translate(64);
        // To the last bit.
        for (batch, threads) in [(1, 1), (5, 2), (64, 1), (64, 5)] {
            burn_recurrent_kernels::set_threads(threads);
            let found = translate(batch);
            let what = format!("{name}, {batch} sentences together, {threads} threads");
            for (place, sentence) in sentences.iter().enumerate() {
                let what = format!("{what}, a sentence of {}", sentence.len());
                assert!(found.0[place] == together.0[place], "{what}, beam");
                assert!(found.1[place] == together.1[place], "{what}, drawn");
                assert!(found.2[place] == together.2[place], "{what}, forced");
                assert!(found.3[place] == together.3[place], "{what}, greedy");
            }
        }
        burn_recurrent_kernels::set_threads(before);
    }
}

fn samplers(count: usize) -> Vec<Sampler> {
    let config = SamplerConfig::default();
    let sampler = |seed| Sampler::new(config, seed).unwrap();
    (0..count as u64).map(sampler).collect()
}

#[test]
fn drawing_at_temperature_zero_is_greedy_and_above_follows_the_seed() {
    let translator = translator(&small());
    let options = short(6);
    let greedy = translator.greedy(&sentences(), &options).unwrap();
    let cold = SamplerConfig {
        temperature: 0.0,
        ..Default::default()
    };
    let mut cold = vec![Sampler::new(cold, 1).unwrap(); 5];
    let drawn = translator
        .sample(&sentences(), &mut cold, &options)
        .unwrap();
    assert_eq!(drawn, greedy);

    let draw = || {
        let mut samplers = samplers(5);
        translator
            .sample(&sentences(), &mut samplers, &options)
            .unwrap()
    };
    assert_eq!(draw(), draw());
    assert_ne!(draw(), greedy);
}

#[test]
fn a_draw_is_from_the_models_distribution() {
    // One word, drawn 4,000 times: the frequencies are the model's probabilities.
    let translator = translator(&small());
    let options = short(1);
    let sentences = vec![vec![5, 7]; 4000];
    let mut samplers = samplers(sentences.len());
    let drawn = translator
        .sample(&sentences, &mut samplers, &options)
        .unwrap();
    let mut total = 0.0;
    for token in [1, 3, 4, 5, 6, 7] {
        let translation: &[u32] = if token == END { &[] } else { &[token] };
        let nats = &translator
            .log_probabilities(&sentences[..1], &[translation], 1)
            .unwrap()[0];
        let probability = nats[0].exp();
        total += probability;
        let is_it = |h: &&Hypothesis| h.tokens == translation && h.finished == (token == END);
        let found = drawn.iter().filter(is_it).count() as f64 / 4000.0;
        // Padding and beginning are never drawn; the others share their probability, which is
        // less than a third. Five standard errors.
        assert!(found > probability - 0.04 && found < probability * 1.5 + 0.04);
    }
    assert!(total > 2.0 / 3.0);
}

#[test]
fn forced_scores_are_those_of_the_search_and_of_the_loss() {
    for (name, config) in architectures() {
        let translator = translator(&config);
        let found = translator.greedy(&sentences(), &short(12)).unwrap();
        let translations: Vec<&[u32]> = found.iter().map(|h| h.tokens.as_slice()).collect();
        let forced = translator
            .log_probabilities(&sentences(), &translations, 2)
            .unwrap();
        for (hypothesis, forced) in found.iter().zip(&forced) {
            let tokens = hypothesis.log_probabilities.len();
            // One cut off has no end.
            assert_eq!(forced.len(), tokens + usize::from(!hypothesis.finished));
            let found = &hypothesis.log_probabilities;
            assert_all_close(&forced[..tokens], found, 1e-5, name);
            let sum: f64 = found.iter().sum();
            assert_all_close(&[hypothesis.log_probability], &[sum], 1e-12, name);
        }
        let batch = burn_recurrent_models::EncoderDecoderBatch::from_rows(
            &sentences().iter().map(Vec::as_slice).collect::<Vec<_>>(),
            &translations,
            config.tokens,
            translator.device(),
        );
        let nats = values(translator.model().nats(&batch));
        let forced: Vec<f64> = forced.into_iter().flatten().map(|nats| -nats).collect();
        assert_all_close(&nats, &forced, 1e-5, name);
    }
}

#[test]
fn each_token_has_its_attention() {
    let options = DecodingOptions {
        attention: true,
        max_length: 5,
        ..Default::default()
    };
    let beam = BeamConfig {
        options,
        nbest: 2,
        ..Default::default()
    };
    for (name, config) in architectures() {
        let attends = config.attention != AttentionKind::None;
        let found = translator(&config).beam(&sentences(), &beam).unwrap();
        for (sentence, found) in sentences().iter().zip(found) {
            for hypothesis in found {
                assert_eq!(hypothesis.attention.is_some(), attends, "{name}");
                let attention = hypothesis.attention.unwrap_or_default();
                if attends {
                    assert_eq!(attention.len(), hypothesis.log_probabilities.len());
                }
                for of_words in attention {
                    assert_eq!(of_words.len(), sentence.len(), "{name}");
                    let sum: f32 = of_words.iter().sum();
                    assert!(sentence.is_empty() || (sum - 1.0).abs() < 1e-5, "{name}");
                }
            }
        }
    }
}

#[test]
fn what_is_not_to_be_written_is_not() {
    let mut model = model(&small(), &Device::flex());
    // Padding, unknown and beginning are what the model likes best.
    model.output.bias = model.output.bias.map(|bias| {
        bias.map(|_| Tensor::from_data([9., 8., 9., 0., 0., 0., 0., 0.], &Device::flex()))
    });
    let translator = NeuralTranslator::new(model);
    let greedy = |forbid_unknown| {
        let options = DecodingOptions {
            forbid_unknown,
            ..short(4)
        };
        translator.greedy(&[[5, 6]], &options).unwrap().remove(0)
    };
    assert_eq!(greedy(false).tokens, [1, 1, 1, 1]);
    assert!(!greedy(false).finished);
    assert!(greedy(true).tokens.iter().all(|token| *token > 3));
}

#[test]
fn no_sentence_has_no_translation_and_what_does_not_fit_is_refused() {
    let translator = translator(&small());
    let none: [Vec<u32>; 0] = [];
    let config = BeamConfig::default();
    assert!(translator.beam(&none, &config).unwrap().is_empty());
    let error = |config: BeamConfig| translator.beam(&sentences(), &config).unwrap_err();
    let beam = |beam, nbest| BeamConfig {
        beam,
        nbest,
        ..Default::default()
    };
    assert_eq!(error(beam(0, 1)), DecodingError::Zero { name: "beam" });
    assert_eq!(
        error(beam(100_000, 1)).to_string(),
        "beam must be at most 1000, but is 100000"
    );
    assert_eq!(
        error(beam(2, 3)),
        DecodingError::NBest { nbest: 3, beam: 2 }
    );
    let tokens = [vec![4], vec![5, 99]];
    assert_eq!(
        translator.beam(&tokens, &config).unwrap_err().to_string(),
        "sentence 1 has token 99 at place 1, but the vocabulary has 9 tokens"
    );
    assert!(
        translator
            .log_probabilities(&sentences(), &[[4]], 1)
            .is_err()
    );
    let unattentive = &architectures()[0].1;
    let covered = BeamConfig {
        coverage_penalty: 0.2,
        ..Default::default()
    };
    assert_eq!(
        self::translator(unattentive)
            .beam(&sentences(), &covered)
            .unwrap_err(),
        DecodingError::Coverage { value: 0.2 }
    );
}
