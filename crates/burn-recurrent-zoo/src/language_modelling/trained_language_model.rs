//! A trained language model: text in, probabilities and text out.

use super::LanguageModelError;
use super::files::load_vocabulary;
use crate::folder_error::check_size;
use burn::tensor::Device;
use burn_recurrent_models::{
    AnyLanguageModel, Generation, LanguageModel, Likelihood, ModelDescription, Sampler, generate,
    score,
};
use burn_recurrent_text::{Special, Unit, Vocabulary, boundary, utf8};
use std::path::Path;

/// A trained language model of any kind and its vocabulary.
///
/// ```no_run
/// use burn::tensor::Device;
/// use burn_recurrent_zoo::{Sampler, SamplerConfig, TrainedLanguageModel};
///
/// let model = TrainedLanguageModel::load("runs/a", &Device::default())?;
/// println!("perplexity {}", model.score("the cat is small")?.perplexity());
/// println!("tom {}", model.write("tom", 100, Sampler::new(SamplerConfig::default(), 1)?)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TrainedLanguageModel {
    model: AnyLanguageModel,
    vocabulary: Vocabulary,
}

/// A sentence as a language model is asked how likely it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sentence {
    /// What stands before it: it is read and not counted.
    pub context: Vec<u32>,
    /// Its tokens, with the end of the sentence where the vocabulary has one.
    pub tokens: Vec<u32>,
}

impl TrainedLanguageModel {
    /// Loads a language model from its run directory, or from any folder with its `model.json`,
    /// weights and `vocabulary.json`.
    ///
    /// # Errors
    ///
    /// When a file is missing, damaged, of another version or kind, or does not fit the others; the
    /// message names the file and says what to do.
    pub fn load(folder: impl AsRef<Path>, device: &Device) -> Result<Self, LanguageModelError> {
        let folder = folder.as_ref();
        Self::load_described(&ModelDescription::read(folder)?, folder, device)
    }

    /// Loads the weights and the vocabulary of a folder, with a description that is at hand already.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn load_described(
        description: &ModelDescription,
        folder: impl AsRef<Path>,
        device: &Device,
    ) -> Result<Self, LanguageModelError> {
        let folder = folder.as_ref();
        AnyLanguageModel::check_kind(description, folder)?;
        let vocabulary = load_vocabulary(description, folder)?;
        let model = AnyLanguageModel::load_described(description, folder, device)?;
        check_size("tokens", model.vocabulary_size(), vocabulary.len())
            .map_err(|error| error.in_folder(folder))?;
        Ok(Self { model, vocabulary })
    }

    /// The model: token ids in, probabilities out.
    pub fn model(&self) -> &AnyLanguageModel {
        &self.model
    }

    /// Its vocabulary.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// How likely a sentence is, its end included where the vocabulary has one.
    ///
    /// # Errors
    ///
    /// When a token is not in a vocabulary without `<unk>`, or there is nothing to score.
    pub fn score(&self, sentence: &str) -> Result<Likelihood, LanguageModelError> {
        let sentence = self.sentence(sentence)?;
        match sentence.tokens.is_empty() {
            true => Err(LanguageModelError::TooShort),
            false => Ok(score(&self.model, &sentence.context, &sentence.tokens)),
        }
    }

    /// Continues `prompt`, which may be empty, with up to `max_tokens` tokens, to the end of the
    /// sentence where the vocabulary has one. Returns what was written, without the prompt.
    ///
    /// # Errors
    ///
    /// As [`prompt`](Self::prompt).
    ///
    /// # Panics
    ///
    /// If the model's weights give no token a probability, as with NaN among them.
    pub fn write(
        &self,
        prompt: &str,
        max_tokens: usize,
        sampler: Sampler,
    ) -> Result<String, LanguageModelError> {
        let prompt = self.prompt(prompt)?;
        let tokens: Vec<u32> = self.generate(&prompt, max_tokens, sampler).collect();
        self.decode(&tokens)
    }

    /// The same token by token, as they are drawn; the end of the sentence is the last of them.
    /// `<unk>`, which stands for no text, is never drawn; [`generate`] with [`model`](Self::model)
    /// draws it too.
    ///
    /// # Panics
    ///
    /// If the prompt is empty and the model a neural one, or a token is not in the vocabulary; when
    /// drawing, if the model's weights give no token a probability, as with NaN among them.
    pub fn generate(
        &self,
        prompt: &[u32],
        max_tokens: usize,
        sampler: Sampler,
    ) -> Generation<'_, AnyLanguageModel> {
        let unknown = self.vocabulary.special(Special::Unknown);
        generate(&self.model, prompt, max_tokens, self.end(), sampler).without(unknown.as_slice())
    }

    /// The tokens of a prompt, behind what stands before a text.
    ///
    /// # Errors
    ///
    /// When a token is not in a vocabulary without `<unk>`, or there is none at all.
    pub fn prompt(&self, prompt: &str) -> Result<Vec<u32>, LanguageModelError> {
        let tokens = self.vocabulary.encode_fragment(prompt)?;
        let prompt: Vec<u32> = boundary(&self.vocabulary)
            .into_iter()
            .chain(tokens)
            .collect();
        match prompt.is_empty() {
            true => Err(LanguageModelError::NoPrompt),
            false => Ok(prompt),
        }
    }

    /// The tokens of a sentence, to be scored.
    ///
    /// # Errors
    ///
    /// When a token is not in a vocabulary without `<unk>`.
    pub fn sentence(&self, sentence: &str) -> Result<Sentence, LanguageModelError> {
        let tokens = self.vocabulary.encode_fragment(sentence)?;
        Ok(self.sentence_of_tokens(tokens))
    }

    /// The tokens of a sentence of bytes, to be scored: for a model of bytes they may be any, for others they are UTF-8.
    ///
    /// # Errors
    ///
    /// When the bytes of a model of text are no UTF-8, and as [`sentence`](Self::sentence).
    pub fn sentence_of_bytes(&self, sentence: &[u8]) -> Result<Sentence, LanguageModelError> {
        match self.vocabulary.unit() {
            Unit::Byte => {
                let tokens = sentence.iter().map(|byte| u32::from(*byte));
                Ok(self.sentence_of_tokens(tokens.collect()))
            }
            Unit::Character | Unit::Word => self.sentence(utf8(sentence)?),
        }
    }

    fn sentence_of_tokens(&self, mut tokens: Vec<u32>) -> Sentence {
        tokens.extend(self.end());
        // Without anything before it a text's first token is not predicted but given.
        let context = match boundary(&self.vocabulary) {
            Some(boundary) => vec![boundary],
            None => tokens.drain(..tokens.len().min(1)).collect(),
        };
        Sentence { context, tokens }
    }

    /// The text of tokens that the model wrote, without the end of the sentence behind them. Bytes
    /// may be drawn that are no text; they become U+FFFD.
    ///
    /// # Errors
    ///
    /// When a token is not in the vocabulary.
    pub fn decode(&self, tokens: &[u32]) -> Result<String, LanguageModelError> {
        let shown = match tokens.split_last() {
            Some((last, rest)) if Some(*last) == self.end() => rest,
            _ => tokens,
        };
        match self.vocabulary.unit() {
            Unit::Byte => {
                let bytes = self.vocabulary.decode_bytes(shown)?;
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => Ok(self.vocabulary.decode(shown)?),
        }
    }

    /// The token that ends a sentence, where there is one.
    pub fn end(&self) -> Option<u32> {
        self.vocabulary.special(Special::EndOfSentence)
    }
}
