//! What a tagger's description says of its text.

use crate::InferenceError;
use crate::error::check_size;
use crate::language_model_text::{TEXT_VERSION, make_folder, read_text};
use burn::nn::Embedding;
use burn_recurrent_models::{
    ModelDescription, SavedModel, SequenceTagger, SequenceTaggerConfig, TransitionConstraints,
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
    /// Whether labels of spans are chosen so that they are valid in the scheme that it learned. A conditional
    /// random field with constraints of its own keeps these in any case.
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
    version: u32,
    /// The fingerprints of the vocabularies.
    vocabularies: BTreeMap<String, String>,
    settings: TaggerSettings,
}

/// Writes a tagger and its vocabularies into a folder, which is made if there is none: what
/// [`TrainedTagger::load`](crate::TrainedTagger::load) reads. Each file is there whole or not at
/// all, `model.json` last.
///
/// # Errors
///
/// When the model is not one of `config`, has another number of words, characters or labels than the
/// vocabularies, or the settings allow no labels, and then nothing is written; or when a file cannot
/// be written.
pub fn save_tagger(
    model: &SequenceTagger,
    config: &SequenceTaggerConfig,
    settings: &TaggerSettings,
    vocabularies: &TaggingVocabularies,
    folder: impl AsRef<Path>,
) -> Result<(), InferenceError> {
    check_sizes(model, vocabularies)?;
    check_settings(settings, vocabularies)?;
    let files = model.prepare(config, Some(text(settings, vocabularies)))?;
    let path = folder.as_ref().join(VOCABULARIES);
    make_folder(&path)?;
    vocabularies.save(path)?;
    Ok(files.write(folder)?)
}

/// Describes the tagger whose weights a folder has already, for those that were saved before there
/// were descriptions. Nothing is written.
///
/// # Errors
///
/// When the weights cannot be read or are not those of the configuration.
pub fn describe_tagger(
    config: &SequenceTaggerConfig,
    settings: &TaggerSettings,
    vocabularies: &TaggingVocabularies,
    folder: impl AsRef<Path>,
) -> Result<ModelDescription, InferenceError> {
    let text = Some(text(settings, vocabularies));
    let description = ModelDescription::of_weights::<SequenceTagger>(config, text, folder)?;
    Ok(description)
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
        version: TEXT_VERSION,
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
        ..
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
    model: &SequenceTagger,
    vocabularies: &TaggingVocabularies,
) -> Result<(), InferenceError> {
    let rows = |embedding: &Embedding| embedding.weight.dims()[0];
    let encoder = &model.encoder;
    check_size("words", rows(&encoder.words), vocabularies.words.len())?;
    if let Some(characters) = &encoder.characters {
        let known = vocabularies.characters.len();
        check_size("characters", rows(&characters.embedding), known)?;
    }
    if let Some(shapes) = &encoder.shapes {
        check_size("shapes", rows(shapes), WordShape::NUM_IDS)?;
    }
    let [_, labels] = model.output.weight.dims();
    check_size("labels", labels, vocabularies.labels.len())
}

/// Checks that words have characters and labels valid sequences; gives the constraints where there are some.
pub(crate) fn check_settings(
    settings: &TaggerSettings,
    vocabularies: &TaggingVocabularies,
) -> Result<Option<TransitionConstraints>, InferenceError> {
    if settings.max_characters == 0 {
        return Err(InferenceError::NoCharacters);
    }
    let constraints = match settings.constrained {
        true => settings.task.constraints(&vocabularies.labels)?,
        false => None,
    };
    let constraints = constraints.as_ref().map(transition_constraints);
    if let Some(constraints) = &constraints {
        constraints.validate(vocabularies.labels.len())?;
    }
    Ok(constraints)
}
