//! Models to folders and back, and what is said of folders that are not right.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{DType, Device, FloatDType, Int, Tensor};
use burn_recurrent_models::ngram::{NgramConfig, NgramModel, Smoothing};
use burn_recurrent_models::*;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const DESCRIPTION: &str = ModelDescription::FILE;
const WEIGHTS: &str = "model.safetensors";

fn device() -> Device {
    Device::flex()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn recurrent_config() -> RecurrentLanguageModelConfig {
    RecurrentLanguageModelConfig::new(7, 4, 6)
        .with_num_layers(2)
        .with_dropout(0.1 + 0.2)
}

/// A folder with a recurrent language model.
fn saved() -> TempDir {
    let folder = folder();
    let config = recurrent_config();
    let model = config.init(&device()).unwrap();
    model.save(&config, None, folder.path()).unwrap();
    folder
}

fn load(folder: &Path) -> Result<RecurrentLanguageModel, SavedModelError> {
    RecurrentLanguageModel::load(folder, &device())
}

/// The error of loading, whose message must hold all of these.
fn fails(folder: &Path, messages: &[&str]) -> SavedModelError {
    let error = load(folder).unwrap_err();
    for message in messages {
        assert!(
            error.to_string().contains(message),
            "no `{message}` in: {error}"
        );
    }
    error
}

/// Changes the description.
fn edit(folder: &Path, edit: impl FnOnce(&mut Value)) {
    let path = folder.join(DESCRIPTION);
    let mut value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    edit(&mut value);
    fs::write(&path, serde_json::to_vec(&value).unwrap()).unwrap();
}

fn same_weights<M: Module>(left: &M, right: &M) -> bool {
    weights_to_bytes(left).unwrap() == weights_to_bytes(right).unwrap()
}

/// That what is saved is loaded, which it is only where the list of tensors is right.
fn round_trip<M: SavedModel + Module>(config: &M::Config, model: M) -> M {
    let folder = folder();
    let text = json!({"ids": ["a", "b"]});
    model
        .save(config, Some(text.clone()), folder.path())
        .unwrap();
    let before = fs::read(folder.path().join(DESCRIPTION)).unwrap();
    let loaded = M::load(folder.path(), &device()).unwrap();
    assert!(same_weights(&model, &loaded));
    let description = ModelDescription::read(folder.path()).unwrap();
    assert_eq!(description.text, Some(text));
    // A config comes back as it was: what it describes is written as before.
    description.write(folder.path()).unwrap();
    assert_eq!(fs::read(folder.path().join(DESCRIPTION)).unwrap(), before);
    loaded
}

#[test]
fn recurrent_language_models_come_back() {
    for cell in [CellKind::Rnn, CellKind::Gru, CellKind::Lstm] {
        for (tied, d_embedding) in [(true, 6), (false, 4)] {
            for num_layers in [1, 3] {
                let config = RecurrentLanguageModelConfig::new(7, d_embedding, 6)
                    .with_cell(cell)
                    .with_tied(tied)
                    .with_num_layers(num_layers)
                    .with_weight_drop(0.25);
                let model = config.init(&device()).unwrap();
                let loaded = Neural::new(round_trip(&config, model.clone()));
                let expected = Neural::new(model).log_probabilities(&[0], &[3, 1, 4]);
                assert_eq!(loaded.log_probabilities(&[0], &[3, 1, 4]), expected);
            }
        }
    }
}

#[test]
fn window_language_models_come_back() {
    for (window, direct) in [(1, true), (3, true), (3, false)] {
        let config = WindowLanguageModelConfig::new(7, window, 4, 6).with_direct(direct);
        let model = config.init(&device());
        let loaded = Neural::new(round_trip(&config, model.clone()));
        let expected = Neural::new(model).log_probabilities(&[0], &[3, 1, 4]);
        assert_eq!(loaded.log_probabilities(&[0], &[3, 1, 4]), expected);
    }
}

fn encoder(number: usize) -> TokenEncoderConfig {
    let cells = [CellKind::Rnn, CellKind::Gru, CellKind::Lstm];
    let encoder = TokenEncoderConfig::new(9, 4, 5)
        .with_cell(cells[number % 3])
        .with_num_layers(1 + number % 2)
        .with_bidirectional(number % 4 != 3)
        .with_character_vocabulary_size(11);
    let encoder = match number % 3 {
        0 => encoder,
        1 => encoder.with_characters(CharacterFeatures::BiLstm {
            d_embedding: 3,
            d_hidden: 2,
        }),
        _ => encoder.with_characters(CharacterFeatures::Cnn {
            d_embedding: 3,
            num_filters: 5,
            width: 3,
        }),
    };
    match number % 2 {
        0 => encoder,
        _ => encoder.with_shapes(Some(ShapeFeatures {
            vocabulary_size: 6,
            d_embedding: 2,
        })),
    }
}

fn input() -> TaggerInput {
    let index = |rows: [[i64; 3]; 2]| Tensor::<2, Int>::from_data(rows, &device());
    TaggerInput::new(index([[7, 2, 3], [7, 0, 0]]), vec![3, 1])
        .with_characters(CharacterInput {
            characters: Tensor::from_data([[1_i64, 2], [5, 6], [3, 0]], &device()),
            lengths: vec![2, 2, 1],
            index: index([[0, 1, 2], [0, 0, 0]]),
        })
        .with_shapes(index([[1, 2, 5], [1, 0, 0]]))
}

#[test]
fn taggers_come_back_with_their_constraints() {
    // An I stands only after a B or an I.
    let constraints = TransitionConstraints::from_fn(
        3,
        |first| first != 2,
        |from, to| to != 2 || from != 0,
        |_| true,
    );
    for number in 0..12 {
        let config = SequenceTaggerConfig::new(encoder(number), 3)
            .with_d_projection((number % 5 == 0).then_some(4));
        let config = match number % 2 {
            0 => config,
            _ => config.with_output(TaggerOutput::Crf {
                constraints: Some(constraints.clone()),
                constrain_training: number % 3 == 0,
            }),
        };
        let model = config.init(&device()).unwrap();
        let loaded = round_trip(&config, model.clone());
        assert_eq!(loaded.decode(&input()), model.decode(&input()));
        if let Some(crf) = &loaded.crf {
            assert_eq!(crf.constraints(), Some(&constraints));
        }
    }
}

#[test]
fn classifiers_come_back() {
    let poolings = [
        PoolingKind::Last {},
        PoolingKind::Mean {},
        PoolingKind::Max {},
        PoolingKind::Attention { d_attention: 4 },
    ];
    for (number, pooling) in poolings.into_iter().enumerate() {
        let config = SequenceClassifierConfig::new(encoder(number), 3).with_pooling(pooling);
        let model = config.init(&device()).unwrap();
        let loaded = round_trip(&config, model.clone());
        assert_eq!(loaded.classify(&input()), model.classify(&input()));
    }
}

#[test]
fn ngram_models_come_back_and_damage_is_named() {
    for smoothing in [
        Smoothing::KneserNey,
        Smoothing::AddK { k: 0.1 + 0.2 },
        Smoothing::Katz { threshold: 5 },
    ] {
        let config = NgramConfig::new(3, smoothing).with_min_counts(vec![1, 1]);
        let model = config
            .train(&[1, 2, 0, 1, 1, 2, 0, 2, 0], 3, Some(0))
            .unwrap();
        let folder = folder();
        model.save(&config, None, folder.path()).unwrap();
        let loaded = NgramModel::load(folder.path(), &device()).unwrap();
        assert_eq!(loaded.to_record(), model.to_record());
        let any = AnyLanguageModel::load(folder.path(), &device()).unwrap();
        assert_eq!(any.vocabulary_size(), 3);

        edit(folder.path(), |value| value["config"]["order"] = 2.into());
        let error = NgramModel::load(folder.path(), &device()).unwrap_err();
        assert!(error.to_string().contains("model.ngrams"), "{error}");
        let path = folder.path().join("model.ngrams");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
        let error = NgramModel::load(folder.path(), &device()).unwrap_err();
        assert!(matches!(error, SavedModelError::Damaged { .. }), "{error}");
    }
}

#[test]
fn any_language_model_is_loaded_as_what_it_is_and_other_kinds_are_named() {
    let folder = saved();
    let model = AnyLanguageModel::load(folder.path(), &device()).unwrap();
    assert!(matches!(model, AnyLanguageModel::Recurrent(_)));
    let error = SequenceTagger::load(folder.path(), &device()).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("recurrent-language-model, not a sequence-tagger"),
        "{message}"
    );
    // A kind that this library does not know is described, but it is no language model of ours.
    edit(folder.path(), |value| value["kind"] = "transformer".into());
    let description = ModelDescription::read(folder.path()).unwrap();
    assert_eq!(description.kind, "transformer");
    assert_eq!(description.config["d_hidden"], 6);
    fails(
        folder.path(),
        &["transformer, not a recurrent-language-model"],
    );
    let error = AnyLanguageModel::load(folder.path(), &device()).unwrap_err();
    assert!(
        matches!(error, SavedModelError::OtherKind { .. }),
        "{error}"
    );
    let message = error.to_string();
    assert!(
        message.contains("transformer, not a language model"),
        "{message}"
    );
}

/// Rounding to 8 bits changes a weight by less than a hundredth of it, and so the probabilities by little.
#[test]
fn a_model_saved_in_half_precision_is_loaded_in_single() {
    let config = recurrent_config();
    let model = config.init(&device()).unwrap();
    let whole = weights_to_bytes(&model).unwrap();
    for dtype in [FloatDType::F16, FloatDType::BF16] {
        let folder = folder();
        let files = model.prepare_as(&config, None, dtype).unwrap();
        files.write(folder.path()).unwrap();
        let bytes = fs::metadata(folder.path().join(WEIGHTS)).unwrap().len();
        assert!(bytes < whole.len() as u64 * 3 / 4, "{bytes}");
        let loaded = load(folder.path()).unwrap();
        assert_eq!(loaded.embedding.weight.dtype(), DType::F32);
        let loaded_table = loaded.embedding.weight.val();
        let expected = Neural::new(model.clone()).log_probabilities(&[0], &[3, 1, 4]);
        let found = Neural::new(loaded).log_probabilities(&[0], &[3, 1, 4]);
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-2, "{found}, {expected}");
        }
        // Of so few logarithms all may come out as before; of the table's numbers some do not.
        let numbers = |weight: Tensor<2>| weight.into_data().iter::<f32>().collect::<Vec<_>>();
        let rounded = numbers(loaded_table);
        assert_ne!(
            rounded,
            numbers(model.embedding.weight.val()),
            "{dtype:?} rounds something"
        );
    }
}

/// A model that this crate does not know, as one of another project: two heads on one of the encoders.
#[derive(Module, Debug)]
struct TwoHeads {
    encoder: TokenEncoder,
    first: Linear,
    second: Linear,
}

#[derive(Config, Debug)]
struct TwoHeadsConfig {
    encoder: TokenEncoderConfig,
    d_first: usize,
    #[config(default = 2)]
    d_second: usize,
}

impl SavedModule for TwoHeads {
    const KIND: &'static str = "tests/two-heads";
    type Config = TwoHeadsConfig;
    type ConfigError = OptionError;

    fn validate(config: &TwoHeadsConfig) -> Result<(), OptionError> {
        config.encoder.validate()
    }

    fn tensors(config: &TwoHeadsConfig) -> TensorShapes {
        let head = |d_output| TensorShapes::linear(config.encoder.d_output(), d_output);
        let encoder = config.encoder.tensors().within("encoder");
        let heads = head(config.d_first).within("first");
        encoder.and(heads.and(head(config.d_second).within("second")))
    }

    fn make(config: &TwoHeadsConfig, device: &Device) -> Result<Self, OptionError> {
        let head = |d_output| LinearConfig::new(config.encoder.d_output(), d_output).init(device);
        Ok(Self {
            encoder: config.encoder.init(device)?,
            first: head(config.d_first),
            second: head(config.d_second),
        })
    }
}

#[test]
fn a_model_of_ones_own_is_saved_as_the_others_are() {
    for number in 0..12 {
        let config = TwoHeadsConfig::new(encoder(number), 3);
        round_trip(&config, TwoHeads::make(&config, &device()).unwrap());
    }
    let folder = folder();
    let config = TwoHeadsConfig::new(encoder(4), 3);
    let model = TwoHeads::make(&config, &device()).unwrap();
    model.save(&config, None, folder.path()).unwrap();
    let whole = fs::read(folder.path().join(DESCRIPTION)).unwrap();
    let broken = |change: &dyn Fn(&mut Value), message: &str| {
        fs::write(folder.path().join(DESCRIPTION), &whole).unwrap();
        edit(folder.path(), change);
        let error = TwoHeads::load(folder.path(), &device()).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    };
    // Its own config and that of the encoder would pass over these.
    broken(
        &|value| value["config"]["d_third"] = 3.into(),
        "unknown field `d_third`",
    );
    broken(
        &|value| value["config"]["encoder"]["peephole"] = true.into(),
        "`encoder.peephole`: unknown field `peephole`, expected one of",
    );
    broken(
        &|value| value["config"]["encoder"]["d_hidden"] = 0.into(),
        "no tests/two-heads: d_hidden must be at least 1",
    );
    broken(
        &|value| value["config"]["encoder"]["num_layers"] = json!(u64::MAX),
        "do not fit the config beside them: its model has over",
    );
    broken(
        &|value| value["config"]["d_first"] = json!(u64::MAX),
        "first.bias is [3], expected",
    );
}

#[test]
fn a_loaded_model_can_be_trained_further() {
    let folder = saved();
    let model = RecurrentLanguageModel::load(folder.path(), &device().autodiff()).unwrap();
    let tokens = Tensor::<2, Int>::zeros([1, 3], &device().autodiff());
    let (nats, _) = model.nats(tokens.clone(), tokens, None);
    let gradients = nats.sum().backward();
    assert!(model.embedding.weight.val().grad(&gradients).is_some());
}

#[test]
fn a_model_that_is_not_of_the_config_is_not_saved() {
    let folder = folder();
    let model = recurrent_config().init(&device()).unwrap();
    let other = recurrent_config().with_d_hidden_for_test(5);
    let error = model.save(&other, None, folder.path()).unwrap_err();
    let expected = matches!(error, SavedModelError::NotOfConfig { .. });
    assert!(
        expected && error.to_string().contains("weight_hidden"),
        "{error}"
    );

    let config = NgramConfig::new(2, Smoothing::KneserNey);
    let model = config.train(&[1, 2, 0, 1, 2, 0], 3, Some(0)).unwrap();
    let other = NgramConfig::new(3, Smoothing::KneserNey);
    let error = model.save(&other, None, folder.path()).unwrap_err();
    let expected = matches!(error, SavedModelError::NotOfConfig { .. });
    assert!(expected, "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    // Neither is it described, where the weights are there already.
    model.save(&config, None, folder.path()).unwrap();
    let error =
        ModelDescription::of_weights::<NgramModel>(&other, None, folder.path()).unwrap_err();
    assert!(error.to_string().contains("model.ngrams"), "{error}");
}

trait WithHidden {
    fn with_d_hidden_for_test(self, d_hidden: usize) -> Self;
}

impl WithHidden for RecurrentLanguageModelConfig {
    fn with_d_hidden_for_test(mut self, d_hidden: usize) -> Self {
        self.d_hidden = d_hidden;
        self
    }
}

#[test]
fn folders_and_files_that_are_not_there_are_named_with_what_to_do() {
    let folder = saved();
    let path = folder.path();
    let error = fails(&path.join("nowhere"), &["nowhere", "run directory"]);
    assert!(matches!(error, SavedModelError::NoFolder { .. }));
    fs::remove_file(path.join(WEIGHTS)).unwrap();
    let error = fails(path, &[WEIGHTS, "put the file back"]);
    assert!(matches!(error, SavedModelError::NoWeights { .. }));
    fs::remove_file(path.join(DESCRIPTION)).unwrap();
    let error = fails(
        path,
        &[
            "no model.json",
            "--resume",
            "earlier version",
            "evaluate --model",
        ],
    );
    assert!(matches!(error, SavedModelError::NoDescription { .. }));
}

#[test]
fn other_versions_and_formats_are_named_with_what_to_do() {
    let folder = saved();
    let path = folder.path();
    // A newer version may have other fields; that it is newer is what matters.
    edit(path, |value| {
        value["version"] = 2.into();
        value["weights"] = "elsewhere".into();
    });
    let error = fails(
        path,
        &[
            DESCRIPTION,
            "version 2",
            "up to 1",
            "update burn-recurrent-models",
        ],
    );
    assert!(matches!(error, SavedModelError::Newer { .. }));
    edit(path, |value| value["version"] = 0.into());
    let error = fails(
        path,
        &[DESCRIPTION, "version 0", "use the run once with the recipe"],
    );
    assert!(matches!(error, SavedModelError::Older { .. }));
    edit(path, |value| value["format"] = "another".into());
    let error = fails(path, &[DESCRIPTION, "another", "burn-recurrent-model"]);
    assert!(matches!(error, SavedModelError::OtherFormat { .. }));
}

/// What version 1 looks like, kind by kind. These texts are not to be changed: a field that is added, renamed or left out
/// makes another version, and reading has to bring this one up to it.
#[test]
fn descriptions_of_version_1_are_read_and_written() {
    fn check<M: SavedModel>(model: &M, config: &M::Config, kind: &str, expected: &str) {
        let folder = folder();
        model.save(config, None, folder.path()).unwrap();
        let path = folder.path().join(DESCRIPTION);
        let written: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(written["version"], 1);
        assert_eq!(written["kind"], kind);
        assert!(written["config"] == expected, "{}", written["config"]);
        let text = format!(
            r#"{{"format": "burn-recurrent-model", "version": 1, "kind": "{kind}", "config": {expected}, "weights": {}}}"#,
            written["weights"]
        );
        fs::write(path, text).unwrap();
        assert!(M::load(folder.path(), &device()).is_ok());
    }

    let config = NgramConfig::new(2, Smoothing::Katz { threshold: 5 });
    let model = config.train(&[1, 2, 0, 1, 2, 0], 3, Some(0)).unwrap();
    check(&model, &config, "ngram-language-model", NGRAM_1);
    let config = WindowLanguageModelConfig::new(7, 3, 4, 5).with_dropout(0.1);
    check(
        &config.init(&device()),
        &config,
        "window-language-model",
        WINDOW_1,
    );
    let config = recurrent_config();
    let model = config.init(&device()).unwrap();
    check(&model, &config, "recurrent-language-model", RECURRENT_1);
    let constraints = TransitionConstraints::from_fn(2, |_| true, |from, to| from >= to, |_| true);
    let config = SequenceTaggerConfig::new(encoder(5), 2).with_output(TaggerOutput::Crf {
        constraints: Some(constraints),
        constrain_training: true,
    });
    let model = config.init(&device()).unwrap();
    check(&model, &config, "sequence-tagger", TAGGER_1);
    let config = SequenceClassifierConfig::new(encoder(4), 3)
        .with_pooling(PoolingKind::Attention { d_attention: 4 });
    let model = config.init(&device()).unwrap();
    check(&model, &config, "sequence-classifier", CLASSIFIER_1);
}

const NGRAM_1: &str = r#"
    {"min_counts": [], "order": 2, "smoothing": {"katz": {"threshold": 5}}}
"#;
const WINDOW_1: &str = r#"
    {"d_embedding": 4, "d_hidden": 5, "direct": true, "dropout": 0.1, "init_range": 0.1, "vocabulary_size": 7,
    "window": 3}
"#;
const RECURRENT_1: &str = r#"
    {"cell": "lstm", "d_embedding": 4, "d_hidden": 6, "dropout": 0.30000000000000004, "init_range": 0.1,
    "initializer": {"kind": "orthogonal"}, "num_layers": 2, "tied": false, "variational_dropout": false,
    "vocabulary_size": 7, "weight_drop": 0.0}
"#;
const TAGGER_1: &str = r#"
    {"d_projection": null, "encoder": {"bidirectional": true, "cell": "lstm", "character_vocabulary_size": 11,
    "characters": {"d_embedding": 3, "kind": "cnn", "num_filters": 5, "width": 3}, "d_hidden": 5, "d_word": 4,
    "dropout_characters": 0.0, "dropout_input": 0.0, "dropout_layers": 0.0, "dropout_output": 0.0, "freeze_words":
    false, "initializer": {"kind": "orthogonal"}, "num_layers": 2, "shapes": {"d_embedding": 2, "vocabulary_size":
    6}, "unknown_word": 0, "variational_dropout": false, "vocabulary_size": 9, "weight_drop": 0.0, "word_dropout":
    0.0}, "num_labels": 2, "output": {"constrain_training": true, "constraints": {"end": [true, true], "start":
    [true, true], "transitions": [[true, false], [true, true]]}, "kind": "crf"}}
"#;
const CLASSIFIER_1: &str = r#"
    {"encoder": {"bidirectional": true, "cell": "gru", "character_vocabulary_size": 11, "characters":
    {"d_embedding": 3, "d_hidden": 2, "kind": "bi-lstm"}, "d_hidden": 5, "d_word": 4, "dropout_characters": 0.0,
    "dropout_input": 0.0, "dropout_layers": 0.0, "dropout_output": 0.0, "freeze_words": false, "initializer":
    {"kind": "orthogonal"}, "num_layers": 1, "shapes": null, "unknown_word": 0, "variational_dropout": false,
    "vocabulary_size": 9, "weight_drop": 0.0, "word_dropout": 0.0}, "num_classes": 3, "pooling": {"d_attention":
    4, "kind": "attention"}}
"#;

#[test]
fn a_damaged_description_is_named() {
    let folder = saved();
    let path = folder.path();
    let whole = fs::read(path.join(DESCRIPTION)).unwrap();
    for length in [0, 1, whole.len() / 2, whole.len() - 2] {
        fs::write(path.join(DESCRIPTION), &whole[..length]).unwrap();
        let error = fails(path, &[DESCRIPTION, "damaged"]);
        assert!(matches!(error, SavedModelError::Malformed { .. }));
    }
    let broken = |change: &dyn Fn(&mut Value), messages: &[&str]| {
        fs::write(path.join(DESCRIPTION), &whole).unwrap();
        edit(path, change);
        fails(path, &[&[DESCRIPTION], messages].concat())
    };
    broken(
        &|value| value["format"] = 3.into(),
        &["damaged", "expected a string"],
    );
    broken(&|value| value["more"] = 1.into(), &["more"]);
    // An option of a newer version would make another model.
    broken(
        &|value| value["config"]["peephole"] = true.into(),
        &["unknown field `peephole`"],
    );
    broken(
        &|value| value["config"]["initializer"]["gain"] = 2.into(),
        &["unknown field `gain`"],
    );
    broken(
        &|value| value["config"]["d_hidden"] = "wide".into(),
        &["recurrent-language-model", "wide"],
    );
    broken(
        &|value| drop(value["config"].as_object_mut().unwrap().remove("d_hidden")),
        &["d_hidden"],
    );
    broken(
        &|value| value["config"]["d_hidden"] = 0.into(),
        &["d_hidden must be at least 1"],
    );
    broken(
        &|value| value["config"]["dropout"] = 1.5.into(),
        &["dropout", "1.5"],
    );
    for file in ["../model.safetensors", "/etc/passwd", "a/b", "..", ""] {
        broken(
            &|value| value["weights"]["file"] = file.into(),
            &["beside it"],
        );
    }
}

#[test]
fn damaged_weights_are_named() {
    let folder = saved();
    let path = folder.path();
    let whole = fs::read(path.join(WEIGHTS)).unwrap();
    for length in [0, 7, whole.len() / 2, whole.len() - 1] {
        fs::write(path.join(WEIGHTS), &whole[..length]).unwrap();
        fails(path, &[WEIGHTS, "damaged", "bytes", "train again"]);
    }
    for place in [0, 9, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        fs::write(path.join(WEIGHTS), bytes).unwrap();
        fails(path, &[WEIGHTS, "damaged", "SHA-256"]);
    }
}

/// With a description that holds for the file, so that the file itself is looked at.
#[test]
fn weights_that_lie_are_refused_though_their_checksum_holds() {
    let folder = saved();
    let path = folder.path();
    let lie = |header: &str, data: &[u8]| {
        let length = (header.len() as u64).to_le_bytes();
        let bytes = [&length, header.as_bytes(), data].concat();
        fs::write(path.join(WEIGHTS), &bytes).unwrap();
        let sha256 = burn_recurrent_files::sha256(&bytes);
        edit(path, |value| {
            value["weights"]["sha256"] = sha256.into();
            value["weights"]["bytes"] = bytes.len().into();
        });
        fails(path, &[WEIGHTS])
    };
    let huge =
        r#"{"a":{"dtype":"F32","shape":[1000000000000000],"data_offsets":[0,4000000000000000]}}"#;
    assert!(matches!(
        lie(huge, &[0; 8]),
        SavedModelError::Damaged { .. }
    ));
    let small = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}"#;
    let error = lie(small, &[0; 8]);
    let SavedModelError::DoNotFit { misfit, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(misfit.extra, ["a", "b"]);
    assert_eq!(misfit.missing.len(), 9);
    assert!(
        error
            .to_string()
            .contains("recurrent.Lstm.layers.1.forward.weight_hidden"),
        "{error}"
    );
}

/// None of these sizes may be allocated; most would not fit into any memory.
#[test]
fn a_description_of_a_huge_model_allocates_nothing() {
    let folder = saved();
    let path = folder.path();
    for (key, value) in [
        ("num_layers", json!(1_000_000_000_000_u64)),
        ("d_hidden", json!(1_000_000_000_000_000_u64)),
        ("d_embedding", json!(u64::MAX)),
        ("vocabulary_size", json!(u64::MAX)),
        ("d_hidden", json!(u64::MAX)),
        ("num_layers", json!(9)),
    ] {
        let whole = fs::read(path.join(DESCRIPTION)).unwrap();
        edit(path, |description| description["config"][key] = value);
        fails(path, &[WEIGHTS, "do not fit"]);
        fs::write(path.join(DESCRIPTION), whole).unwrap();
    }
    let error = fs::read(path.join(DESCRIPTION)).map(|_| load(path).is_ok());
    assert!(error.unwrap(), "as it was, it is loaded");

    let folder = self::folder();
    let config = SequenceTaggerConfig::new(encoder(5), 3);
    let model = config.init(&device()).unwrap();
    model.save(&config, None, folder.path()).unwrap();
    for (key, value) in [
        ("vocabulary_size", json!(1_000_000_000_000_000_u64)),
        ("num_layers", json!(1_000_000_000_000_u64)),
        (
            "characters",
            json!({"kind": "cnn", "d_embedding": u64::MAX, "num_filters": 5, "width": u64::MAX}),
        ),
        (
            "characters",
            json!({"kind": "bi-lstm", "d_embedding": 3, "d_hidden": u64::MAX}),
        ),
        (
            "shapes",
            json!({"vocabulary_size": u64::MAX, "d_embedding": u64::MAX}),
        ),
    ] {
        let whole = fs::read(folder.path().join(DESCRIPTION)).unwrap();
        edit(folder.path(), |description| {
            description["config"]["encoder"][key] = value
        });
        let error = SequenceTagger::load(folder.path(), &device()).unwrap_err();
        assert!(error.to_string().contains("do not fit"), "{error}");
        fs::write(folder.path().join(DESCRIPTION), whole).unwrap();
    }
}

/// Cycles of many lengths come back to a set of labels only after the product of their lengths.
#[test]
fn constraints_that_go_round_for_ever_are_refused_at_once() {
    let folder = folder();
    let none = TransitionConstraints::from_fn(3, |_| true, |_, _| true, |_| true);
    let config = SequenceTaggerConfig::new(encoder(0), 3).with_output(TaggerOutput::Crf {
        constraints: Some(none),
        constrain_training: true,
    });
    let model = config.init(&device()).unwrap();
    model.save(&config, None, folder.path()).unwrap();
    let lengths = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29];
    let num_labels: usize = lengths.iter().sum();
    let (mut transitions, mut start) = (vec![vec![false; num_labels]; num_labels], vec![]);
    for length in lengths {
        let first = start.len();
        for place in 0..length {
            transitions[first + place][first + (place + 1) % length] = true;
            start.push(place == 0);
        }
    }
    edit(folder.path(), |description| {
        description["config"]["num_labels"] = num_labels.into();
        description["config"]["output"]["constraints"] =
            json!({"start": start, "transitions": transitions, "end": vec![true; num_labels]});
    });
    let error = SequenceTagger::load(folder.path(), &device()).unwrap_err();
    assert!(error.to_string().contains("cycles"), "{error}");
}

#[test]
fn every_tensor_of_another_model_is_named() {
    let folder = saved();
    edit(folder.path(), |description| {
        description["config"]["d_hidden"] = 5.into();
        description["config"]["num_layers"] = 1.into();
    });
    let error = load(folder.path()).unwrap_err();
    let SavedModelError::DoNotFit { misfit, .. } = &error else {
        panic!("{error}");
    };
    let names: Vec<&str> = misfit
        .misshapen
        .iter()
        .map(|(name, ..)| name.as_str())
        .collect();
    let cell = "recurrent.Lstm.layers.0.forward";
    let expected = ["output_weight".to_string()]
        .into_iter()
        .chain(["bias", "weight_hidden", "weight_input"].map(|part| format!("{cell}.{part}")));
    assert_eq!(names, expected.collect::<Vec<_>>());
    assert_eq!(misfit.extra.len(), 3);
    let shapes = format!("{cell}.weight_input is [4, 24], expected [4, 20]");
    assert!(error.to_string().contains(&shapes), "{error}");
}

#[test]
fn nothing_but_the_two_files_is_left_and_saving_again_gives_the_same_bytes() {
    let folder = saved();
    let names = || {
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(), [DESCRIPTION, WEIGHTS]);
    let read = || {
        names()
            .iter()
            .map(|name| fs::read(folder.path().join(name)).unwrap())
            .collect::<Vec<_>>()
    };
    let before = read();
    let model = load(folder.path()).unwrap();
    model
        .save(&recurrent_config(), None, folder.path())
        .unwrap();
    assert!(read() == before);
}
