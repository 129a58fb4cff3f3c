//! Driving the real binary.
#![allow(dead_code, unused_imports)]

pub use burn_recurrent_tests::{Ran, flip_a_bit, number, read_json};

burn_recurrent_tests::drive!("CARGO_BIN_EXE_translation");

/// A language of a few symbols, and its translation: the symbols in capitals, the last one first.
pub struct Reversed;

const SYMBOLS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

impl Reversed {
    /// Sentences of four to seven symbols and their translations; those of another `seed` are others, but for a few.
    pub fn pairs(count: usize, seed: u64) -> Vec<(String, String)> {
        // A linear congruential generator (Knuth's MMIX), of which the upper bits are good.
        let mut state = seed;
        let mut below = |bound: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % bound
        };
        let mut pair = || {
            let length = 4 + below(4);
            let words: Vec<&str> = (0..length).map(|_| SYMBOLS[below(8)]).collect();
            let sentence = words.join(" ");
            let translation = Self::translation(&sentence);
            (sentence, translation)
        };
        (0..count).map(|_| pair()).collect()
    }

    /// What is right for a sentence.
    pub fn translation(sentence: &str) -> String {
        let words: Vec<&str> = sentence.split(' ').rev().collect();
        words.join(" ").to_uppercase()
    }

    /// As a file of columns.
    pub fn tsv(pairs: &[(String, String)]) -> String {
        let lines = pairs
            .iter()
            .map(|(source, target)| format!("{source}\t{target}\n"));
        lines.collect()
    }
}

/// The config of a small translator of the files `train.tsv`, `valid.tsv` and `test.tsv`.
pub const CONFIG: &str = r#"
[data]
source = { kind = "tsv", train = "train.tsv", valid = "valid.tsv", test = "test.tsv" }

[tokens]
source = { unit = "symbol" }
target = { unit = "symbol" }

[model]
d_embedding = 16
d_hidden = 32
dropout_embedding = 0.05

[batches]
tokens = 100

[training]
epochs = 1
learning_rate = 0.01
monitor = { metric = "valid_bleu", direction = "maximize" }
optimizer = { kind = "adam" }
clip = { global_norm = 1.0 }
"#;

/// Arguments that let the model learn what there is to learn.
pub const LONG: &[&str] = &[
    "--set",
    "training.epochs=10",
    "--set",
    "training.schedule={kind=\"step\", after=6, decay=0.5}",
];

impl Bench {
    /// A folder with files of so many pairs to train on, and the config.
    pub fn with_pairs(train: usize) -> Self {
        let bench = Self::new();
        for (name, count, seed) in [("train", train, 1), ("valid", 20, 2), ("test", 50, 3)] {
            let text = Reversed::tsv(&Reversed::pairs(count, seed));
            bench.write(&format!("{name}.tsv"), text);
        }
        bench.write("config.toml", CONFIG);
        bench
    }

    /// Trains into the folder `run`.
    pub fn train(&self, run: &str, more: &[&str]) -> Ran {
        let arguments = ["train", "config.toml", "--quiet", "--run", run];
        self.run(&[&arguments, more].concat())
    }

    /// A folder with a trained model in `run`, which knows little.
    pub fn trained(more: &[&str]) -> Self {
        let bench = Self::with_pairs(60);
        let ran = bench.train("run", more);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        bench
    }

    /// Translates what is given on standard input.
    pub fn translate(&self, run: &str, input: impl AsRef<[u8]>, more: &[&str]) -> Ran {
        let path = self.write("to-translate", input);
        let mut command = self.command(&[&["translate", "--model", run], more].concat());
        command.stdin(std::fs::File::open(path).unwrap());
        Ran::new(command.output().unwrap())
    }
}
