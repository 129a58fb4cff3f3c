//! One translation a sentence, one token after the other.

use super::stepper::Stepper;
use super::{DecodingOptions, Hypothesis, NeuralTranslator};

/// A translation being written.
struct Written {
    place: usize,
    hypothesis: Hypothesis,
}

/// Writes one translation for each of some sentences of one length; `choose` names the next token
/// of a sentence's, given the log-probabilities of all.
pub(super) fn walk(
    translator: &NeuralTranslator,
    sentences: &[&[u32]],
    options: &DecodingOptions,
    choose: &mut dyn FnMut(usize, &[f32]) -> u32,
) -> Vec<Hypothesis> {
    let tokens = translator.model().tokens();
    let has_attention = translator.model().decoder.attention.is_some();
    let (words, attention) = (sentences[0].len(), options.attention && has_attention);
    let mut stepper = Stepper::new(translator, sentences, 1, options.forbid_unknown, attention);
    let start = |place| Written {
        place,
        hypothesis: Hypothesis {
            tokens: Vec::new(),
            log_probabilities: Vec::new(),
            log_probability: 0.0,
            score: 0.0,
            finished: false,
            attention: attention.then(Vec::new),
        },
    };
    let mut running: Vec<Written> = (0..sentences.len()).map(start).collect();
    let mut done: Vec<Written> = Vec::with_capacity(sentences.len());
    let mut last = vec![tokens.begin; sentences.len()];
    for _ in 0..options.limit(words) {
        let step = stepper.step(&last);
        let (mut kept, mut going) = (Vec::new(), Vec::new());
        last.clear();
        for (row, mut written) in running.into_iter().enumerate() {
            let log_probabilities = step.log_probabilities(row);
            let token = choose(written.place, log_probabilities);
            let hypothesis = &mut written.hypothesis;
            let log_probability = f64::from(log_probabilities[token as usize]);
            hypothesis.log_probabilities.push(log_probability);
            hypothesis.log_probability += log_probability;
            if let Some(attention) = &mut hypothesis.attention {
                attention.push(step.weights(row)[..words].to_vec());
            }
            if token == tokens.end {
                hypothesis.finished = true;
                done.push(written);
            } else {
                hypothesis.tokens.push(token);
                kept.push(row);
                last.push(token);
                going.push(written);
            }
        }
        running = going;
        if running.is_empty() {
            break;
        }
        stepper.keep(&kept, &kept);
    }
    done.append(&mut running);
    done.sort_by_key(|written| written.place);
    let scored = |written: Written| Hypothesis {
        score: written.hypothesis.log_probability,
        ..written.hypothesis
    };
    done.into_iter().map(scored).collect()
}
