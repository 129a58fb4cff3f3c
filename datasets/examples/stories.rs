//! Prints sample texts and the exact figures of the story grammar, or of a grammar file.
//!
//! `cargo run --release -p burn-recurrent-datasets --example stories [SEED [FILE]]`

use burn_recurrent_datasets::{Grammar, sample_rng, stories};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let seed = arguments.next().map_or(Ok(0), |seed| seed.parse())?;
    let grammar = match arguments.next() {
        Some(path) => Grammar::from_file(path)?,
        None => stories().clone(),
    };

    let mut rng = sample_rng(seed, 0);
    for _ in 0..12 {
        println!("{}", grammar.sample(&mut rng).text());
    }
    println!("rules                  {:>10}", grammar.num_rules());
    println!("distinct tokens        {:>10}", grammar.tokens().len());
    println!("tokens per text        {:>10.3}", grammar.expected_length());
    println!("entropy per text, nats {:>10.4}", grammar.entropy());
    println!("perplexity per token   {:>10.4}", grammar.perplexity());
    let rarest = grammar.expected_counts().into_iter().fold(1.0, f64::min);
    println!("rarest token, per text {rarest:>10.6}");

    let start = std::time::Instant::now();
    let samples: Vec<_> = (0..50_000).map(|_| grammar.sample(&mut rng)).collect();
    println!("50,000 texts drawn in  {:>10.2?}", start.elapsed());
    let start = std::time::Instant::now();
    let ambiguous = samples[..5_000].iter().filter(|sample| {
        let difference = grammar.log_probability(&sample.tokens) - sample.log_probability;
        difference > 1e-9
    });
    println!(
        "texts of 5,000 with several derivations: {}",
        ambiguous.count()
    );
    println!("5,000 texts scored in  {:>10.2?}", start.elapsed());
    Ok(())
}
