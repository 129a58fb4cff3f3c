//! `train`: load the data, build the tagger, train, evaluate, save.

use crate::config::{Config, RECIPE};
use crate::trained;
use burn_recurrent_models::SequenceTagger;
use burn_recurrent_train::tagging::{LabelScore, Learner, Score};
use burn_recurrent_train::{
    BatchError, Figures, MemoryError, Report, RunResult, TrainArgs, Training, check_batch,
    check_model, default_device, draw_confusion_matrix, seeded_init,
};
use burn_recurrent_zoo::save_tagger;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

pub fn train(args: &TrainArgs) -> Result<(), Report> {
    let config: Config = args.config(&RECIPE)?;
    let device = default_device()?;
    let corpus = Arc::new(args.data(&RECIPE, &config)?);

    let (task, known) = (config.data.task, &corpus.vocabularies);
    let (training, batches) = (&config.training, &config.batches);
    let tagger = trained::model_config(&config, known)?;
    check_model::<SequenceTagger>(&tagger, "encoder", &training.optimizer, &device).map_err(
        |error| MemoryError {
            // The only setting that has another name in a config than in the library.
            setting: error.setting.replace("shapes.d_embedding", "d_shape"),
            ..error
        },
    )?;
    let train = corpus.train_batches(batches, training.seed)?;
    let setting = format!("`batches.tokens = {}`", batches.tokens);
    let width = tagger
        .encoder
        .num_layers
        .saturating_mul(tagger.encoder.d_hidden);
    check_batch(&setting, train.most_tokens(), width, &device)?;
    let model = seeded_init(training.seed, &device, |device| {
        tagger.init(device).expect("it was validated")
    });
    let learner = Learner::new(corpus.with_vectors(model)?).with_loss(batches.loss);
    let valid = corpus.valid_batches(batches)?;

    let run = args.begin(&RECIPE, &config, &corpus)?;
    let measure = {
        let (config, corpus) = (config.clone(), corpus.clone());
        move |learner: &Learner| -> Result<Figures, BatchError> {
            let tagger = trained::tagger(learner.model.clone(), &config, &corpus.vocabularies)
                .map_err(|error| error.to_string())?;
            let valid = &corpus.splits.valid;
            Ok(Score::of(task, valid, |sentences| tagger.tag(sentences)).figures("valid"))
        }
    };
    let outcome = Training::new(&run, training, learner, train, valid)
        .with_valid_metrics(config.valid_metrics(), measure)
        .with_progress(args.progress())
        .launch()?;
    let model = outcome.model.model.clone();
    save_tagger(
        &model,
        &tagger,
        &trained::settings(&config)?,
        known,
        run.path(),
    )?;

    let tagger = trained::tagger(model, &config, known)?;
    let (name, split) = corpus.splits.final_split();
    let score = Score::of(task, split, |sentences| tagger.tag(sentences));
    let title = format!("Confusions on the {name} data");
    let labels: Vec<String> = score
        .confusions
        .labels()
        .into_iter()
        .map(String::from)
        .collect();
    let picture = draw_confusion_matrix(&title, &labels, &score.confusions.matrix())?;
    run.write("confusion.svg", picture)?;
    let result = TaggingResult {
        run: RunResult::new(RECIPE.name, training.seed, &device)
            .with_training(&outcome)
            .with_metrics(score.figures(name))
            .with_metric("tagging_tokens_per_second", score.tokens_per_second)
            .with_data(&*corpus),
        labels: score.labels(),
    };
    args.finish(&run, &result, format_args!("{name}: {score}"))
}

/// `result.json`: what every run has, and the figures of each label.
#[derive(Serialize)]
struct TaggingResult {
    #[serde(flatten)]
    run: RunResult,
    labels: BTreeMap<String, LabelScore>,
}
