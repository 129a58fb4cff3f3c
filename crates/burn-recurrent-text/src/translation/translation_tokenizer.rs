//! Sentences as ids, and ids as sentences.

use std::collections::HashMap;
use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::byte_characters;
use super::joined_words;
use super::subwords::Subwords;
use super::translation_unit::TranslationUnit;
use crate::fingerprint::Fingerprint;
use crate::special::Special;
use crate::text_error::TextError;

/// Splits the sentences of one language, or of both, into tokens, each with an id. A
/// [`TranslationTokenizerConfig`](crate::TranslationTokenizerConfig) makes it from training text.
///
/// Ids 0 to 3 are `<pad>`, `<bos>`, `<eos>` and `<unk>`. No text is read as one of them: a symbol that is spelt `<eos>` is
/// unknown. What the training text did not have, or too seldom, is `<unk>`; with subwords nothing is, because every byte
/// is a token.
///
/// ```
/// use burn_recurrent_text::{TranslationTokenizerConfig, TranslationUnit};
///
/// let words = TranslationTokenizerConfig::new(TranslationUnit::Word).train(["Das Haus, das rote Haus."])?;
/// assert_eq!(words.split("Das Haus."), ["Das", "Haus", "￭."]);
/// let ids = words.encode("Das alte Haus.");
/// assert_eq!(words.decode(&ids)?, "Das <unk> Haus.");
///
/// let subwords = TranslationTokenizerConfig::new(TranslationUnit::Bpe)
///     .with_size(300)
///     .train(["Das Haus, das rote Haus."])?;
/// assert_eq!(subwords.decode(&subwords.encode("Das älteste Haus."))?, "Das älteste Haus.");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TranslationTokenizer {
    pub(super) unit: TranslationUnit,
    pub(super) normalization: LineNormalization,
    /// All tokens, the special ones too, by id.
    pub(super) tokens: Vec<String>,
    pub(super) model: Model,
}

/// What is done to a line before it is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct LineNormalization {
    pub lowercase: bool,
    pub compose: bool,
}

#[derive(Clone)]
pub(super) enum Model {
    /// The ids of the tokens, but for the special ones.
    List(HashMap<String, u32>),
    Bpe {
        merges: Vec<(u32, u32)>,
        subwords: Subwords,
    },
    Unigram {
        scores: Vec<f32>,
        subwords: Subwords,
    },
}

/// The special tokens, by id.
pub(super) const SPECIALS: [Special; 4] = [
    Special::Padding,
    Special::BeginningOfSentence,
    Special::EndOfSentence,
    Special::Unknown,
];

impl TranslationTokenizer {
    /// The id of `<pad>`, which fills up rows of unequal length.
    pub const PADDING: u32 = 0;
    /// The id of `<bos>`, which stands before a target.
    pub const BEGIN: u32 = 1;
    /// The id of `<eos>`, which stands behind a sentence.
    pub const END: u32 = 2;
    /// The id of `<unk>`, which stands for a token that is not known.
    pub const UNKNOWN: u32 = 3;

    /// A list of tokens, without the special ones, in the order of their ids.
    pub(super) fn of_list(
        unit: TranslationUnit,
        normalization: LineNormalization,
        tokens: Vec<String>,
    ) -> Self {
        let ids = tokens.iter().cloned().zip(SPECIALS.len() as u32..);
        let model = Model::List(ids.collect());
        Self::new(unit, normalization, tokens, model)
    }

    /// A model and its tokens without the special ones.
    pub(super) fn new(
        unit: TranslationUnit,
        normalization: LineNormalization,
        tokens: Vec<String>,
        model: Model,
    ) -> Self {
        let specials = SPECIALS.iter().map(|special| special.token().to_string());
        Self {
            unit,
            normalization,
            tokens: specials.chain(tokens).collect(),
            model,
        }
    }

    /// What a token is.
    pub fn unit(&self) -> TranslationUnit {
        self.unit
    }

    /// How many tokens there are, the special ones too.
    #[expect(
        clippy::len_without_is_empty,
        reason = "the special tokens are always there"
    )]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// All tokens, by id. Those of subwords are written with a character for each byte, `Ġ` for the blank; see
    /// [`shown`](Self::shown).
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// A line as the tokeniser sees it: composed and in lower case where it was made so.
    pub fn normalize(&self, line: &str) -> String {
        self.normalization.apply(line)
    }

    /// The tokens of a line, known or not.
    pub fn split(&self, line: &str) -> Vec<String> {
        let line = self.normalize(line);
        match &self.model {
            Model::List(_) => split(self.unit, &line),
            Model::Bpe { subwords, .. } | Model::Unigram { subwords, .. } => {
                let ids = subwords.encode(&line);
                let token = |id: u32| self.tokens[id as usize].clone();
                ids.into_iter().map(token).collect()
            }
        }
    }

    /// The ids of a line's tokens, without [`BEGIN`](Self::BEGIN) and [`END`](Self::END). An empty line has none.
    pub fn encode(&self, line: &str) -> Vec<u32> {
        let line = self.normalize(line);
        match &self.model {
            Model::List(ids) => {
                let id = |token: String| ids.get(&token).copied().unwrap_or(Self::UNKNOWN);
                split(self.unit, &line).into_iter().map(id).collect()
            }
            Model::Bpe { subwords, .. } | Model::Unigram { subwords, .. } => subwords.encode(&line),
        }
    }

    /// The tokens of a sentence's ids: of those before the first [`END`](Self::END), without [`PADDING`](Self::PADDING)
    /// and [`BEGIN`](Self::BEGIN). An unknown token is `<unk>`.
    ///
    /// # Errors
    ///
    /// [`TextError::UnknownId`] when an id is no token's.
    pub fn tokens_of(&self, ids: &[u32]) -> Result<Vec<String>, TextError> {
        let mut tokens = Vec::with_capacity(ids.len());
        for (position, &id) in ids.iter().enumerate() {
            match id {
                Self::END => break,
                Self::PADDING | Self::BEGIN => {}
                _ => match self.tokens.get(id as usize) {
                    Some(token) => tokens.push(token.clone()),
                    None => {
                        let size = self.len();
                        return Err(TextError::UnknownId { id, position, size });
                    }
                },
            }
        }
        Ok(tokens)
    }

    /// The line that these tokens make: words with white space where it belongs, characters and subwords without any
    /// between them, symbols with blanks. Subwords that together are not UTF-8, as a model may put them, have U+FFFD where
    /// they are not.
    pub fn join<T: AsRef<str>>(&self, tokens: &[T]) -> String {
        match self.unit {
            TranslationUnit::Word => joined_words::join(tokens),
            TranslationUnit::Character => tokens.iter().map(T::as_ref).collect(),
            TranslationUnit::Symbol => {
                let symbols: Vec<&str> = tokens.iter().map(T::as_ref).collect();
                symbols.join(" ")
            }
            TranslationUnit::Bpe | TranslationUnit::Unigram => byte_characters::line(tokens),
        }
    }

    /// The line that ids stand for: [`join`](Self::join) of [`tokens_of`](Self::tokens_of).
    ///
    /// # Errors
    ///
    /// [`TextError::UnknownId`] when an id is no token's.
    pub fn decode(&self, ids: &[u32]) -> Result<String, TextError> {
        Ok(self.join(&self.tokens_of(ids)?))
    }

    /// A token for a person to read, such as a label of a plot: of subwords the text that they stand for, with `▁` for a
    /// blank.
    pub fn shown(&self, token: &str) -> String {
        if !self.unit.is_subword() || SPECIALS.iter().any(|special| special.token() == token) {
            return token.replace(' ', "▁");
        }
        // A blank before it, so that the token's own one is not taken for the one that a line begins with.
        byte_characters::line(&[" ", token]).replace(' ', "▁")
    }

    /// Tells this tokeniser from others. A model can keep it, to say later that a tokeniser is not its own.
    pub fn fingerprint(&self) -> Fingerprint {
        let LineNormalization { lowercase, compose } = self.normalization;
        let mut texts = vec![
            "translation".to_string(),
            self.unit.to_string(),
            format!("{lowercase} {compose} {}", self.len()),
        ];
        texts.extend(self.tokens.iter().cloned());
        match &self.model {
            Model::List(_) => {}
            Model::Bpe { merges, .. } => {
                let merges = merges.iter().map(|(left, right)| format!("{left} {right}"));
                texts.extend(merges);
            }
            Model::Unigram { scores, .. } => {
                texts.extend(scores.iter().map(|score| score.to_bits().to_string()));
            }
        }
        Fingerprint::of(texts)
    }
}

impl LineNormalization {
    pub(super) fn apply(self, line: &str) -> String {
        let line = if self.lowercase {
            line.to_lowercase()
        } else {
            line.to_string()
        };
        if self.compose {
            line.nfc().collect()
        } else {
            line
        }
    }
}

/// The tokens of a line where they are no subwords.
pub(super) fn split(unit: TranslationUnit, line: &str) -> Vec<String> {
    match unit {
        TranslationUnit::Character => line.chars().map(String::from).collect(),
        TranslationUnit::Symbol => line.split_whitespace().map(str::to_string).collect(),
        TranslationUnit::Word | TranslationUnit::Bpe | TranslationUnit::Unigram => {
            joined_words::split(line)
        }
    }
}

impl PartialEq for TranslationTokenizer {
    fn eq(&self, other: &Self) -> bool {
        let lists = |tokenizer: &Self| match &tokenizer.model {
            Model::List(_) => (Vec::new(), Vec::new()),
            Model::Bpe { merges, .. } => (merges.clone(), Vec::new()),
            Model::Unigram { scores, .. } => (Vec::new(), scores.clone()),
        };
        (self.unit, self.normalization) == (other.unit, other.normalization)
            && self.tokens == other.tokens
            && lists(self) == lists(other)
    }
}

impl fmt::Debug for TranslationTokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TranslationTokenizer")
            .field("unit", &self.unit)
            .field("normalization", &self.normalization)
            .field("len", &self.len())
            .field("fingerprint", &format_args!("{}", self.fingerprint()))
            .finish()
    }
}
