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
        let mut command = Command::new(env!("CARGO_BIN_EXE_language-modelling"));
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

/// Arguments of `train` that make the bundled sample small enough for a test.
pub const TINY: &[&str] = &[
    "--set",
    "data.source={kind=\"stories\", seed=1, train_lines=60, valid_lines=10, test_lines=10}",
    "--set",
    "model.d_embedding=16",
    "--set",
    "model.d_hidden=16",
    "--set",
    "batches={lanes=4, steps=20}",
    "--set",
    "training.epochs=2",
];

pub fn train<'a>(run: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["train", "--quiet", "--run", run], TINY, more].concat()
}

pub fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
