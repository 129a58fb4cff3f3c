//! Error messages of a config's parser, in the terms of the config and not of Rust.

const KIND: &str = "a table with a `kind`, as in `{ kind = \"...\" }`";
const COUNT: &str = "a whole number of at least 0";

/// Names of Rust and what they are in a config; behind some of them stands a type's name, which goes too.
const WORDS: [(&str, bool, &str); 12] = [
    ("internally tagged enum ", true, KIND),
    ("struct ", true, "a table"),
    ("usize", false, COUNT),
    ("u8", false, COUNT),
    ("u16", false, COUNT),
    ("u32", false, COUNT),
    ("u64", false, COUNT),
    ("i32", false, "a whole number"),
    ("i64", false, "a whole number"),
    ("f32", false, "a number"),
    ("f64", false, "a number"),
    ("a sequence", false, "a list, as in `[1, 2]`"),
];

/// `invalid type: string "x", expected usize` as `invalid type: string "x", expected a whole number of at least 0`.
pub(crate) fn in_words(message: &str) -> String {
    let Some((before, expected)) = message.rsplit_once(", expected ") else {
        return message.to_string();
    };
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    for (rust, is_named, words) in WORDS {
        if let Some(rest) = expected.strip_prefix(rust) {
            let rest = match is_named {
                true => rest.trim_start_matches(is_name),
                false if rest.starts_with(is_name) => continue,
                false => rest,
            };
            return format!("{before}, expected {words}{rest}");
        }
    }
    message.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rust_become_words_and_all_else_stays() {
        for (message, expected) in [
            (
                "invalid type: string \"x\", expected usize in `model.d_hidden`",
                "invalid type: string \"x\", expected a whole number of at least 0 in `model.d_hidden`",
            ),
            (
                "invalid type: string \"adam\", expected internally tagged enum OptimizerConfig",
                "invalid type: string \"adam\", expected a table with a `kind`, as in `{ kind = \"...\" }`",
            ),
            (
                "invalid type: integer `5`, expected struct ClipConfig\nin `training.clip`",
                "invalid type: integer `5`, expected a table\nin `training.clip`",
            ),
            (
                "invalid type: string \", expected f32\", expected f64",
                "invalid type: string \", expected f32\", expected a number",
            ),
        ] {
            assert_eq!(in_words(message), expected);
        }
        for same in [
            "unknown variant `x`, expected one of `a`, `b`",
            "missing field `valid`",
            "unknown field `u8`, expected u8x",
        ] {
            assert_eq!(in_words(same), same);
        }
    }
}
