//! Driving the real binary.
#![allow(dead_code, unused_imports)]

pub use burn_recurrent_tests::{Ran, flip_a_bit, number, read_json};

burn_recurrent_tests::drive!("CARGO_BIN_EXE_sequence-tagging");

/// Two-column files of chunked sentences, and a config that trains a small tagger on them.
pub struct Chunks;

const NOUNS: [&str; 6] = ["cat", "dog", "house", "Tom", "river", "horse"];
const VERBS: [&str; 4] = ["sees", "likes", "sat", "ran"];

impl Chunks {
    /// `count` sentences, each another one, with labels in BIO.
    pub fn sentences(count: usize, offset: usize) -> Vec<Vec<(String, &'static str)>> {
        let sentence = |number: usize| {
            let noun = NOUNS[number % NOUNS.len()];
            let other = NOUNS[(number / 3 + 1) % NOUNS.len()];
            let verb = VERBS[(number / 2) % VERBS.len()];
            let mut words = vec![("the", "B-NP"), (noun, "I-NP"), (verb, "B-VP")];
            match number % 3 {
                0 => words.extend([("near", "B-PP"), ("a", "B-NP"), (other, "I-NP")]),
                1 => words.extend([("a", "B-NP"), ("small", "I-NP"), (other, "I-NP")]),
                _ => words.push((other, "B-NP")),
            }
            words.push((".", "O"));
            words
                .into_iter()
                .map(|(word, label)| (word.to_string(), label))
                .collect()
        };
        (offset..offset + count).map(sentence).collect()
    }

    pub fn text(sentences: &[Vec<(String, &str)>]) -> String {
        let sentence = |words: &Vec<(String, &str)>| {
            let lines = words
                .iter()
                .map(|(word, label)| format!("{word} {label}\n"));
            lines.collect::<String>() + "\n"
        };
        sentences.iter().map(sentence).collect()
    }
}

/// The config of a small tagger of the files `train.txt`, `valid.txt` and `test.txt`.
pub const CONFIG: &str = r#"
[data]
task = { kind = "spans", learn = "bioes" }
source = { kind = "files", train = "train.txt", valid = "valid.txt", test = "test.txt" }

[model]
d_word = 8
d_hidden = 8
d_shape = 4
dropout_input = 0.1
word_dropout = 0.05
characters = { kind = "cnn", d_embedding = 4, num_filters = 4, width = 3 }
output = { kind = "crf" }

[batches]
tokens = 60

[training]
epochs = 2
learning_rate = 0.05
monitor = { metric = "valid_f1", direction = "maximize" }
optimizer = { kind = "adam" }
"#;

impl Bench {
    /// A folder with the files and the config.
    pub fn with_chunks() -> Self {
        let bench = Self::new();
        for (name, count, offset) in [("train", 60, 0), ("valid", 12, 100), ("test", 15, 200)] {
            let text = Chunks::text(&Chunks::sentences(count, offset));
            bench.write(&format!("{name}.txt"), text);
        }
        bench.write("config.toml", CONFIG);
        bench
    }

    /// Trains into the folder `run`.
    pub fn train(&self, run: &str, more: &[&str]) -> Ran {
        let arguments = ["train", "config.toml", "--quiet", "--run", run];
        self.run(&[&arguments, more].concat())
    }

    /// Tags what is given on standard input.
    pub fn tag(&self, run: &str, input: impl AsRef<[u8]>, more: &[&str]) -> Ran {
        let path = self.write("to-tag", input);
        let mut command = self.command(&[&["tag", "--model", run], more].concat());
        command.stdin(std::fs::File::open(path).unwrap());
        Ran::new(command.output().unwrap())
    }
}
