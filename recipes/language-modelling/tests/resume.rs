//! Runs of earlier versions, which did not keep the settings that they began with.

use crate::common::{Bench, Ran};

const CONFIG: &str = "[data]\nunit = \"word\"\nsource = { kind = \"files\", train = \"text\", valid = \"text\" }\n\
                      [batches]\nlanes = 2\nsteps = 5\n\
                      [training]\nepochs = 2\nlearning_rate = 0.01\noptimizer = { kind = \"adam\" }\n\
                      checkpoint = { every_steps = 1, keep = 40 }\n";
const RECURRENT: &str = "[model]\nkind = \"recurrent\"\nd_embedding = 8\nd_hidden = 8\n";
const WINDOW: &str = "[model]\nkind = \"window\"\nwindow = 3\nd_embedding = 8\nd_hidden = 8\n";

/// A run that stopped after this many epochs and steps, without what it began with.
fn old_run(model: &str, epochs: usize, steps: usize) -> Bench {
    let bench = Bench::new();
    bench.write("text", "the cat sat on the mat\n".repeat(10));
    bench.write("config.toml", format!("{CONFIG}{model}"));
    let ran = bench.run(&["train", "config.toml", "--run", "run", "--quiet"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let last = format!("epoch-{epochs:04}-step-{steps:06}");
    let mut found = false;
    for entry in std::fs::read_dir(bench.path("run/checkpoints")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        found |= name == last;
        if name > last {
            std::fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    assert!(found, "no checkpoint {last}");
    for file in ["begun.toml", "result.json", "model.safetensors"] {
        std::fs::remove_file(bench.path("run").join(file)).unwrap();
    }
    bench
}

/// Goes on with the run after its config was edited.
fn resumed(bench: &Bench, from: &str, to: &str) -> Ran {
    let path = bench.path("run/config.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    assert!(config.contains(from), "{from}: {config}");
    bench.write("run/config.toml", config.replace(from, to));
    let ran = bench.run(&["train", "--run", "run", "--resume"]);
    bench.write("run/config.toml", config);
    ran
}

#[test]
fn an_edited_number_of_lanes_is_named_and_no_panic() {
    for model in [RECURRENT, WINDOW] {
        // In the middle of the first epoch, and of a later one.
        for (epochs, steps) in [(0, 3), (1, 2)] {
            let bench = old_run(model, epochs, steps);
            for lanes in ["1", "3"] {
                let ran = resumed(&bench, "lanes = 2", &format!("lanes = {lanes}"));
                let said = format!("`batches.lanes` is {lanes} and was 2");
                ran.fails(2, &["config.toml", &said, "put it back"]);
            }
            // As it was, it goes on, and says what cannot be noticed.
            let ran = resumed(&bench, "lanes = 2", "lanes = 2");
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            let said = "an earlier version began this run";
            assert!(ran.stderr.contains(said), "{}", ran.stderr);
        }
    }
}

#[test]
fn other_batches_are_named_where_their_number_tells_them() {
    // At the end of an epoch no state is carried.
    let bench = old_run(RECURRENT, 1, 0);
    for (from, to) in [("lanes = 2", "lanes = 1"), ("steps = 5", "steps = 6")] {
        resumed(&bench, from, to).fails(2, &["config.toml", "`batches` makes", "epoch 1"]);
    }
    // In the middle of the first, more steps were done than there would be.
    let bench = old_run(RECURRENT, 0, 6);
    resumed(&bench, "steps = 5", "steps = 500").fails(2, &["`batches` makes 1 steps", "6"]);
}

#[test]
fn an_edited_model_is_named_by_its_checkpoint() {
    let bench = old_run(RECURRENT, 1, 0);
    for (from, to) in [
        ("d_hidden = 8", "d_hidden = 9"),
        ("d_embedding = 8", "d_embedding = 4"),
        ("num_layers = 1", "num_layers = 2"),
    ] {
        resumed(&bench, from, to).fails(2, &["does not fit the model", "config.toml"]);
    }
}
