//! A sentence and its translation.

/// A sentence and what it is in the other language.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SentencePair {
    /// The sentence, as it stands in the file.
    pub source: String,
    /// Its translation: what a model learns to give.
    pub target: String,
    /// Further translations that are as good, for measuring only: there are some in test data such as a pronouncing
    /// dictionary's.
    pub other_targets: Vec<String>,
    /// The line that it is from, from 1; 0 where it is from none.
    pub line: usize,
}

impl SentencePair {
    /// A pair that is from no file.
    pub fn new(source: impl Into<String>, target: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            target: target.into(),
            other_targets: Vec::new(),
            line: 0,
        }
    }

    /// All translations, the first one first.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        let others = self.other_targets.iter().map(String::as_str);
        std::iter::once(self.target.as_str()).chain(others)
    }

    /// Whether one side has nothing but white space.
    pub fn has_empty_side(&self) -> bool {
        self.source.trim().is_empty() || self.target.trim().is_empty()
    }
}
