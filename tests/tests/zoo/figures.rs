//! The shipped models have the figures of their cards, on a part of the data that these were measured on.
//!
//! A figure of a part is not that of the whole, so a band is allowed around the card's: three standard errors, by the jackknife
//! over ten groups of the part's sentences (Quenouille 1956; Tukey 1958), which knows that the words of a sentence are not
//! independent; and at least what three sentences can make, as where no error is seen the rate may still be 3/n. The sentences
//! are taken at equal distances, since neighbours are from the same document.

use crate::shipped;
use burn::tensor::Device;
use burn_recurrent_datasets::{
    ParallelPart, ParallelSplits, Pronunciations, RequestCorpus, StoryCorpus, Stress, TaggedPart,
    TaggedSplits, TextSplits, TranslationCorpus,
};
use burn_recurrent_models::LanguageModel;
use burn_recurrent_tests::data_set;
use burn_recurrent_text::SpanScore;
use burn_recurrent_train::translation::{Score, TranslationTask};
use burn_recurrent_zoo::{TrainedLanguageModel, TrainedTagger, TrainedTranslator};
use std::io::Write;

const GROUPS: usize = 10;

/// Up to so many things at equal distances.
fn spread<T: Clone>(all: &[T], count: usize) -> Vec<T> {
    let count = count.min(all.len());
    (0..count)
        .map(|i| all[i * all.len() / count].clone())
        .collect()
}

/// Compares the figure of `count` sentences, of which `figure` computes that of any choice, with the card's; `scale` is what a
/// figure goes up to.
fn compare(model: &str, name: &str, count: usize, scale: f64, figure: impl Fn(&[usize]) -> f64) {
    let card = std::fs::read(shipped(model).join("zoo.json")).unwrap();
    let card: serde_json::Value = serde_json::from_slice(&card).unwrap();
    let expected = card["figures"][name].as_f64().unwrap();
    let choose = |chosen: &dyn Fn(usize) -> bool| -> f64 {
        figure(&(0..count).filter(|i| chosen(*i)).collect::<Vec<_>>())
    };
    let found = choose(&|_| true);
    let without: Vec<f64> = (0..GROUPS)
        .map(|group| choose(&|i| i % GROUPS != group))
        .collect();
    let mean = without.iter().sum::<f64>() / GROUPS as f64;
    let squares: f64 = without.iter().map(|figure| (figure - mean).powi(2)).sum();
    let error = (squares * (GROUPS - 1) as f64 / GROUPS as f64).sqrt();
    let band = (3.0 * error).max(3.0 * scale / count as f64);
    let line = format!(
        "{model}: {name} {found:.4} of {count} parts, {expected:.4} on its card, which may differ by {band:.4}\n"
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    assert!((found - expected).abs() <= band, "{line}");
}

/// The mean nats of stretches of a text, each read behind what stands before it.
fn nats(model: &str, name: &str, text: &str) {
    const CONTEXT: usize = 60;
    const STRETCH: usize = 100;
    const COUNT: usize = 60;
    let loaded = TrainedLanguageModel::load(shipped(model), &Device::flex()).unwrap();
    let tokens = loaded.vocabulary().encode(text).unwrap();
    let stretches: Vec<&[u32]> = tokens.chunks_exact(CONTEXT + STRETCH).collect();
    let stretches = spread(&stretches, COUNT);
    let nats: Vec<f64> = stretches
        .iter()
        .map(|stretch| {
            let (context, tokens) = stretch.split_at(CONTEXT);
            -loaded
                .model()
                .log_probabilities(context, tokens)
                .iter()
                .sum::<f64>()
        })
        .collect();
    let mean = |chosen: &[usize]| {
        let sum: f64 = chosen.iter().map(|i| nats[*i]).sum();
        sum / (chosen.len() * STRETCH) as f64
    };
    // Stretches are no rare events: their spread says all.
    compare(model, name, stretches.len(), 0.0, mean);
}

fn tagger(model: &str, count: usize, test: Option<TaggedPart>, spans: bool) {
    let sentences = spread(&test.unwrap().sentences, count);
    let tagger = TrainedTagger::load(shipped(model), &Device::flex()).unwrap();
    let words: Vec<&[String]> = sentences.iter().map(|s| s.words.as_slice()).collect();
    let predicted = tagger.tag(&words);
    let score = |chosen: &[usize]| {
        let mut score = SpanScore::default();
        for i in chosen {
            score.add(&sentences[*i].tags, &predicted[*i]);
        }
        score
    };
    let count = sentences.len();
    compare(model, "test_accuracy", count, 1.0, |chosen| {
        let score = score(chosen);
        score.correct_tokens as f64 / score.tokens as f64
    });
    if spans {
        compare(model, "test_f1", count, 1.0, |chosen| {
            score(chosen).overall.f1()
        });
    }
}

/// A translator of the zoo, and sentences to measure it on.
struct Translator {
    name: &'static str,
    loaded: TrainedTranslator,
    test: ParallelPart,
}

impl Translator {
    fn new(name: &'static str, test: Option<ParallelPart>) -> Self {
        Self {
            name,
            loaded: TrainedTranslator::load(shipped(name), &Device::flex()).unwrap(),
            test: test.unwrap(),
        }
    }

    /// Compares the scores of its translations of some sentences; they are found by search, which takes its time.
    fn scores(&self, count: usize, task: TranslationTask, figures: &[(&str, f64)]) {
        let pairs = spread(&self.test.pairs, count);
        let sources: Vec<&str> = pairs.iter().map(|pair| pair.source.as_str()).collect();
        let translations = self.loaded.translate(&sources);
        for (figure, scale) in figures {
            compare(self.name, figure, pairs.len(), *scale, |chosen| {
                let part = ParallelPart {
                    pairs: chosen.iter().map(|i| pairs[*i].clone()).collect(),
                    path: self.test.path.clone(),
                    empty: None,
                };
                let chosen = chosen.iter().map(|i| translations[*i].clone());
                let score = Score::of(task, &part, |_| chosen.collect());
                score.figures("test")[*figure]
            });
        }
    }

    /// Compares its perplexity, of translations that are given.
    fn perplexity(&self, count: usize) {
        let pairs = spread(&self.test.pairs, count);
        let sources: Vec<&str> = pairs.iter().map(|pair| pair.source.as_str()).collect();
        let targets: Vec<&str> = pairs.iter().map(|pair| pair.target.as_str()).collect();
        let scores = self.loaded.score(&sources, &targets);
        compare(self.name, "test_perplexity", pairs.len(), 0.0, |chosen| {
            let tokens = || chosen.iter().flat_map(|i| &scores[*i]);
            (-tokens().sum::<f64>() / tokens().count() as f64).exp()
        });
    }
}

#[test]
fn models_of_the_grammars() {
    let stories = StoryCorpus::generate(1, 1, 1, 1000).splits;
    nats(
        "sample-stories",
        "test_nats_per_token",
        &stories.test.unwrap(),
    );
    let requests = RequestCorpus::generate(1, 1, 1, 1000).splits;
    tagger("sample-requests", 300, requests.test, true);
    let sentences = TranslationCorpus::generate(1, 1, 1, 1000).splits;
    let translator = Translator::new("sample-de-en", sentences.test);
    let figures = [("test_bleu", 100.0), ("test_chrf", 100.0)];
    translator.scores(30, TranslationTask::Text, &figures);
    translator.perplexity(300);
}

#[test]
fn shakespeare() {
    if data_set("tiny-shakespeare").is_some() {
        let splits = TextSplits::from_catalog("tiny-shakespeare").unwrap();
        nats("shakespeare-char", "valid_nats_per_token", &splits.valid);
    }
}

#[test]
fn parts_of_speech() {
    if data_set("ud-english-ewt").is_some() {
        let splits = TaggedSplits::from_catalog("ud-english-ewt").unwrap();
        tagger("ewt-upos", 200, splits.test, false);
    }
}

#[test]
fn captions() {
    if data_set("multi30k").is_some() {
        let splits = ParallelSplits::from_catalog("multi30k", "de", "en").unwrap();
        let translator = Translator::new("multi30k-de-en", splits.test);
        // A search for translations as long as these takes its time without optimisation.
        translator.perplexity(100);
    }
}

#[test]
fn pronunciations() {
    if data_set("cmudict").is_some() {
        let (dictionary, shares) = Pronunciations::from_catalog("cmudict", Stress::Marked).unwrap();
        let test = dictionary.splits(shares).unwrap().test;
        let translator = Translator::new("cmudict-g2p", test);
        let figures = [("test_phoneme_error", 1.0)];
        translator.scores(150, TranslationTask::Pronunciation, &figures);
    }
}
