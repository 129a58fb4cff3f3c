//! Which settings of a run's config were edited since it began, and which of them may be.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use toml::{Table, Value};

use crate::config::{ConfigError, RecipeConfig};

/// A setting that is not what it was when the run began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedSetting {
    /// Its dotted path.
    pub key: String,
    /// What it was, as TOML; `None` where it was not there.
    pub before: Option<String>,
    /// What it is.
    pub now: Option<String>,
}

impl fmt::Display for ChangedSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, before, now } = self;
        match (before, now) {
            (Some(before), Some(now)) => {
                write!(f, "`{key}` is {now} and was {before} when the run began")
            }
            (None, Some(now)) => write!(f, "`{key}` is {now} and was not set when the run began"),
            (before, None) => {
                let before = before.as_deref().unwrap_or_default();
                write!(f, "`{key}` is not set and was {before} when the run began")
            }
        }
    }
}

/// The edited settings, those that are [free](RecipeConfig::free_keys) and those that are fixed.
///
/// Paths are free too: what is read there is known by its checksum.
pub(crate) fn changed_settings<C: RecipeConfig>(
    before: C,
    now: C,
) -> Result<(Vec<ChangedSetting>, Vec<ChangedSetting>), ConfigError> {
    let changed = changes(&table(&before)?, &table(&now)?);
    let elsewhere = changes(
        &table(&without_paths(before))?,
        &table(&without_paths(now))?,
    );
    let is_free = |setting: &ChangedSetting| {
        let key = &setting.key;
        let is_path = elsewhere.iter().all(|other| other.key != *key);
        is_path || C::free_keys().iter().any(|free| is_within(key, free))
    };
    Ok(changed.into_iter().partition(is_free))
}

fn is_within(key: &str, table: &str) -> bool {
    key.strip_prefix(table)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn without_paths<C: RecipeConfig>(mut config: C) -> C {
    for path in config.paths_mut() {
        *path = PathBuf::new();
    }
    config
}

fn table<C: RecipeConfig>(config: &C) -> Result<Table, ConfigError> {
    Table::try_from(config).map_err(|error| ConfigError::Content {
        origin: "the config".to_string(),
        line_and_column: None,
        message: error.to_string(),
    })
}

fn changes(before: &Table, now: &Table) -> Vec<ChangedSetting> {
    let (before, now) = (leaves(before), leaves(now));
    let keys: std::collections::BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let changed = keys
        .into_iter()
        .filter(|key| before.get(*key) != now.get(*key));
    changed
        .map(|key| ChangedSetting {
            key: key.clone(),
            before: before.get(key).map(ToString::to_string),
            now: now.get(key).map(ToString::to_string),
        })
        .collect()
}

/// Every value that is no table, by its dotted path. A table with nothing in it counts as a value.
fn leaves(table: &Table) -> BTreeMap<String, Value> {
    fn insert(prefix: &str, table: &Table, leaves: &mut BTreeMap<String, Value>) {
        for (key, value) in table {
            let key = match prefix {
                "" => key.clone(),
                _ => format!("{prefix}.{key}"),
            };
            match value {
                Value::Table(inner) if !inner.is_empty() => insert(&key, inner, leaves),
                _ => {
                    leaves.insert(key, value.clone());
                }
            }
        }
    }
    let mut leaves_of = BTreeMap::new();
    insert("", table, &mut leaves_of);
    leaves_of
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse_config;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Serialize, Deserialize)]
    struct Config {
        text: PathBuf,
        training: BTreeMap<String, Value>,
        size: usize,
        wide: Option<bool>,
    }
    impl RecipeConfig for Config {
        fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
            vec![&mut self.text]
        }
    }

    fn changed(overrides: &[&str]) -> (Vec<String>, Vec<String>) {
        let text = "text = \"a.txt\"\nsize = 3\n[training]\nepochs = 2\nepochs_more = 1\n\
                    optimizer = { kind = \"adam\" }\n";
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        let [before, now]: [Config; 2] =
            [&[][..], &overrides].map(|overrides| parse_config("c.toml", text, overrides).unwrap());
        let (free, fixed) = changed_settings(before, now).unwrap();
        let said = |settings: Vec<ChangedSetting>| settings.iter().map(|s| s.to_string()).collect();
        (said(free), said(fixed))
    }

    #[test]
    fn every_edited_setting_is_free_or_fixed() {
        assert_eq!(changed(&["size=3"]), (vec![], vec![]));
        let (free, fixed) = changed(&[
            "text=b.txt",
            "size=4",
            "training.epochs=9",
            "training.epochs_more=2",
            "training.early_stopping={patience=1}",
            "training.optimizer={kind=\"sgd\"}",
            "wide=true",
        ]);
        assert_eq!(
            free,
            [
                "`text` is \"b.txt\" and was \"a.txt\" when the run began",
                "`training.early_stopping.patience` is 1 and was not set when the run began",
                "`training.epochs` is 9 and was 2 when the run began",
            ]
        );
        assert_eq!(
            fixed,
            [
                "`size` is 4 and was 3 when the run began",
                "`training.epochs_more` is 2 and was 1 when the run began",
                "`training.optimizer.kind` is \"sgd\" and was \"adam\" when the run began",
                "`wide` is true and was not set when the run began",
            ]
        );
    }
}
