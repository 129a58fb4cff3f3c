//! What a language model's description says of its text.

use crate::InferenceError;
use crate::error::check_size;
use burn_recurrent_models::{ModelDescription, SavedLanguageModel};
use burn_recurrent_text::Vocabulary;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;

/// The version of the part `text` that is written, and the newest that is read.
pub(crate) const TEXT_VERSION: u32 = 1;

/// The vocabulary's file, in the folder of the model.
const VOCABULARY: &str = "vocabulary.json";

/// The part `text` of a language model's description.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageModelText {
    version: u32,
    /// The fingerprint of `vocabulary.json`.
    vocabulary: String,
}

/// Writes a language model and its vocabulary into a folder, which is made if there is none: what
/// [`TrainedLanguageModel::load`](crate::TrainedLanguageModel::load) reads. Each file is there whole
/// or not at all, `model.json` last.
///
/// # Errors
///
/// When the model is not one of `config` or has another number of tokens than the vocabulary, and
/// then nothing is written; or when a file cannot be written.
pub fn save_language_model<M: SavedLanguageModel>(
    model: &M,
    config: &M::Config,
    vocabulary: &Vocabulary,
    folder: impl AsRef<Path>,
) -> Result<(), InferenceError> {
    let folder = folder.as_ref();
    check_size("tokens", model.num_tokens(), vocabulary.len())?;
    let files = model.prepare(config, Some(text(vocabulary)))?;
    make_folder(folder)?;
    vocabulary.save(folder.join(VOCABULARY))?;
    Ok(files.write(folder)?)
}

/// Describes the language model `M` whose weights a folder has already, for those that were saved
/// before there were descriptions. Nothing is written.
///
/// # Errors
///
/// When the weights cannot be read or are not those of the configuration.
pub fn describe_language_model<M: SavedLanguageModel>(
    config: &M::Config,
    vocabulary: &Vocabulary,
    folder: impl AsRef<Path>,
) -> Result<ModelDescription, InferenceError> {
    let text = Some(text(vocabulary));
    Ok(ModelDescription::of_weights::<M>(config, text, folder)?)
}

fn text(vocabulary: &Vocabulary) -> Value {
    let vocabulary = vocabulary.fingerprint().to_string();
    let version = TEXT_VERSION;
    serde_json::to_value(LanguageModelText {
        version,
        vocabulary,
    })
    .expect("a number and a string are JSON")
}

/// Reads the vocabulary that a language model was trained with.
pub(crate) fn load_vocabulary(
    description: &ModelDescription,
    folder: &Path,
) -> Result<Vocabulary, InferenceError> {
    let LanguageModelText {
        vocabulary: expected,
        ..
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

/// Makes the folder of a model, where there is none.
pub(crate) fn make_folder(folder: &Path) -> Result<(), InferenceError> {
    std::fs::create_dir_all(folder).map_err(|source| InferenceError::Folder {
        path: folder.to_path_buf(),
        source,
    })
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
    // Another version may have other fields, so the version is looked at before them.
    match text.get("version").and_then(Value::as_u64) {
        Some(found) if found > u64::from(TEXT_VERSION) => {
            return Err(InferenceError::NewerText {
                path: folder.join(ModelDescription::FILE),
                found,
                newest: TEXT_VERSION,
            });
        }
        _ => {}
    }
    serde_json::from_value(text).map_err(|error| no_text(format!("`text`: {error}")))
}
