//! A trained tagger: words in, labels out.

use super::files::{check_settings, check_sizes, load_vocabularies};
use super::{TaggerError, TaggerSettings};
use burn::module::Module;
use burn::tensor::Device;
use burn_recurrent_models::{
    LinearChainCrf, LinearChainCrfConfig, ModelDescription, SavedModel, SequenceTagger, TaggerInput,
};
use burn_recurrent_text::{LengthBatches, TaggingExamples, TaggingTask, TaggingVocabularies};
use std::path::Path;
use std::sync::Arc;

/// A longer sentence is tagged in pieces of so many words, so that memory has a bound.
const MOST_WORDS: usize = 10_000;

/// The most tokens in a batch, padding included, unless another number is asked for.
const BATCH_TOKENS: usize = 4_000;

/// A trained tagger and its vocabularies.
///
/// ```no_run
/// use burn::tensor::Device;
/// use burn_recurrent_zoo::{TrainedTagger, spans};
///
/// let tagger = TrainedTagger::load("runs/b", &Device::default())?;
/// let words = tagger.words("wake me at six thirty tomorrow");
/// for span in spans(&tagger.tag_sentence(&words)) {
///     println!("{}: {}", span.kind, words[span.start..span.end].join(" "));
/// }
/// # Ok::<(), burn_recurrent_zoo::TaggerError>(())
/// ```
#[derive(Debug)]
pub struct TrainedTagger {
    model: SequenceTagger,
    /// Chooses valid labels where the model itself does not.
    chooser: Option<LinearChainCrf>,
    vocabularies: Arc<TaggingVocabularies>,
    settings: TaggerSettings,
    batch_tokens: usize,
    device: Device,
}

impl TrainedTagger {
    /// Loads a tagger from its run directory, or from any folder with its `model.json`, weights and
    /// the folder `vocabulary`.
    ///
    /// # Errors
    ///
    /// When a file is missing, damaged, of another version or kind, or does not fit the others; the
    /// message names the file and says what to do.
    pub fn load(folder: impl AsRef<Path>, device: &Device) -> Result<Self, TaggerError> {
        let folder = folder.as_ref();
        Self::load_described(&ModelDescription::read(folder)?, folder, device)
    }

    /// Loads the weights and the vocabularies of a folder, with a description that is at hand
    /// already.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn load_described(
        description: &ModelDescription,
        folder: impl AsRef<Path>,
        device: &Device,
    ) -> Result<Self, TaggerError> {
        let folder = folder.as_ref();
        description.check_kind::<SequenceTagger>(folder)?;
        let (vocabularies, settings) = load_vocabularies(description, folder)?;
        let model = SequenceTagger::load_described(description, folder, device)?;
        Self::new(model, settings, Arc::new(vocabularies)).map_err(|error| error.in_folder(folder))
    }

    /// A tagger of a model that is at hand.
    ///
    /// # Errors
    ///
    /// When the model has another number of words, characters or labels than the vocabularies, or
    /// labels are none of the scheme that was learned, or allow no valid sequence.
    pub fn new(
        model: SequenceTagger,
        settings: TaggerSettings,
        vocabularies: Arc<TaggingVocabularies>,
    ) -> Result<Self, TaggerError> {
        // Without gradients and dropout.
        let model = model.valid();
        let device = model.devices().into_iter().next().unwrap_or_default();
        check_sizes(&model, &vocabularies)?;
        let constraints = check_settings(&settings, &vocabularies)?;
        let chooser = match (&model.crf, constraints) {
            // Without transitions the best sequence has each word's best label, as far as it is
            // allowed.
            (None, Some(constraints)) => Some(
                LinearChainCrfConfig::new(vocabularies.labels.len())
                    .with_constraints(Some(constraints))
                    .init(&device)?,
            ),
            (Some(crf), Some(constraints)) if crf.constraints().is_none() => {
                Some(crf.clone().with_constraints(constraints)?)
            }
            _ => None,
        };
        Ok(Self {
            model,
            chooser,
            vocabularies,
            settings,
            batch_tokens: BATCH_TOKENS,
            device,
        })
    }

    /// Sets the most tokens in a batch, padding included, which changes nothing but the speed and
    /// the memory; 4,000 unless set.
    ///
    /// # Panics
    ///
    /// When it is zero.
    pub fn with_batch_tokens(mut self, batch_tokens: usize) -> Self {
        assert!(batch_tokens > 0, "batches of 0 tokens, expected at least 1");
        self.batch_tokens = batch_tokens;
        self
    }

    /// The model: tensors in, tensors out.
    pub fn model(&self) -> &SequenceTagger {
        &self.model
    }

    /// Its words, characters and labels.
    pub fn vocabularies(&self) -> &Arc<TaggingVocabularies> {
        &self.vocabularies
    }

    /// How it reads words and writes labels.
    pub fn settings(&self) -> &TaggerSettings {
        &self.settings
    }

    /// What its labels are.
    pub fn task(&self) -> TaggingTask {
        self.settings.task
    }

    /// The words of a line of plain text, cut as its settings say.
    pub fn words(&self, line: &str) -> Vec<String> {
        self.settings.tokenizer.words(line)
    }

    /// The labels of a sentence's words, one for each. Where they mark spans,
    /// [`spans`](burn_recurrent_text::spans) says which.
    ///
    /// The words must be cut as those of the training data were, as [`words`](Self::words) does.
    pub fn tag_sentence<W: AsRef<str>>(&self, words: &[W]) -> Vec<String> {
        self.tag(&[words]).pop().unwrap_or_default()
    }

    /// The labels of each sentence, as many as it has words. Many sentences at once go faster than
    /// one after the other. One of more than 10,000 words is tagged in pieces of so many, so that
    /// memory has a bound.
    pub fn tag<S: AsRef<[W]>, W: AsRef<str>>(&self, sentences: &[S]) -> Vec<Vec<String>> {
        let pieces: Vec<(usize, &[W])> = sentences
            .iter()
            .enumerate()
            .flat_map(|(sentence, words)| {
                let pieces = words.as_ref().chunks(MOST_WORDS);
                pieces.map(move |piece| (sentence, piece))
            })
            .collect();
        let words = pieces.iter().map(|(_, piece)| *piece);
        let max_characters = self.settings.max_characters;
        let examples = TaggingExamples::encode_words(&self.vocabularies, max_characters, words);
        let mut learned: Vec<Vec<&str>> = vec![Vec::new(); sentences.len()];
        for ((sentence, _), labels) in pieces.iter().zip(self.decode(&examples)) {
            let names = labels
                .into_iter()
                .map(|label| self.vocabularies.label(label));
            learned[*sentence].extend(names);
        }
        let written = learned.iter();
        written.map(|labels| self.task().written(labels)).collect()
    }

    fn decode(&self, examples: &TaggingExamples) -> Vec<Vec<usize>> {
        let batches = LengthBatches::new(examples.lengths(), self.batch_tokens);
        let batches = batches.expect("a batch has room for a token").by_length();
        let mut labels = vec![Vec::new(); examples.len()];
        for sentences in batches {
            let batch = examples.batch(&sentences);
            let input = TaggerInput::from_ids(&batch.words, &batch.lengths, &self.device)
                .with_character_ids(&batch.characters, &batch.character_lengths, &batch.forms)
                .with_shape_ids(&batch.shapes);
            let emissions = self.model.emissions(&input);
            let decoded = match &self.chooser {
                Some(chooser) => {
                    let paths = chooser.viterbi(emissions, &input.lengths).into_iter();
                    paths.map(|path| path.labels).collect()
                }
                None => self.model.decode_emissions(emissions, &input.lengths),
            };
            for (sentence, decoded) in sentences.into_iter().zip(decoded) {
                labels[sentence] = decoded;
            }
        }
        labels
    }
}
