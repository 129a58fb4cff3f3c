//! The shipped models do what their cards say, on a few inputs, and have the figures of their cards.

#[path = "zoo/figures.rs"]
mod figures;

use burn::tensor::Device;
use burn_recurrent_zoo::{TrainedLanguageModel, TrainedTagger, TrainedTranslator};
use std::path::PathBuf;

/// A model of the repository.
fn shipped(name: &str) -> PathBuf {
    let repository = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    repository.unwrap().join("zoo").join(name)
}

#[test]
fn taggers_tag() {
    let tags = |name: &str, sentence: &str| {
        let tagger = TrainedTagger::load(shipped(name), &Device::flex()).unwrap();
        tagger.tag_sentence(&tagger.words(sentence)).join(" ")
    };
    assert_eq!(
        tags("ewt-upos", "The cat sat on the mat ."),
        "DET NOUN VERB ADP DET NOUN PUNCT"
    );
    assert_eq!(
        tags("sample-requests", "wake me at six thirty tomorrow"),
        "O O O B-time I-time B-date"
    );
}

#[test]
fn translators_translate() {
    let translated = |name: &str, line: &str| {
        let translator = TrainedTranslator::load(shipped(name), &Device::flex()).unwrap();
        translator.translate_line(line)
    };
    assert_eq!(
        translated(
            "sample-de-en",
            "Der alte Mann weiß, dass der Zug um acht Uhr ankommt."
        ),
        "The old man knows that the train arrives at eight o'clock."
    );
    assert_eq!(translated("cmudict-g2p", "speech"), "S P IY1 CH");
    let caption = translated("multi30k-de-en", "Ein Hund läuft über die Wiese.");
    assert!(caption.contains("dog"), "{caption}");
}

#[test]
fn language_models_prefer_what_they_have_read() {
    for (name, likely, unlikely) in [
        ("shakespeare-char", "the king is dead", "king the dead is"),
        ("sample-stories", "tom saw a dog .", "dog a saw tom ."),
    ] {
        let model = TrainedLanguageModel::load(shipped(name), &Device::flex()).unwrap();
        let [likely, unlikely] =
            [likely, unlikely].map(|text| model.score(text).unwrap().perplexity());
        assert!(likely < unlikely, "{name}: {likely}, {unlikely}");
    }
}
