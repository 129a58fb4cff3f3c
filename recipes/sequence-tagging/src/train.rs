//! `train`: load the data, build the tagger, train, evaluate, save.

use crate::config::{Config, RECIPE};
use crate::corpus::Corpus;
use crate::learner::{Learner, LossBatches, TrainBatches};
use crate::score::{LabelScore, Score};
use crate::trained;
use burn::tensor::TensorData;
use burn_recurrent_datasets::WordVectors;
use burn_recurrent_models::SequenceTagger;
use burn_recurrent_text::TaggingTask;
use burn_recurrent_train::{
    Report, RunDirectory, RunResult, TrainArgs, Training, default_device, draw_confusion_matrix,
    print_json, seeded_init,
};
use burn_recurrent_zoo::{TrainedTagger, save_tagger};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

pub fn train(args: &TrainArgs) -> Result<(), Report> {
    let mut config: Config = args.config(&RECIPE)?;
    config.data.source = config.data.source.with_absolute_paths()?;
    config.words = config.words.with_absolute_paths()?;
    let device = default_device()?;
    // Whatever can be wrong with the data is said before a run is begun, and a run goes on only with what it began with.
    let corpus = Arc::new(load(args, &config)?);
    if !args.quiet {
        describe(&corpus);
    }

    let tagger = trained::model_config(&config, &corpus.vocabularies)?;
    let training = &config.training;
    let model = seeded_init(training.seed, &device, |device| {
        tagger.init(device).expect("it was validated")
    });
    let model = match &corpus.vectors {
        Some(vectors) => with_vectors(model, vectors, &corpus)?,
        None => model,
    };
    let learner = Learner::new(model, config.batches.loss);
    let batches = TrainBatches::new(&corpus.train.examples, &config.batches, training.seed)?;
    let valid = LossBatches::new(&corpus.valid.examples, &config.batches)?;

    let run = args.run_directory(&RECIPE, &config)?;
    if !trained::has_data(&run) {
        trained::save_data(&run, &corpus)?;
    }
    let launch =
        Training::new(&run, training, learner, batches, valid).with_progress(args.progress());
    let score = {
        let (config, corpus) = (config.clone(), corpus.clone());
        move |learner: &Learner| -> Result<Score, Report> {
            let model = learner.model.clone();
            let tagger = trained::tagger(model, &config, &corpus.vocabularies)?;
            Ok(Score::of(&tagger, &corpus.valid))
        }
    };
    let launch = match config.data.task {
        TaggingTask::Tags {} => launch.with_valid_metrics(["valid_accuracy"], move |learner| {
            Ok([score(learner).map_err(|e| e.to_string())?.accuracy()])
        }),
        TaggingTask::Spans { .. } => {
            launch.with_valid_metrics(["valid_f1", "valid_accuracy"], move |learner| {
                let score = score(learner).map_err(|e| e.to_string())?;
                Ok([score.f1().unwrap_or_default(), score.accuracy()])
            })
        }
    };
    let outcome = launch.launch()?;
    let (model, vocabularies) = (outcome.model.model.clone(), &corpus.vocabularies);
    let settings = trained::settings(&config);
    save_tagger(&model, &tagger, &settings, vocabularies, run.path())?;

    let tagger = trained::tagger(model, &config, vocabularies)?;
    let result = RunResult::new(RECIPE.name, training.seed, &device).with_training(&outcome);
    finish(args, &run, result, &corpus, &tagger)
}

/// Loads the data: what a resumed run began with, or what the config says.
fn load(args: &TrainArgs, config: &Config) -> Result<Corpus, Report> {
    let known = match (&args.run, args.resume) {
        (Some(path), true) => Some(RunDirectory::open(RECIPE.name, path)?),
        _ => None,
    };
    match known.filter(trained::has_data) {
        Some(run) => trained::load_corpus(&run, config, &trained::load_vocabularies(&run)?),
        None => Corpus::load(config),
    }
}

/// The model with the pretrained vectors of the words that have one.
fn with_vectors(
    mut model: SequenceTagger,
    vectors: &WordVectors,
    corpus: &Corpus,
) -> Result<SequenceTagger, Report> {
    let [_, d_word] = model.encoder.words.weight.dims();
    if vectors.width() != d_word {
        return Err(Report::usage(format!(
            "`model.d_word` is {d_word}, but the vectors of `words.vectors` are {} wide",
            vectors.width()
        ))
        .with_help(format!("set `model.d_word = {}`", vectors.width())));
    }
    let words = corpus.vocabularies.words.tokens().iter().enumerate();
    let (rows, found): (Vec<usize>, Vec<&[f32]>) = words
        .filter_map(|(row, word)| Some((row, vectors.lookup(word)?)))
        .unzip();
    log::info!(
        "{} of {} words have a vector",
        rows.len(),
        corpus.vocabularies.words.len()
    );
    let found = TensorData::new(found.concat(), [rows.len(), d_word]);
    model.encoder = model.encoder.with_word_vectors(&rows, found);
    Ok(model)
}

/// `result.json`: what every run has, and the figures of each label.
#[derive(Serialize)]
struct TaggingResult {
    #[serde(flatten)]
    run: RunResult,
    labels: BTreeMap<String, LabelScore>,
}

/// Evaluates the tagger; writes and prints what the run came to.
fn finish(
    args: &TrainArgs,
    run: &RunDirectory,
    mut result: RunResult,
    corpus: &Corpus,
    tagger: &TrainedTagger,
) -> Result<(), Report> {
    let (name, split) = corpus.final_split();
    let score = Score::of(tagger, split);
    for (name, value) in score.figures(name) {
        result = result.with_metric(&name, value);
    }
    result = result.with_metric("tagging_tokens_per_second", score.tokens_per_second);
    for (split, checksum) in &corpus.checksums {
        result = result.with_dataset(split, checksum);
    }
    let labels: Vec<String> = score
        .confusions
        .labels()
        .into_iter()
        .map(String::from)
        .collect();
    let title = format!("Confusions on the {name} data");
    let picture = draw_confusion_matrix(&title, &labels, &score.confusions.matrix())?;
    run.write("confusion.svg", picture)?;
    let result = TaggingResult {
        run: result,
        labels: score.labels(),
    };
    run.write_json("result.json", &result)?;
    if args.json {
        print_json(&result)?;
    } else if !args.quiet {
        eprint!("{name}: {score}");
        eprintln!("all in {}", run.path().display());
    }
    Ok(())
}

fn describe(corpus: &Corpus) {
    let size = |split: &crate::corpus::Split| {
        format!(
            "{} sentences ({} tokens)",
            split.part.sentences.len(),
            split.part.num_words()
        )
    };
    eprint!(
        "{} to train on, {} to validate on",
        size(&corpus.train),
        size(&corpus.valid)
    );
    if let Some(test) = &corpus.test {
        eprint!(", {} to test on", size(test));
    }
    let known = &corpus.vocabularies;
    eprintln!(
        "; {} words, {} characters, {} labels",
        known.words.len(),
        known.characters.len(),
        known.labels.len()
    );
}
