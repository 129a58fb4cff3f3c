//! A language model is trained on a few lines, saved, and loaded as another project would.

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent_models::ngram::{NgramConfig, Smoothing};
use burn_recurrent_models::{
    AnyLanguageModel, NeuralLanguageModel, RecurrentLanguageModelConfig, SavedModel,
    SavedModelError, SequenceTaggerConfig, TokenEncoderConfig, WindowLanguageModelConfig,
};
use burn_recurrent_text::{Special, Unit, Vocabulary, VocabularyBuilder, boundary};
use burn_recurrent_zoo::*;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const TEXT: &str = "the cat is small\nthe dog is big\nthe cat sees the dog\nthe dog sees the cat\n";

fn vocabulary(unit: Unit) -> Vocabulary {
    let builder = VocabularyBuilder::new(unit).with_special(Special::Unknown);
    let builder = match unit {
        Unit::Word => builder.with_special(Special::EndOfSentence),
        _ => builder,
    };
    builder.count(TEXT).build().unwrap()
}

/// Trains a model to know the text by heart.
fn train<M: NeuralLanguageModel>(mut model: M, tokens: &[u32], device: &Device) -> M {
    let mut optimizer = AdamConfig::new().init();
    let row = |tokens: &[u32]| {
        let tokens: Vec<i64> = tokens.iter().map(|token| i64::from(*token)).collect();
        let shape = [1, tokens.len()];
        Tensor::<2, Int>::from_data(TensorData::new(tokens, shape), device)
    };
    for _ in 0..60 {
        let (inputs, targets) = (row(&tokens[..tokens.len() - 1]), row(&tokens[1..]));
        let (nats, _) = model.nats(inputs, targets, None);
        let gradients = GradientsParams::from_grads(nats.mean().backward(), &model);
        model = optimizer.step(0.03, model, gradients);
    }
    model
}

/// The text's tokens behind what stands before a text.
fn tokens(vocabulary: &Vocabulary) -> Vec<u32> {
    let tokens = vocabulary.encode(TEXT).unwrap();
    boundary(vocabulary).into_iter().chain(tokens).collect()
}

fn trained(unit: Unit) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let vocabulary = vocabulary(unit);
    let device = Device::flex().autodiff();
    device.seed(1);
    let config = RecurrentLanguageModelConfig::new(vocabulary.len(), 12, 24).with_num_layers(1);
    let model = train(config.init(&device).unwrap(), &tokens(&vocabulary), &device);
    save_language_model(&model, &config, &vocabulary, folder.path()).unwrap();
    folder
}

fn likeliest() -> Sampler {
    let config = SamplerConfig {
        temperature: 0.0,
        ..Default::default()
    };
    Sampler::new(config, 1).unwrap()
}

#[test]
fn a_recurrent_model_scores_and_writes_after_loading() {
    let folder = trained(Unit::Word);
    // All that a folder needs is these three files, wherever they are.
    let elsewhere = tempfile::tempdir().unwrap();
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["model.json", "model.safetensors", "vocabulary.json"]
    );
    for name in &names {
        fs::copy(folder.path().join(name), elsewhere.path().join(name)).unwrap();
    }

    let model = TrainedLanguageModel::load(elsewhere.path(), &Device::flex()).unwrap();
    let [known, mixed] =
        ["the cat is small", "small is cat the"].map(|text| model.score(text).unwrap());
    // Four words and the end of the line.
    assert_eq!((known.tokens, mixed.tokens), (5, 5));
    assert!(known.perplexity() < 2.5, "{}", known.perplexity());
    assert!(mixed.perplexity() > 3.0 * known.perplexity());
    assert_eq!(model.write("the cat is", 20, likeliest()).unwrap(), "small");
    assert_eq!(model.vocabulary().unknown_tokens("the zebra"), ["zebra"]);
    let written = model.write("", 20, likeliest()).unwrap();
    assert!(
        written.starts_with("the ") && !written.contains('\n'),
        "{written:?}"
    );
}

#[test]
fn a_model_of_characters_writes_characters() {
    let folder = trained(Unit::Character);
    let model = TrainedLanguageModel::load(folder.path(), &Device::flex()).unwrap();
    let written = model.write("th", 8, likeliest()).unwrap();
    assert_eq!(written.chars().count(), 8);
    assert!(written.starts_with("e "), "{written:?}");
    // Without an end of sentence nothing is counted behind the text.
    assert_eq!(model.score("the").unwrap().tokens, 3);
    assert!(matches!(model.score(""), Err(LanguageModelError::TooShort)));
}

#[test]
fn window_and_ngram_models_are_loaded_the_same_way() {
    let vocabulary = vocabulary(Unit::Word);
    let tokens = tokens(&vocabulary);
    let device = Device::flex().autodiff();
    device.seed(1);

    let folder = tempfile::tempdir().unwrap();
    let config = WindowLanguageModelConfig::new(vocabulary.len(), 3, 12, 24);
    let window = train(config.init(&device), &tokens, &device);
    save_language_model(&window, &config, &vocabulary, folder.path()).unwrap();
    let model = TrainedLanguageModel::load(folder.path(), &Device::flex()).unwrap();
    assert!(matches!(model.model(), AnyLanguageModel::Window(_)));
    assert_eq!(model.write("the cat is", 20, likeliest()).unwrap(), "small");

    let folder = tempfile::tempdir().unwrap();
    let config = NgramConfig::new(3, Smoothing::KneserNey);
    let end = vocabulary.special(Special::EndOfSentence);
    let ngram = config.train(&tokens[1..], vocabulary.len(), end).unwrap();
    save_language_model(&ngram, &config, &vocabulary, folder.path()).unwrap();
    let model = TrainedLanguageModel::load(folder.path(), &Device::flex()).unwrap();
    assert!(matches!(model.model(), AnyLanguageModel::Ngram(_)));
    let [known, mixed] =
        ["the cat is small", "small is cat the"].map(|text| model.score(text).unwrap());
    assert!(known.log_probability > mixed.log_probability + 1.0);
}

fn load_error(folder: &Path) -> LanguageModelError {
    TrainedLanguageModel::load(folder, &Device::flex()).unwrap_err()
}

#[test]
fn a_vocabulary_that_is_not_the_models_is_named() {
    let folder = trained(Unit::Word);
    let path = folder.path().join("vocabulary.json");
    let own = fs::read(&path).unwrap();
    // Of the same size, but in another order.
    let mut other = vocabulary(Unit::Word).tokens().to_vec();
    other.reverse();
    let specials = vec![Special::Unknown, Special::EndOfSentence];
    Vocabulary::from_tokens(Unit::Word, specials, other)
        .unwrap()
        .save(&path)
        .unwrap();
    let error = load_error(folder.path());
    assert!(matches!(
        error,
        LanguageModelError::Folder(FolderError::OtherVocabulary { .. })
    ));
    let message = error.to_string();
    assert!(
        message.contains("vocabulary.json") && message.contains("put back"),
        "{message}"
    );

    // One of another size, though the description calls it the model's own.
    let small = VocabularyBuilder::new(Unit::Word)
        .count("the cat")
        .build()
        .unwrap();
    small.save(&path).unwrap();
    let description = folder.path().join("model.json");
    let text = fs::read_to_string(&description).unwrap();
    let fingerprint = |vocabulary: &Vocabulary| vocabulary.fingerprint().to_string();
    let text = text.replace(&fingerprint(&vocabulary(Unit::Word)), &fingerprint(&small));
    fs::write(&description, text).unwrap();
    let message = load_error(folder.path()).to_string();
    assert!(message.contains("tokens, its vocabulary 2"), "{message}");

    fs::remove_file(&path).unwrap();
    assert!(
        load_error(folder.path())
            .to_string()
            .contains("vocabulary.json")
    );
    let newer = String::from_utf8(own)
        .unwrap()
        .replace("\"version\": 1", "\"version\": 2");
    fs::write(&path, newer).unwrap();
    let message = load_error(folder.path()).to_string();
    assert!(
        message.contains("version 2") && message.contains("update burn-recurrent-text"),
        "{message}"
    );
}

#[test]
fn a_model_without_text_or_of_another_kind_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = RecurrentLanguageModelConfig::new(7, 4, 4);
    let model = config.init(&Device::flex()).unwrap();
    model.save(&config, None, folder.path()).unwrap();
    let message = load_error(folder.path()).to_string();
    assert!(
        message.contains("model.json") && message.contains("burn-recurrent-models alone"),
        "{message}"
    );
    let error = TrainedTagger::load(folder.path(), &Device::flex()).unwrap_err();
    let expected = matches!(
        error,
        TaggerError::Folder(FolderError::Model(SavedModelError::OtherKind { .. }))
    );
    assert!(expected, "{error}");
    assert!(model.num_params() > 0);
}

#[test]
fn taggers_are_no_language_models_and_models_need_their_own_vocabulary() {
    let folder = tempfile::tempdir().unwrap();
    let config = SequenceTaggerConfig::new(TokenEncoderConfig::new(5, 4, 4), 3);
    let model = config.init(&Device::flex()).unwrap();
    model.save(&config, None, folder.path()).unwrap();
    let error = load_error(folder.path());
    let expected = matches!(
        error,
        LanguageModelError::Folder(FolderError::Model(SavedModelError::OtherKind { .. }))
    );
    assert!(expected, "{error}");

    let new = folder.path().join("new/folder");
    let vocabulary = vocabulary(Unit::Word);
    let config = RecurrentLanguageModelConfig::new(vocabulary.len() + 1, 4, 4);
    let model = config.init(&Device::flex()).unwrap();
    let error = save_language_model(&model, &config, &vocabulary, &new).unwrap_err();
    assert!(
        error.to_string().contains("tokens, its vocabulary"),
        "{error}"
    );
    assert!(!new.exists());
    let config = RecurrentLanguageModelConfig::new(vocabulary.len(), 4, 4);
    let model = config.init(&Device::flex()).unwrap();
    save_language_model(&model, &config, &vocabulary, &new).unwrap();
    assert!(TrainedLanguageModel::load(&new, &Device::flex()).is_ok());
}
