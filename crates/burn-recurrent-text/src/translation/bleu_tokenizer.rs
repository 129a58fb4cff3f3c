//! The tokenisation of BLEU.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::python_text;

/// The tokenisation of BLEU. In files and signatures: `"13a"`, `"none"`, `"char"`, `"intl"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum BleuTokenizer {
    /// The rules of NIST's script `mteval-v13a`, which is what sacreBLEU does where nothing else is asked for: punctuation
    /// and symbols of ASCII apart but for commas, full stops and hyphens within numbers; `&quot;`, `&amp;`, `&lt;` and
    /// `&gt;` are the characters that they stand for.
    #[default]
    #[serde(rename = "13a")]
    V13a,
    /// What stands between white space: for text that is split into words already.
    #[serde(rename = "none")]
    None,
    /// Each character is a word; white space is none.
    #[serde(rename = "char")]
    Character,
    /// The rules of `mteval-v14` for all scripts: punctuation apart where no digit stands before or behind it, and
    /// symbols, both as Unicode has them.
    #[serde(rename = "intl")]
    International,
}

impl BleuTokenizer {
    /// The name, as it stands in signatures.
    pub fn name(self) -> &'static str {
        match self {
            Self::V13a => "13a",
            Self::None => "none",
            Self::Character => "char",
            Self::International => "intl",
        }
    }

    /// The words of a line, white space between them.
    pub(super) fn apply(self, line: &str) -> String {
        match self {
            Self::V13a => v13a(line),
            Self::None => line.to_string(),
            Self::Character => {
                let mut spaced = String::with_capacity(2 * line.len());
                for character in python_text::visible_characters(line) {
                    spaced.push(character);
                    spaced.push(' ');
                }
                spaced
            }
            Self::International => international(line),
        }
    }
}

/// A pattern and what it is replaced by.
type Rule = (Regex, &'static str);

fn rules<const N: usize>(rules: [(&str, &'static str); N]) -> [Rule; N] {
    rules.map(|(pattern, replacement)| {
        let pattern = Regex::new(pattern).expect("the patterns are well-formed");
        (pattern, replacement)
    })
}

fn replace(text: String, rules: &[Rule]) -> String {
    rules.iter().fold(text, |text, (pattern, replacement)| {
        pattern.replace_all(&text, *replacement).into_owned()
    })
}

fn v13a(line: &str) -> String {
    static RULES: LazyLock<[Rule; 4]> = LazyLock::new(|| {
        rules([
            // ASCII's punctuation and symbols, but for the apostrophe, the comma, the hyphen and the full stop.
            (r"([\x20-&(-+:-@/\[-`{-~])", " $1 "),
            // A full stop or comma that no digit stands before,
            (r"([^0-9])([.,])", "$1 $2 "),
            // or behind,
            (r"([.,])([^0-9])", " $1 $2"),
            // and a hyphen that a digit stands before.
            (r"([0-9])(-)", "$1 $2 "),
        ])
    });
    let mut line = line.replace("<skipped>", "");
    line = line.replace("-\n", "").replace('\n', " ");
    // One after the other: `&amp;lt;` is `<`.
    for (entity, character) in [
        ("&quot;", "\""),
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
    ] {
        if line.contains('&') {
            line = line.replace(entity, character);
        }
    }
    replace(format!(" {line} "), &*RULES)
}

fn international(line: &str) -> String {
    static RULES: LazyLock<[Rule; 3]> = LazyLock::new(|| {
        rules([
            (r"(\P{N})(\p{P})", "$1 $2 "),
            (r"(\p{P})(\P{N})", " $1 $2"),
            (r"(\p{S})", " $1 "),
        ])
    });
    replace(line.to_string(), &*RULES)
}
