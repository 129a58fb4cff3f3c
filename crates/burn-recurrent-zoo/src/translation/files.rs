//! The files of a translator and what its description says of its text.

use super::{TranslatorError, TranslatorSettings};
use crate::FolderError;
use crate::folder_error::check_size;
use crate::text_part::{TEXT_VERSION, make_folder, read_text};
use burn_recurrent_models::{
    BeamConfig, DecodingError, EncoderDecoder, EncoderDecoderConfig, ModelDescription, SavedModel,
    SpecialTokens,
};
use burn_recurrent_text::{TranslationTokenizer, TranslationTokenizers};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The folder of the tokenisers, in that of the model.
const VOCABULARIES: &str = "vocabulary";

/// The part `text` of a translator's description.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TranslatorText {
    version: u32,
    /// The fingerprints of the tokenisers.
    vocabularies: BTreeMap<String, String>,
    settings: TranslatorSettings,
}

/// Writes a translator and its tokenisers into a folder, which is made if there is none: what
/// [`TrainedTranslator::load`](crate::TrainedTranslator::load) reads. Each file is there whole or
/// not at all, `model.json` last.
///
/// # Errors
///
/// When the model is not one of `config`, has another number of tokens than the tokenisers or cannot
/// search as the settings say, and then nothing is written; or when a file cannot be written.
pub fn save_translator(
    model: &EncoderDecoder,
    config: &EncoderDecoderConfig,
    settings: &TranslatorSettings,
    tokenizers: &TranslationTokenizers,
    folder: impl AsRef<Path>,
) -> Result<(), TranslatorError> {
    check_sizes(model, tokenizers)?;
    check_search(model, &settings.search)?;
    let text = TranslatorText {
        version: TEXT_VERSION,
        vocabularies: tokenizers.fingerprints(),
        settings: settings.clone(),
    };
    let text = serde_json::to_value(text).expect("names and numbers are JSON");
    let files = model.prepare(config, Some(text))?;
    let path = folder.as_ref().join(VOCABULARIES);
    make_folder(&path)?;
    tokenizers.save(path)?;
    Ok(files.write(folder)?)
}

/// Reads the tokenisers that a translator was trained with, and how it is used.
pub(super) fn load_tokenizers(
    description: &ModelDescription,
    folder: &Path,
) -> Result<(TranslationTokenizers, TranslatorSettings), TranslatorError> {
    let TranslatorText {
        vocabularies: expected,
        settings,
        ..
    } = read_text(description, folder)?;
    let path = folder.join(VOCABULARIES);
    let tokenizers = TranslationTokenizers::load(&path)?;
    for (name, found) in tokenizers.fingerprints() {
        let expected = expected.get(&name);
        if expected != Some(&found) {
            return Err(TranslatorError::Folder(FolderError::OtherVocabulary {
                expected: expected.map_or_else(|| "none".to_string(), String::clone),
                name: format!("{name} tokens"),
                path,
                found,
            }));
        }
    }
    Ok((tokenizers, settings))
}

/// Checks that a translator has as many ids as its tokenisers, and the same special ones.
pub(super) fn check_sizes(
    model: &EncoderDecoder,
    tokenizers: &TranslationTokenizers,
) -> Result<(), TranslatorError> {
    let (source, target) = (tokenizers.source.len(), tokenizers.target.len());
    check_size("source tokens", model.source_vocabulary_size(), source)?;
    check_size("target tokens", model.target_vocabulary_size(), target)?;
    let expected = SpecialTokens {
        padding: TranslationTokenizer::PADDING,
        unknown: TranslationTokenizer::UNKNOWN,
        begin: TranslationTokenizer::BEGIN,
        end: TranslationTokenizer::END,
    };
    match model.tokens() == expected {
        true => Ok(()),
        false => Err(TranslatorError::SpecialTokens {
            found: model.tokens(),
            expected,
        }),
    }
}

/// Checks that a translator can search so.
pub(super) fn check_search(
    model: &EncoderDecoder,
    search: &BeamConfig,
) -> Result<(), TranslatorError> {
    search.validate()?;
    match search.coverage_penalty > 0.0 && model.decoder.attention.is_none() {
        true => {
            let value = search.coverage_penalty;
            Err(DecodingError::Coverage { value }.into())
        }
        false => Ok(()),
    }
}
