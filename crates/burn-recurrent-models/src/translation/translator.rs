//! A trained model that translates.

use super::beam::beam_search;
use super::forced::force;
use super::walk::walk;
use super::{BeamConfig, DecodingError, DecodingOptions, EncoderDecoder, Hypothesis};
use crate::Sampler;
use burn::module::Module;
use burn::tensor::Device;
use burn_recurrent_kernels::{parallel_map, parallelism};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Into how many groups for each thread the sentences of a call come apart at least, where there are enough of them, so
/// that no thread waits for the others for long.
const GROUPS_A_THREAD: usize = 2;

/// Fewer sentences of one length stay together: a step takes hardly less time for fewer.
const LEAST_SHARE: usize = 8;

/// A trained [`EncoderDecoder`] that translates, on one device: token indices in, token indices
/// out, without beginnings and ends.
///
/// No sentence's translation depends on what is translated with it: sentences of one length are
/// translated together, so that there is no padding, and on Burn's Flex backend every number is the
/// same to the last bit whatever the other sentences are and however many threads compute it. There,
/// each thread translates sentences of its own.
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
        let likeliest = |log_probabilities: &[f32]| {
            let mut best = 0;
            for (token, log_probability) in log_probabilities.iter().enumerate() {
                if *log_probability > log_probabilities[best] {
                    best = token;
                }
            }
            best as u32
        };
        self.one_each(sentences, options, sentences.iter().map(|_| likeliest))
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
        let draws = samplers.iter_mut().map(|sampler| {
            |log_probabilities: &[f32]| {
                let log_probabilities: Vec<f64> =
                    log_probabilities.iter().map(|p| f64::from(*p)).collect();
                sampler.sample(&log_probabilities)
            }
        });
        self.one_each(sentences, options, draws)
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
        let sentences = self.checked(sentences)?;
        let by = |place: usize| sentences[place].len();
        let groups = self.groups(sentences.len(), by, config.options.batch);
        Ok(self.in_groups(groups, |group| {
            beam_search(self, &of(&sentences, group), config)
        }))
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
        let sentences = self.checked(sentences)?;
        let translations = checked(translations, self.model.target_vocabulary_size())?;
        let by = |place: usize| (sentences[place].len(), translations[place].len());
        let groups = self.groups(sentences.len(), by, batch);
        Ok(self.in_groups(groups, |group| {
            force(self, &of(&sentences, group), &of(&translations, group))
        }))
    }

    /// A translation a sentence, of which each token is what the sentence's `choices` says, given the
    /// log-probabilities of all tokens.
    fn one_each<S: AsRef<[u32]>, C: FnMut(&[f32]) -> u32 + Send>(
        &self,
        sentences: &[S],
        options: &DecodingOptions,
        choices: impl Iterator<Item = C>,
    ) -> Result<Vec<Hypothesis>, DecodingError> {
        options.validate()?;
        let sentences = self.checked(sentences)?;
        let choices: Vec<Mutex<C>> = choices.map(Mutex::new).collect();
        let by = |place: usize| sentences[place].len();
        let groups = self.groups(sentences.len(), by, options.batch);
        Ok(self.in_groups(groups, |group| {
            let sources = of(&sentences, group);
            // Nobody else asks for this sentence's.
            walk(self, &sources, options, &mut |place, log_probabilities| {
                let choice = choices[group[place]].lock();
                choice.unwrap_or_else(PoisonError::into_inner)(log_probabilities)
            })
        }))
    }

    /// The tokens of sentences, all of which the model knows.
    fn checked<'a, S: AsRef<[u32]>>(
        &self,
        sentences: &'a [S],
    ) -> Result<Vec<&'a [u32]>, DecodingError> {
        checked(sentences, self.model.source_vocabulary_size())
    }

    /// The places of so many sentences, those together that are alike in `by`, at most `batch`; fewer
    /// where there would be too few groups for the threads. First those that are last in the order of
    /// `by`, since the longest ones take the longest.
    fn groups<K: Ord>(
        &self,
        sentences: usize,
        by: impl Fn(usize) -> K,
        batch: usize,
    ) -> Vec<Vec<usize>> {
        let share = match parallelism(&self.device) {
            1 => sentences,
            threads => sentences.div_ceil(GROUPS_A_THREAD * threads),
        };
        let most = batch.min(share.max(LEAST_SHARE));
        let mut alike: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for place in 0..sentences {
            alike.entry(by(place)).or_default().push(place);
        }
        let groups = alike.values().rev().flat_map(|places| places.chunks(most));
        groups.map(<[usize]>::to_vec).collect()
    }

    /// What `translate` returns for the sentences of each group, in the sentences' order.
    fn in_groups<R: Send>(
        &self,
        groups: Vec<Vec<usize>>,
        translate: impl Fn(&[usize]) -> Vec<R> + Sync,
    ) -> Vec<R> {
        let results = parallel_map(&self.device, groups, |group| {
            let results = translate(&group);
            group.into_iter().zip(results).collect::<Vec<_>>()
        });
        let mut results: Vec<(usize, R)> = results.into_iter().flatten().collect();
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

fn of<'a>(all: &[&'a [u32]], group: &[usize]) -> Vec<&'a [u32]> {
    group.iter().map(|place| all[*place]).collect()
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

/// The tokens of all, none of which is `size` or more.
fn checked<S: AsRef<[u32]>>(all: &[S], size: usize) -> Result<Vec<&[u32]>, DecodingError> {
    let all: Vec<&[u32]> = all.iter().map(AsRef::as_ref).collect();
    for (sentence, tokens) in all.iter().enumerate() {
        let mut tokens = tokens.iter().enumerate();
        if let Some((place, &token)) = tokens.find(|(_, token)| **token as usize >= size) {
            return Err(DecodingError::Token {
                sentence,
                place,
                token,
                size,
            });
        }
    }
    Ok(all)
}
