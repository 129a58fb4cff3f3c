//! How likely given translations are.

use super::NeuralTranslator;
use super::batch::pad;
use super::stepper::{numbers, read};

/// The log-probability of each token of a translation of each of some sentences of one length, the
/// ends included.
pub(super) fn force(
    translator: &NeuralTranslator,
    sentences: &[&[u32]],
    translations: &[&[u32]],
) -> Vec<Vec<f64>> {
    let model = translator.model();
    let tokens = model.tokens();
    let source = read(translator, sentences, tokens);
    let rows = |before: &[u32], after: &[u32]| {
        let mut rows: Vec<Vec<u32>> = translations
            .iter()
            .map(|row| [before, row, after].concat())
            .collect();
        // As many as sentences are read.
        rows.resize(source.lengths.len(), rows[rows.len() - 1].clone());
        rows
    };
    let (inputs, lengths) = pad(
        &rows(&[tokens.begin], &[]),
        tokens.padding,
        translator.device(),
    );
    let (targets, _) = pad(
        &rows(&[], &[tokens.end]),
        tokens.padding,
        translator.device(),
    );
    let start = source.start.clone();
    let decoded = model.decode(inputs, Some(&lengths), start, &source);
    let nats = numbers(model.place_nats(decoded.output, targets).into_data());
    let time = nats.len() / lengths.len();
    let rows = nats
        .chunks_exact(time)
        .zip(&lengths)
        .take(translations.len());
    rows.map(|(row, length)| {
        row[..*length]
            .iter()
            .map(|nats| -f64::from(*nats))
            .collect()
    })
    .collect()
}
