//! Driving the recipes' binaries.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;
use tempfile::TempDir;

/// A folder of its own, in which a binary is run.
pub struct Bench {
    binary: &'static str,
    folder: TempDir,
}

impl Bench {
    /// A new folder for the binary at this path.
    pub fn new(binary: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { binary, folder }
    }

    /// The path of a file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Copies a run directory of version 1 of the formats, see `fixtures/README.md`, to the folder `run`.
    pub fn copy_version_1(&self, name: &str) {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/version-1");
        copy_folder(&fixtures.join(name), &self.path("run"));
    }

    /// The binary with these arguments, on `flex` and without what the environment of the tests might say.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.binary);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("BURN_DEVICE", "flex")
            .env_remove("RUST_BACKTRACE")
            .env_remove("RUST_LOG")
            .env_remove("BURN_RECURRENT_DATA");
        command
    }

    /// Runs the binary to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::new(self.command(arguments).output().unwrap())
    }

    /// Starts a training into the folder `killed`, kills it after a part of the time that a `whole` one takes, and goes on
    /// with it, until it is done. Returns how often it was killed.
    pub fn train_killed(&self, arguments: &[&str], whole: Duration) -> usize {
        let mut kills = 0;
        let mut patience = whole / 5;
        loop {
            let resume = ["train", "--quiet", "--run", "killed", "--resume"];
            let started = self.path("killed/run.json").exists();
            let arguments = if started { &resume } else { arguments };
            let mut child = self.command(arguments).spawn().unwrap();
            std::thread::sleep(patience);
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success());
                return kills;
            }
            // `kill` is SIGKILL on Unix: nothing of the process runs after it.
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            assert!(kills < 200, "the run never ended");
            // Another moment each time, and in the end enough of them.
            patience += whole / 9;
        }
    }
}

/// Makes a `Bench` of a recipe's own, to which it may add: a [`Bench`] for the binary whose path is in this variable of the
/// build.
#[macro_export]
macro_rules! drive {
    ($variable:literal) => {
        /// A folder of its own, in which the recipe's binary is run.
        pub struct Bench($crate::Bench);

        impl Bench {
            /// A new folder.
            pub fn new() -> Self {
                Self($crate::Bench::new(env!($variable)))
            }
        }

        impl std::ops::Deref for Bench {
            type Target = $crate::Bench;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
    };
}

/// What a command that reads standard input writes for each of some lines, asked for one after the other: the next line is
/// given once the answer to the last one, a line as well, has come.
pub fn answers(command: &mut Command, lines: &[&str]) -> Vec<String> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, received) = channel();
    std::thread::spawn(move || {
        output
            .lines()
            .try_for_each(|line| sender.send(line.unwrap()))
    });
    let answer = |line: &&str| {
        writeln!(input, "{line}").unwrap();
        input.flush().unwrap();
        let answer = received.recv_timeout(Duration::from_secs(300));
        answer.expect("an answer before the end of input")
    };
    let answers = lines.iter().map(answer).collect();
    drop(input);
    assert!(child.wait().unwrap().success());
    answers
}

/// What a finished command left.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said besides.
    pub stderr: String,
}

impl Ran {
    /// What a command printed, which must be text.
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

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy_folder(&path, &to),
            false => drop(std::fs::copy(path, to).unwrap()),
        }
    }
}

/// A file of JSON.
pub fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A number of a JSON object.
pub fn number(value: &Value, key: &str) -> f64 {
    value[key]
        .as_f64()
        .unwrap_or_else(|| panic!("no number {key} in {value}"))
}

/// Changes a bit in the middle of a file, and the second time back again.
pub fn flip_a_bit(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}
