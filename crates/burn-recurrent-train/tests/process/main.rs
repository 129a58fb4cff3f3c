//! A recipe as its user meets it: a process with arguments, signals, two output streams and an exit code.
//!
//! This program plays both parts. Started by Cargo it runs the checks; started by a check it is the recipe.

mod recipe;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const CHILD: &str = "BURN_RECURRENT_TEST_CHILD";

/// A name, and what is checked in a folder of its own.
type Check = (&'static str, fn(&Path));

/// Arguments, and what standard error says to them.
type Answer = (&'static [&'static str], &'static [&'static str]);

fn main() -> ExitCode {
    if std::env::var_os(CHILD).is_some() {
        return recipe::main();
    }
    let checks: &[Check] = &[
        (
            "json_is_the_only_line_on_standard_output",
            json_is_the_only_line_on_standard_output,
        ),
        (
            "killed_at_any_moment_it_ends_the_same",
            killed_at_any_moment_it_ends_the_same,
        ),
        (
            "interrupted_it_says_how_to_go_on",
            interrupted_it_says_how_to_go_on,
        ),
        ("wrong_usage_exits_with_2", wrong_usage_exits_with_2),
        (
            "a_folder_that_cannot_be_written_exits_with_1",
            a_folder_that_cannot_be_written_exits_with_1,
        ),
        ("a_panic_is_a_short_message", a_panic_is_a_short_message),
    ];
    for (name, check) in checks {
        println!("test {name} ...");
        let folder = tempfile::tempdir().expect("a folder for the test");
        check(folder.path());
    }
    println!("test result: ok. {} passed", checks.len());
    ExitCode::SUCCESS
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(arguments)
        .current_dir(folder)
        .env(CHILD, "1")
        .env("BURN_DEVICE", "flex")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Fails like `assert!`, with all that the process said.
fn assert_ends(output: &Output, code: i32, said: &[&str]) {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    for part in said {
        assert!(text.contains(part), "no `{part}` in: {text}");
    }
    assert!(
        !text.contains("panicked") && !text.contains("stack backtrace"),
        "{text}"
    );
}

fn json_is_the_only_line_on_standard_output(folder: &Path) {
    let output = run(folder, &["train", "--json"]);
    assert_ends(&output, 0, &["epoch 4/4 done"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(stdout.matches('\n').count(), 1, "{stdout}");
    let result: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let run_path = folder.join("runs/bigram/sample-001");
    let written: serde_json::Value =
        serde_json::from_slice(&fs::read(run_path.join("result.json")).unwrap()).unwrap();
    assert_eq!(result, written);
    assert_eq!(result["device"], "Flex (CPU)");

    let output = run(
        folder,
        &["evaluate", "--model", run_path.to_str().unwrap(), "--json"],
    );
    assert_ends(&output, 0, &[]);
    let evaluated: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(evaluated["test_perplexity"], result["test_perplexity"]);

    let output = run(folder, &["train", "--quiet"]);
    assert_ends(&output, 0, &[]);
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
    assert!(
        folder
            .join("runs/bigram/sample-002/model.safetensors")
            .exists()
    );
}

fn model_bytes(run: &Path) -> Vec<u8> {
    fs::read(run.join("model.safetensors")).unwrap()
}

fn killed_at_any_moment_it_ends_the_same(folder: &Path) {
    assert_ends(
        &run(folder, &["train", "--quiet", "--run", "whole"]),
        0,
        &[],
    );
    // Moments in the middle of steps, of checkpoints, of validation, and of the start.
    for milliseconds in [5, 60, 110, 170, 230, 310, 420] {
        let name = format!("killed-{milliseconds}");
        let mut child = command(
            folder,
            &[
                "train",
                "--quiet",
                "--run",
                &name,
                "--set",
                "step_milliseconds=5",
            ],
        )
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
        sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        if !folder.join(&name).exists() {
            continue; // killed before there was a run: nothing to resume, and nothing half there
        }
        let mut resumed = run(folder, &["train", "--quiet", "--run", &name, "--resume"]);
        assert_ends(&resumed, 0, &[]);
        resumed.stderr.clear();
        let left = fs::read_dir(folder.join(&name)).unwrap();
        for entry in left {
            let entry = entry.unwrap().file_name();
            assert!(
                !entry.to_string_lossy().starts_with('.'),
                "{entry:?} was left"
            );
        }
        assert!(
            model_bytes(&folder.join("whole")) == model_bytes(&folder.join(&name)),
            "killed after {milliseconds} ms: other weights"
        );
    }
}

#[cfg(unix)]
fn interrupted_it_says_how_to_go_on(folder: &Path) {
    assert_ends(
        &run(folder, &["train", "--quiet", "--run", "whole"]),
        0,
        &[],
    );
    for signal in ["INT", "TERM"] {
        let child = command(
            folder,
            &["train", "--run", signal, "--set", "step_milliseconds=20"],
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        let started = Instant::now();
        let checkpoint = folder
            .join(signal)
            .join("checkpoints/epoch-0000-step-000003");
        while !checkpoint.exists() {
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "it never started"
            );
            sleep(Duration::from_millis(5));
        }
        let sent = Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        let output = child.wait_with_output().unwrap();
        let remedy = format!("train --run {signal} --resume");
        assert_ends(
            &output,
            1,
            &["error: interrupted in epoch 1 after", &remedy],
        );
        assert!(output.stdout.is_empty());
        assert_ends(
            &run(folder, &["train", "--quiet", "--run", signal, "--resume"]),
            0,
            &[],
        );
        assert!(model_bytes(&folder.join("whole")) == model_bytes(&folder.join(signal)));
    }
}

#[cfg(not(unix))]
fn interrupted_it_says_how_to_go_on(_folder: &Path) {}

fn wrong_usage_exits_with_2(folder: &Path) {
    fs::write(
        folder.join("typo.toml"),
        "vocabulary = 5\nstep_miliseconds = 0\n",
    )
    .unwrap();
    let expected: &[Answer] = &[
        (
            &["train", "typo.toml"],
            &[
                "error: typo.toml:2:1: unknown field `step_miliseconds`",
                "`step_milliseconds`",
            ],
        ),
        (
            &["train", "--set", "training.epochs=many"],
            &["error: `--set training.epochs=many`: invalid type: string \"many\""],
        ),
        (
            &["train", "none.toml"],
            &["no config file `none.toml`", "sample"],
        ),
        (&["train", "--resume"], &["--run"]),
        (
            &["train", "--run", "nowhere", "--resume"],
            &["`nowhere` is not a run directory"],
        ),
        (
            &["evaluate", "--model", "nowhere"],
            &["there is no model `nowhere`", "give a run directory"],
        ),
        (&["fly"], &["unrecognized subcommand"]),
    ];
    for (arguments, said) in expected {
        assert_ends(&run(folder, arguments), 2, said);
    }
    assert_eq!(
        fs::read_dir(folder).unwrap().count(),
        1,
        "something was written"
    );

    assert_ends(&run(folder, &["train", "--quiet", "--run", "a"]), 0, &[]);
    let before = model_bytes(&folder.join("a"));
    let again = run(folder, &["train", "--quiet", "--run", "a"]);
    assert_ends(
        &again,
        2,
        &["error: `a` already holds a run", "help:", "--resume"],
    );
    assert!(model_bytes(&folder.join("a")) == before);
    fs::write(
        folder.join("a/run.json"),
        r#"{ "recipe": "translation", "format": 1, "crate_version": "0" }"#,
    )
    .unwrap();
    let other = run(folder, &["evaluate", "--model", "a"]);
    assert_ends(
        &other,
        2,
        &["`a` is a run of the recipe `translation`, not of `bigram`"],
    );

    let device = command(folder, &["train", "--run", "b"])
        .env("BURN_DEVICE", "abacus")
        .output()
        .unwrap();
    assert_ends(&device, 2, &["error: no device", "abacus", "help:"]);
    assert!(!folder.join("b").exists());
}

fn a_folder_that_cannot_be_written_exits_with_1(folder: &Path) {
    // A file where a folder is needed: not even an administrator can write below it.
    fs::write(folder.join("file"), "").unwrap();
    let output = run(folder, &["train", "--run", "file/run"]);
    assert_ends(
        &output,
        1,
        &["error: cannot write `file/run`", "caused by", "help:"],
    );
}

fn a_panic_is_a_short_message(folder: &Path) {
    let output = run(folder, &["panic"]);
    assert_ends(
        &output,
        1,
        &["error: internal error: one is not two", "please report"],
    );
    assert_eq!(stderr(&output).lines().count(), 2);
}
