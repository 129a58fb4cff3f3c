//! Figures that a recipe computes itself: where they go, and what is chosen by them.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use crate::toy::{Config, Toy, Trouble, Troubled, Window, bits, config, one_at_a_time, windows};
use burn::module::Module;
use burn::tensor::Device;
use burn_recurrent_train::{
    BatchError, Batches, Figures, Progress, Report, RunDirectory, RunResult, TrainError, Training,
    TrainingOutcome,
};

const ADAM: &str = "learning_rate = 0.05\noptimizer = { kind = \"adam\" }\n";

/// Two figures that go up and down with the weights in their own way.
fn measure(model: &Toy) -> Result<Figures, BatchError> {
    assert!(
        model.devices().iter().all(|device| !device.is_autodiff()),
        "figures are of the model without gradients"
    );
    let digits = bits(model)[0] % 1000;
    let digits = f64::from(digits);
    let figures = [
        ("valid_wobble", digits / 3000.0),
        ("valid_counter", -digits),
        ("valid_of_no_interest", f64::NAN),
    ];
    Ok(figures
        .map(|(name, value)| (name.to_string(), value))
        .into())
}

fn train(
    run: &RunDirectory,
    config: &Config,
    batches: impl Batches<Batch = Window>,
) -> Result<TrainingOutcome<Toy>, TrainError> {
    let model = Toy::new(config.training.seed, &Device::flex().autodiff());
    Training::new(run, &config.training, model, batches, windows(3, 1000))
        .with_valid_metrics(&["valid_wobble", "valid_counter"], measure)
        .with_progress(Progress::Quiet)
        .launch()
}

fn lines(run: &RunDirectory) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(run.file("metrics.jsonl")).unwrap();
    text.lines()
        .map(|line| {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            for figure in ["seconds", "tokens_per_second"] {
                assert!(line.as_object_mut().unwrap().remove(figure).is_some());
            }
            line
        })
        .collect()
}

#[test]
fn the_figures_are_in_every_file_and_the_best_epoch_is_chosen_by_the_one_named() {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    for (name, metric, direction) in [
        ("highest", "valid_wobble", "maximize"),
        ("lowest", "valid_counter", "minimize"),
        ("other", "valid_wobble", "minimize"),
        ("loss", "valid_nats_per_token", "minimize"),
    ] {
        let config = config(&format!(
            "epochs = 6\n{ADAM}monitor = {{ metric = \"{metric}\", direction = \"{direction}\" }}"
        ));
        let run = RunDirectory::create("toy", folder.path().join(name), &config).unwrap();
        let outcome = train(&run, &config, windows(6, 0)).unwrap();
        let lines = lines(&run);
        let figures: Vec<f64> = lines
            .iter()
            .map(|line| line[metric].as_f64().unwrap())
            .collect();
        let expected = figures
            .iter()
            .copied()
            .reduce(if direction == "maximize" {
                f64::max
            } else {
                f64::min
            })
            .unwrap();
        let kept = outcome.record().unwrap();
        assert_eq!(figures[kept.epoch - 1], expected, "{name}");
        assert_eq!(outcome.best.as_ref().unwrap().epoch, kept.epoch);
        // The weights are that epoch's too.
        let measured = measure(&outcome.model).unwrap();
        let wobble = measured["valid_wobble"];
        assert_eq!(kept.valid_metrics["valid_wobble"], wobble);
        assert_eq!(
            kept.valid_metrics["valid_counter"],
            measured["valid_counter"]
        );
        assert_eq!(kept.valid_metrics.len(), 2);

        let result = RunResult::new("toy", 1, &Device::flex()).with_training(&outcome);
        assert_eq!(result.metrics["valid_wobble"], wobble);
        assert!(result.metrics.contains_key("valid_perplexity"));
        let svg = fs::read_to_string(run.file("curves.svg")).unwrap();
        assert!(svg.contains("wobble") && svg.contains("counter"));
    }
}

#[test]
fn killed_at_any_step_a_run_chosen_decayed_and_stopped_by_a_figure_ends_the_same() {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let config = config(&format!(
        "epochs = 12\n{ADAM}schedule = {{ kind = \"plateau\", factor = 0.5, patience = 1 }}\n\
         monitor = {{ metric = \"valid_wobble\", direction = \"maximize\" }}\n\
         early_stopping = {{ patience = 3 }}\ncheckpoint = {{ every_steps = 2 }}"
    ));
    let whole = RunDirectory::create("toy", folder.path().join("whole"), &config).unwrap();
    let expected = train(&whole, &config, windows(5, 0)).unwrap();
    let best = expected.best.as_ref().unwrap().epoch;
    assert!(expected.early_stopped, "stopped by the figure");
    assert_eq!(expected.history.len(), best + 3);
    let rates: Vec<f64> = expected.history.iter().map(|e| e.learning_rate).collect();
    assert!(
        rates[best + 1] < rates[best],
        "decayed by the figure: {rates:?}"
    );

    for after in [0, 3, 5, 8, 13, 5 * (best + 2) + 1] {
        let path = folder.path().join(format!("killed-{after}"));
        let run = RunDirectory::create("toy", &path, &config).unwrap();
        let batches = Troubled {
            windows: windows(5, 0),
            after,
            trouble: Trouble::Die,
            asked: Arc::new(AtomicUsize::new(0)),
        };
        let dead = catch_unwind(AssertUnwindSafe(|| train(&run, &config, batches)));
        assert!(dead.is_err());
        drop(run);
        let run = RunDirectory::resume("toy", &path).unwrap();
        let outcome = train(&run, &config, windows(5, 0)).unwrap();
        assert!(bits(&outcome.model) == bits(&expected.model), "{after}");
        assert_eq!(lines(&run), lines(&whole), "{after}");
    }
}

#[test]
fn a_figure_that_nobody_measures_is_refused_before_anything_is_trained() {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let config = config(&format!(
        "epochs = 1\n{ADAM}monitor = {{ metric = \"valid_bleu\", direction = \"maximize\" }}"
    ));
    let run = RunDirectory::create("toy", folder.path().join("run"), &config).unwrap();
    let error = train(&run, &config, windows(2, 0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`training.monitor.metric` is `valid_bleu`, but this recipe measures valid_nats_per_token, valid_wobble, \
         valid_counter"
    );
    assert_eq!(Report::from(error).exit_code(), 2);
    assert!(!run.file("metrics.jsonl").exists());
}

#[test]
fn a_figure_that_fails_or_is_not_a_number_ends_the_run() {
    let _guard = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let config = config(&format!("epochs = 1\n{ADAM}"));
    let launch = |name: &str, figure: fn() -> Result<Figures, BatchError>| {
        let run = RunDirectory::create("toy", folder.path().join(name), &config).unwrap();
        let model = Toy::new(1, &Device::flex().autodiff());
        Training::new(&run, &config.training, model, windows(2, 0), windows(2, 9))
            .with_valid_metrics(&["valid_f1"], move |_| figure())
            .with_progress(Progress::Quiet)
            .launch()
            .unwrap_err()
    };
    let error = launch("nan", || Ok([("valid_f1".to_string(), f64::NAN)].into()));
    assert!(matches!(error, TrainError::NotFinite { .. }), "{error}");
    assert!(error.to_string().contains("`valid_f1`"), "{error}");
    let error = launch("failed", || Err("no labels".into()));
    assert_eq!(
        error.to_string(),
        "cannot compute the validation metrics of epoch 1"
    );
    let error = launch("missing", || Ok(Figures::new()));
    let report = Report::from(error).to_string();
    assert!(report.contains("nothing is called `valid_f1`"), "{report}");
}
