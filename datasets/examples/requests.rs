//! Prints requests with their slots, and the exact figures of their grammar.
//!
//! `cargo run --release -p burn-recurrent-datasets --example requests [SEED [train|valid|test [COUNT]]]`

use burn_recurrent_datasets::{RequestPart, requests, sample_rng};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let seed = arguments.next().map_or(Ok(0), |seed| seed.parse())?;
    let part = match arguments.next().as_deref() {
        None | Some("train") => RequestPart::Train,
        Some("valid") => RequestPart::Valid,
        Some("test") => RequestPart::Test,
        Some(other) => return Err(format!("`{other}` is none of train, valid, test").into()),
    };
    let count = arguments.next().map_or(Ok(20), |count| count.parse())?;
    let grammar = requests(part);
    let mut rng = sample_rng(seed, part as u64);
    for _ in 0..count {
        let sample = grammar.sample(&mut rng);
        let mut words: Vec<String> = sample.tokens.iter().map(|t| t.to_string()).collect();
        for span in &sample.spans {
            words[span.start].insert(0, '[');
            words[span.end - 1].push_str(&format!("]{}", span.label));
        }
        println!("{}", words.join(" "));
    }
    println!("rules                  {:>10}", grammar.num_rules());
    println!("distinct tokens        {:>10}", grammar.tokens().len());
    println!("tokens per request     {:>10.3}", grammar.expected_length());
    println!("entropy, nats          {:>10.4}", grammar.entropy());
    println!("slots                  {}", grammar.labels().join(", "));
    Ok(())
}
