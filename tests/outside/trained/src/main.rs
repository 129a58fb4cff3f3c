//! Loads a language model and a tagger from the run directories that are given, without the recipes that trained them.

use burn::tensor::Device;
use burn_recurrent_zoo::{Sampler, SamplerConfig, TrainedLanguageModel, TrainedTagger, spans};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut folders = std::env::args().skip(1);
    let mut folder = || folders.next().ok_or("the run directories of a language model and a tagger");
    let device = Device::default();

    let model = TrainedLanguageModel::load(folder()?, &device)?;
    for sentence in ["she was afraid .", "afraid . was she"] {
        println!("perplexity {:.9}", model.score(sentence)?.perplexity());
    }
    let sampler = Sampler::new(SamplerConfig::default(), 3)?;
    println!("wrote {}", model.write("tom", 12, sampler)?);

    let tagger = TrainedTagger::load(folder()?, &device)?;
    let words = tagger.words("wake me at six thirty tomorrow");
    let labels = tagger.tag_sentence(&words);
    println!("labels {}", labels.join(" "));
    for span in spans(&labels) {
        println!("span {}: {}", span.kind, words[span.start..span.end].join(" "));
    }
    Ok(())
}
