//! Projects outside the workspace build against the crates and do what they should.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Cargo builds one project at a time in their common target folder, and the lock files are written beside that.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A project of `outside/` with these features.
struct Project {
    name: &'static str,
    features: &'static str,
}

impl Project {
    /// Runs a Cargo command on it, with arguments for its program, and returns what was printed.
    ///
    /// It is built with the workspace's lock file and the downloaded sources of the workspace's own dependencies, so that
    /// the test needs no network.
    fn cargo(&self, command: &str, device: Option<&str>, arguments: &[&Path]) -> String {
        let _guard = ONE_AT_A_TIME
            .lock()
            .unwrap_or_else(|error| error.into_inner());
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let manifest = workspace.join("tests/outside").join(self.name);
        std::fs::copy(workspace.join("Cargo.lock"), manifest.join("Cargo.lock")).unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args([command, "--quiet", "--offline", "--features", self.features])
            .args(arguments.first().map(|_| "--"))
            .args(arguments)
            .current_dir(&manifest)
            .env("CARGO_TARGET_DIR", target(workspace).join("outside"))
            .env_remove("BURN_DEVICE");
        if let Some(device) = device {
            cargo.env("BURN_DEVICE", device);
        }
        let output = cargo.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }
}

/// The target folder in which this test was built.
fn target(workspace: &Path) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test
        .ancestors()
        .find(|path| path.join("CACHEDIR.TAG").exists());
    folder.map_or_else(|| workspace.join("target"), Path::to_owned)
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
    let project = Project {
        name: "bilstm",
        features: "",
    };
    let printed = project.cargo("run", None, &[]);
    let accuracy: f64 = after("accuracy", &printed).parse().unwrap();
    // One in two is chance.
    assert!(accuracy > 0.9, "the model has not learned: {accuracy}");
    assert!(
        printed.contains("Lstm {d_input: 1, d_hidden: 24, bidirectional: true"),
        "{printed}"
    );
}

#[test]
fn every_choice_of_backend_gives_the_same_numbers_by_the_right_path() {
    let backends = |features| Project {
        name: "backends",
        features,
    };
    let expected = backends("flex").cargo("run", Some("flex"), &[]);
    assert_eq!(after("path", &expected), "fused");

    // One build for a backend that both crates know and one that only Burn does.
    let other = backends("ndarray,flex-in-burn");
    let reason = "portable (no backend with fused kernels is compiled in)";
    for device in ["flex", "ndarray"] {
        let printed = other.cargo("run", Some(device), &[]);
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
    // Without std and without default features; with these; and the backends one by one.
    for features in ["", "burn-default", "ndarray", "flex-in-burn"] {
        let project = Project {
            name: "backends",
            features,
        };
        project.cargo("check", None, &[]);
    }
}

/// The run directories are of version 1 of the formats, see `fixtures/README.md`.
#[test]
fn a_project_without_the_recipes_loads_a_language_model_and_a_tagger() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/version-1");
    let [model, tagger] = ["language-model", "tagger"].map(|name| fixtures.join(name));
    let project = Project {
        name: "trained",
        features: "",
    };
    let printed = project.cargo("run", None, &[&model, &tagger]);
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
    let run = folder.path().join("run");
    let project = Project {
        name: "train-tagger",
        features: "",
    };
    let printed = project.cargo("run", Some("flex"), &[&run]);
    let accuracy: f64 = after("accuracy", &printed).parse().unwrap();
    // About half of the words have no label.
    assert!(accuracy > 0.8, "the tagger has not learned: {accuracy}");
    assert_eq!(after("labels", &printed).split(' ').count(), 5, "{printed}");
}

#[test]
fn a_project_of_thirty_lines_trains_evaluates_saves_and_uses_a_language_model() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let project = Project {
        name: "train-language-model",
        features: "",
    };
    let printed = project.cargo("run", Some("flex"), &[&run]);
    let perplexity: f64 = after("perplexity", &printed).parse().unwrap();
    // Of a vocabulary of some hundred words; the grammar's own perplexity is about 4.
    assert!(perplexity < 25.0, "the model has not learned: {perplexity}");
    assert!(after("wrote", &printed).starts_with("tom"), "{printed}");
}
