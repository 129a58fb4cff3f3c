//! Driving the real binary.
#![allow(dead_code)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder of its own, in which the binary is run.
pub struct Bench {
    folder: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sequence-tagging"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("BURN_DEVICE", "flex")
            .env_remove("RUST_BACKTRACE")
            .env_remove("RUST_LOG")
            .env_remove("BURN_RECURRENT_DATA");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::new(self.command(arguments).output().unwrap())
    }
}

/// What a finished command left.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn new(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The command's success, and its standard output as lines of JSON.
    pub fn json(&self) -> Vec<Value> {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The command's failure with this exit code and all of these in its message, and no panic.
    pub fn fails(&self, code: i32, messages: &[&str]) {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        assert!(self.stderr.contains("error: "), "{}", self.stderr);
        for message in messages {
            assert!(
                self.stderr.contains(message),
                "no `{message}` in: {}",
                self.stderr
            );
        }
        for trace in ["panicked", "internal error", "backtrace"] {
            assert!(!self.stderr.contains(trace), "{}", self.stderr);
        }
    }
}

/// Two-column files of chunked sentences, and a config that trains a small tagger on them.
pub struct Chunks;

const NOUNS: [&str; 6] = ["cat", "dog", "house", "Tom", "river", "horse"];
const VERBS: [&str; 4] = ["sees", "likes", "sat", "ran"];

impl Chunks {
    /// `count` sentences, each another one, with labels in BIO.
    pub fn sentences(count: usize, offset: usize) -> Vec<Vec<(String, &'static str)>> {
        let sentence = |number: usize| {
            let noun = NOUNS[number % NOUNS.len()];
            let other = NOUNS[(number / 3 + 1) % NOUNS.len()];
            let verb = VERBS[(number / 2) % VERBS.len()];
            let mut words = vec![("the", "B-NP"), (noun, "I-NP"), (verb, "B-VP")];
            match number % 3 {
                0 => words.extend([("near", "B-PP"), ("a", "B-NP"), (other, "I-NP")]),
                1 => words.extend([("a", "B-NP"), ("small", "I-NP"), (other, "I-NP")]),
                _ => words.push((other, "B-NP")),
            }
            words.push((".", "O"));
            words
                .into_iter()
                .map(|(word, label)| (word.to_string(), label))
                .collect()
        };
        (offset..offset + count).map(sentence).collect()
    }

    pub fn text(sentences: &[Vec<(String, &str)>]) -> String {
        let sentence = |words: &Vec<(String, &str)>| {
            let lines = words
                .iter()
                .map(|(word, label)| format!("{word} {label}\n"));
            lines.collect::<String>() + "\n"
        };
        sentences.iter().map(sentence).collect()
    }
}

/// The config of a small tagger of the files `train.txt`, `valid.txt` and `test.txt`.
pub const CONFIG: &str = r#"
[data]
task = { kind = "spans", learn = "bioes" }
source = { kind = "files", train = "train.txt", valid = "valid.txt", test = "test.txt" }

[model]
d_word = 8
d_hidden = 8
d_shape = 4
dropout_input = 0.1
word_dropout = 0.05
characters = { kind = "cnn", d_embedding = 4, num_filters = 4, width = 3 }
output = { kind = "crf" }

[batches]
tokens = 60

[training]
epochs = 2
learning_rate = 0.05
monitor = { metric = "valid_f1", direction = "maximize" }
optimizer = { kind = "adam" }
"#;

impl Bench {
    /// A folder with the files and the config.
    pub fn with_chunks() -> Self {
        let bench = Self::new();
        for (name, count, offset) in [("train", 60, 0), ("valid", 12, 100), ("test", 15, 200)] {
            let text = Chunks::text(&Chunks::sentences(count, offset));
            bench.write(&format!("{name}.txt"), text);
        }
        bench.write("config.toml", CONFIG);
        bench
    }

    /// Trains into the folder `run`.
    pub fn train(&self, run: &str, more: &[&str]) -> Ran {
        let arguments = ["train", "config.toml", "--quiet", "--run", run];
        self.run(&[&arguments, more].concat())
    }

    /// Tags what is given on standard input.
    pub fn tag(&self, run: &str, input: impl AsRef<[u8]>, more: &[&str]) -> Ran {
        let path = self.write("to-tag", input);
        let mut command = self.command(&[&["tag", "--model", run], more].concat());
        command.stdin(std::fs::File::open(path).unwrap());
        Ran::new(command.output().unwrap())
    }
}

pub fn number(value: &Value, key: &str) -> f64 {
    value[key]
        .as_f64()
        .unwrap_or_else(|| panic!("no number {key} in {value}"))
}

pub fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
