//! Translates lines with a trained translator.
//!
//! ```text
//! cargo run --release -p translation -- train --run runs/german
//! cargo run --release -p burn-recurrent-zoo --features flex --example translator -- \
//!   runs/german "Der Mann schläft."
//! ```

use burn::tensor::Device;
use burn_recurrent_zoo::TrainedTranslator;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or("the run directory of a translator, and lines")?;

    let translator = TrainedTranslator::load(folder, &Device::default())?;
    let lines: Vec<String> = arguments.collect();
    for translations in translator.translate_nbest(&lines, 3, |_| {}) {
        for translation in translations {
            println!("{:8.3} {}", translation.score, translation.text);
        }
    }
    Ok(())
}
