//! Projects outside the workspace build against the crates and do what they should.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// What `backends` asks of Burn so that a build shares every crate that is not ours with the workspace's tests, see there.
const SHARED: &str = "backends/everything";

/// The folder of this repository.
fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The target folder in which this test was built.
fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test
        .ancestors()
        .find(|path| path.join("CACHEDIR.TAG").exists());
    folder.map_or_else(|| repository().join("target"), Path::to_owned)
}

/// One call of Cargo at a time: the lock file is written before it, and builds of `backends` replace each other.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a Cargo command in the workspace of `outside/`.
///
/// It has the lock file, the profiles, the target folder and the downloaded sources of this workspace, so that nothing is
/// fetched, and dependencies that both have with the same features are compiled once.
fn cargo(arguments: &[&str]) {
    let outside = repository().join("tests/outside");
    let lock = outside.join("Cargo.lock");
    std::fs::copy(repository().join("Cargo.lock"), lock).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(arguments)
        .args(["--quiet", "--offline", "--config"])
        .arg(repository().join("Cargo.toml"))
        .current_dir(&outside)
        .env("CARGO_TARGET_DIR", target());
    printed(&mut cargo);
}

/// Builds all projects at once, with Flex.
fn build() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let _alone = one_at_a_time();
        let features = format!("backends/flex,{SHARED}");
        cargo(&["build", "--workspace", "--features", &features]);
    });
}

/// Runs a project's program, which has been built, and returns what it printed.
fn run(name: &str, device: Option<&str>, arguments: &[&Path]) -> String {
    let program = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let mut program = Command::new(target().join("debug").join(program));
    program.args(arguments).env_remove("BURN_DEVICE");
    if let Some(device) = device {
        program.env("BURN_DEVICE", device);
    }
    printed(&mut program)
}

/// What a command prints that ends well.
fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let errors = text(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    text(&output.stdout)
}

/// What stands behind a name in the output of `backends`.
fn after<'a>(name: &str, printed: &'a str) -> &'a str {
    let line = printed
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no line {name} in\n{printed}"))
}

#[test]
fn a_project_with_burn_and_burn_recurrent_alone_trains_a_bidirectional_lstm() {
    build();
    let printed = run("bilstm", None, &[]);
    let accuracy: f64 = after("accuracy", &printed).parse().unwrap();
    // One in two is chance.
    assert!(accuracy > 0.9, "the model has not learned: {accuracy}");
    assert!(
        printed.contains("Lstm {d_input: 1, d_hidden: 24, bidirectional: true"),
        "{printed}"
    );
}

#[test]
fn a_cell_of_a_projects_own_is_trained_and_run_padded() {
    build();
    let printed = run("own-cell", Some("flex"), &[]);
    let accuracy: f64 = after("accuracy", &printed).parse().unwrap();
    // One in two is chance.
    assert!(accuracy > 0.9, "the model has not learned: {accuracy}");
    let deviation: f64 = after("deviation", &printed).parse().unwrap();
    // Sums of a few terms in f32.
    assert!(deviation < 1e-6, "a padded row differs: {deviation}");
    assert!(
        printed.contains("MinimalGated {d_input: 1, d_hidden: 16, num_layers: 2"),
        "{printed}"
    );
}

/// Or the cell that the documentation shows would not be the one that is tested.
#[test]
fn the_cell_of_the_project_is_the_documented_one_but_for_its_imports() {
    let workspace = repository();
    let code = |path: &str| -> Vec<String> {
        let text = std::fs::read_to_string(workspace.join(path)).unwrap();
        let is_code = |line: &&str| !line.starts_with("use ") && !line.trim().starts_with("//");
        text.lines().filter(is_code).map(str::to_owned).collect()
    };
    assert_eq!(
        code("tests/outside/own-cell/src/minimal_gated.rs"),
        code("crates/burn-recurrent/src/minimal_gated.rs")
    );
}

#[test]
fn every_choice_of_backend_gives_the_same_numbers_by_the_right_path() {
    build();
    let _alone = one_at_a_time();
    let expected = run("backends", Some("flex"), &[]);
    assert_eq!(after("path", &expected), "fused");

    // One build for a backend that both crates know and one that only Burn does.
    cargo(&[
        "build",
        "--package",
        "backends",
        "--features",
        &format!("backends/ndarray,backends/flex-in-burn,{SHARED}"),
    ]);
    let reason = "portable (no backend with fused kernels is compiled in)";
    for device in ["flex", "ndarray"] {
        let printed = run("backends", Some(device), &[]);
        assert_eq!(after("path", &printed), reason, "{device}");
        for name in ["output", "cell", "gradient"] {
            let numbers = |printed: &str| -> Vec<f32> {
                let numbers = after(name, printed).split(' ');
                numbers.map(|number| number.parse().unwrap()).collect()
            };
            let (expected, found) = (numbers(&expected), numbers(&printed));
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(&expected) {
                // The numbers are printed to 1e-6.
                let difference = (found - expected).abs();
                assert!(
                    difference < 1e-5,
                    "{device}, {name}: {found}, not {expected}"
                );
            }
        }
    }
}

#[test]
fn projects_of_a_single_backend_or_none_compile() {
    let _alone = one_at_a_time();
    // Without std and without default features; with these; and the backends one by one.
    for features in ["", "burn-default", "flex", "ndarray"] {
        cargo(&["check", "--package", "backends", "--features", features]);
    }
}

#[test]
fn a_model_of_ones_own_is_saved_and_loaded() {
    build();
    let folder = tempfile::tempdir().unwrap();
    let printed = run("own-model", Some("flex"), &[folder.path()]);
    assert_eq!(after("saved", &printed), after("loaded", &printed));
    let refused: Vec<&str> = printed
        .lines()
        .filter_map(|line| line.strip_prefix("refused "))
        .collect();
    let expected = [
        "do not fit the config beside them: its model has over",
        "unknown field `layers`",
        "has a size of 0",
        "has a example.org/weather, not a example.org/forecaster",
    ];
    assert_eq!(refused.len(), expected.len(), "{printed}");
    for (refused, expected) in refused.iter().zip(expected) {
        assert!(refused.contains(expected), "{refused}");
    }
}

/// The run directories are of version 1 of the formats, see `fixtures/README.md`.
#[test]
fn a_project_without_the_recipes_loads_a_language_model_and_a_tagger() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/version-1");
    let [model, tagger] = ["language-model", "tagger"].map(|name| fixtures.join(name));
    build();
    let printed = run("trained", Some("flex"), &[&model, &tagger]);
    let perplexities: Vec<f64> = printed
        .lines()
        .filter_map(|line| line.strip_prefix("perplexity ")?.parse().ok())
        .collect();
    // What the recipe's own `score` and `tag` printed where the fixtures were made. Processors round differently.
    for (found, expected) in perplexities.iter().zip([268.785_125, 441.996_564]) {
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

#[test]
fn a_project_of_thirty_lines_trains_evaluates_saves_and_uses_a_tagger() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("run");
    build();
    let printed = run("train-tagger", Some("flex"), &[&to]);
    let accuracy: f64 = after("accuracy", &printed).parse().unwrap();
    // About half of the words have no label.
    assert!(accuracy > 0.8, "the tagger has not learned: {accuracy}");
    assert_eq!(after("labels", &printed).split(' ').count(), 5, "{printed}");
}

#[test]
fn a_project_of_thirty_lines_trains_evaluates_saves_and_uses_a_language_model() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("run");
    build();
    let printed = run("train-language-model", Some("flex"), &[&to]);
    let perplexity: f64 = after("perplexity", &printed).parse().unwrap();
    // Of a vocabulary of some hundred words; the grammar's own perplexity is about 4.
    assert!(perplexity < 25.0, "the model has not learned: {perplexity}");
    assert!(after("wrote", &printed).starts_with("tom"), "{printed}");
}

#[test]
fn a_project_of_thirty_lines_trains_evaluates_saves_and_uses_a_translator() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("run");
    build();
    let printed = run("train-translator", Some("flex"), &[&to]);
    let bleu: f64 = after("bleu", &printed).parse().unwrap();
    assert!(bleu > 10.0, "the translator has not learned: {bleu}");
    assert!(
        after("translation", &printed).split(' ').count() > 1,
        "{printed}"
    );
}
