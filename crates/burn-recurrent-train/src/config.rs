//! Config files: TOML into a typed value, `--set key=value` on top, and errors that say where.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::config_message::in_words;
use crate::config_place::{assigned_key, place_in_table};

/// A recipe's whole config. Derive `Serialize` and `Deserialize` with `#[serde(deny_unknown_fields)]`.
pub trait RecipeConfig: Serialize + DeserializeOwned {
    /// Checks what the types cannot: ranges, and values that do not fit each other.
    fn validate(&self) -> Result<(), InvalidValue> {
        Ok(())
    }

    /// The paths in it. [`TrainArgs::config`](crate::TrainArgs::config) makes them absolute, because a run's config is read
    /// again from other folders.
    fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        Vec::new()
    }

    /// The keys, or tables of them, that may be edited in the `config.toml` of a run that has begun: those that change how
    /// long it goes on, what it keeps and how its model is tested, and not what is trained. All others are fixed then, but
    /// for paths.
    fn free_keys() -> &'static [&'static str] {
        &[
            "training.epochs",
            "training.early_stopping",
            "training.checkpoint",
            "evaluation",
            "search",
        ]
    }
}

/// A value that has the right type and still cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` {message}")]
pub struct InvalidValue {
    /// The dotted path of the key.
    pub key: String,
    /// What is wrong with the value, to be read after the key: `must be at least 1, got 0`.
    pub message: String,
}

impl InvalidValue {
    /// `key` is a dotted path; `message` continues the sentence that begins with it.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            message: message.into(),
        }
    }

    /// The same error seen from the table that contains this one.
    pub fn within(mut self, table: &str) -> Self {
        self.key = format!("{table}.{}", self.key);
        self
    }
}

/// Why a config could not be used. The exit code is 2 for all of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read the config file `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not the TOML that the recipe expects.
    #[error("{origin}{}: {message}", at(.line_and_column))]
    Content {
        /// The file, or the name of a bundled config.
        origin: String,
        /// The place, counted from 1.
        line_and_column: Option<(usize, usize)>,
        /// What is wrong and what is allowed.
        message: String,
    },
    /// A `--set` that is not `key=value`.
    #[error("`--set {argument}` is not of the form `--set key.path=value`")]
    Syntax {
        /// What followed `--set`.
        argument: String,
    },
    /// A `--set` that the config does not take.
    #[error("`--set {argument}`: {message}")]
    Override {
        /// What followed `--set`.
        argument: String,
        /// What is wrong and what is allowed.
        message: String,
    },
    /// A value outside its range.
    #[error("{origin}: {source}")]
    Invalid {
        /// The file, or the name of a bundled config.
        origin: String,
        /// Which value, and why.
        source: InvalidValue,
    },
    /// Neither a file nor a bundled config.
    #[error("there is no config file `{name}`, and no bundled config of that name")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The bundled configs.
        bundled: Vec<String>,
    },
}

impl ConfigError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Unknown { bundled, .. } => Some(format!(
                "give the path of a TOML file or one of the bundled configs: {}",
                bundled.join(", ")
            )),
            Self::Syntax { .. } => Some(
                "for example `--set training.epochs=3`; the value is TOML, or a bare word".into(),
            ),
            _ => None,
        }
    }
}

fn at(place: &Option<(usize, usize)>) -> String {
    place.map_or_else(String::new, |(line, column)| format!(":{line}:{column}"))
}

/// Reads the config file `path` and applies `overrides` (`key.path=value`), in order.
///
/// # Errors
///
/// [`ConfigError::Read`] where the file cannot be read, else as [`parse_config`].
pub fn load_config<C: RecipeConfig>(path: &Path, overrides: &[String]) -> Result<C, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    parse_config(&path.display().to_string(), &text, overrides)
}

/// Like [`load_config`], for TOML text already at hand; errors call it `origin`.
///
/// The value of an override is TOML (`3`, `true`, `[1, 2]`, `{ kind = "adam" }`); what is not is taken as a string, so
/// `--set training.keep_weights=last` needs no quotes.
///
/// # Errors
///
/// Names the line and the key that are no TOML, unknown, missing, of another type or out of range, or the override.
pub fn parse_config<C: RecipeConfig>(
    origin: &str,
    text: &str,
    overrides: &[String],
) -> Result<C, ConfigError> {
    let config: C = if overrides.is_empty() {
        // Straight from the text, because only so do errors know their place.
        toml::from_str(text).map_err(|error| content_error(origin, text, &error))?
    } else {
        apply_overrides(origin, text, overrides)?
    };
    config.validate().map_err(|source| ConfigError::Invalid {
        origin: origin.to_string(),
        source,
    })?;
    Ok(config)
}

fn apply_overrides<C: RecipeConfig>(
    origin: &str,
    text: &str,
    overrides: &[String],
) -> Result<C, ConfigError> {
    let mut table: Table =
        toml::from_str(text).map_err(|error| content_error(origin, text, &error))?;
    // An override may supply what the file lacks, so the file alone need not be valid; but where it is, the first
    // override after which it no longer is, is the one to blame.
    let mut outcome = C::deserialize(Value::Table(table.clone()));
    let mut culprit = None;
    for argument in overrides {
        let (key, value) = split_override(argument)?;
        set(&mut table, &key, value).map_err(|message| ConfigError::Override {
            argument: argument.clone(),
            message,
        })?;
        let next = C::deserialize(Value::Table(table.clone()));
        match (&outcome, &next) {
            (Ok(_), Err(_)) => culprit = Some(argument),
            (_, Ok(_)) => culprit = None,
            _ => {}
        }
        outcome = next;
    }
    outcome.map_err(|error| match culprit {
        Some(argument) => ConfigError::Override {
            argument: argument.clone(),
            message: one_line(&error.to_string()),
        },
        None => match toml::from_str::<C>(text) {
            Err(error) => content_error(origin, text, &error),
            Ok(_) => ConfigError::Content {
                origin: origin.to_string(),
                line_and_column: None,
                message: one_line(&error.to_string()),
            },
        },
    })
}

fn content_error(origin: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let mut message = in_words(error.message());
    let line_and_column = error.span().map(|span| {
        let start = span.start.min(text.len());
        let start = place_in_table(text, start, error.message()).unwrap_or(start);
        let before = &text[..start];
        let line = before.matches('\n').count() + 1;
        let line_before = before.rsplit('\n').next().unwrap_or("");
        if let Some(key) = assigned_key(line_before) {
            message = format!("`{key}`: {message}");
        }
        (line, line_before.chars().count() + 1)
    });
    ConfigError::Content {
        origin: origin.to_string(),
        line_and_column,
        message,
    }
}

/// `unknown field ..., expected ...\nin `training.clip`` on one line.
fn one_line(message: &str) -> String {
    in_words(message.trim()).replace('\n', " ")
}

fn split_override(argument: &str) -> Result<(Vec<&str>, Value), ConfigError> {
    let syntax = || ConfigError::Syntax {
        argument: argument.to_string(),
    };
    let (key, value) = argument.split_once('=').ok_or_else(syntax)?;
    let key: Vec<&str> = key.trim().split('.').collect();
    if key.iter().any(|part| part.is_empty()) {
        return Err(syntax());
    }
    let value = value.trim();
    if is_whole_number(value) && value.replace('_', "").parse::<i64>().is_err() {
        return Err(ConfigError::Override {
            argument: argument.to_string(),
            message: format!("{value} is out of range: {}", whole_numbers()),
        });
    }
    let parsed = toml::from_str::<Table>(&format!("value = {value}"))
        .ok()
        // `1\nother = 2` parses too, and is no value.
        .filter(|table| table.len() == 1)
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(value.to_string()));
    Ok((key, parsed))
}

/// Whether a value is a whole number, of any size: one that TOML has no room for would pass for a string.
fn is_whole_number(value: &str) -> bool {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    let is_digit = |c: char| c.is_ascii_digit() || c == '_';
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(is_digit)
}

/// What TOML has room for.
fn whole_numbers() -> String {
    format!("whole numbers are from {} to {}", i64::MIN, i64::MAX)
}

fn set(table: &mut Table, key: &[&str], value: Value) -> Result<(), String> {
    let (last, tables) = key.split_last().ok_or("the key is empty")?;
    let mut current = table;
    for (depth, part) in tables.iter().enumerate() {
        current = current
            .entry(part.to_string())
            .or_insert_with(|| Value::Table(Table::new()))
            .as_table_mut()
            .ok_or_else(|| {
                format!(
                    "`{}` is a value, so it has no key `{}`",
                    tables[..=depth].join("."),
                    key[depth + 1]
                )
            })?;
    }
    current.insert(last.to_string(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        name: String,
        model: Model,
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Model {
        d_hidden: usize,
        tied: Option<bool>,
    }

    impl RecipeConfig for Config {
        fn validate(&self) -> Result<(), InvalidValue> {
            if self.model.d_hidden == 0 {
                return Err(
                    InvalidValue::new("d_hidden", "must be at least 1, got 0").within("model")
                );
            }
            Ok(())
        }
    }

    const TEXT: &str = "name = \"a\"\n\n[model]\nd_hidden = 8\n";

    fn parse(text: &str, overrides: &[&str]) -> Result<Config, String> {
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        parse_config("c.toml", text, &overrides).map_err(|error| error.to_string())
    }

    #[test]
    fn overrides_are_toml_or_bare_strings() {
        let config = parse(
            TEXT,
            &["name=long name", "model.d_hidden = 16", "model.tied=true"],
        )
        .unwrap();
        assert_eq!(config.name, "long name");
        assert_eq!(config.model.d_hidden, 16);
        assert_eq!(config.model.tied, Some(true));
        assert_eq!(
            parse(TEXT, &["model={ d_hidden = 3 }"])
                .unwrap()
                .model
                .d_hidden,
            3
        );
        assert_eq!(parse(TEXT, &["name=a=b"]).unwrap().name, "a=b");
    }

    #[test]
    fn a_whole_number_beyond_toml_is_no_string() {
        for value in ["9223372036854775808", "18_446_744_073_709_551_615"] {
            let error = parse(TEXT, &[&format!("model.d_hidden={value}")]).unwrap_err();
            let expected = format!(
                "{value} is out of range: whole numbers are from -9223372036854775808 to 9223372036854775807"
            );
            assert!(error.contains(&expected), "{error}");
            assert!(!error.contains("string"), "{error}");
        }
        let largest = parse(TEXT, &["model.d_hidden=9223372036854775807"]).unwrap();
        assert_eq!(largest.model.d_hidden, i64::MAX as usize);
        // What is no number stays a string, and one in quotes is.
        assert_eq!(parse(TEXT, &["name=9a"]).unwrap().name, "9a");
        let quoted = parse(TEXT, &["name=\"9223372036854775808\""]).unwrap();
        assert_eq!(quoted.name, "9223372036854775808");
    }

    #[test]
    fn an_override_may_supply_what_the_file_lacks() {
        assert_eq!(
            parse("[model]\nd_hidden = 8", &["name=b"]).unwrap().name,
            "b"
        );
    }

    #[test]
    fn an_unknown_key_in_the_file_is_named_with_its_place_and_what_is_allowed() {
        assert_eq!(
            parse("name = \"a\"\n[model]\nd_hiden = 8\n", &[]).unwrap_err(),
            "c.toml:3:1: unknown field `d_hiden`, expected `d_hidden` or `tied`"
        );
    }

    #[test]
    fn a_wrong_type_in_the_file_is_named_with_its_place() {
        assert_eq!(
            parse("name = \"a\"\n[model]\nd_hidden = \"8\"\n", &[]).unwrap_err(),
            "c.toml:3:12: `d_hidden`: invalid type: string \"8\", expected a whole number of at least 0"
        );
    }

    #[test]
    fn a_wrong_file_is_blamed_even_beside_a_right_override() {
        assert_eq!(
            parse("name = \"a\"\n[model]\nd_hidden = \"8\"\n", &["name=b"]).unwrap_err(),
            "c.toml:3:12: `d_hidden`: invalid type: string \"8\", expected a whole number of at least 0"
        );
    }

    #[test]
    fn a_wrong_override_is_named() {
        let error = parse(TEXT, &["name=b", "model.tied=maybe", "model.d_hidden=4"]).unwrap_err();
        assert!(
            error.starts_with(
                "`--set model.tied=maybe`: invalid type: string \"maybe\", expected a boolean"
            ),
            "{error}"
        );
        assert!(error.contains("`model.tied`"), "{error}");
        let error = parse(TEXT, &["model.widht=4"]).unwrap_err();
        assert!(
            error.starts_with(
                "`--set model.widht=4`: unknown field `widht`, expected `d_hidden` or `tied`"
            ),
            "{error}"
        );
        let error = parse(TEXT, &["name.first=4"]).unwrap_err();
        assert_eq!(
            error,
            "`--set name.first=4`: `name` is a value, so it has no key `first`"
        );
        for wrong in ["name", "=3", "a..b=3"] {
            assert!(
                parse(TEXT, &[wrong])
                    .unwrap_err()
                    .contains("not of the form")
            );
        }
    }

    #[test]
    fn text_that_is_no_toml_is_named_with_its_place() {
        let error = parse("name = \n", &[]).unwrap_err();
        assert!(error.starts_with("c.toml:1:"), "{error}");
    }

    #[test]
    fn a_value_out_of_range_is_named_with_its_path() {
        assert_eq!(
            parse(TEXT, &["model.d_hidden=0"]).unwrap_err(),
            "c.toml: `model.d_hidden` must be at least 1, got 0"
        );
    }
}
