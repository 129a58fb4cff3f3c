//! A translator is trained on a few sentences, saved, and loaded as another project would.

use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::Device;
use burn_recurrent_models::{
    AttentionKind, BeamConfig, EncoderDecoder, EncoderDecoderBatch, EncoderDecoderConfig,
    SpecialTokens,
};
use burn_recurrent_text::{
    TranslationTokenizer, TranslationTokenizerConfig, TranslationTokenizers, TranslationUnit,
};
use burn_recurrent_zoo::*;
use serde_json::Value;
use std::fs;
use std::sync::Arc;
use tempfile::TempDir;

const PAIRS: [(&str, &str); 6] = [
    ("Der Hund schläft.", "The dog sleeps."),
    ("Die Katze läuft.", "The cat runs."),
    ("Der Hund läuft.", "The dog runs."),
    ("Wo ist die Katze?", "Where is the cat?"),
    ("Wo ist der Hund?", "Where is the dog?"),
    // `Zeh` and `toe` are once in the text, which is too seldom.
    ("Zeh schläft.", "Toe sleeps."),
];

fn tokenizers() -> TranslationTokenizers {
    let words = TranslationTokenizerConfig::new(TranslationUnit::Word).with_min_count(2);
    TranslationTokenizers::train_separate(&words, &words, &PAIRS).unwrap()
}

fn special_tokens() -> SpecialTokens {
    SpecialTokens {
        padding: TranslationTokenizer::PADDING,
        unknown: TranslationTokenizer::UNKNOWN,
        begin: TranslationTokenizer::BEGIN,
        end: TranslationTokenizer::END,
    }
}

fn config(tokenizers: &TranslationTokenizers, attention: bool) -> EncoderDecoderConfig {
    let (source, target) = (tokenizers.source.len(), tokenizers.target.len());
    let config = EncoderDecoderConfig::new(source, target)
        .with_tokens(special_tokens())
        .with_d_embedding(12)
        .with_d_hidden(24);
    match attention {
        true => config,
        false => config
            .with_attention(AttentionKind::None)
            .with_input_feeding(false),
    }
}

/// A translator that was trained for so many steps.
fn model(config: &EncoderDecoderConfig, steps: usize) -> EncoderDecoder {
    let tokenizers = tokenizers();
    let device = Device::flex().autodiff();
    device.seed(1);
    let mut model = config.init(&device).unwrap();
    let sources: Vec<Vec<u32>> = PAIRS
        .iter()
        .map(|(source, _)| {
            [
                tokenizers.source.encode(source),
                vec![TranslationTokenizer::END],
            ]
            .concat()
        })
        .collect();
    let targets: Vec<Vec<u32>> = PAIRS
        .iter()
        .map(|(_, target)| tokenizers.target.encode(target))
        .collect();
    let batch = EncoderDecoderBatch::from_rows(&sources, &targets, special_tokens(), &device);
    let mut optimizer = AdamConfig::new().init();
    for _ in 0..steps {
        let loss = model.training_nats(&batch, 0.0).sum() / batch.predicted() as f64;
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(0.02, model, gradients);
    }
    model
}

/// A folder with a translator that was trained for so many steps.
fn trained(attention: bool, steps: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let tokenizers = tokenizers();
    let config = config(&tokenizers, attention);
    let model = model(&config, steps);
    let search = BeamConfig {
        beam: 3,
        ..BeamConfig::default()
    };
    let settings = TranslatorSettings::new().with_search(search);
    save_translator(&model, &config, &settings, &tokenizers, folder.path()).unwrap();
    folder
}

fn load(folder: &TempDir) -> TrainedTranslator {
    TrainedTranslator::load(folder.path(), &Device::flex()).unwrap()
}

#[test]
fn sentences_are_translated_after_loading() {
    for attention in [true, false] {
        let folder = trained(attention, 80);
        let translator = load(&folder);
        assert_eq!(translator.search().beam, 3);
        assert_eq!(translator.has_attention(), attention);
        for (source, target) in &PAIRS[..5] {
            assert_eq!(translator.translate_line(source), *target);
        }
        // Many at once, in any order and of any length, are translated as each by itself.
        let long = "Wo ist die Katze? ".repeat(120);
        let many = [
            "Wo ist der Hund?",
            "",
            &long,
            "  ",
            "Die",
            "Žluťoučký kůň",
            "Der Hund läuft.",
        ];
        let alone: Vec<_> = many
            .iter()
            .map(|line| translator.translate_line(line))
            .collect();
        assert_eq!(translator.translate(&many), alone);
        assert_eq!((alone[1].as_str(), alone[3].as_str()), ("", ""));
        assert!(!alone[4].is_empty() && alone[6] == "The dog runs.");
        let told = std::cell::RefCell::new(Vec::new());
        translator.translate_nbest(&many, 1, |done| told.borrow_mut().push(done));
        assert_eq!(told.borrow().iter().sum::<usize>(), many.len(), "{told:?}");
        assert!(translator.translate(&[] as &[&str]).is_empty());
    }
}

#[test]
fn a_long_line_is_translated_in_pieces() {
    let folder = trained(true, 80);
    let translator = load(&folder);
    // 600 tokens: two pieces of 250 and one of 100.
    let words: Vec<&str> = ["Der", "Hund", "läuft"]
        .into_iter()
        .cycle()
        .take(600)
        .collect();
    let line = words.join(" ");
    let pieces: Vec<String> = words.chunks(250).map(|piece| piece.join(" ")).collect();
    let parts: Vec<Translation> = translator
        .translate_nbest(&pieces, 1, |_| {})
        .into_iter()
        .flatten()
        .collect();
    let whole = translator.translate_nbest(&[&line], 3, |_| {}).remove(0);
    assert_eq!(whole.len(), 1, "of pieces there is the best alone");
    let texts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(whole[0].text, texts.join(" "));
    assert_eq!(whole[0].source_tokens, words);
    let tokens: Vec<String> = parts.iter().flat_map(|part| part.tokens.clone()).collect();
    assert_eq!(whole[0].tokens, tokens);
    let sum: f64 = parts.iter().map(|part| part.log_probability).sum();
    assert!((whole[0].log_probability - sum).abs() < 1e-9);
    assert!(whole[0].attention.is_none() && parts.iter().all(|part| part.attention.is_some()));
    // One of 250 is whole.
    let whole = translator
        .translate_nbest(&[&pieces[0]], 3, |_| {})
        .remove(0);
    assert!(whole.len() == 3 && whole[0].attention.is_some());
}

#[test]
fn several_translations_come_with_scores_the_best_first() {
    let folder = trained(true, 40);
    let translator = load(&folder);
    let lines = ["Der Hund schläft.", "", "Wo ist die Katze?"];
    // More than the beam of the settings.
    let found = translator.translate_nbest(&lines, 6, |_| {});
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [6, 1, 6]);
    for translations in &found {
        assert!(translations.is_sorted_by(|one, next| one.score >= next.score));
    }
    // The log-probabilities are what forced scoring says of the same translations.
    for (line, translations) in lines.iter().zip(&found) {
        for translation in translations
            .iter()
            .filter(|t| !t.tokens.contains(&"<unk>".into()) && !t.text.is_empty())
        {
            let tokens = translator.tokenizers().target.encode(&translation.text);
            if translator.tokenizers().target.tokens_of(&tokens).unwrap() != translation.tokens {
                // What the model wrote is no text that would be split so.
                continue;
            }
            let scored: f64 = translator.score(&[line], &[&translation.text])[0]
                .iter()
                .sum();
            assert!(
                (scored - translation.log_probability).abs() < 1e-4,
                "{line}: {scored}, {translation:?}"
            );
        }
    }
    let empty = &found[1][0];
    assert_eq!(
        (empty.text.as_str(), empty.score, empty.tokens.len()),
        ("", 0.0, 0)
    );
    let greedy = BeamConfig {
        beam: 1,
        ..BeamConfig::default()
    };
    let greedy = translator.with_search(greedy).unwrap();
    assert_eq!(greedy.translate_line(lines[0]), "The dog sleeps.");
}

#[test]
fn attention_has_a_row_for_each_token_and_replaces_unknown_words() {
    let folder = trained(true, 120);
    let translator = load(&folder);
    let line = "Zeh schläft.";
    let best = translator
        .translate_nbest(&[line], 1, |_| {})
        .remove(0)
        .remove(0);
    assert_eq!(best.text, "<unk> sleeps.");
    // `￭.` is the point without a blank before it.
    assert_eq!(best.source_tokens.len(), 3);
    let rows = best.attention.as_ref().unwrap();
    assert_eq!(rows.len(), best.tokens.len());
    for row in rows {
        let sum: f32 = row.iter().sum();
        // What is missing to one looked at the line's end.
        assert!(
            row.len() == 3 && row.iter().all(|w| *w >= 0.0) && sum <= 1.0 + 1e-5,
            "{row:?}"
        );
    }
    // The word that has the most weight takes the place, whichever it is.
    let most = (0..3)
        .max_by(|one, other| rows[0][*one].total_cmp(&rows[0][*other]))
        .unwrap();
    assert_eq!(
        best.source_tokens[0], "Zeh",
        "the word itself, known or not"
    );
    let replacing = translator.with_replace_unknown(true);
    let replaced = replacing
        .translate_nbest(&[line], 1, |_| {})
        .remove(0)
        .remove(0);
    assert!(!replaced.text.contains("<unk>"), "{replaced:?}");
    assert_eq!(replaced.tokens[0], best.source_tokens[most], "{replaced:?}");
    assert_eq!(replaced.attention, best.attention);
    // Where nothing is unknown, nothing changes.
    assert_eq!(replacing.translate_line("Der Hund läuft."), "The dog runs.");

    let folder = trained(false, 0);
    let translator = load(&folder).with_replace_unknown(true);
    let best = &translator.translate_nbest(&[line], 1, |_| {})[0][0];
    assert!(best.attention.is_none());
}

#[test]
fn tokenisers_that_are_not_the_translators_are_named() {
    let folder = trained(true, 0);
    let path = |name: &str| folder.path().join("vocabulary").join(name);
    let load = || TrainedTranslator::load(folder.path(), &Device::flex());
    let error = || load().unwrap_err();
    for (name, other) in [
        ("source.json", "target.json"),
        ("target.json", "source.json"),
    ] {
        let own = fs::read(path(name)).unwrap();
        fs::copy(path(other), path(name)).unwrap();
        let message = error().to_string();
        let part = name.trim_end_matches(".json");
        assert!(
            message.contains(part) && message.contains("trained with"),
            "{message}"
        );
        fs::remove_file(path(name)).unwrap();
        assert!(error().to_string().contains(name));
        fs::write(path(name), own).unwrap();
    }
    assert!(load().is_ok());

    let description = folder.path().join("model.json");
    let text: Value = serde_json::from_slice(&fs::read(&description).unwrap()).unwrap();
    let edited = |edit: &dyn Fn(&mut Value), messages: &[&str]| {
        let mut text = text.clone();
        edit(&mut text);
        fs::write(&description, serde_json::to_vec(&text).unwrap()).unwrap();
        let error = error().to_string();
        for message in messages {
            assert!(error.contains(message), "no `{message}` in {error}");
        }
    };
    edited(
        &|text| text["text"]["settings"]["search"]["beam"] = 0.into(),
        &["beam"],
    );
    edited(
        &|text| text["text"]["settings"]["serach"] = 0.into(),
        &["model.json", "serach"],
    );
    edited(
        &|text| {
            text["text"]["version"] = 2.into();
            text["text"]["more"] = true.into();
        },
        &["model.json", "version 2", "update burn-recurrent-zoo"],
    );
    edited(
        &|text| {
            text.as_object_mut().unwrap().remove("text");
        },
        &["model.json", "save_translator"],
    );
    assert!(matches!(
        error(),
        TranslatorError::Folder(FolderError::NoText { .. })
    ));
}

#[test]
fn what_does_not_fit_together_is_refused_before_anything_is_written() {
    let folder = trained(true, 0);
    let files = || {
        let names = [
            "model.json",
            "model.safetensors",
            "vocabulary/source.json",
            "vocabulary/target.json",
        ];
        names.map(|name| fs::read(folder.path().join(name)).unwrap())
    };
    let before = files();
    let tokenizers = tokenizers();
    let own = config(&tokenizers, true);
    let model = own.init(&Device::flex()).unwrap();
    let settings = TranslatorSettings::new();
    let save = |model: &EncoderDecoder,
                config: &EncoderDecoderConfig,
                settings: &TranslatorSettings,
                tokenizers: &TranslationTokenizers| {
        let error = save_translator(model, config, settings, tokenizers, folder.path());
        error.unwrap_err().to_string()
    };
    let words = TranslationTokenizerConfig::new(TranslationUnit::Word);
    let other = TranslationTokenizers::train_joint(&words, &PAIRS).unwrap();
    assert!(save(&model, &own, &settings, &other).contains("source tokens, its vocabulary"));
    let wrong = own.clone().with_d_hidden(12);
    assert!(!save(&model, &wrong, &settings, &tokenizers).is_empty());
    let no_search = TranslatorSettings::new().with_search(BeamConfig {
        beam: 0,
        ..BeamConfig::default()
    });
    assert!(save(&model, &own, &no_search, &tokenizers).contains("beam"));
    let covering = TranslatorSettings::new().with_search(BeamConfig {
        coverage_penalty: 0.2,
        ..BeamConfig::default()
    });
    let plain = config(&tokenizers, false);
    let without = plain.init(&Device::flex()).unwrap();
    assert!(save(&without, &plain, &covering, &tokenizers).contains("coverage_penalty"));
    assert!(files() == before);

    let tokenizers = Arc::new(tokenizers);
    let make = |model: &EncoderDecoder, settings: &TranslatorSettings, tokenizers: &Arc<_>| {
        TrainedTranslator::new(model.clone(), settings.clone(), Arc::clone(tokenizers))
    };
    assert!(matches!(
        make(&model, &settings, &Arc::new(other)).unwrap_err(),
        TranslatorError::Folder(FolderError::Size { folder: None, .. })
    ));
    assert!(matches!(
        make(&without, &covering, &tokenizers).unwrap_err(),
        TranslatorError::Search(_)
    ));
    assert!(make(&model, &covering, &tokenizers).is_ok());
    let tokens = own.with_tokens(SpecialTokens::default());
    let model = tokens.init(&Device::flex()).unwrap();
    let error = make(&model, &settings, &tokenizers).unwrap_err();
    assert!(
        matches!(error, TranslatorError::SpecialTokens { .. }),
        "{error}"
    );
}
