//! Projects outside the workspace build against the crates and do what they should.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds and runs a project of `outside/` and returns what it printed.
///
/// It is built with the workspace's lock file and the downloaded sources of the workspace's own dependencies, so that
/// the test needs no network.
fn run(project: &str) -> String {
    run_with(project, &[])
}

/// The same with arguments for the program.
fn run_with(project: &str, arguments: &[&Path]) -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let manifest = workspace.join("tests/outside").join(project);
    std::fs::copy(workspace.join("Cargo.lock"), manifest.join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--"])
        .args(arguments)
        .current_dir(&manifest)
        .env("CARGO_TARGET_DIR", target(workspace).join("outside"))
        .env_remove("BURN_DEVICE")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The target folder in which this test was built.
fn target(workspace: &Path) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test
        .ancestors()
        .find(|path| path.join("CACHEDIR.TAG").exists());
    folder.map_or_else(|| workspace.join("target"), Path::to_owned)
}

#[test]
fn a_project_with_burn_and_burn_recurrent_alone_trains_a_bidirectional_lstm() {
    let printed = run("bilstm");
    let accuracy = printed
        .lines()
        .find_map(|line| line.strip_prefix("accuracy "));
    let accuracy: f64 = accuracy.expect("it prints its accuracy").parse().unwrap();
    // One in two is chance.
    assert!(accuracy > 0.9, "the model has not learned: {accuracy}");
    assert!(
        printed.contains("Lstm {d_input: 1, d_hidden: 24, bidirectional: true"),
        "{printed}"
    );
}

/// The run directories are of version 1 of the formats, see `fixtures/README.md`.
#[test]
fn a_project_without_the_recipes_loads_a_language_model_and_a_tagger() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/version-1");
    let [model, tagger] = ["language-model", "tagger"].map(|name| fixtures.join(name));
    let printed = run_with("trained", &[&model, &tagger]);
    let perplexities: Vec<f64> = printed
        .lines()
        .filter_map(|line| line.strip_prefix("perplexity ")?.parse().ok())
        .collect();
    // What the recipe's own `score` and `tag` printed where the fixtures were made. Processors round differently.
    for (found, expected) in perplexities.iter().zip([1.0, 1.0]) {
        assert!((found / expected - 1.0).abs() < 1e-4, "{printed}");
    }
    assert_eq!(perplexities.len(), 2, "{printed}");
    assert!(printed.contains("\nwrote "), "{printed}");
    assert!(
        printed.contains("\nlabels O O O B-time I-time B-date\n"),
        "{printed}"
    );
    assert!(
        printed.contains("\nspan time: six thirty\nspan date: tomorrow\n"),
        "{printed}"
    );
}
