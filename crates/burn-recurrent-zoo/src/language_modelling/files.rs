//! The files of a language model and what its description says of its text.

use super::LanguageModelError;
use crate::FolderError;
use crate::folder_error::check_size;
use crate::text_part::{TEXT_VERSION, make_folder, read_text};
use burn_recurrent_models::{ModelDescription, SavedLanguageModel};
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
) -> Result<(), LanguageModelError> {
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
) -> Result<ModelDescription, LanguageModelError> {
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
pub(super) fn load_vocabulary(
    description: &ModelDescription,
    folder: &Path,
) -> Result<Vocabulary, LanguageModelError> {
    let LanguageModelText {
        vocabulary: expected,
        ..
    } = read_text(description, folder)?;
    let path = folder.join(VOCABULARY);
    let vocabulary = Vocabulary::load(&path)?;
    let found = vocabulary.fingerprint().to_string();
    match found == expected {
        true => Ok(vocabulary),
        false => Err(LanguageModelError::Folder(FolderError::OtherVocabulary {
            name: "tokens".to_string(),
            path,
            found,
            expected,
        })),
    }
}
