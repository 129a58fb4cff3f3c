//! Tags sentences with a trained tagger.
//!
//! ```text
//! cargo run --release -p sequence-tagging -- train --run runs/requests
//! cargo run --release -p burn-recurrent-zoo --features flex --example tagger -- \
//!   runs/requests "wake me at six thirty tomorrow"
//! ```

use burn::tensor::Device;
use burn_recurrent_zoo::{TrainedTagger, spans};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or("the run directory of a tagger, and sentences")?;

    let tagger = TrainedTagger::load(folder, &Device::default())?;
    for sentence in arguments {
        let words = tagger.words(&sentence);
        let labels = tagger.tag_sentence(&words);
        println!("{}", labels.join(" "));
        for span in spans(&labels) {
            println!("  {}: {}", span.kind, words[span.start..span.end].join(" "));
        }
    }
    Ok(())
}
