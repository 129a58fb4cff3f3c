//! The command that trained a model.

use toml::{Table, Value};

use crate::cli::Recipe;
use crate::config::{RecipeConfig, parse_config};
use crate::report::Report;

/// A longer command, in bytes, is harder to read than a config file.
const LONGEST: usize = 400;

/// The command that trains with a config: a bundled one, as far as that goes with `--set`, or else the model's own file.
pub(super) fn training_command<C: RecipeConfig>(
    recipe: &Recipe,
    config: &C,
    model: &str,
) -> Result<String, Report> {
    let wanted = Table::try_from(config)?;
    let mut best: Option<String> = None;
    for (name, text) in recipe.configs {
        let bundled = Table::try_from(&parse_config::<C>(name, text, &[])?)?;
        let mut changes = Vec::new();
        differences("", &bundled, &wanted, &mut changes);
        let sets = changes
            .iter()
            .map(|change| format!(" --set {}", quoted(change)));
        let command = format!("{name}{}", sets.collect::<String>());
        let longest = best.as_ref().map_or(LONGEST, |best| best.len() - 1);
        if command.len() > longest {
            continue;
        }
        // Not everything can be said by `--set`, such as that a value is not there.
        if let Ok(again) = parse_config::<C>(name, text, &changes)
            && Table::try_from(&again)? == wanted
        {
            best = Some(command);
        }
    }
    let arguments = best.unwrap_or_else(|| format!("zoo/{model}/config.toml"));
    let recipe = recipe.name;
    Ok(format!(
        "cargo run --release -p {recipe} -- train {arguments}"
    ))
}

/// The `key=value` that make `from` into `to`, as far as there are any.
fn differences(within: &str, from: &Table, to: &Table, changes: &mut Vec<String>) {
    for (key, value) in to {
        let path = match within {
            "" => key.clone(),
            table => format!("{table}.{key}"),
        };
        match (from.get(key), value) {
            (Some(old), new) if old == new => {}
            // Tables of another kind have other keys.
            (Some(Value::Table(old)), Value::Table(new)) if old.get("kind") == new.get("kind") => {
                differences(&path, old, new, changes);
            }
            _ => changes.push(format!("{path}={value}")),
        }
    }
}

/// An argument as a shell takes it.
pub(super) fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-=/".contains(c);
    match argument.chars().all(plain) {
        true => argument.to_string(),
        false => format!("'{}'", argument.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        size: usize,
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<usize>,
        source: Source,
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(tag = "kind", rename_all = "kebab-case")]
    enum Source {
        One { seed: u64 },
        Other { path: String },
    }

    impl RecipeConfig for Config {}

    const RECIPE: Recipe = Recipe {
        name: "toy",
        configs: &[
            (
                "small",
                "size = 1\nname = 'a'\nsource = {kind = 'one', seed = 1}",
            ),
            (
                "large",
                "size = 9\nname = 'a'\nlimit = 2\nsource = {kind = 'one', seed = 1}",
            ),
        ],
    };

    fn command(set: &[&str]) -> String {
        let set: Vec<String> = set.iter().map(|set| set.to_string()).collect();
        let config: Config = parse_config("small", RECIPE.configs[0].1, &set).unwrap();
        let command = training_command(&RECIPE, &config, "mine").unwrap();
        let arguments = command.strip_prefix("cargo run --release -p toy -- train ");
        arguments.unwrap().to_string()
    }

    #[test]
    fn the_nearest_bundled_config_is_named_with_what_differs() {
        assert_eq!(command(&[]), "small");
        assert_eq!(command(&["size=2"]), "small --set size=2");
        assert_eq!(command(&["size=9", "limit=2"]), "large");
        assert_eq!(command(&["source.seed=3"]), "small --set source.seed=3");
        assert_eq!(command(&["name=it's"]), r#"small --set 'name="it'\''s"'"#);
        let other = command(&["source={kind=\"other\", path=\"x\"}"]);
        assert!(
            other.starts_with("small --set 'source={ kind = \"other\""),
            "{other}"
        );
        // Without the limit it is not `large`, whatever is set.
        assert_eq!(command(&["size=9"]), "small --set size=9");
    }

    #[test]
    fn a_config_unlike_all_is_a_file() {
        let only_large = Recipe {
            configs: &RECIPE.configs[1..],
            ..RECIPE
        };
        let config: Config = parse_config("small", RECIPE.configs[0].1, &[]).unwrap();
        let command = training_command(&only_large, &config, "mine").unwrap();
        assert!(command.ends_with("train zoo/mine/config.toml"), "{command}");
    }
}
