//! Scores sentences with a trained language model, and lets it write.
//!
//! ```text
//! cargo run --release -p language-modelling -- train --run runs/stories
//! cargo run --release -p burn-recurrent-zoo --features flex --example language_model -- \
//!   runs/stories "tom is happy" "happy tom is"
//! ```

use burn::tensor::Device;
use burn_recurrent_zoo::{Sampler, SamplerConfig, TrainedLanguageModel};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or("the run directory of a language model, and sentences")?;

    let model = TrainedLanguageModel::load(folder, &Device::default())?;
    for sentence in arguments {
        let score = model.score(&sentence)?;
        println!(
            "log-probability {:.2}, perplexity {:.2}: {sentence}",
            score.log_probability,
            score.perplexity()
        );
    }
    let sampler = Sampler::new(
        SamplerConfig {
            top_p: Some(0.95),
            ..Default::default()
        },
        1,
    )?;
    println!("{}", model.write("", 100, sampler)?);
    Ok(())
}
