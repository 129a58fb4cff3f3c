//! A tagger is trained on a few sentences, saved, and loaded as another project would.

use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent_models::{
    CharacterFeatures, SequenceTaggerConfig, ShapeFeatures, TaggerInput, TaggerOutput,
    TokenEncoderConfig, TransitionConstraints,
};
use burn_recurrent_text::{
    TaggingExamples, TaggingVocabularies, TaggingVocabulariesBuilder, WordNormalization, WordShape,
};
use burn_recurrent_zoo::*;
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;
use tempfile::TempDir;

const SENTENCES: [(&str, &str); 4] = [
    ("wake me at six", "O O O B-time"),
    ("wake Tom at six thirty", "O B-name O B-time I-time"),
    ("call Ann Lee now", "O B-name I-name B-time"),
    ("call me now", "O O B-time"),
];

const TASK: TaggingTask = TaggingTask::Spans {
    learn: TagScheme::Bioes,
    write: TagScheme::Bio,
};

fn sentences() -> Vec<(Vec<String>, Vec<String>)> {
    let cut = |text: &str| text.split(' ').map(str::to_string).collect::<Vec<_>>();
    let pairs = SENTENCES.iter();
    pairs
        .map(|(words, labels)| (cut(words), TASK.learned(&cut(labels))))
        .collect()
}

fn vocabularies() -> TaggingVocabularies {
    let mut builder = TaggingVocabulariesBuilder::new(WordNormalization {
        lowercase: true,
        digits: false,
    });
    for (words, labels) in sentences() {
        builder.add(&words, &labels);
    }
    let mut vocabularies = builder.build().unwrap();
    vocabularies.labels = TASK.complete(&vocabularies.labels).unwrap();
    vocabularies
}

fn config(vocabularies: &TaggingVocabularies, crf: bool) -> SequenceTaggerConfig {
    let shapes = ShapeFeatures {
        vocabulary_size: WordShape::NUM_IDS,
        d_embedding: 4,
    };
    let encoder = TokenEncoderConfig::new(vocabularies.words.len(), 12, 16)
        .with_characters(CharacterFeatures::Cnn {
            d_embedding: 6,
            num_filters: 8,
            width: 3,
        })
        .with_character_vocabulary_size(vocabularies.characters.len())
        .with_dropout_input(0.1)
        .with_shapes(Some(shapes));
    let config = SequenceTaggerConfig::new(encoder, vocabularies.labels.len());
    let constraints = TASK.constraints(&vocabularies.labels).unwrap();
    match crf {
        true => config.with_output(TaggerOutput::Crf {
            constraints: constraints.as_ref().map(|allowed| {
                TransitionConstraints::from_tables(
                    &allowed.start,
                    &allowed.transitions,
                    &allowed.end,
                )
            }),
            constrain_training: true,
        }),
        false => config,
    }
}

/// A folder with a tagger that was trained for so many steps.
fn trained(crf: bool, steps: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let vocabularies = vocabularies();
    let config = config(&vocabularies, crf);
    let device = Device::flex().autodiff();
    device.seed(1);
    let mut model = config.init(&device).unwrap();
    let sentences = sentences();
    let pairs = sentences
        .iter()
        .map(|(words, labels)| (words.as_slice(), labels.as_slice()));
    let batch = TaggingExamples::encode(&vocabularies, 64, pairs).batch(&[0, 1, 2, 3]);
    let mut optimizer = AdamConfig::new().init();
    for _ in 0..steps {
        let targets = TensorData::new(batch.targets.clone(), [batch.batch, batch.time]);
        let targets = Tensor::<2, Int>::from_data(targets, &device);
        let input = TaggerInput::from_ids(&batch.words, &batch.lengths, &device)
            .with_character_ids(&batch.characters, &batch.character_lengths, &batch.forms)
            .with_shape_ids(&batch.shapes);
        let loss = model.loss(&input, targets);
        let gradients = (loss.nats / loss.tokens as f64).backward();
        let gradients = GradientsParams::from_grads(gradients, &model);
        model = optimizer.step(0.03, model, gradients);
    }
    let settings = TaggerSettings::new(TASK);
    save_tagger(&model, &config, &settings, &vocabularies, folder.path()).unwrap();
    folder
}

#[test]
fn words_are_tagged_after_loading() {
    for crf in [false, true] {
        let folder = trained(crf, 60);
        let tagger = TrainedTagger::load(folder.path(), &Device::flex()).unwrap();
        for (words, labels) in SENTENCES {
            let words = tagger.words(words);
            assert_eq!(tagger.tag_sentence(&words).join(" "), labels, "{words:?}");
        }
        let found = tagger.tag_sentence(&["call", "Ann", "Lee", "now"]);
        let found: Vec<_> = spans(&found)
            .iter()
            .map(|s| (s.kind, s.start, s.end))
            .collect();
        assert_eq!(found, [("name", 1, 3), ("time", 3, 4)]);

        // Many at once, in any order and of any length, are tagged as each by itself.
        let many: Vec<Vec<String>> = ["call me now", "", "wake Tom at six thirty", "hey Zoë"]
            .map(|line| tagger.words(line))
            .to_vec();
        let alone: Vec<_> = many
            .iter()
            .map(|words| tagger.tag_sentence(words))
            .collect();
        assert_eq!(tagger.tag(&many), alone);
        assert_eq!(alone.iter().map(Vec::len).collect::<Vec<_>>(), [3, 0, 5, 2]);
    }
}

#[test]
fn labels_are_valid_however_little_the_tagger_knows() {
    for crf in [false, true] {
        let folder = trained(crf, 0);
        let tagger = TrainedTagger::load(folder.path(), &Device::flex()).unwrap();
        let words: Vec<String> = (0..200).map(|n| format!("w{}", n * n % 17)).collect();
        let labels = tagger.tag_sentence(&words);
        assert_eq!(labels.len(), 200);
        assert!(TagScheme::Bio.is_valid(&labels), "{labels:?}");
    }
}

#[test]
fn vocabularies_that_are_not_the_taggers_are_named() {
    let folder = trained(true, 0);
    let path = |name: &str| folder.path().join("vocabulary").join(name);
    let load = || TrainedTagger::load(folder.path(), &Device::flex());
    let error = || load().unwrap_err();
    for name in ["words.json", "characters.json", "labels.json"] {
        let own = fs::read(path(name)).unwrap();
        let other = match name {
            "labels.json" => "words.json",
            "words.json" => "characters.json",
            _ => "words.json",
        };
        fs::copy(path(other), path(name)).unwrap();
        let message = error().to_string();
        let part = name.trim_end_matches(".json");
        assert!(
            message.contains(part) && message.contains("trained with"),
            "{message}"
        );
        fs::remove_file(path(name)).unwrap();
        assert!(error().to_string().contains(name));
        fs::write(path(name), own).unwrap();
    }
    let own = fs::read_to_string(path("normalization.json")).unwrap();
    fs::write(path("normalization.json"), own.replace("true", "false")).unwrap();
    assert!(matches!(
        error(),
        TaggerError::Folder(FolderError::OtherVocabulary { .. })
    ));
    fs::write(path("normalization.json"), own).unwrap();
    assert!(load().is_ok());

    let description = folder.path().join("model.json");
    let text: Value = serde_json::from_slice(&fs::read(&description).unwrap()).unwrap();
    let edited = |edit: &dyn Fn(&mut Value), messages: &[&str]| {
        let mut text = text.clone();
        edit(&mut text);
        fs::write(&description, serde_json::to_vec(&text).unwrap()).unwrap();
        let error = error().to_string();
        for message in messages {
            assert!(error.contains(message), "no `{message}` in {error}");
        }
    };
    let settings =
        |text: &mut Value, key: &str, value: Value| text["text"]["settings"][key] = value;
    edited(
        &|text| settings(text, "max_characters", 0.into()),
        &["model.json", "max_characters"],
    );
    let learn = |scheme: &str| json!({"kind": "spans", "learn": scheme, "write": "bio"});
    edited(
        &|text| settings(text, "task", learn("bilou")),
        &["model.json", "bilou"],
    );
    edited(
        &|text| settings(text, "task", learn("bio")),
        &["scheme bio"],
    );
    edited(
        &|text| {
            text["text"]["version"] = 2.into();
            text["text"]["more"] = true.into();
        },
        &["model.json", "version 2", "update burn-recurrent-zoo"],
    );
}

#[test]
fn what_does_not_fit_together_is_refused_before_anything_is_written() {
    let folder = trained(true, 0);
    let files = || {
        let names = [
            "model.json",
            "model.safetensors",
            "vocabulary/words.json",
            "vocabulary/labels.json",
        ];
        names.map(|name| fs::read(folder.path().join(name)).unwrap())
    };
    let before = files();
    let vocabularies = vocabularies();
    let own = config(&vocabularies, true);
    let model = own.init(&Device::flex()).unwrap();
    let settings = TaggerSettings::new(TASK);
    let save = |config: &SequenceTaggerConfig,
                settings: TaggerSettings,
                vocabularies: &TaggingVocabularies| {
        let error = save_tagger(&model, config, &settings, vocabularies, folder.path());
        error.unwrap_err().to_string()
    };
    let mut more = TaggingVocabulariesBuilder::new(WordNormalization::default());
    more.add(&["one", "more", "word"], &["O", "O", "O"]);
    let other = more.build().unwrap();
    assert!(save(&own, settings.clone(), &other).contains("words, its vocabulary"));
    let wrong = config(&vocabularies, false);
    assert!(save(&wrong, settings.clone(), &vocabularies).contains("extra crf"));
    let no_characters = settings.clone().with_max_characters(0);
    assert!(save(&own, no_characters.clone(), &vocabularies).contains("max_characters"));
    assert!(files() == before);

    let error = TrainedTagger::new(model.clone(), settings, Arc::new(other)).unwrap_err();
    assert!(matches!(
        error,
        TaggerError::Folder(FolderError::Size { folder: None, .. })
    ));
    let error =
        TrainedTagger::new(model.clone(), no_characters, Arc::new(vocabularies)).unwrap_err();
    assert!(matches!(error, TaggerError::NoCharacters));
}

#[test]
fn a_random_field_without_constraints_is_given_them_where_asked_for() {
    let vocabularies = Arc::new(vocabularies());
    let crf = TaggerOutput::Crf {
        constraints: None,
        constrain_training: false,
    };
    let config = config(&vocabularies, false).with_output(crf);
    let words: Vec<String> = (0..200).map(|n| format!("w{}", n * n % 17)).collect();
    // An untrained one keeps no rules of itself, or hardly ever.
    let mut broken = 0;
    for _ in 0..10 {
        let model = config.init(&Device::flex()).unwrap();
        let learned = |constrained: bool| {
            let settings = TaggerSettings::new(TASK).with_constrained(constrained);
            let tagger = TrainedTagger::new(model.clone(), settings, vocabularies.clone()).unwrap();
            tagger.tag_sentence(&words)
        };
        assert!(TagScheme::Bio.is_valid(&learned(true)));
        broken += usize::from(learned(false) != learned(true));
    }
    assert!(broken > 0);
}
