//! A pronouncing dictionary: words and how they sound.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use burn_recurrent_files::sha256;

use crate::cache::Cache;
use crate::catalog::{Catalog, Dataset, SplitRule};
use crate::load_error::LoadError;
use crate::parallel::{ParallelPart, ParallelSplits, SentencePair};
use crate::pronunciation_error::{PronunciationError, PronunciationProblem};
use crate::read_error::ReadError;
use crate::text_lines::{TextLines, open_text};

/// The phonemes that are vowels, and have a stress.
const VOWELS: [&str; 15] = [
    "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW",
];

/// The other phonemes.
const CONSONANTS: [&str; 24] = [
    "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T",
    "TH", "V", "W", "Y", "Z", "ZH",
];

/// Whether the vowels of a pronunciation have their stress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stress {
    /// `AH0`, `AH1`, `AH2`: none, primary, secondary.
    Marked,
    /// `AH`. Pronunciations that only differ in their stress become one.
    Dropped,
}

/// Which part a word is in: decided by its own bytes, whatever else there is and in whatever order.
///
/// The first 8 hexadecimal digits of the SHA-256 of the word, as a number modulo 100: below `test` it is in the test, from
/// there below `test + valid` in validation, else in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordShares {
    /// How many of a hundred words are for the test.
    pub test: u32,
    /// How many of a hundred words are for validation.
    pub valid: u32,
}

/// A part of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// For training.
    Train,
    /// For validation.
    Valid,
    /// For the test.
    Test,
}

impl WordShares {
    /// The part that the word is in.
    pub fn part(self, word: &str) -> Part {
        let digits = &sha256(word.as_bytes())[..8];
        let number = u32::from_str_radix(digits, 16).expect("a checksum is hexadecimal digits");
        let place = number % 100;
        if place < self.test {
            Part::Test
        } else if place < self.test.saturating_add(self.valid) {
            Part::Valid
        } else {
            Part::Train
        }
    }
}

impl Default for WordShares {
    /// Ten for the test, two for validation.
    fn default() -> Self {
        Self { test: 10, valid: 2 }
    }
}

/// A word and all its pronunciations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pronounced {
    /// The word.
    pub word: String,
    /// Its pronunciations, each different from the others: phonemes with a space between them.
    pub pronunciations: Vec<String>,
    /// The line of the first one, from 1.
    pub line: usize,
}

/// A pronouncing dictionary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pronunciations {
    /// The file, or what stands for one in messages.
    pub path: PathBuf,
    /// The words in the order of the file.
    pub words: Vec<Pronounced>,
    /// How many lines were left out because their word has other letters than `a` to `z` and the apostrophe.
    pub left_out: usize,
}

/// The size of a pronouncing dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DictionaryCounts {
    /// How many words.
    pub words: usize,
    /// How many pronunciations they have together.
    pub pronunciations: usize,
}

impl Pronunciations {
    /// Reads a dictionary in the format of CMUdict; gzip is unpacked.
    ///
    /// A line has a word and its phonemes, with blanks between them. Further pronunciations of a word have a number behind
    /// it: `word(2)`. What is behind `#` is a comment. A pronunciation that a word has already is not taken again.
    ///
    /// # Errors
    /// A file that is missing or no text, a line without phonemes or with something else, and no word at all.
    pub fn read(path: impl AsRef<Path>, stress: Stress) -> Result<Self, PronunciationError> {
        let path = path.as_ref();
        Self::from_lines(TextLines::new(open_text(path)?, path), stress)
    }

    /// [`Pronunciations::read`] from lines.
    ///
    /// # Errors
    /// As [`Pronunciations::read`].
    ///
    /// # Example
    /// ```
    /// use burn_recurrent_datasets::{Pronunciations, Stress, TextLines};
    ///
    /// let text = "tomato T AH0 M EY1 T OW2 # red\ntomato(2) T AH0 M AA1 T OW2\n";
    /// let read = Pronunciations::from_lines(TextLines::new(text.as_bytes(), "x"), Stress::Dropped)?;
    /// assert_eq!(read.words[0].pronunciations, ["T AH M EY T OW", "T AH M AA T OW"]);
    /// # Ok::<(), burn_recurrent_datasets::PronunciationError>(())
    /// ```
    pub fn from_lines<R: BufRead>(
        mut lines: TextLines<R>,
        stress: Stress,
    ) -> Result<Self, PronunciationError> {
        let path = lines.path().to_path_buf();
        let mut read = Self {
            path: path.clone(),
            words: Vec::new(),
            left_out: 0,
        };
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut line = 0;
        while let Some(text) = lines.next_line()? {
            line += 1;
            let text = text.split('#').next().unwrap_or("");
            let mut columns = text.split([' ', '\t']).filter(|column| !column.is_empty());
            let Some(entry) = columns.next() else {
                continue;
            };
            let word = without_number(entry);
            let phonemes: Vec<&str> = columns.collect();
            let pronunciation = pronunciation(word, &phonemes, stress).map_err(|problem| {
                PronunciationError::Line {
                    path: path.clone(),
                    line,
                    problem,
                }
            })?;
            if !is_word(word) {
                read.left_out += 1;
                continue;
            }
            let place = *places.entry(word.to_string()).or_insert_with(|| {
                read.words.push(Pronounced {
                    word: word.to_string(),
                    pronunciations: Vec::new(),
                    line,
                });
                read.words.len() - 1
            });
            let known = &mut read.words[place].pronunciations;
            if !known.contains(&pronunciation) {
                known.push(pronunciation);
            }
        }
        if !read.words.is_empty() {
            return Ok(read);
        }
        Err(match read.left_out {
            0 => ReadError::Empty {
                path,
                bytes: lines.offset(),
            }
            .into(),
            lines => PronunciationError::NoWord { path, lines },
        })
    }

    /// Loads a dictionary of the catalogue, such as `cmudict`, from the cache that [`Cache::from_env`] names.
    ///
    /// # Errors
    /// An unknown name, and those of [`Pronunciations::from_dataset`].
    pub fn from_catalog(name: &str, stress: Stress) -> Result<(Self, WordShares), LoadError> {
        let catalog = Catalog::bundled();
        Self::from_dataset(catalog.get(name)?, stress, &Cache::from_env()?)
    }

    /// Loads a dictionary, downloading what the cache lacks, and says which words are in which part.
    ///
    /// # Errors
    /// A file that cannot be had or is no dictionary, and a data set of another kind.
    pub fn from_dataset(
        dataset: &Dataset,
        stress: Stress,
        cache: &Cache,
    ) -> Result<(Self, WordShares), LoadError> {
        let SplitRule::ByWord {
            file,
            test_percent,
            valid_percent,
        } = &dataset.splits
        else {
            return Err(LoadError::Kind {
                name: dataset.name.clone(),
                is: dataset.format.describe(),
                expected: "a pronouncing dictionary",
            });
        };
        let file = dataset.file(file);
        let path = cache.fetch(
            dataset,
            file.expect("a dataset's splits are among its files"),
        )?;
        let shares = WordShares {
            test: *test_percent,
            valid: *valid_percent,
        };
        Ok((Self::read(path, stress)?, shares))
    }

    /// How much there is.
    pub fn counts(&self) -> DictionaryCounts {
        DictionaryCounts {
            words: self.words.len(),
            pronunciations: self.words.iter().map(|w| w.pronunciations.len()).sum(),
        }
    }

    /// The dictionary as parallel text: a word, of which a model reads the letters, and its phonemes with a
    /// space between them.
    ///
    /// Training has a pair for each pronunciation. Validation and test have one for each word, with its further
    /// pronunciations in [`SentencePair::other_targets`]. All pronunciations of a word are in one part.
    ///
    /// # Errors
    /// A part that would have no word.
    pub fn splits(&self, shares: WordShares) -> Result<ParallelSplits, PronunciationError> {
        let part = |part: Part, name: &'static str| {
            let words = self
                .words
                .iter()
                .filter(|word| shares.part(&word.word) == part);
            let pairs: Vec<SentencePair> = match part {
                Part::Train => words.flat_map(Pronounced::training_pairs).collect(),
                Part::Valid | Part::Test => words.map(Pronounced::pair).collect(),
            };
            if pairs.is_empty() {
                return Err(PronunciationError::EmptyPart {
                    path: self.path.clone(),
                    words: self.words.len(),
                    part: name,
                });
            }
            Ok(ParallelPart {
                path: self.path.clone(),
                pairs,
                empty: None,
            })
        };
        Ok(ParallelSplits {
            train: part(Part::Train, "training")?,
            valid: part(Part::Valid, "validation")?,
            test: Some(part(Part::Test, "test")?),
        })
    }
}

impl Pronounced {
    /// The word with the first pronunciation as the target and the others beside it.
    fn pair(&self) -> SentencePair {
        SentencePair {
            source: self.word.clone(),
            target: self.pronunciations[0].clone(),
            other_targets: self.pronunciations[1..].to_vec(),
            line: self.line,
        }
    }

    /// The word once with each pronunciation.
    fn training_pairs(&self) -> impl Iterator<Item = SentencePair> {
        self.pronunciations.iter().map(|target| SentencePair {
            source: self.word.clone(),
            target: target.clone(),
            other_targets: Vec::new(),
            line: self.line,
        })
    }
}

/// Whether a word is of the letters `a` to `z` and apostrophes only.
fn is_word(word: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'\'';
    !word.is_empty() && word.bytes().all(letter)
}

/// `word` of `word(2)`.
fn without_number(entry: &str) -> &str {
    let inside = entry.strip_suffix(')').and_then(|e| e.rsplit_once('('));
    match inside {
        Some((word, number))
            if !word.is_empty()
                && !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            word
        }
        _ => entry,
    }
}

/// The phonemes with a space between them.
fn pronunciation(
    word: &str,
    phonemes: &[&str],
    stress: Stress,
) -> Result<String, PronunciationProblem> {
    if phonemes.is_empty() {
        let word = word.to_string();
        return Err(PronunciationProblem::NoPhoneme { word });
    }
    let mut read = Vec::with_capacity(phonemes.len());
    for phoneme in phonemes {
        let vowel = phoneme
            .strip_suffix(['0', '1', '2'])
            .filter(|vowel| VOWELS.contains(vowel));
        read.push(match (vowel, stress) {
            (Some(vowel), Stress::Dropped) => vowel,
            (Some(_), Stress::Marked) => phoneme,
            (None, _) if CONSONANTS.contains(phoneme) => phoneme,
            (None, _) => {
                return Err(PronunciationProblem::Phoneme {
                    word: word.to_string(),
                    found: phoneme.to_string(),
                });
            }
        });
    }
    Ok(read.join(" "))
}
