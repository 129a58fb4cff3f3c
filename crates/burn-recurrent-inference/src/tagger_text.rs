//! What a tagger's description says of its text.

use crate::InferenceError;
use crate::language_model_text::read_text;
use burn_recurrent_models::{
    CharacterFeatures, ModelConfig, ModelDescription, SavedModel, SequenceTagger,
    SequenceTaggerConfig, TransitionConstraints,
};
use burn_recurrent_text::{
    TagConstraints, TaggingExamples, TaggingTask, TaggingVocabularies, WordShape,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The folder of the vocabularies, in that of the model.
const VOCABULARIES: &str = "vocabulary";

/// How a tagger reads words and writes labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TaggerSettings {
    /// What its labels are.
    pub task: TaggingTask,
    /// Whether labels of spans are chosen so that they are valid in the scheme that it learned.
    pub constrained: bool,
    /// Of a longer word only the first and the last half of so many characters are seen; at least 1.
    pub max_characters: usize,
}

impl TaggerSettings {
    /// For a task: valid labels, and words of up to 64 characters.
    pub fn new(task: TaggingTask) -> Self {
        Self {
            task,
            constrained: true,
            max_characters: TaggingExamples::DEFAULT_MAX_CHARACTERS,
        }
    }

    /// Sets whether labels of spans are always valid.
    pub fn with_constrained(mut self, constrained: bool) -> Self {
        self.constrained = constrained;
        self
    }

    /// Sets how many characters of a word are seen.
    pub fn with_max_characters(mut self, max_characters: usize) -> Self {
        self.max_characters = max_characters;
        self
    }
}

/// The part `text` of a tagger's description.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TaggerText {
    /// The fingerprints of the vocabularies.
    vocabularies: BTreeMap<String, String>,
    settings: TaggerSettings,
}

/// Writes a tagger and its vocabularies into a folder: what
/// [`TrainedTagger::load`](crate::TrainedTagger::load) reads. Each file is there whole or not at
/// all, `model.json` last.
///
/// # Errors
///
/// When a file cannot be written, or the model is not one of `config`.
pub fn save_tagger(
    model: &SequenceTagger,
    config: &SequenceTaggerConfig,
    settings: &TaggerSettings,
    vocabularies: &TaggingVocabularies,
    folder: impl AsRef<Path>,
) -> Result<(), InferenceError> {
    let path = folder.as_ref().join(VOCABULARIES);
    std::fs::create_dir_all(&path).map_err(|source| InferenceError::Folder {
        path: path.clone(),
        source,
    })?;
    vocabularies.save(path)?;
    Ok(model.save(config, Some(text(settings, vocabularies)), folder)?)
}

/// Describes the tagger whose weights a folder has already, for those that were saved before there
/// were descriptions. Nothing is written.
///
/// # Errors
///
/// When the weights cannot be read or are not those of the configuration.
pub fn describe_tagger(
    config: SequenceTaggerConfig,
    settings: &TaggerSettings,
    vocabularies: &TaggingVocabularies,
    folder: impl AsRef<Path>,
) -> Result<ModelDescription, InferenceError> {
    let text = Some(text(settings, vocabularies));
    let config = ModelConfig::Tagger(config);
    Ok(ModelDescription::of_weights(config, text, folder)?)
}

/// Which labels may stand where, as the models take it.
pub fn transition_constraints(constraints: &TagConstraints) -> TransitionConstraints {
    let transitions = constraints.transitions.chunks(constraints.start.len());
    TransitionConstraints {
        start: constraints.start.clone(),
        transitions: transitions.map(<[bool]>::to_vec).collect(),
        end: constraints.end.clone(),
    }
}

fn text(settings: &TaggerSettings, vocabularies: &TaggingVocabularies) -> Value {
    let text = TaggerText {
        vocabularies: vocabularies.fingerprints(),
        settings: *settings,
    };
    serde_json::to_value(text).expect("names, numbers and truth values are JSON")
}

/// Reads the vocabularies that a tagger was trained with, and how it reads and writes.
pub(crate) fn load_vocabularies(
    description: &ModelDescription,
    folder: &Path,
) -> Result<(TaggingVocabularies, TaggerSettings), InferenceError> {
    let TaggerText {
        vocabularies: expected,
        settings,
    } = read_text(description, folder)?;
    if settings.max_characters == 0 {
        return Err(InferenceError::NoText {
            path: folder.join(ModelDescription::FILE),
            message: "`max_characters` must be at least 1, but is 0".to_string(),
        });
    }
    let path = folder.join(VOCABULARIES);
    let vocabularies = TaggingVocabularies::load(&path)?;
    for (name, found) in vocabularies.fingerprints() {
        let expected = expected.get(&name);
        if expected != Some(&found) {
            return Err(InferenceError::OtherVocabulary {
                expected: expected.map_or_else(|| "none".to_string(), String::clone),
                name,
                path,
                found,
            });
        }
    }
    Ok((vocabularies, settings))
}

/// Checks that a tagger has as many ids as its vocabularies.
pub(crate) fn check_sizes(
    config: &SequenceTaggerConfig,
    vocabularies: &TaggingVocabularies,
    folder: &Path,
) -> Result<(), InferenceError> {
    let encoder = &config.encoder;
    let words = vocabularies.words.len();
    let mut sizes = vec![
        ("words", encoder.vocabulary_size, words),
        ("labels", config.num_labels, vocabularies.labels.len()),
    ];
    if encoder.characters != (CharacterFeatures::None {}) {
        let characters = vocabularies.characters.len();
        sizes.push(("characters", encoder.character_vocabulary_size, characters));
    }
    if let Some(shapes) = encoder.shapes {
        sizes.push(("shapes", shapes.vocabulary_size, WordShape::NUM_IDS));
    }
    match sizes.into_iter().find(|(_, model, known)| model != known) {
        None => Ok(()),
        Some((name, model, vocabulary)) => Err(InferenceError::Size {
            folder: folder.to_path_buf(),
            name,
            model,
            vocabulary,
        }),
    }
}
