//! Messages name the true reason.

use crate::common::{Bench, train};

#[test]
fn a_seed_is_taken_or_refused_for_its_size() {
    let bench = Bench::new();
    let largest = "9223372036854775807";
    let set = format!("training.seed={largest}");
    let ran = bench.run(&train(
        "run",
        &["--set", &set, "--set", "training.epochs=1"],
    ));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let result = std::fs::read_to_string(bench.path("run/result.json")).unwrap();
    assert!(result.contains(largest), "{result}");
    for seed in ["9223372036854775808", "18446744073709551615"] {
        for key in ["training.seed", "data.source.seed"] {
            // By the command line and in a file.
            let set = format!("{key}={seed}");
            let ran = bench.run(&train("other", &["--set", &set]));
            ran.fails(2, &[seed, largest]);
            assert!(!ran.stderr.contains("string"), "{}", ran.stderr);
            let config = std::fs::read_to_string(bench.path("run/config.toml")).unwrap();
            let edited = match key {
                "training.seed" => {
                    config.replace(&format!("seed = {largest}"), &format!("seed = {seed}"))
                }
                _ => config.replacen("seed = 1\n", &format!("seed = {seed}\n"), 1),
            };
            assert_ne!(edited, config);
            bench.write("edited.toml", edited);
            let ran = bench.run(&["train", "edited.toml", "--run", "other"]);
            ran.fails(2, &["edited.toml", "seed"]);
            assert!(!ran.stderr.contains("string"), "{}", ran.stderr);
        }
    }
    assert!(!bench.path("other").exists(), "nothing was begun");
}

#[test]
fn a_model_that_is_nowhere_is_named_with_what_to_give() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("empty")).unwrap();
    bench.write("file", "x");
    for model in ["nowhere", "runs/nowhere", "empty", "file"] {
        for verb in ["evaluate", "sample", "score"] {
            let ran = bench.run(&[verb, "--model", model]);
            ran.fails(2, &[model, "help: "]);
        }
    }
    let ran = bench.run(&["train", "--run", "nowhere", "--resume"]);
    ran.fails(2, &["nowhere", "help: "]);
}

#[test]
fn large_initial_weights_are_not_blamed_on_the_learning_rate() {
    let bench = Bench::new();
    let ran = bench.run(&train("run", &["--set", "model.init_range=1e30"]));
    ran.fails(1, &["epoch 1, step 1", "init_range", "not to blame"]);
}

#[test]
fn initial_weights_beyond_what_can_be_drawn_are_refused_by_their_key_and_range() {
    let bench = Bench::new();
    for (set, key) in [
        ("model.init_range=3e38", "`model.init_range`"),
        (
            "model.initializer={kind=\"uniform\", bound=1e300}",
            "`model.initializer.bound`",
        ),
    ] {
        let ran = bench.run(&train("run", &["--set", set]));
        ran.fails(2, &[key, "above 0 and at most 1e38"]);
    }
    assert!(!bench.path("run").exists(), "nothing was begun");
}

/// Each is said once, with its key, and in words that are those of the config and not of the program.
#[test]
fn numbers_that_cannot_be_are_named_once_by_their_key() {
    let bench = Bench::new();
    for (set, key, said) in [
        (
            "training.learning_rate=nan",
            "training.learning_rate",
            "NaN",
        ),
        (
            "training.learning_rate=-0.1",
            "training.learning_rate",
            "above 0",
        ),
        ("model.dropout=1", "model.dropout", "below 1"),
        ("model.dropout=-0.5", "model.dropout", "at least 0"),
        ("model.d_hidden=-4", "model.d_hidden", "-4"),
        ("model.d_hidden=1.5", "model.d_hidden", "whole number"),
        ("model.d_hidden=\"8\"", "model.d_hidden", "whole number"),
        ("batches.lanes=0", "batches.lanes", "at least 1"),
        (
            "training.epochs=99999999999999999999",
            "training.epochs",
            "99999999999999999999",
        ),
    ] {
        let ran = bench.run(&train("run", &["--set", set]));
        ran.fails(2, &[key, said]);
        for word in ["usize", "u64", "f64", "expected struct"] {
            assert!(!ran.stderr.contains(word), "{set}: {}", ran.stderr);
        }
        // Beside the setting as it was given.
        let message = ran.stderr.replacen(set, "", 1);
        assert_eq!(message.matches(said).count(), 1, "{set}: {}", ran.stderr);
        assert_eq!(
            message.matches("error: ").count(),
            1,
            "{set}: {}",
            ran.stderr
        );
    }
    assert!(!bench.path("run").exists(), "nothing was begun");
}
