//! The recipe on a GPU through wgpu; a software driver will do.

mod common;

use common::{Bench, Ran, train};

#[test]
fn wgpu_trains_and_evaluates_a_tiny_model() {
    let bench = Bench::new();
    let tiny = [
        "--json",
        "--set",
        "data.source={kind=\"stories\", seed=1, train_lines=8, valid_lines=2, test_lines=2}",
        "--set",
        "model.d_embedding=4",
        "--set",
        "model.d_hidden=4",
        "--set",
        "batches={lanes=4, steps=10}",
        "--set",
        "training.epochs=1",
    ];
    let mut command = bench.command(&train("run", &tiny));
    let ran = Ran::new(command.env("BURN_DEVICE", "wgpu").output().unwrap());
    let result = &ran.json()[0];
    assert!(
        result["device"]
            .as_str()
            .unwrap()
            .to_lowercase()
            .contains("wgpu"),
        "{result}"
    );
    let perplexity = result["test_perplexity"].as_f64().unwrap();

    // What a GPU trained, a CPU evaluates to the same.
    let evaluated = bench.run(&["evaluate", "--model", "run", "--json"]);
    let on_flex = evaluated.json()[0]["test_perplexity"].as_f64().unwrap();
    assert!(
        (on_flex / perplexity - 1.0).abs() < 1e-3,
        "{on_flex}, {perplexity}"
    );
}
