//! Pretrained vectors: how many words have one is said.

use crate::common::{Bench, Ran};

const WIDTH: usize = 8;

/// Trains with a file of vectors of these words.
fn train(bench: &Bench, run: &str, words: &[&str], more: &[&str]) -> Ran {
    let line = |(number, word): (usize, &&str)| {
        let numbers = vec![format!("{}.5", number + 1); WIDTH].join(" ");
        format!("{word} {numbers}\n")
    };
    bench.write(
        "vectors.txt",
        words.iter().enumerate().map(line).collect::<String>(),
    );
    let set = [
        "--set",
        "words.vectors=vectors.txt",
        "--set",
        "training.epochs=1",
    ];
    let arguments = ["train", "config.toml", "--run", run];
    bench.run(&[&arguments, &set, more].concat())
}

#[test]
fn how_many_words_have_a_vector_is_said_and_none_is_warned_of() {
    let bench = Bench::with_chunks();
    // the, a, small, near and the full stop, six nouns, four verbs.
    for (run, words, said) in [
        (
            "two",
            &["the", "cat", "zebra"][..],
            "vectors for 2 of 15 words, none for unknown ones (no `<unk>`)",
        ),
        (
            "unknown",
            &["the", "<unk>"],
            "vectors for 1 of 15 words and for unknown ones (`<unk>`)",
        ),
        // Of `Tom` the lower-case form has one.
        ("lower", &["tom", "THE"], "vectors for 1 of 15 words, none"),
    ] {
        let ran = train(&bench, run, words, &[]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "no {said}: {}", ran.stderr);
        assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    }
    for (run, words) in [
        ("none", &["zebra", "Zoo"][..]),
        ("only-unknown", &["<unk>"]),
    ] {
        let ran = train(&bench, run, words, &["--quiet"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        for said in ["warning: vectors for 0 of 15 words", "words.vectors"] {
            assert!(ran.stderr.contains(said), "no {said}: {}", ran.stderr);
        }
    }
}

#[test]
fn the_vector_of_unknown_words_is_theirs() {
    let bench = Bench::with_chunks();
    let ran = train(
        &bench,
        "run",
        &["the", "<unk>"],
        &["--set", "model.freeze_words=true"],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    // Rows of padding and unknown words, then the words by their counts: the full stop, and `the`, of which there are as many.
    let weights = std::fs::read(bench.path("run/model.safetensors")).unwrap();
    let length = u64::from_le_bytes(weights[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&weights[8..8 + length]).unwrap();
    let table = header.as_object().unwrap().iter();
    let (_, table) = table
        .clone()
        .find(|(name, _)| name.ends_with("words.weight"))
        .unwrap();
    let begin = 8 + length + table["data_offsets"][0].as_u64().unwrap() as usize;
    let row = |row: usize| -> Vec<f32> {
        let begin = begin + 4 * WIDTH * row;
        let bytes = weights[begin..begin + 4 * WIDTH].chunks_exact(4);
        bytes
            .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
            .collect()
    };
    assert_eq!(row(1), [2.5; WIDTH]);
    assert_eq!(row(3), [1.5; WIDTH]);
    assert_ne!(row(0), [2.5; WIDTH]);
}
