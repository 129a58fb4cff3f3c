//! Tokens that a model does not know.

use burn_recurrent_text::Vocabulary;

/// Says which tokens of a person's text the model reads as `<unk>`.
pub fn warn_of_unknown(vocabulary: &Vocabulary, what: &str, text: &str) {
    const SHOWN: usize = 5;
    let unknown = vocabulary.unknown_tokens(text);
    if unknown.is_empty() {
        return;
    }
    let shown: Vec<String> = unknown
        .iter()
        .take(SHOWN)
        .map(|t| format!("{t:?}"))
        .collect();
    let more = match unknown.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    log::warn!(
        "{what}: {}{more} not in the vocabulary, read as <unk>",
        shown.join(", ")
    );
}
