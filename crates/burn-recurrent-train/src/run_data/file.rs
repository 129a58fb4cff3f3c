//! `data.json`: what a run's data was when it began.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::{Checksums, RunDataError};
use crate::report::Report;
use crate::run_directory::{RunDirectory, RunDirectoryError};

pub(super) const DATA: &str = "data.json";

/// What a run's data was when it began.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DataFile {
    /// The vocabularies' fingerprints. Runs of a single vocabulary once had it under a key of its own.
    #[serde(alias = "vocabulary", deserialize_with = "one_or_each")]
    pub(super) vocabularies: BTreeMap<String, String>,
    /// The SHA-256 of each split, and of what else is read.
    pub(super) splits: Checksums,
}

fn one_or_each<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Fingerprints {
        One(String),
        Each(BTreeMap<String, String>),
    }
    Ok(match Fingerprints::deserialize(deserializer)? {
        Fingerprints::One(fingerprint) => [("vocabulary".to_string(), fingerprint)].into(),
        Fingerprints::Each(fingerprints) => fingerprints,
    })
}

impl DataFile {
    pub(super) fn read(run: &RunDirectory) -> Result<Self, Report> {
        let path = run.file(DATA);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(source) => return Err(RunDirectoryError::Read { path, source }.into()),
        };
        serde_json::from_slice(&text).map_err(|error| {
            let message = error.to_string();
            RunDataError::Damaged { path, message }.into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> DataFile {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn both_forms_of_earlier_runs_are_read() {
        let one = parse(r#"{"vocabulary": "ab", "splits": {"train": "12"}}"#);
        assert_eq!(one.vocabularies["vocabulary"], "ab");
        let each = parse(r#"{"vocabularies": {"words": "cd", "labels": "ef"}, "splits": {}}"#);
        assert_eq!(each.vocabularies["labels"], "ef");
        assert_eq!(parse(&serde_json::to_string(&one).unwrap()), one);
    }
}
