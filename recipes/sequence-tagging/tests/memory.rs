//! What cannot be in memory is refused before it is made.

use crate::common::Bench;

#[test]
fn a_model_that_cannot_be_in_memory_is_refused_by_the_setting_that_asks_for_most() {
    let bench = Bench::with_chunks();
    for (set, named) in [
        ("model.d_hidden=1000000", "`model.d_hidden = 1000000`"),
        (
            "model.d_word=1000000000000",
            "`model.d_word = 1000000000000`",
        ),
        (
            "model.num_layers=1000000000",
            "`model.num_layers = 1000000000`",
        ),
        (
            "model.characters.num_filters=1000000000000",
            "`model.characters.num_filters = 1000000000000`",
        ),
        ("model.d_shape=90000000000000", "`model.d_shape"),
    ] {
        let ran = bench.train("run", &["--set", set]);
        ran.fails(2, &[named, "of memory", "B are free"]);
    }
    assert!(!bench.path("run").exists(), "nothing was begun");
}

#[test]
fn a_batch_has_no_more_than_the_sentences() {
    let bench = Bench::with_chunks();
    let more = [
        "--set",
        "batches.tokens=1000000000000",
        "--set",
        "training.epochs=1",
    ];
    let ran = bench.train("run", &more);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}
