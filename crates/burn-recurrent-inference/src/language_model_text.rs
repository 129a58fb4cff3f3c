//! What a language model's description says of its text.

use crate::InferenceError;
use burn_recurrent_models::{ModelConfig, ModelDescription, SavedModel};
use burn_recurrent_text::Vocabulary;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;

/// The vocabulary's file, in the folder of the model.
const VOCABULARY: &str = "vocabulary.json";

/// The part `text` of a language model's description.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageModelText {
    /// The fingerprint of `vocabulary.json`.
    vocabulary: String,
}

/// Writes a language model and its vocabulary into a folder: what
/// [`TrainedLanguageModel::load`](crate::TrainedLanguageModel::load) reads. Each file is there whole
/// or not at all, `model.json` last.
///
/// # Errors
///
/// When a file cannot be written, or the model is not one of `config`.
pub fn save_language_model<M: SavedModel>(
    model: &M,
    config: &M::Config,
    vocabulary: &Vocabulary,
    folder: impl AsRef<Path>,
) -> Result<(), InferenceError> {
    let folder = folder.as_ref();
    vocabulary.save(folder.join(VOCABULARY))?;
    Ok(model.save(config, Some(text(vocabulary)), folder)?)
}

/// Describes the language model whose weights a folder has already, for those that were saved before
/// there were descriptions. Nothing is written.
///
/// # Errors
///
/// When the weights cannot be read or are not those of the configuration.
pub fn describe_language_model(
    config: ModelConfig,
    vocabulary: &Vocabulary,
    folder: impl AsRef<Path>,
) -> Result<ModelDescription, InferenceError> {
    let text = Some(text(vocabulary));
    Ok(ModelDescription::of_weights(config, text, folder)?)
}

fn text(vocabulary: &Vocabulary) -> Value {
    let vocabulary = vocabulary.fingerprint().to_string();
    serde_json::to_value(LanguageModelText { vocabulary }).expect("a string is JSON")
}

/// Reads the vocabulary that a language model was trained with.
pub(crate) fn load_vocabulary(
    description: &ModelDescription,
    folder: &Path,
) -> Result<Vocabulary, InferenceError> {
    let LanguageModelText {
        vocabulary: expected,
    } = read_text(description, folder)?;
    let path = folder.join(VOCABULARY);
    let vocabulary = Vocabulary::load(&path)?;
    let found = vocabulary.fingerprint().to_string();
    match found == expected {
        true => Ok(vocabulary),
        false => Err(InferenceError::OtherVocabulary {
            name: "tokens".to_string(),
            path,
            found,
            expected,
        }),
    }
}

/// The part `text` of a description.
pub(crate) fn read_text<T: for<'de> Deserialize<'de>>(
    description: &ModelDescription,
    folder: &Path,
) -> Result<T, InferenceError> {
    let no_text = |message: String| InferenceError::NoText {
        path: folder.join(ModelDescription::FILE),
        message,
    };
    let text = description.text.clone();
    let text = text.ok_or_else(|| no_text("it has no `text`".to_string()))?;
    serde_json::from_value(text).map_err(|error| no_text(format!("`text`: {error}")))
}
