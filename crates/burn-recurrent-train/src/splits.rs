//! The parts of a data set, by name.

/// The parts of a data set: what is trained on, what is chosen by, and what is measured in the end, where there is such.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splits<T> {
    /// What the model learns from.
    pub train: T,
    /// What decides when to stop and which model is best.
    pub valid: T,
    /// What the result is measured on, where there is something.
    pub test: Option<T>,
}

/// There is no such split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// The data has no test split.
    #[error("this data has no test split")]
    NoTest,
    /// No data has such a split.
    #[error("there is no split `{name}`")]
    Unknown {
        /// What was asked for.
        name: String,
    },
}

impl SplitError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoTest => "evaluate on the validation split with `--split valid`".into(),
            Self::Unknown { .. } => "the splits are train, valid and test".into(),
        })
    }
}

impl<T> Splits<T> {
    /// A split by its name: `train`, `valid` or `test`.
    ///
    /// # Errors
    ///
    /// When there is no such split.
    pub fn get(&self, name: &str) -> Result<&T, SplitError> {
        match name {
            "train" => Ok(&self.train),
            "valid" => Ok(&self.valid),
            "test" => self.test.as_ref().ok_or(SplitError::NoTest),
            other => Err(SplitError::Unknown {
                name: other.to_string(),
            }),
        }
    }

    /// The splits that there are, by name and in this order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &T)> {
        let test = self.test.as_ref().map(|test| ("test", test));
        [("train", &self.train), ("valid", &self.valid)]
            .into_iter()
            .chain(test)
    }

    /// The split that a result is measured on, and its name: the test split, or where there is none the validation split.
    pub fn final_split(&self) -> (&'static str, &T) {
        match &self.test {
            Some(test) => ("test", test),
            None => ("valid", &self.valid),
        }
    }
}
