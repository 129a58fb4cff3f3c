//! A language model whose kind is known when it is loaded.

use crate::ngram::NgramModel;
use crate::{
    LanguageModel, ModelConfig, ModelDescription, Neural, NeuralLanguageModel,
    RecurrentLanguageModel, SavedModel, SavedModelError, WindowLanguageModel,
};
use burn::tensor::Device;
use std::path::Path;

/// A trained language model of any kind.
#[derive(Debug)]
pub enum AnyLanguageModel {
    /// Counts of n-grams.
    Ngram(Box<NgramModel>),
    /// A window model.
    Window(Neural<WindowLanguageModel>),
    /// A recurrent model.
    Recurrent(Neural<RecurrentLanguageModel>),
}

/// What an [`AnyLanguageModel`] remembers of the tokens so far.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one state a text; a box would save nothing"
)]
pub enum AnyLanguageModelState {
    /// Of [`AnyLanguageModel::Ngram`].
    Ngram(<NgramModel as LanguageModel>::State),
    /// Of [`AnyLanguageModel::Window`].
    Window(<Neural<WindowLanguageModel> as LanguageModel>::State),
    /// Of [`AnyLanguageModel::Recurrent`].
    Recurrent(<Neural<RecurrentLanguageModel> as LanguageModel>::State),
}

impl AnyLanguageModel {
    /// Loads the language model that a folder holds, for use and not for further training: a
    /// neural one is without gradients and dropout. [`SavedModel::load`] loads one of a known kind.
    ///
    /// # Errors
    ///
    /// As [`SavedModel::load`].
    pub fn load(folder: impl AsRef<Path>, device: &Device) -> Result<Self, SavedModelError> {
        let folder = folder.as_ref();
        Self::load_described(&ModelDescription::read(folder)?, folder, device)
    }

    /// Loads the weights that a folder holds, with a description that is at hand already.
    ///
    /// # Errors
    ///
    /// As [`SavedModel::load`].
    pub fn load_described(
        description: &ModelDescription,
        folder: impl AsRef<Path>,
        device: &Device,
    ) -> Result<Self, SavedModelError> {
        let folder = folder.as_ref();
        Self::check_kind(description, folder)?;
        Ok(match description.config {
            ModelConfig::Ngram(_) => Self::Ngram(Box::new(SavedModel::load_described(
                description,
                folder,
                device,
            )?)),
            ModelConfig::Window(_) => Self::Window(Neural::new(SavedModel::load_described(
                description,
                folder,
                device,
            )?)),
            ModelConfig::Recurrent(_) => Self::Recurrent(Neural::new(SavedModel::load_described(
                description,
                folder,
                device,
            )?)),
            _ => unreachable!("the kind was checked"),
        })
    }

    /// Checks that a description is a language model's.
    ///
    /// # Errors
    ///
    /// [`SavedModelError::OtherKind`] where it is not; the folder is named there.
    pub fn check_kind(
        description: &ModelDescription,
        folder: impl AsRef<Path>,
    ) -> Result<(), SavedModelError> {
        match description.config {
            ModelConfig::Ngram(_) | ModelConfig::Window(_) | ModelConfig::Recurrent(_) => Ok(()),
            _ => Err(SavedModelError::OtherKind {
                folder: folder.as_ref().to_path_buf(),
                found: description.config.kind(),
                expected: "language model",
            }),
        }
    }
}

impl LanguageModel for AnyLanguageModel {
    type State = AnyLanguageModelState;

    fn vocabulary_size(&self) -> usize {
        match self {
            Self::Ngram(model) => LanguageModel::vocabulary_size(&**model),
            Self::Window(model) => model.model().vocabulary_size(),
            Self::Recurrent(model) => model.model().vocabulary_size(),
        }
    }

    fn start(&self) -> AnyLanguageModelState {
        match self {
            Self::Ngram(model) => AnyLanguageModelState::Ngram(model.start()),
            Self::Window(model) => AnyLanguageModelState::Window(model.start()),
            Self::Recurrent(model) => AnyLanguageModelState::Recurrent(model.start()),
        }
    }

    fn advance(&self, state: &mut AnyLanguageModelState, tokens: &[u32]) -> Vec<f64> {
        use AnyLanguageModelState as State;
        match (self, state) {
            (Self::Ngram(model), State::Ngram(state)) => model.advance(state, tokens),
            (Self::Window(model), State::Window(state)) => model.advance(state, tokens),
            (Self::Recurrent(model), State::Recurrent(state)) => model.advance(state, tokens),
            _ => panic!("the state is another model's"),
        }
    }

    fn log_probabilities(&self, context: &[u32], tokens: &[u32]) -> Vec<f64> {
        match self {
            Self::Ngram(model) => model.log_probabilities(context, tokens),
            Self::Window(model) => model.log_probabilities(context, tokens),
            Self::Recurrent(model) => model.log_probabilities(context, tokens),
        }
    }
}
