//! Forced decoding: the likelihood of given translations.

use super::NeuralTranslator;
use super::batch::pad;
use super::stepper::{numbers, read};

/// The log-probability of each token of a translation of each of some sentences, the ends included.
/// The sentences are of one length, and so are the translations.
pub(super) fn force(
    translator: &NeuralTranslator,
    sentences: &[&[u32]],
    translations: &[&[u32]],
) -> Vec<Vec<f64>> {
    let (model, device) = (translator.model(), translator.device());
    let tokens = model.tokens();
    let source = read(translator, sentences, tokens);
    // As many as sentences were read.
    let padded = |before: &[u32], after: &[u32]| {
        let rows = (0..source.lengths.len()).map(|row| {
            let translation = translations[row.min(translations.len() - 1)];
            [before, translation, after].concat()
        });
        pad(&rows.collect::<Vec<_>>(), tokens.padding, device).0
    };
    let (inputs, targets) = (padded(&[tokens.begin], &[]), padded(&[], &[tokens.end]));
    let [_, time] = inputs.dims();
    let decoded = model.decode(inputs, None, source.start.clone(), &source);
    let nats = numbers(model.place_nats(decoded.output, targets).into_data());
    nats.chunks_exact(time)
        .take(translations.len())
        .map(|row| row.iter().map(|nats| -f64::from(*nats)).collect())
        .collect()
}
