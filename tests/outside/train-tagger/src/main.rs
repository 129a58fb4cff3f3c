//! Trains, evaluates, saves and uses a tagger of requests to an assistant, in the folder that is given.

use burn::tensor::Device;
use burn_recurrent_datasets::RequestCorpus;
use burn_recurrent_zoo::{TaggerSettings, TrainedTagger, save_tagger};
use burn_recurrent_models::{SequenceTaggerConfig, TokenEncoderConfig};
use burn_recurrent_text::{TagScheme, TaggingTask};
use burn_recurrent_train::tagging::{BatchesConfig, Corpus, Learner, Score, WordsConfig};
use burn_recurrent_train::{
    OptimizerConfig, Report, RunDirectory, Training, TrainingConfig, seeded_init,
};

fn main() -> Result<(), Report> {
    let (folder, device) = (std::env::args().nth(1).expect("a folder"), Device::default());
    let task = TaggingTask::Spans { learn: TagScheme::Bioes, write: TagScheme::Bio };
    let requests = RequestCorpus::generate(1, 1000, 100, 100).splits;
    let corpus = Corpus::new(requests, task, &WordsConfig::default())?;

    let known = &corpus.vocabularies;
    let encoder = TokenEncoderConfig::new(known.words.len(), 16, 16).with_bidirectional(true);
    let config = SequenceTaggerConfig::new(encoder, known.labels.len());
    let model = seeded_init(1, &device, |device| config.init(device).expect("sizes above 0"));

    let training = TrainingConfig::new(12, 0.02, OptimizerConfig::adam());
    let (learner, batches) = (Learner::new(model), BatchesConfig::default());
    let (train, valid) = (corpus.train_batches(&batches, 1)?, corpus.valid_batches(&batches)?);
    let run = RunDirectory::create("requests", &folder, &training)?;
    let trained = Training::new(&run, &training, learner, train, valid).launch()?.model.model;
    save_tagger(&trained, &config, &TaggerSettings::new(task), known, &folder)?;

    let tagger = TrainedTagger::load(&folder, &device)?;
    let score = Score::of(task, corpus.splits.final_split().1, |sentences| tagger.tag(sentences));
    println!("accuracy {:.4}", score.accuracy());
    println!("labels {}", tagger.tag_sentence(&tagger.words("wake me at six tomorrow")).join(" "));
    Ok(())
}
