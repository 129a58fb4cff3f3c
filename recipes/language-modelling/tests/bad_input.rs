//! Whatever is wrong is said clearly, with the right exit code, and nothing is lost.

use crate::common::{Bench, Ran, flip_a_bit, train};
use std::path::Path;

const MODEL: &str = "[model]\nkind = \"recurrent\"\ncell = \"lstm\"\nd_embedding = 8\nd_hidden = 8\nnum_layers = 1\n\
                     [batches]\nlanes = 2\nsteps = 5\n\
                     [training]\nepochs = 1\nlearning_rate = 0.01\noptimizer = { kind = \"adam\" }\n";

/// Trains on three files with these bytes.
fn train_on(bench: &Bench, unit: &str, train: &[u8], valid: &[u8]) -> Ran {
    bench.write("train.txt", train);
    bench.write("valid.txt", valid);
    let data = format!(
        "[data]\nunit = \"{unit}\"\nsource = {{ kind = \"files\", train = \"train.txt\", valid = \"valid.txt\" }}\n"
    );
    bench.write("config.toml", data + MODEL);
    bench.run(&["train", "config.toml", "--run", "run", "--quiet"])
}

const TEXT: &[u8] = b"the cat is small\nthe dog is small\nthe cat is the dog\n";

#[test]
fn an_empty_text_is_named() {
    let bench = Bench::new();
    train_on(&bench, "word", b"", TEXT).fails(1, &["train.txt", "no text"]);
    train_on(&bench, "word", TEXT, b"").fails(1, &["valid.txt", "no text"]);
    train_on(&bench, "word", b"\n\n", TEXT).fails(1, &["train.txt", "no text"]);
    assert!(!bench.path("run").exists(), "nothing was begun");
}

#[test]
fn a_missing_text_is_named() {
    let bench = Bench::new();
    bench.write(
        "config.toml",
        format!(
            "[data]\nunit = \"word\"\nsource = {{ kind = \"file\", path = \"no.txt\" }}\n{MODEL}"
        ),
    );
    let ran = bench.run(&["train", "config.toml", "--run", "run"]);
    ran.fails(1, &["no.txt"]);
}

#[test]
fn one_line_and_no_final_newline_are_text_enough() {
    let bench = Bench::new();
    let one_line = b"the cat is small the dog is small the cat is the dog";
    for (name, unit) in [("a", "word"), ("b", "character"), ("c", "byte")] {
        let ran = train_on(&bench, unit, one_line, one_line);
        assert_eq!(ran.code, Some(0), "{unit}: {}", ran.stderr);
        std::fs::rename(bench.path("run"), bench.path(name)).unwrap();
    }
}

#[test]
fn a_text_too_short_for_its_lanes_says_which_setting_to_lower() {
    let bench = Bench::new();
    train_on(&bench, "byte", b"a", b"a a").fails(1, &["training text", "batches.lanes"]);
    assert!(!bench.path("run").exists(), "nothing was begun");
}

#[test]
fn invalid_utf_8_is_named_by_file_line_and_byte() {
    let bench = Bench::new();
    let ran = train_on(&bench, "word", b"the cat\nis \xff small\n", TEXT);
    ran.fails(1, &["train.txt", "line 2", "byte 11", "UTF-8"]);
}

#[test]
fn an_unknown_word_is_named_by_line_and_remedy() {
    let bench = Bench::new();
    let ran = train_on(&bench, "word", TEXT, b"the cat\nthe zebra\n");
    ran.fails(
        1,
        &["validation text", "zebra", "line 2", "data.unknown = true"],
    );
}

#[test]
fn a_wrong_config_is_named_by_its_key_with_what_is_allowed() {
    let bench = Bench::new();
    let config = |text: &str| {
        bench.write("config.toml", text);
        bench.run(&["train", "config.toml", "--run", "run"])
    };
    let source = "[data]\nunit = \"word\"\nsource = { kind = \"catalog\", name = \"ptb\" }\n";
    config(&format!("{source}{MODEL}rate = 1\n"))
        .fails(2, &["config.toml", "rate", "learning_rate"]);
    config(&format!(
        "{source}{}",
        MODEL.replace("epochs = 1", "epochs = \"x\"")
    ))
    .fails(2, &["config.toml", "epochs", "string", "a whole number"]);
    config(&format!("{source}{}", MODEL.replace("lstm", "lsdm"))).fails(2, &["lsdm", "gru"]);
    config("data = ").fails(2, &["config.toml"]);
    bench
        .run(&["train", "huge"])
        .fails(2, &["huge", "ptb-small"]);
    let set = |set: &str| bench.run(&["train", "--run", "run", "--set", set]);
    set("training.epochs=many").fails(2, &["training.epochs"]);
    set("training.epoch=1").fails(2, &["epoch", "epochs"]);
    set("training.optimizer=adam").fails(2, &["training.optimizer", "kind = "]);
    set("training.epochs").fails(2, &["training.epochs"]);
    set("data.source={kind=\"catalog\", name=\"pbt\"}").fails(1, &["pbt", "ptb"]);
    assert!(!bench.path("run").exists(), "nothing was begun");
    assert_eq!(bench.run(&["train", "--epochs", "3"]).code, Some(2));
    assert_eq!(bench.run(&["trian"]).code, Some(2));
}

#[test]
fn an_impossible_ngram_model_is_refused() {
    let bench = Bench::new();
    let ran = bench.run(&[
        "train",
        "ptb-ngram",
        "--run",
        "run",
        "--set",
        "model.order=0",
        "--set",
        "data.unknown=true",
        "--set",
        "data.source={kind=\"stories\", seed=1, train_lines=9, valid_lines=9, test_lines=9}",
    ]);
    ran.fails(2, &["model.order"]);
    assert!(!bench.path("run").exists(), "nothing was begun");
}

#[test]
fn a_run_directory_is_never_overwritten() {
    let bench = Bench::new();
    assert_eq!(bench.run(&train("run", &[])).code, Some(0));
    let before = std::fs::read(bench.path("run/model.safetensors")).unwrap();
    bench.run(&train("run", &[])).fails(2, &["run", "--resume"]);
    assert_eq!(
        std::fs::read(bench.path("run/model.safetensors")).unwrap(),
        before
    );
    std::fs::create_dir(bench.path("mine")).unwrap();
    bench.write("mine/thesis.txt", "words");
    bench.run(&train("mine", &[])).fails(2, &["mine"]);
    assert_eq!(
        std::fs::read(bench.path("mine/thesis.txt")).unwrap(),
        b"words"
    );
}

#[test]
fn a_run_directory_of_another_recipe_or_none_is_refused() {
    let bench = Bench::new();
    assert_eq!(bench.run(&train("run", &[])).code, Some(0));
    let manifest = std::fs::read_to_string(bench.path("run/run.json")).unwrap();
    bench.write(
        "run/run.json",
        manifest.replace("language-modelling", "translation"),
    );
    for verb in ["evaluate", "sample", "score"] {
        bench
            .run(&[verb, "--model", "run"])
            .fails(2, &["translation", "language-modelling"]);
    }
    bench
        .run(&["train", "--run", "run", "--resume"])
        .fails(2, &["translation"]);
    bench
        .run(&["evaluate", "--model", "nowhere"])
        .fails(2, &["nowhere"]);
    bench
        .run(&["train", "--run", "nowhere", "--resume"])
        .fails(2, &["nowhere"]);
}

#[cfg(unix)]
#[test]
fn an_unwritable_run_directory_is_named() {
    let bench = Bench::new();
    bench.write("file", "in the way");
    bench.run(&train("file/run", &[])).fails(1, &["file/run"]);
    // Not even root can write there.
    bench.run(&train("/proc/run", &[])).fails(1, &["/proc"]);
}

fn truncate(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

/// The files of the newest checkpoint.
fn checkpoint_files(bench: &Bench) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![bench.path("run/checkpoints")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|e| e == "bpk" || e == "safetensors")
            {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty());
    files
}

#[test]
fn a_damaged_checkpoint_is_named_and_nothing_is_overwritten() {
    for damage in [flip_a_bit as fn(&Path), truncate] {
        let bench = Bench::new();
        assert_eq!(bench.run(&train("run", &[])).code, Some(0));
        let model = std::fs::read(bench.path("run/model.safetensors")).unwrap();
        checkpoint_files(&bench)
            .iter()
            .for_each(|path| damage(path));
        let ran = bench.run(&["train", "--run", "run", "--resume"]);
        ran.fails(1, &["checkpoint"]);
        assert_eq!(
            std::fs::read(bench.path("run/model.safetensors")).unwrap(),
            model
        );
    }
}

#[test]
fn a_damaged_model_or_vocabulary_is_named() {
    let bench = Bench::new();
    assert_eq!(bench.run(&train("run", &[])).code, Some(0));
    let whole = std::fs::read(bench.path("run/model.safetensors")).unwrap();
    truncate(&bench.path("run/model.safetensors"));
    bench
        .run(&["evaluate", "--model", "run"])
        .fails(1, &["model.safetensors"]);
    std::fs::remove_file(bench.path("run/model.safetensors")).unwrap();
    bench
        .run(&["evaluate", "--model", "run"])
        .fails(1, &["model.safetensors"]);
    bench.write("run/model.safetensors", whole);
    flip_a_bit(&bench.path("run/model.safetensors"));
    bench
        .run(&["evaluate", "--model", "run"])
        .fails(1, &["model.safetensors", "SHA-256"]);
    flip_a_bit(&bench.path("run/model.safetensors"));
    flip_a_bit(&bench.path("run/vocabulary.json"));
    bench
        .run(&["evaluate", "--model", "run"])
        .fails(1, &["vocabulary.json"]);
    std::fs::remove_file(bench.path("run/vocabulary.json")).unwrap();
    bench
        .run(&["sample", "--model", "run"])
        .fails(1, &["vocabulary.json"]);
}

#[test]
fn a_vocabulary_that_does_not_fit_the_model_is_refused() {
    let bench = Bench::new();
    assert_eq!(bench.run(&train("run", &[])).code, Some(0));
    let other = ["--set", "data.source.train_lines=1"];
    assert_eq!(bench.run(&train("other", &other)).code, Some(0));
    std::fs::copy(
        bench.path("other/vocabulary.json"),
        bench.path("run/vocabulary.json"),
    )
    .unwrap();
    for verb in ["evaluate", "sample"] {
        let ran = bench.run(&[verb, "--model", "run"]);
        ran.fails(1, &["vocabulary.json", "trained with"]);
    }
}

#[test]
fn a_run_goes_on_only_with_the_text_that_it_began_with() {
    let bench = Bench::new();
    assert_eq!(train_on(&bench, "word", TEXT, TEXT).code, Some(0));
    let files = [
        "vocabulary.json",
        "model.safetensors",
        "metrics.jsonl",
        "result.json",
    ];
    let read = || files.map(|file| std::fs::read(bench.path("run").join(file)).unwrap());
    let before = read();
    // The same words in another order: every size stays the same.
    bench.write(
        "train.txt",
        "the dog is small\nthe cat is small\nthe cat is the dog\n",
    );
    for arguments in [
        &["train", "--run", "run", "--resume"][..],
        &["evaluate", "--model", "run", "--split", "valid"],
    ] {
        bench
            .run(arguments)
            .fails(1, &["train data is not what", "began with"]);
    }
    assert!(read() == before);
}

#[test]
fn a_learning_rate_that_destroys_the_model_ends_the_run() {
    for optimizer in ["sgd", "adam"] {
        let bench = Bench::new();
        let optimizer = format!("training.optimizer={{kind=\"{optimizer}\"}}");
        let set = ["--set", "training.learning_rate=1e30", "--set", &optimizer];
        bench.run(&train("run", &set)).fails(
            1,
            &["loss, in nats a token, became", "training.learning_rate"],
        );
        assert!(!bench.path("run/result.json").exists());
    }
}

#[test]
fn an_exploding_elman_network_ends_the_run_whatever_made_it_explode() {
    let elman = ["--set", "model.cell=\"rnn\"", "--set", "model.tied=false"];
    // Gradients that nothing clips; the weights of one step are out of all proportion, if not yet of f32's.
    let unclipped = [
        "--set",
        "training.optimizer={kind=\"sgd\"}",
        "--set",
        "training.learning_rate=1e6",
        "--set",
        "training.clip={}",
    ];
    let bench = Bench::new();
    let ran = bench.run(&train("run", &[&elman[..], &unclipped].concat()));
    ran.fails(1, &["loss, in nats a token", "training.learning_rate"]);
    // Weights that were drawn so: no step is to blame.
    let wide = ["--set", "model.initializer={kind=\"uniform\", bound=1e6}"];
    let ran = bench.run(&train("wide", &[&elman[..], &wide].concat()));
    ran.fails(1, &["epoch 1, step 1", "not to blame"]);
    assert!(!bench.path("run/result.json").exists() && !bench.path("wide/result.json").exists());
}

#[test]
fn a_run_goes_on_only_with_the_settings_that_it_began_with() {
    let bench = Bench::new();
    assert_eq!(train_on(&bench, "word", TEXT, TEXT).code, Some(0));
    let config = std::fs::read_to_string(bench.path("run/config.toml")).unwrap();
    let resume = |edits: &[(&str, &str)]| {
        let edit = |config: String, (from, to): &(&str, &str)| {
            assert!(config.contains(from), "{from}: {config}");
            config.replace(from, to)
        };
        bench.write("run/config.toml", edits.iter().fold(config.clone(), edit));
        bench.run(&["train", "--run", "run", "--resume"])
    };
    for (from, to, said) in [
        ("lanes = 2", "lanes = 1", "`batches.lanes` is 1 and was 2"),
        ("steps = 5", "steps = 7", "`batches.steps` is 7 and was 5"),
        ("\"word\"", "\"byte\"", "`data.unit` is \"byte\" and was"),
        ("seed = 1", "seed = 2", "`training.seed` is 2 and was 1"),
        (
            "rate = 0.01",
            "rate = 0.02",
            "`training.learning_rate` is 0.02 and was 0.01",
        ),
        ("d_hidden = 8", "d_hidden = 9", "`model.d_hidden` is 9"),
    ] {
        resume(&[(from, to)]).fails(2, &["config.toml", said, "when the run began"]);
    }
    resume(&[("lanes = 2", "lanse = 2")]).fails(2, &["config.toml", "lanse"]);
    // The text may lie elsewhere, as long as it is the same.
    std::fs::rename(bench.path("train.txt"), bench.path("moved.txt")).unwrap();
    let ran = resume(&[("epochs = 1", "epochs = 2"), ("train.txt", "moved.txt")]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let said = "`training.epochs` is 2 and was 1 when the run began\n";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert!(ran.stderr.contains("moved.txt\" and was"), "{}", ran.stderr);
    let metrics = std::fs::read_to_string(bench.path("run/metrics.jsonl")).unwrap();
    assert_eq!(metrics.lines().count(), 2);
}

#[test]
fn an_initialiser_that_draws_nothing_is_refused() {
    let bench = Bench::new();
    let set = |initializer: &str| {
        let set = format!("model.initializer={initializer}");
        bench.run(&["train", "--run", "run", "--set", &set])
    };
    set(r#"{kind="uniform", bound=0.0}"#).fails(2, &["model.initializer.bound"]);
    set(r#"{kind="uniform", bound=0.1, bond=3}"#).fails(2, &["bond"]);
    set(r#"{kind="torch", bound=0.1}"#).fails(2, &["bound"]);
}

#[test]
fn a_prompt_with_unknown_characters_is_named() {
    let bench = Bench::new();
    let text = "the cat is small\n".repeat(20);
    let ran = train_on(&bench, "character", text.as_bytes(), text.as_bytes());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    bench
        .run(&["sample", "--model", "run", "--prompt", "the ß"])
        .fails(2, &["prompt", "ß"]);
    bench
        .run(&["score", "--model", "run", "the cat", "a ü"])
        .fails(2, &["sentence 2", "ü"]);
    bench
        .run(&["sample", "--model", "run", "--top-p", "1.5"])
        .fails(2, &["top-p"]);
    bench
        .run(&["sample", "--model", "run", "--temperature", "-1"])
        .fails(2, &["temperature", "at least 0", "-1"]);
    bench
        .run(&["evaluate", "--model", "run"])
        .fails(2, &["no test split", "--split valid"]);
}

#[test]
fn unknown_words_are_warned_of_and_never_written_unless_asked_for() {
    unknown_words_are_warned_of("unknown = true\n");
}

/// As in the Penn Treebank.
#[test]
fn words_that_the_text_itself_calls_unknown_are_unknown() {
    unknown_words_are_warned_of("");
}

fn unknown_words_are_warned_of(unknown: &str) {
    let bench = Bench::new();
    bench.write("text.txt", "the <unk> is a <unk>\n".repeat(50));
    let config = "[data]\nunit = \"word\"\n".to_string()
        + unknown
        + "\
                  source = { kind = \"files\", train = \"text.txt\", valid = \"text.txt\" }\n\
                  [model]\nkind = \"ngram\"\norder = 3\nsmoothing = { add-k = { k = 0.01 } }\n";
    bench.write("config.toml", config);
    let ran = bench.run(&["train", "config.toml", "--run", "run", "--quiet"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let sample = |more: &[&str]| {
        let arguments = ["sample", "--model", "run", "--count", "20"];
        let ran = bench.run(&[&arguments, more].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran
    };
    let plain = sample(&["--prompt", "the"]);
    assert!(!plain.stdout.contains("<unk>"), "{}", plain.stdout);
    assert!(plain.stderr.is_empty(), "{}", plain.stderr);
    let allowed = sample(&["--prompt", "the", "--allow-unknown"]);
    assert!(
        allowed.stdout.contains("the <unk> is"),
        "{}",
        allowed.stdout
    );

    // What is read as something else is said, on standard error; what is written out as `<unk>` is known.
    let warned = sample(&["--prompt", "the zebra is <unk> zebra", "--json"]);
    let expected = "warning: the prompt: \"zebra\" not in the vocabulary, read as <unk>\n";
    assert_eq!(warned.stderr, expected);
    assert_eq!(warned.json().len(), 20);
    let scored = bench.run(&[
        "score",
        "--model",
        "run",
        "--json",
        "the",
        "a b c d e f g h",
    ]);
    assert_eq!(scored.json().len(), 2);
    for said in ["warning: sentence 2: \"b\"", "\"f\" and 2 more not in"] {
        assert!(scored.stderr.contains(said), "{}", scored.stderr);
    }
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_and_says_what_to_change() {
    let bench = Bench::new();
    let more = [
        "--set",
        "training.learning_rate=1e38",
        "--set",
        "training.optimizer={kind=\"sgd\"}",
    ];
    let ran = bench.run(&train("run", &more));
    ran.fails(1, &["epoch 1", "step", "learning_rate"]);
    assert!(!bench.path("run/model.safetensors").exists());
}

#[test]
fn a_device_that_is_not_there_is_refused() {
    let bench = Bench::new();
    let mut command = bench.command(&train("run", &[]));
    let ran = Ran::new(command.env("BURN_DEVICE", "abacus").output().unwrap());
    ran.fails(2, &["abacus"]);
    assert!(!bench.path("run").exists());
}
