//! A trained tagger: words in, labels out.

use crate::config::{Config, Task};
use crate::learner;
use burn::module::Module;
use burn::tensor::Device;
use burn_recurrent_models::{LinearChainCrf, LinearChainCrfConfig, SequenceTagger};
use burn_recurrent_text::{LengthBatches, TaggingExamples, TaggingVocabularies};
use burn_recurrent_train::Report;
use std::sync::Arc;

/// A longer sentence is tagged in pieces of so many words, so that memory has a bound.
const MOST_WORDS: usize = 10_000;

/// A trained tagger.
pub struct Tagger {
    model: SequenceTagger,
    /// Chooses valid labels where the model itself has a softmax only.
    chooser: Option<LinearChainCrf>,
    vocabularies: Arc<TaggingVocabularies>,
    task: Task,
    max_characters: usize,
    batch_tokens: usize,
    device: Device,
}

impl Tagger {
    /// A tagger of this config.
    pub fn new(
        model: SequenceTagger,
        config: &Config,
        vocabularies: Arc<TaggingVocabularies>,
    ) -> Result<Self, Report> {
        let task = config.data.task;
        let device = model.devices().into_iter().next().unwrap_or_default();
        let constraints = task.constraints(&vocabularies.labels)?;
        let constraints = constraints.filter(|_| config.model.output.is_constrained());
        let chooser = match (&model.crf, constraints) {
            // Without transitions the best sequence has each word's best label, as far as it is allowed.
            (None, Some(constraints)) => Some(
                LinearChainCrfConfig::new(vocabularies.labels.len())
                    .with_constraints(Some(constraints))
                    .init(&device)?,
            ),
            _ => None,
        };
        Ok(Self {
            model,
            chooser,
            vocabularies,
            task,
            max_characters: config.words.max_characters,
            batch_tokens: config.batches.evaluation_tokens,
            device,
        })
    }

    /// What the labels are.
    pub fn task(&self) -> Task {
        self.task
    }

    /// The labels of each sentence, as many as it has words, as they are written.
    pub fn tag(&self, sentences: &[&[String]]) -> Vec<Vec<String>> {
        let pieces: Vec<(usize, &[String])> = sentences
            .iter()
            .enumerate()
            .flat_map(|(sentence, words)| {
                words.chunks(MOST_WORDS).map(move |piece| (sentence, piece))
            })
            .collect();
        let words = pieces.iter().map(|(_, piece)| *piece);
        let examples =
            TaggingExamples::encode_words(&self.vocabularies, self.max_characters, words);
        let mut learned: Vec<Vec<&str>> = vec![Vec::new(); sentences.len()];
        for ((sentence, _), labels) in pieces.iter().zip(self.decode(&examples)) {
            let names = labels
                .into_iter()
                .map(|label| self.vocabularies.label(label));
            learned[*sentence].extend(names);
        }
        learned
            .iter()
            .map(|labels| self.task.written(labels))
            .collect()
    }

    fn decode(&self, examples: &TaggingExamples) -> Vec<Vec<usize>> {
        let batches = LengthBatches::new(examples.lengths(), self.batch_tokens);
        let batches = batches.expect("the config was validated").by_length();
        let mut labels = vec![Vec::new(); examples.len()];
        for sentences in batches {
            let input = learner::input(&examples.batch(&sentences), &self.device);
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
