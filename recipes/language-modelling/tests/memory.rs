//! What cannot be in memory is refused before it is made.

use crate::common::{Bench, TINY};

fn train(more: &[&str]) -> (Bench, crate::common::Ran) {
    let bench = Bench::new();
    let ran = bench.run(&[&["train", "--quiet", "--run", "run"], TINY, more].concat());
    (bench, ran)
}

#[test]
fn a_model_that_cannot_be_in_memory_is_refused_by_the_setting_that_asks_for_most() {
    for (set, named) in [
        ("model.d_hidden=1000000", "`model.d_hidden = 1000000`"),
        ("model.d_hidden=9000000000000000000", "`model.d_hidden"),
        (
            "model.num_layers=1000000000",
            "`model.num_layers = 1000000000`",
        ),
    ] {
        let (bench, ran) = train(&["--set", "model.tied=false", "--set", set]);
        ran.fails(2, &[named, "of memory", "B are free", "optimiser"]);
        assert!(!bench.path("run").exists(), "nothing was begun");
    }
    let window = "model={kind=\"window\", window=4, d_embedding=8, d_hidden=100000000000}";
    let (_, ran) = train(&["--set", window]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    for (model, said) in [
        (
            "{kind=\"window\", window=4000000000, d_embedding=1000, d_hidden=8}",
            &["`model.window = 4000000000`", "of memory"][..],
        ),
        (
            "{kind=\"recurrent\", d_embedding=1000000000000, d_hidden=8}",
            &["`model.d_embedding = 1000000000000`", "of memory"],
        ),
        // Of counts there are no more than the text has; an order beyond all use is refused as such.
        (
            "{kind=\"ngram\", order=1000000000, smoothing=\"kneser-ney\"}",
            &["`model.order`", "from 1 to 32"],
        ),
    ] {
        let bench = Bench::new();
        bench.write("text", "the cat sat\n".repeat(9));
        let trained = "[batches]\nlanes = 1\nsteps = 5\n\
                       [training]\nepochs = 1\nlearning_rate = 0.1\noptimizer = { kind = \"adam\" }\n";
        let config = format!(
            "model = {model}\n[data]\nunit = \"word\"\n\
             source = {{ kind = \"files\", train = \"text\", valid = \"text\" }}\n{}",
            if model.contains("ngram") { "" } else { trained },
        );
        bench.write("config.toml", config);
        let ran = bench.run(&["train", "config.toml", "--run", "run"]);
        ran.fails(2, said);
        assert!(!bench.path("run").exists(), "nothing was begun");
    }
}

#[test]
fn a_batch_has_no_more_than_the_text() {
    // The whole text at once, which fits.
    for set in [
        "batches.steps=1000000000",
        "batches={lanes=1, steps=1000000000000}",
    ] {
        let (_, ran) = train(&["--set", set, "--set", "training.epochs=1"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    for (set, named) in [
        ("batches.lanes=1000000000", "batches.lanes"),
        ("evaluation.lanes=1000000000", "evaluation.lanes"),
    ] {
        let (bench, ran) = train(&["--set", set]);
        ran.fails(1, &[named]);
        assert!(!bench.path("run").exists(), "nothing was begun");
    }
}
