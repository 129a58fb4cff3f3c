//! Trains, evaluates, saves and uses a translator of German into English, in the folder that is given.

use burn::tensor::Device;
use burn_recurrent_datasets::TranslationCorpus;
use burn_recurrent_models::EncoderDecoderConfig;
use burn_recurrent_text::{TranslationTokenizerConfig, TranslationUnit};
use burn_recurrent_train::translation::{
    BatchesConfig, Corpus, Learner, SamplingConfig, Score, TokensConfig, TranslationTask,
    special_tokens,
};
use burn_recurrent_train::{
    OptimizerConfig, Report, RunDirectory, Training, TrainingConfig, seeded_init,
};
use burn_recurrent_zoo::{TrainedTranslator, TranslatorSettings, save_translator};

fn main() -> Result<(), Report> {
    let (folder, device) = (std::env::args().nth(1).expect("a folder"), Device::default());
    let words = TranslationTokenizerConfig::new(TranslationUnit::Word);
    let sentences = TranslationCorpus::generate(1, 1500, 50, 50).splits;
    let corpus = Corpus::new(sentences, &TokensConfig::separate(words.clone(), words))?;

    let known = &corpus.tokenizers;
    let config = EncoderDecoderConfig::new(known.source.len(), known.target.len())
        .with_tokens(special_tokens()).with_d_embedding(32).with_d_hidden(64);
    let model = seeded_init(1, &device, |device| config.init(device).expect("sizes above 0"));

    let training = TrainingConfig::new(8, 0.01, OptimizerConfig::adam());
    let (learner, batches) = (Learner::new(model), BatchesConfig::default());
    let train = corpus.train_batches(&batches, SamplingConfig::default(), 1)?;
    let run = RunDirectory::create("translation", &folder, &training)?;
    let valid = corpus.valid_batches(&batches)?;
    let trained = Training::new(&run, &training, learner, train, valid).launch()?.model.model;
    save_translator(&trained, &config, &TranslatorSettings::new(), known, &folder)?;

    let translator = TrainedTranslator::load(&folder, &device)?;
    let test = &corpus.splits.final_split().1.part;
    let score = Score::of(TranslationTask::Text, test, |lines| translator.translate(lines));
    println!("bleu {:.4}", score.figures("test")["test_bleu"]);
    println!("translation {}", translator.translate_line(&test.pairs[0].source));
    Ok(())
}
