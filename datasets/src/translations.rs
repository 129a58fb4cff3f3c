//! The bundled sample for translators: German sentences and their English translations, from a grammar.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::grammar::{SynchronousGrammar, sample_rng};
use crate::parallel::{ParallelPart, ParallelSplits, SentencePair};
use crate::pronunciations::{Part, WordShares};

/// The fewest and the most words of a sentence, on either side.
const WORDS: std::ops::RangeInclusive<usize> = 4..=20;

/// How many of a hundred sentences of the grammar are for the test and for validation.
const SHARES: WordShares = WordShares {
    test: 10,
    valid: 10,
};

/// The grammar of the sentences, `samples/translations.grammar`: German before `=>`, English behind it.
pub fn translations() -> &'static SynchronousGrammar {
    static GRAMMAR: LazyLock<SynchronousGrammar> = LazyLock::new(|| {
        SynchronousGrammar::parse(
            "translations.grammar",
            include_str!("../samples/translations.grammar"),
        )
        .unwrap_or_else(|error| panic!("{error}"))
    });
    &GRAMMAR
}

/// German sentences with their English translations, drawn from [`translations`].
///
/// They have articles and adjectives that agree in gender and case, verbs in second place and at the end, separable verbs,
/// the perfect, modal verbs, questions, denials, numbers, dates and times of day; 4 to 20 words on either side. A German
/// sentence has one translation, so the entropy of the English given the German is 0 and a perfect translator has a BLEU
/// of 100. The other direction has no such bound: *you* is *du* and *see* is *sehe* or *sehen*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranslationCorpus {
    /// The sentences, German to English; [`ParallelSplits::reversed`] turns them round. No German sentence is in two parts,
    /// and none is twice in validation or test.
    pub splits: ParallelSplits,
}

impl TranslationCorpus {
    /// Draws a corpus. The parts come from separate streams of the seed, and which part a sentence may be in is decided by
    /// its own bytes: asking for more sentences of one part extends it and changes nothing else, and a test sentence is in
    /// the training data of no seed.
    ///
    /// # Panics
    /// If a part would have no sentence.
    ///
    /// # Example
    /// ```
    /// use burn_recurrent_datasets::TranslationCorpus;
    ///
    /// let corpus = TranslationCorpus::generate(1, 100, 10, 10);
    /// let pair = &corpus.splits.train.pairs[0];
    /// println!("{} -> {}", pair.source, pair.target);
    /// # assert_eq!(corpus.splits.train.pairs.len(), 100);
    /// ```
    pub fn generate(seed: u64, train: usize, valid: usize, test: usize) -> Self {
        assert!(
            train > 0 && valid > 0 && test > 0,
            "each part of a translation corpus needs at least one sentence, got {train} train, {valid} valid, {test} test"
        );
        Self {
            splits: ParallelSplits {
                train: draw(seed, Part::Train, train),
                valid: draw(seed, Part::Valid, valid),
                test: Some(draw(seed, Part::Test, test)),
            },
        }
    }
}

/// Draws sentences of a part until there are as many as asked for.
fn draw(seed: u64, part: Part, count: usize) -> ParallelPart {
    let (stream, name) = match part {
        Part::Train => (0, "train"),
        Part::Valid => (1, "valid"),
        Part::Test => (2, "test"),
    };
    let mut rng = sample_rng(seed, stream);
    let mut seen = HashSet::new();
    let mut pairs = Vec::with_capacity(count);
    while pairs.len() < count {
        let sample = translations().sample(&mut rng);
        let (german, english) = (written(&sample.source), written(&articles(&sample.target)));
        let fits = |text: &str| WORDS.contains(&text.split(' ').count());
        if !fits(&german) || !fits(&english) || SHARES.part(&german) != part {
            continue;
        }
        if part == Part::Train || seen.insert(german.clone()) {
            pairs.push(SentencePair::new(german, english));
        }
    }
    ParallelPart {
        path: format!("translations ({name})").into(),
        pairs,
        empty: None,
    }
}

/// The English article before a vowel: `an`. In the grammar it is `a`, for what follows is another symbol's.
fn articles<'t>(tokens: &[&'t str]) -> Vec<&'t str> {
    let article = |(index, token): (usize, &&'t str)| match (*token, tokens.get(index + 1)) {
        ("a", Some(next)) if next.starts_with(['a', 'e', 'i', 'o', 'u']) => "an",
        (token, _) => token,
    };
    tokens.iter().enumerate().map(article).collect()
}

/// Tokens as a sentence is written: no space before a punctuation mark, a capital at the beginning.
fn written(tokens: &[&str]) -> String {
    let mut text = String::new();
    for token in tokens {
        if !text.is_empty() && !matches!(*token, "." | "," | "?") {
            text.push(' ');
        }
        text.push_str(token);
    }
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_written_with_capital_and_punctuation() {
        let tokens = ["über", "die", "Brücke", ",", "weil", "."];
        assert_eq!(written(&tokens), "Über die Brücke, weil.");
        assert_eq!(written(&[]), "");
    }

    #[test]
    fn the_article_follows_the_next_word() {
        let tokens = ["a", "apple", "and", "a", "red", "apple", "a"];
        let expected = ["an", "apple", "and", "a", "red", "apple", "a"];
        assert_eq!(articles(&tokens), expected);
    }
}
