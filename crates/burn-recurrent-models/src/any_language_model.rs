//! A language model whose kind is known when it is loaded.

use crate::ngram::NgramModel;
use crate::{
    LanguageModel, ModelDescription, Neural, NeuralLanguageModel, RecurrentLanguageModel,
    SavedModel, SavedModelError, WindowLanguageModel,
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

/// The state of an [`AnyLanguageModel`] after the tokens so far.
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
        match Kind::of(description, folder)? {
            Kind::Ngram => SavedModel::load_described(description, folder, device)
                .map(|model| Self::Ngram(Box::new(model))),
            Kind::Window => SavedModel::load_described(description, folder, device)
                .map(|model| Self::Window(Neural::new(model))),
            Kind::Recurrent => SavedModel::load_described(description, folder, device)
                .map(|model| Self::Recurrent(Neural::new(model))),
        }
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
        Kind::of(description, folder.as_ref()).map(|_| ())
    }
}

/// Which of them a description is of.
enum Kind {
    Ngram,
    Window,
    Recurrent,
}

impl Kind {
    fn of(description: &ModelDescription, folder: &Path) -> Result<Self, SavedModelError> {
        match description.kind.as_str() {
            <NgramModel as SavedModel>::KIND => Ok(Self::Ngram),
            <WindowLanguageModel as SavedModel>::KIND => Ok(Self::Window),
            <RecurrentLanguageModel as SavedModel>::KIND => Ok(Self::Recurrent),
            found => Err(SavedModelError::OtherKind {
                folder: folder.to_path_buf(),
                found: found.to_string(),
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
