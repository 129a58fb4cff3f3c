//! Tokenisers in files.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use burn_recurrent_files::write_atomically;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::byte_characters;
use super::subwords::Subwords;
use super::translation_tokenizer::{LineNormalization, Model, SPECIALS, TranslationTokenizer};
use super::translation_unit::TranslationUnit;

const FORMAT: &str = "burn-recurrent-translation-tokenizer";
const VERSION: u32 = 1;

/// What is wrong with a tokeniser's file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenizerFileError {
    /// The file could not be read.
    #[error("could not read the tokeniser {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file could not be written; what was there before is there still.
    #[error("could not write the tokeniser {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not JSON, or its fields are not those of a tokeniser.
    #[error("{path} is not a tokeniser of a translator: {source}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// The file is of another kind or version.
    #[error(
        "{path} has the format {format:?}, version {version}, expected {FORMAT:?}, version {VERSION}; {}",
        if .format == FORMAT && *.version > VERSION { "update burn-recurrent-text" } else { "give a translation tokeniser's file, or make it again" }
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// The format that it names.
        format: String,
        /// The version that it names.
        version: u32,
    },
    /// What the file says cannot be a tokeniser.
    #[error("{path} is not a tokeniser of a translator: {problem}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// What the file says is not what it was written with.
    #[error("the tokeniser {path} was changed: its fingerprint is {found}, expected {expected}")]
    Changed {
        /// The file.
        path: PathBuf,
        /// The fingerprint of what is there.
        found: String,
        /// The fingerprint that the file was written with.
        expected: String,
    },
}

#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    unit: TranslationUnit,
    lowercase: bool,
    compose: bool,
    fingerprint: String,
    /// By id, the special ones too.
    tokens: Vec<String>,
    /// Of byte pair encoding: which ids become one, the earliest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    merges: Option<Vec<(u32, u32)>>,
    /// Of the unigram model: of each token that is not special.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scores: Option<Vec<f32>>,
}

impl TranslationTokenizer {
    /// Writes the tokeniser as JSON. The file is there as a whole or, if something goes wrong, as it was before.
    ///
    /// # Errors
    ///
    /// [`TokenizerFileError::Write`] when the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), TokenizerFileError> {
        let path = path.as_ref();
        let (merges, scores) = match &self.model {
            Model::List(_) => (None, None),
            Model::Bpe { merges, .. } => (Some(merges.clone()), None),
            Model::Unigram { scores, .. } => (None, Some(scores.clone())),
        };
        let file = File {
            format: FORMAT.to_string(),
            version: VERSION,
            unit: self.unit,
            lowercase: self.normalization.lowercase,
            compose: self.normalization.compose,
            fingerprint: self.fingerprint().to_string(),
            tokens: self.tokens.clone(),
            merges,
            scores,
        };
        let mut text = serde_json::to_string(&file).expect("strings and numbers can be written");
        text.push('\n');
        write_atomically(path, text.as_bytes()).map_err(|source| TokenizerFileError::Write {
            path: path.to_path_buf(),
            source,
        })
    }

    /// Reads a tokeniser that [`save`](Self::save) wrote.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not a tokeniser of this version, or was changed.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, TokenizerFileError> {
        let path = path.as_ref().to_path_buf();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(source) => return Err(TokenizerFileError::Read { path, source }),
        };
        // Another version may have other fields, so the version is looked at before them.
        let header = serde_json::from_slice(&bytes);
        let Header { format, version } = match header {
            Ok(header) => header,
            Err(source) => return Err(TokenizerFileError::Malformed { path, source }),
        };
        if format != FORMAT || version != VERSION {
            return Err(TokenizerFileError::Format {
                path,
                format,
                version,
            });
        }
        let file: File = match serde_json::from_slice(&bytes) {
            Ok(file) => file,
            Err(source) => return Err(TokenizerFileError::Malformed { path, source }),
        };
        let expected = file.fingerprint.clone();
        let tokenizer = match file.tokenizer() {
            Ok(tokenizer) => tokenizer,
            Err(problem) => return Err(TokenizerFileError::Content { path, problem }),
        };
        let found = tokenizer.fingerprint().to_string();
        if found != expected {
            return Err(TokenizerFileError::Changed {
                path,
                found,
                expected,
            });
        }
        Ok(tokenizer)
    }
}

impl File {
    /// The tokeniser, or what is wrong with it.
    fn tokenizer(self) -> Result<TranslationTokenizer, String> {
        let (unit, num_specials) = (self.unit, SPECIALS.len());
        let specials = self.tokens.get(..num_specials);
        let specials = specials.unwrap_or(&self.tokens).iter();
        if !specials.eq(SPECIALS.map(|special| special.token().to_string()).iter()) {
            let names = SPECIALS.map(|special| special.token()).join(", ");
            return Err(format!("its tokens must begin with {names}"));
        }
        if u32::try_from(self.tokens.len()).is_err() {
            return Err(format!("it has {} tokens, too many", self.tokens.len()));
        }
        let mut seen = HashSet::with_capacity(self.tokens.len());
        for (id, token) in self.tokens.iter().enumerate() {
            if !seen.insert(token.as_str()) {
                return Err(format!("token {token:?} stands there twice"));
            }
            if id >= num_specials && !is_of_unit(token, unit) {
                return Err(format!("token {token:?} with id {id} is no {unit}"));
            }
        }
        if unit.is_subword() {
            let is_missing = |byte: &&char| !seen.contains(byte.to_string().as_str());
            if let Some(byte) = byte_characters::alphabet().iter().find(is_missing) {
                return Err(format!(
                    "token {byte:?}, which stands for a byte, is missing"
                ));
            }
        }
        let normalization = LineNormalization {
            lowercase: self.lowercase,
            compose: self.compose,
        };
        let tokens = self.tokens[num_specials..].to_vec();
        let model = match (unit, self.merges, self.scores) {
            (TranslationUnit::Bpe, Some(merges), None) => {
                let subwords = Subwords::bpe(num_specials, &tokens, &merges);
                let subwords = subwords.map_err(|error| error.to_string())?;
                Model::Bpe { merges, subwords }
            }
            (TranslationUnit::Unigram, None, Some(scores)) => {
                if scores.len() != tokens.len() || scores.iter().any(|score| !score.is_finite()) {
                    return Err(format!(
                        "it has {} scores for {} tokens, expected as many, all of them numbers",
                        scores.len(),
                        tokens.len()
                    ));
                }
                let unknown = TranslationTokenizer::UNKNOWN as usize;
                let subwords = Subwords::unigram(num_specials, unknown, &tokens, &scores);
                let subwords = subwords.map_err(|error| error.to_string())?;
                Model::Unigram { scores, subwords }
            }
            (
                TranslationUnit::Word | TranslationUnit::Character | TranslationUnit::Symbol,
                None,
                None,
            ) => return Ok(TranslationTokenizer::of_list(unit, normalization, tokens)),
            (_, merges, scores) => {
                let has = |there| if there { "has" } else { "lacks" };
                return Err(format!(
                    "a {unit} tokeniser that {} merges and {} scores",
                    has(merges.is_some()),
                    has(scores.is_some())
                ));
            }
        };
        Ok(TranslationTokenizer::new(
            unit,
            normalization,
            tokens,
            model,
        ))
    }
}

fn is_of_unit(token: &str, unit: TranslationUnit) -> bool {
    match unit {
        TranslationUnit::Word | TranslationUnit::Symbol => {
            !token.is_empty() && !token.contains(char::is_whitespace)
        }
        TranslationUnit::Character => token.chars().count() == 1,
        TranslationUnit::Bpe | TranslationUnit::Unigram => {
            !token.is_empty() && byte_characters::is_of_bytes(token)
        }
    }
}
