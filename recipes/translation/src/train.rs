//! `train`: load the data, build the translator, train, evaluate, save.

use crate::config::{Config, RECIPE};
use crate::trained;
use burn_recurrent_models::EncoderDecoder;
use burn_recurrent_train::translation::{Learner, Score};
use burn_recurrent_train::{
    BatchError, Figures, Report, RunResult, TrainArgs, Training, check_batch, check_model,
    default_device, evaluate, seeded_init,
};
use burn_recurrent_zoo::save_translator;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

pub fn train(args: &TrainArgs) -> Result<(), Report> {
    let config: Config = args.config(&RECIPE)?;
    let device = default_device()?;
    let corpus = Arc::new(args.data(&RECIPE, &config)?);

    let (task, known) = (config.data.task, &corpus.tokenizers);
    let (training, batches) = (&config.training, &config.batches);
    let translator = config.model.translator(known);
    translator.validate().map_err(trained::wrong_model)?;
    check_model::<EncoderDecoder>(&translator, "", &training.optimizer, &device)?;
    let train = corpus.train_batches(batches, config.sampling, training.seed)?;
    let setting = format!("`batches.tokens = {}`", batches.tokens);
    let width = translator.target_vocabulary_size;
    check_batch(&setting, train.most_tokens(), width, &device)?;
    let model = seeded_init(training.seed, &device, |device| {
        translator.init(device).expect("it was validated")
    });
    let learner = Learner::new(model).with_loss(batches.loss);
    let valid = corpus.valid_batches(batches)?;

    let run = args.begin(&RECIPE, &config, &corpus)?;
    let measure = {
        let corpus = corpus.clone();
        move |learner: &Learner| -> Result<Figures, BatchError> {
            let tokenizers = &corpus.tokenizers;
            let translator = trained::greedy(learner.model.clone(), tokenizers)
                .map_err(|error| error.to_string())?;
            let valid = &corpus.splits.valid.part;
            Ok(Score::of(task, valid, |lines| translator.translate(lines)).figures("valid"))
        }
    };
    let outcome = Training::new(&run, training, learner, train, valid)
        .with_valid_metrics(config.valid_metrics(), measure)
        .with_progress(args.progress())
        .launch()?;
    let model = outcome.model.model.clone();
    let settings = trained::settings(&config);
    save_translator(&model, &translator, &settings, known, run.path())?;

    let (name, split) = corpus.splits.final_split();
    let loss = evaluate(&outcome.model, &split.batches(batches)?)?;
    let translator = trained::translator(model, &config, known)?;
    let score = Score::of(task, &split.part, |lines| translator.translate(lines));
    let result = TranslationResult {
        run: RunResult::new(RECIPE.name, training.seed, &device)
            .with_training(&outcome)
            .with_metrics(score.figures(name))
            .with_metric(&format!("{name}_perplexity"), loss.perplexity())
            .with_metric("sentences_per_second", score.sentences_per_second)
            .with_data(&*corpus),
        signatures: score.signatures(name),
    };
    let perplexity = loss.perplexity();
    let summary = format_args!("{name}: {score}{name} perplexity {perplexity:.3}\n");
    args.finish(&run, &result, summary)
}

/// `result.json`: what every run has, and what the scores depend on.
#[derive(Serialize)]
struct TranslationResult {
    #[serde(flatten)]
    run: RunResult,
    signatures: BTreeMap<String, String>,
}
