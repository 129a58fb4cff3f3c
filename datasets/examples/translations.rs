//! Prints German sentences with their English translations, and the exact figures of their grammar.
//!
//! `cargo run --release -p burn-recurrent-datasets --example translations [SEED [COUNT]]`

use burn_recurrent_datasets::{TranslationCorpus, translations};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let seed = arguments.next().map_or(Ok(0), |seed| seed.parse())?;
    let count = arguments.next().map_or(Ok(20), |count| count.parse())?;
    let corpus = TranslationCorpus::generate(seed, count, 1, 1);
    for pair in &corpus.splits.train.pairs {
        println!("{}\n    {}", pair.source, pair.target);
    }
    let grammar = translations();
    let source = grammar.source();
    println!("rules                  {:>10}", source.num_rules());
    println!("German words           {:>10}", source.tokens().len());
    println!(
        "English words          {:>10}",
        grammar.target_tokens().len()
    );
    println!("tokens per sentence    {:>10.3}", source.expected_length());
    println!("entropy, nats          {:>10.4}", source.entropy());
    Ok(())
}
