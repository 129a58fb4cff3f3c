//! A run that was stopped or killed at any step and resumed ends like one that was left alone, bit for bit.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use crate::toy::{Config, Toy, Trouble, Troubled, bits, config, one_at_a_time, train, windows};
use burn::store::burn_pack;
use burn::tensor::{Bytes, Device};
use burn::train::Interrupter;
use burn_recurrent_train::{Progress, RunDirectory, TrainError, Training};

const STEPS: usize = 6;

fn troubled(after: usize, trouble: Trouble) -> Troubled {
    Troubled {
        windows: windows(STEPS, 0),
        after,
        trouble,
        asked: Arc::new(AtomicUsize::new(0)),
    }
}

/// `metrics.jsonl` without the two figures that say how fast it went.
fn metrics(run: &RunDirectory) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(run.file("metrics.jsonl")).unwrap();
    text.lines()
        .map(|line| {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            let fields = line.as_object_mut().unwrap();
            assert!(fields.remove("seconds").is_some());
            assert!(fields.remove("tokens_per_second").is_some());
            line
        })
        .collect()
}

fn whole(folder: &std::path::Path, config: &Config) -> (Vec<u32>, Vec<serde_json::Value>) {
    let run = RunDirectory::create("toy", folder.join("whole"), config).unwrap();
    let outcome = train(&run, config, windows(STEPS, 0), Interrupter::new()).unwrap();
    (bits(&outcome.model), metrics(&run))
}

fn assert_resumes(config: &Config) {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let (expected, expected_metrics) = whole(folder.path(), config);
    assert_eq!(expected_metrics.len(), 3);
    for after in [0, 1, 4, 5, 6, 7, 11, 12, 17] {
        for kind in ["stop", "die"] {
            let path = folder.path().join(format!("{kind}-{after}"));
            let run = RunDirectory::create("toy", &path, config).unwrap();
            let interrupter = Interrupter::new();
            if kind == "stop" {
                let batches = troubled(after, Trouble::Stop(interrupter.clone()));
                let error = train(&run, config, batches, interrupter).unwrap_err();
                assert!(matches!(error, TrainError::Interrupted { .. }), "{error}");
                assert!(error.help().unwrap().contains("--resume"));
            } else {
                let batches = troubled(after, Trouble::Die);
                let dead = catch_unwind(AssertUnwindSafe(|| {
                    train(&run, config, batches, interrupter)
                }));
                assert!(dead.is_err());
            }
            drop(run);
            let run = RunDirectory::resume("toy", &path).unwrap();
            let outcome = train(&run, config, windows(STEPS, 0), Interrupter::new()).unwrap();
            assert!(
                bits(&outcome.model) == expected,
                "{kind} after {after} batches: other weights"
            );
            assert_eq!(
                metrics(&run),
                expected_metrics,
                "{kind} after {after} batches"
            );
        }
    }
}

#[test]
fn adam_with_global_clipping() {
    assert_resumes(&config(
        "epochs = 3\nlearning_rate = 0.01\nkeep_weights = \"last\"\n\
         optimizer = { kind = \"adam\" }\nclip = { global_norm = 0.5 }\ncheckpoint = { every_steps = 2 }",
    ));
}

#[test]
fn sgd_with_momentum_tensor_clipping_and_plateau_decay() {
    assert_resumes(&config(
        "epochs = 3\nlearning_rate = 0.3\noptimizer = { kind = \"sgd\", momentum = 0.9 }\n\
         clip = { per_tensor_norm = 0.2 }\nschedule = { kind = \"plateau\", factor = 0.3, patience = 1 }\n\
         checkpoint = { every_steps = 4, keep = 1 }",
    ));
}

#[test]
fn averaged_weights() {
    assert_resumes(&config(
        "epochs = 3\nlearning_rate = 0.01\nkeep_weights = { average = 3 }\noptimizer = { kind = \"adam\" }\n\
         checkpoint = { every_steps = 2, keep = 1 }",
    ));
}

#[test]
fn dropout_and_the_seed_matter() {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let run_with = |name: &str, seed: u64| {
        let config = config(&format!(
            "epochs = 2\nlearning_rate = 0.01\nseed = {seed}\noptimizer = {{ kind = \"adam\" }}"
        ));
        let run = RunDirectory::create("toy", folder.path().join(name), &config).unwrap();
        bits(
            &train(&run, &config, windows(STEPS, 0), Interrupter::new())
                .unwrap()
                .model,
        )
    };
    assert!(
        run_with("a", 1) == run_with("b", 1),
        "the same seed gave other weights"
    );
    assert!(
        run_with("c", 1) != run_with("d", 2),
        "another seed gave the same weights"
    );
}

#[test]
fn a_run_that_has_ended_is_not_trained_again() {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let config = config("epochs = 2\nlearning_rate = 0.01\noptimizer = { kind = \"adam\" }");
    let run = RunDirectory::create("toy", folder.path().join("run"), &config).unwrap();
    let first = train(&run, &config, windows(STEPS, 0), Interrupter::new()).unwrap();
    let batches = troubled(0, Trouble::Die);
    let again = train(&run, &config, batches, Interrupter::new()).unwrap();
    assert!(bits(&first.model) == bits(&again.model));
    assert_eq!(first.history, again.history);
}

#[test]
fn a_flipped_bit_in_the_last_checkpoint_is_found_and_the_named_remedy_works() {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let config = config("epochs = 3\nlearning_rate = 0.01\noptimizer = { kind = \"adam\" }");
    let (expected, _) = whole(folder.path(), &config);
    let path = folder.path().join("run");
    let run = RunDirectory::create("toy", &path, &config).unwrap();
    let interrupter = Interrupter::new();
    let batches = troubled(15, Trouble::Stop(interrupter.clone()));
    train(&run, &config, batches, interrupter).unwrap_err();
    let last = path.join("checkpoints/epoch-0002-step-000004");
    let file = last.join("optimizer.bpk");
    let mut content = fs::read(&file).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 16;
    fs::write(&file, content).unwrap();

    let error = train(&run, &config, windows(STEPS, 0), Interrupter::new()).unwrap_err();
    assert!(error.to_string().contains("optimizer.bpk"), "{error}");
    assert!(error.help().unwrap().contains("epoch-0002-step-000000"));
    fs::remove_dir_all(last).unwrap();
    let outcome = train(&run, &config, windows(STEPS, 0), Interrupter::new()).unwrap();
    assert!(bits(&outcome.model) == expected);
}

#[test]
fn a_stop_during_validation_leaves_nothing_of_it_in_the_checkpoint() {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let config = config("epochs = 2\nlearning_rate = 0.01\noptimizer = { kind = \"adam\" }");
    let (expected, _) = whole(folder.path(), &config);
    let run = RunDirectory::create("toy", folder.path().join("run"), &config).unwrap();
    let interrupter = Interrupter::new();
    let valid = Troubled {
        windows: windows(3, 1000),
        after: 1,
        trouble: Trouble::Stop(interrupter.clone()),
        asked: Arc::new(AtomicUsize::new(0)),
    };
    let model = Toy::new(config.training.seed, &Device::flex().autodiff());
    let error = Training::new(&run, &config.training, model, windows(STEPS, 0), valid)
        .with_progress(Progress::Quiet)
        .with_interrupter(interrupter)
        .launch()
        .unwrap_err();
    assert!(
        matches!(error, TrainError::Interrupted { step: STEPS, .. }),
        "{error}"
    );

    let carried = run.file("checkpoints/epoch-0000-step-000006/carried.bpk");
    let carried = Bytes::from_bytes_vec(fs::read(carried).unwrap());
    let carried = burn_pack::Reader::from_bytes(carried)
        .unwrap()
        .into_tensors()
        .unwrap();
    assert!(
        carried.is_empty(),
        "{} tensors of validation",
        carried.len()
    );
    let outcome = train(&run, &config, windows(STEPS, 0), Interrupter::new()).unwrap();
    assert!(bits(&outcome.model) == expected);
}
