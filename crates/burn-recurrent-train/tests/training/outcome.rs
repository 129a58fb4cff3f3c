//! What a training leaves behind, and how it ends when something is wrong.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use crate::toy::{Toy, Trouble, Troubled, Window, bits, config, one_at_a_time, train, windows};
use burn::tensor::Device;
use burn::train::Interrupter;
use burn_recurrent_train::{
    Progress, RunDirectory, RunDirectoryError, TrainError, Training, evaluate,
};

const ADAM: &str = "epochs = 8\nlearning_rate = 0.02\noptimizer = { kind = \"adam\" }";

#[test]
fn training_learns_and_its_figures_are_those_of_the_model_it_returns() {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let config = config(ADAM);
    let run = RunDirectory::create("toy", folder.path().join("run"), &config).unwrap();
    let outcome = train(&run, &config, windows(12, 0), Interrupter::new()).unwrap();

    let history = &outcome.history;
    assert_eq!(history.len(), 8);
    assert!(history[7].train_nats_per_token < 0.9 * history[0].train_nats_per_token);
    assert_eq!(history[0].train_tokens, 12 * 12);
    assert_eq!(history[0].valid_tokens, 3 * 12);

    let lowest = history
        .iter()
        .map(|record| record.valid_nats_per_token)
        .fold(f64::MAX, f64::min);
    let record = outcome.record().unwrap();
    assert_eq!(record.valid_nats_per_token, lowest);
    let evaluated = evaluate(&outcome.model, &windows(3, 1000)).unwrap();
    assert_eq!(evaluated.nats_per_token(), lowest);
    assert!(outcome.tokens_per_second > 0.0 && outcome.wall_seconds >= outcome.train_seconds);

    run.save_model(&outcome.model).unwrap();
    let loaded = run.load_model(Toy::new(99, &Device::flex())).unwrap();
    assert!(bits(&loaded) == bits(&outcome.model));

    // Nothing of burn-train's own logging, and nothing temporary.
    let mut names: Vec<_> = fs::read_dir(run.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "begun.toml",
            "checkpoints",
            "config.toml",
            "curves.svg",
            "metrics.jsonl",
            "model.safetensors",
            "run.json",
            "run.lock"
        ]
    );
    let svg = fs::read_to_string(run.file("curves.svg")).unwrap();
    assert!(svg.contains("validation") && svg.contains("epoch"));
}

/// Without momentum and penalty a step scales the learning rate instead of the gradients.
#[test]
fn clipped_steps_are_the_same_however_they_are_scaled() {
    let _guard = one_at_a_time();
    let last_loss = |optimizer: &str, clip: &str| {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&format!(
            "epochs = 3\nlearning_rate = 0.5\noptimizer = {{ kind = \"sgd\"{optimizer} }}{clip}"
        ));
        let run = RunDirectory::create("toy", folder.path().join("run"), &config).unwrap();
        let outcome = train(&run, &config, windows(12, 0), Interrupter::new()).unwrap();
        outcome.history[2].train_nats_per_token
    };
    let clip = "\nclip = { global_norm = 0.1 }";
    let of_rate = last_loss("", clip);
    // A penalty too small to change a number.
    let of_gradients = last_loss(", weight_decay = 1e-30", clip);
    assert!(
        (of_rate / of_gradients - 1.0).abs() < 1e-5,
        "{of_rate}, {of_gradients}"
    );
    let unclipped = last_loss("", "");
    assert!(
        (of_rate / unclipped - 1.0).abs() > 1e-2,
        "{of_rate}, {unclipped}"
    );
}

#[test]
fn a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint() {
    let _guard = one_at_a_time();
    for (learning_rate, clip) in [("1e300", ""), ("1e300", "\nclip = { global_norm = 1e20 }")] {
        let folder = tempfile::tempdir().unwrap();
        let good = config(&format!(
            "epochs = 1\nlearning_rate = 0.01\noptimizer = {{ kind = \"sgd\" }}{clip}"
        ));
        let run = RunDirectory::create("toy", folder.path().join("run"), &good).unwrap();
        train(&run, &good, windows(6, 0), Interrupter::new()).unwrap();
        let bad = config(&format!(
            "epochs = 2\nlearning_rate = {learning_rate}\noptimizer = {{ kind = \"sgd\" }}{clip}"
        ));
        let error = train(&run, &bad, windows(6, 0), Interrupter::new()).unwrap_err();
        assert!(
            matches!(error, TrainError::NotFinite { epoch: 2, .. }),
            "{error}"
        );
        let help = error.help().unwrap();
        assert!(help.contains("training.learning_rate"), "{help}");
        assert!(help.contains("epoch-0001-step-000000"), "{help}");
        let checkpoints: Vec<_> = fs::read_dir(run.file("checkpoints"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(checkpoints, ["epoch-0001-step-000000"]);
        train(&run, &good, windows(6, 0), Interrupter::new()).unwrap();
    }
}

#[test]
fn a_loss_beyond_all_use_stops_the_run_though_it_is_a_number() {
    let _guard = one_at_a_time();
    // All weights stay finite, and so does the loss: 1e30 and more nats a token. Caught by the next step, or by the
    // validation where there is none.
    for (steps, what) in [(6, "the training loss, "), (1, "the validation loss, ")] {
        let folder = tempfile::tempdir().unwrap();
        let config = config("epochs = 1\nlearning_rate = 1e30\noptimizer = { kind = \"sgd\" }");
        let run = RunDirectory::create("toy", folder.path().join("run"), &config).unwrap();
        let error = train(&run, &config, windows(steps, 0), Interrupter::new()).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with(what), "{message}");
        match error {
            TrainError::NotFinite { value, epoch, .. } => {
                assert!(value.is_finite() && value > 709.0, "{value}");
                assert_eq!(epoch, 1);
            }
            error => panic!("{error}"),
        }
    }
}

#[test]
fn weights_that_are_not_finite_never_reach_a_checkpoint() {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    // The loss of the only step is finite, its update is not.
    let config = config(
        "epochs = 1\nlearning_rate = 1e300\noptimizer = { kind = \"sgd\" }\ncheckpoint = { every_steps = 1 }",
    );
    let run = RunDirectory::create("toy", folder.path().join("run"), &config).unwrap();
    let error = train(&run, &config, windows(1, 0), Interrupter::new()).unwrap_err();
    assert!(error.to_string().starts_with("an element of `"), "{error}");
    assert_eq!(fs::read_dir(run.file("checkpoints")).unwrap().count(), 0);
}

#[test]
fn early_stopping_ends_the_run_and_the_best_weights_are_kept() {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    // With so high a rate the validation loss soon rises.
    let config = config(
        "epochs = 40\nlearning_rate = 0.3\noptimizer = { kind = \"adam\" }\nearly_stopping = { patience = 3 }",
    );
    let run = RunDirectory::create("toy", folder.path().join("run"), &config).unwrap();
    let outcome = train(&run, &config, windows(6, 0), Interrupter::new()).unwrap();
    assert!(outcome.early_stopped);
    let best = outcome.best.clone().unwrap().epoch;
    assert_eq!(outcome.history.len(), best + 3);
    let evaluated = evaluate(&outcome.model, &windows(3, 1000)).unwrap();
    assert_eq!(
        evaluated.nats_per_token(),
        outcome.history[best - 1].valid_nats_per_token
    );
    // It has ended, so it does not go on when resumed.
    let again = train(&run, &config, windows(6, 0), Interrupter::new()).unwrap();
    assert_eq!(again.history, outcome.history);
}

#[test]
fn data_that_is_missing_or_fails_is_an_error() {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let config = config(ADAM);
    let run = RunDirectory::create("toy", folder.path().join("run"), &config).unwrap();
    let nothing: Vec<Window> = Vec::new();
    let error = train(&run, &config, nothing, Interrupter::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the training data has not a single batch"
    );

    let model = Toy::new(1, &Device::flex());
    let nothing: Vec<Window> = Vec::new();
    let error = Training::new(&run, &config.training, model, windows(2, 0), nothing)
        .with_progress(Progress::Quiet)
        .launch()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the validation data has not a single batch"
    );

    let batches = Troubled {
        windows: windows(3, 0),
        after: 1,
        trouble: Trouble::Fail,
        asked: Arc::new(AtomicUsize::new(0)),
    };
    let run = RunDirectory::create("toy", folder.path().join("other"), &config).unwrap();
    let error = train(&run, &config, batches, Interrupter::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot make the training batch 2 of epoch 1"
    );
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "the disk is gone");
}

#[test]
fn a_broken_or_foreign_model_file_is_told_apart() {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let run = RunDirectory::create("toy", folder.path().join("run"), &config(ADAM)).unwrap();
    let toy = || Toy::new(1, &Device::flex());
    assert!(matches!(
        run.load_model(toy()),
        Err(RunDirectoryError::NoModel { .. })
    ));
    run.save_model(&toy()).unwrap();
    let whole = fs::read(run.file("model.safetensors")).unwrap();
    for length in [0, 5, 40, whole.len() - 1] {
        fs::write(run.file("model.safetensors"), &whole[..length]).unwrap();
        let error = run.load_model(toy()).unwrap_err();
        assert!(
            matches!(error, RunDirectoryError::Damaged { .. }),
            "{length}: {error}"
        );
    }
    let device = Device::flex();
    run.save_model(&burn::nn::LinearConfig::new(2, 2).init(&device))
        .unwrap();
    let error = run.load_model(toy()).unwrap_err();
    assert!(
        matches!(error, RunDirectoryError::WeightsDoNotFit { .. }),
        "{error}"
    );
    run.save_model(&burn::nn::LinearConfig::new(2, 3).init(&device))
        .unwrap();
    let error = run
        .load_model(burn::nn::LinearConfig::new(2, 2).init(&device))
        .unwrap_err();
    assert!(
        matches!(error, RunDirectoryError::WeightsDoNotFit { .. }),
        "{error}"
    );
}

#[test]
fn averaged_weights_are_the_mean_of_those_after_the_last_epochs_and_have_figures_of_their_own() {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let train = |name: &str, epochs: usize, keep_weights: &str| {
        let config = config(&format!(
            "epochs = {epochs}\nkeep_weights = {keep_weights}\nlearning_rate = 0.02\noptimizer = {{ kind = \"adam\" }}\n\
             checkpoint = {{ every_steps = 3, keep = 1 }}"
        ));
        let run = RunDirectory::create("toy", folder.path().join(name), &config).unwrap();
        train(&run, &config, windows(6, 0), Interrupter::new()).unwrap()
    };
    let averaged = train("averaged", 4, "{ average = 3 }");
    let ends = [2, 3, 4].map(|epochs| train(&format!("after-{epochs}"), epochs, "\"last\""));
    let ends = ends.map(|outcome| bits(&outcome.model));
    for (place, found) in bits(&averaged.model).into_iter().enumerate() {
        let ends = ends
            .iter()
            .map(|bits| f64::from(f32::from_bits(bits[place])));
        assert_eq!(f32::from_bits(found), (ends.sum::<f64>() / 3.0) as f32);
    }

    let record = averaged.record().unwrap();
    let evaluated = evaluate(&averaged.model, &windows(3, 1000)).unwrap();
    assert_eq!(record.valid_nats_per_token, evaluated.nats_per_token());
    assert_eq!(
        record.train_nats_per_token,
        averaged.history[3].train_nats_per_token
    );
    let own = averaged.history.iter();
    assert!(
        own.into_iter()
            .all(|epoch| epoch.valid_nats_per_token != evaluated.nats_per_token())
    );
}
