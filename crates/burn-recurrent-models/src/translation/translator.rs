//! A trained model that translates.

use super::beam::beam_search;
use super::forced::force;
use super::walk::walk;
use super::{BeamConfig, DecodingError, DecodingOptions, EncoderDecoder, Hypothesis};
use crate::Sampler;
use burn::module::Module;
use burn::tensor::Device;
use std::collections::BTreeMap;

/// A trained [`EncoderDecoder`] that translates, on one device: token indices in, token indices
/// out, without beginnings and ends.
///
/// No sentence's translation depends on what is translated with it: sentences of one length are
/// translated together, so that there is no padding, and on Burn's Flex backend every number is the
/// same to the last bit whatever the other sentences are and however many threads compute it.
///
/// ```
/// use burn::tensor::Device;
/// use burn_recurrent_models::{
///     BeamConfig, DecodingOptions, EncoderDecoderConfig, NeuralTranslator,
/// };
///
/// let config = EncoderDecoderConfig::new(100, 80).with_d_embedding(8).with_d_hidden(16);
/// let translator = NeuralTranslator::new(config.init(&Device::default())?);
/// let sentences = [vec![17, 4, 50], vec![8]];
/// let greedy = translator.greedy(&sentences, &DecodingOptions::default())?;
/// let best = translator.beam(&sentences, &BeamConfig::default())?;
/// assert_eq!((greedy.len(), best.len()), (2, 2));
/// println!("{:?}, with log-probability {}", best[0][0].tokens, best[0][0].log_probability);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct NeuralTranslator {
    model: EncoderDecoder,
    device: Device,
}

impl NeuralTranslator {
    /// Wraps a model; what it computes from now on has no gradients and no dropout.
    pub fn new(model: EncoderDecoder) -> Self {
        let model = model.valid();
        let device = model.devices().swap_remove(0);
        Self { model, device }
    }

    /// The model.
    pub fn model(&self) -> &EncoderDecoder {
        &self.model
    }

    /// The device it computes on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Writes the likeliest token each time, of equals the first; a translation a sentence, in
    /// their order.
    ///
    /// # Errors
    ///
    /// If an option or a token does not fit.
    pub fn greedy<S: AsRef<[u32]>>(
        &self,
        sentences: &[S],
        options: &DecodingOptions,
    ) -> Result<Vec<Hypothesis>, DecodingError> {
        self.one_each(sentences, options, &mut |_, log_probabilities| {
            let mut best = 0;
            for (token, log_probability) in log_probabilities.iter().enumerate() {
                if *log_probability > log_probabilities[best] {
                    best = token;
                }
            }
            best as u32
        })
    }

    /// Draws each token from the model's distribution (ancestral sampling), a sampler a sentence,
    /// so that the draws for one do not depend on the others.
    ///
    /// # Errors
    ///
    /// If an option or a token does not fit, or there is not one sampler a sentence.
    pub fn sample<S: AsRef<[u32]>>(
        &self,
        sentences: &[S],
        samplers: &mut [Sampler],
        options: &DecodingOptions,
    ) -> Result<Vec<Hypothesis>, DecodingError> {
        count("sampler", samplers.len(), sentences.len())?;
        self.one_each(sentences, options, &mut |sentence, log_probabilities| {
            let log_probabilities: Vec<f64> =
                log_probabilities.iter().map(|p| f64::from(*p)).collect();
            samplers[sentence].sample(&log_probabilities)
        })
    }

    /// Searches for the best translations, [`BeamConfig::nbest`] a sentence, the best first; fewer
    /// only where there are not so many of the length allowed.
    ///
    /// At each step the `2 * beam` likeliest continuations of a sentence's unfinished translations
    /// are looked at. Those that end, if they are among the first `beam`, are finished; the first
    /// `beam` others go on. A sentence is done when `beam` translations are finished, or none that
    /// goes on can be better than the `nbest` best of them.
    ///
    /// # Errors
    ///
    /// If a setting or a token does not fit.
    pub fn beam<S: AsRef<[u32]>>(
        &self,
        sentences: &[S],
        config: &BeamConfig,
    ) -> Result<Vec<Vec<Hypothesis>>, DecodingError> {
        config.validate()?;
        if config.coverage_penalty > 0.0 && self.model.decoder.attention.is_none() {
            let value = config.coverage_penalty;
            return Err(DecodingError::Coverage { value });
        }
        let by = |place: usize| sentences[place].as_ref().len();
        self.in_groups(sentences, by, config.options.batch, |group| {
            let sources = sources(sentences, group);
            beam_search(self, &sources, config)
        })
    }

    /// The log-probability of each token of a given translation of each sentence, its end
    /// included, in nats.
    ///
    /// # Errors
    ///
    /// If a token does not fit, there is not one translation a sentence, or `batch` is zero.
    pub fn log_probabilities<S: AsRef<[u32]>, T: AsRef<[u32]>>(
        &self,
        sentences: &[S],
        translations: &[T],
        batch: usize,
    ) -> Result<Vec<Vec<f64>>, DecodingError> {
        count("translation", translations.len(), sentences.len())?;
        if batch == 0 {
            return Err(DecodingError::Zero { name: "batch" });
        }
        check(translations, self.model.target_vocabulary_size())?;
        let by = |place: usize| {
            (
                sentences[place].as_ref().len(),
                translations[place].as_ref().len(),
            )
        };
        self.in_groups(sentences, by, batch, |group| {
            let (sources, targets) = (sources(sentences, group), sources(translations, group));
            force(self, &sources, &targets)
        })
    }

    fn one_each<S: AsRef<[u32]>>(
        &self,
        sentences: &[S],
        options: &DecodingOptions,
        choose: &mut dyn FnMut(usize, &[f32]) -> u32,
    ) -> Result<Vec<Hypothesis>, DecodingError> {
        options.validate()?;
        let by = |place: usize| sentences[place].as_ref().len();
        self.in_groups(sentences, by, options.batch, |group| {
            let sources = sources(sentences, group);
            walk(self, &sources, options, &mut |place, log_probabilities| {
                choose(group[place], log_probabilities)
            })
        })
    }

    /// Calls `translate` with the places of sentences that are alike in `by`, at most `batch` at a
    /// time, and brings what it returns back into the sentences' order.
    fn in_groups<S: AsRef<[u32]>, K: Ord, R>(
        &self,
        sentences: &[S],
        by: impl Fn(usize) -> K,
        batch: usize,
        mut translate: impl FnMut(&[usize]) -> Vec<R>,
    ) -> Result<Vec<R>, DecodingError> {
        check(sentences, self.model.source_vocabulary_size())?;
        let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for place in 0..sentences.len() {
            groups.entry(by(place)).or_default().push(place);
        }
        let mut results: Vec<(usize, R)> = Vec::with_capacity(sentences.len());
        for group in groups.values().flat_map(|places| places.chunks(batch)) {
            results.extend(group.iter().copied().zip(translate(group)));
        }
        results.sort_by_key(|(place, _)| *place);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }
}

fn sources<'a, S: AsRef<[u32]>>(sentences: &'a [S], group: &[usize]) -> Vec<&'a [u32]> {
    group
        .iter()
        .map(|place| sentences[*place].as_ref())
        .collect()
}

fn count(what: &'static str, found: usize, sentences: usize) -> Result<(), DecodingError> {
    match found == sentences {
        true => Ok(()),
        false => Err(DecodingError::Count {
            what,
            found,
            sentences,
        }),
    }
}

fn check<S: AsRef<[u32]>>(sentences: &[S], size: usize) -> Result<(), DecodingError> {
    for (sentence, tokens) in sentences.iter().enumerate() {
        let mut tokens = tokens.as_ref().iter().enumerate();
        if let Some((place, &token)) = tokens.find(|(_, token)| **token as usize >= size) {
            return Err(DecodingError::Token {
                sentence,
                place,
                token,
                size,
            });
        }
    }
    Ok(())
}
