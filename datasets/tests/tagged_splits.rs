//! Tagged data sets: from the catalogue, from archives, from own files.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use burn_recurrent_datasets::{
    Cache, Catalog, Dataset, LoadError, SentenceFormat, TaggedSplits, TextSplits,
};
use burn_recurrent_files::sha256;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

/// A cache with one archive in it, and the entry of a data set that is this archive.
fn archive(members: &[(&str, &[u8])], declared: &[u64], valid: usize) -> (TempDir, Dataset) {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = zip::ZipWriter::new(&mut bytes);
    for (name, content) in members {
        let options = SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap();
    let bytes = bytes.into_inner();
    let listed: String = members
        .iter()
        .zip(declared)
        .map(|((name, _), bytes)| format!("{{ name = \"{name}\", bytes = {bytes} }},"))
        .collect();
    let entry = format!(
        r#"
        name = "mine"
        title = "t"
        home = "h"
        licence = "l"
        citation = "c"
        format = "columns"
        columns = ["word", "pos", "chunk"]
        [splits]
        kind = "held-out"
        train = "a/train.txt"
        valid-sentences = {valid}
        test = "a/test.txt"
        [[files]]
        name = "mine.zip"
        address = "https://example.org/mine.zip"
        bytes = {}
        sha256 = "{}"
        members = [{listed}]
        "#,
        bytes.len(),
        sha256(&bytes)
    );
    let dataset = Dataset::from_toml("mine.toml", &entry).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine/mine.zip"), bytes).unwrap();
    (folder, dataset)
}

fn rows(count: usize) -> String {
    (0..count)
        .map(|i| format!("w{i} P{i} B-C{i}\n\n"))
        .collect()
}

fn load(folder: &TempDir, dataset: &Dataset, tag: Option<&str>) -> Result<TaggedSplits, LoadError> {
    TaggedSplits::from_dataset(dataset, tag, &Cache::at(folder.path()))
}

#[test]
fn an_archive_is_read_and_its_last_sentences_held_out() {
    let (train, test) = (rows(10), rows(12));
    let members = [
        ("a/train.txt", train.as_bytes()),
        ("a/test.txt", test.as_bytes()),
    ];
    let sizes = [train.len() as u64, test.len() as u64];
    let (folder, dataset) = archive(&members, &sizes, 3);
    let splits = load(&folder, &dataset, None).unwrap();
    assert_eq!(splits.train.sentences.len(), 7);
    assert_eq!(splits.valid.sentences[0].words, ["w7"]);
    assert_eq!(splits.valid.sentences[0].tags, ["B-C7"]);
    assert_eq!(splits.test.as_ref().unwrap().num_words(), 12);
    assert!(splits.train.path.ends_with("mine.zip/a/train.txt"));
    let pos = load(&folder, &dataset, Some("pos")).unwrap();
    assert_eq!(pos.train.sentences[0].tags, ["P0"]);
    assert_ne!(pos.train.sha256(), splits.train.sha256());
    let error = load(&folder, &dataset, Some("word"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`word` is no column of tags") && error.contains("pos, chunk"),
        "{error}"
    );

    // Tags of validation and test that training never saw are known by file and line.
    let unseen = splits.unseen_tags();
    assert_eq!(
        (unseen.len(), unseen[0].tag.as_str(), unseen[0].line),
        (3 + 5, "B-C7", 15)
    );
    let warning = unseen[3].to_string();
    assert!(
        warning.contains("a/test.txt, line 15: the tag \"B-C7\" is not in the training data"),
        "{warning}"
    );
}

#[test]
fn too_few_sentences_to_hold_out_are_an_error() {
    let train = rows(3);
    let members = [
        ("a/train.txt", train.as_bytes()),
        ("a/test.txt", train.as_bytes()),
    ];
    let (folder, dataset) = archive(&members, &[train.len() as u64; 2], 3);
    let error = load(&folder, &dataset, None).unwrap_err().to_string();
    assert!(error.contains("3 sentences, too few to keep 3"), "{error}");
}

#[test]
fn no_archive_unpacks_to_more_than_the_catalogue_says() {
    // 64 MiB of nothing in 64 KiB.
    let bomb = vec![b'\n'; 1 << 26];
    let members = [("a/train.txt", bomb.as_slice()), ("a/test.txt", b"w P C\n")];
    let (folder, dataset) = archive(&members, &[100, 6], 1);
    assert!(
        fs::metadata(folder.path().join("mine/mine.zip"))
            .unwrap()
            .len()
            < 1 << 18
    );
    let error = load(&folder, &dataset, None).unwrap_err().to_string();
    assert!(
        error.contains("a/train.txt has more bytes, expected are 100"),
        "{error}"
    );
    let members = [("a/train.txt", &b"w P C\n"[..]), ("a/test.txt", b"w P C\n")];
    let (folder, dataset) = archive(&members, &[7, 6], 1);
    let error = load(&folder, &dataset, None).unwrap_err().to_string();
    assert!(
        error.contains("a/train.txt has 6 bytes, expected are 7"),
        "{error}"
    );
}

#[test]
fn an_archive_that_is_none_or_lacks_a_file_is_an_error() {
    let train = rows(3);
    let members = [
        ("a/train.txt", train.as_bytes()),
        ("a/test.txt", train.as_bytes()),
    ];
    let (folder, dataset) = archive(&members, &[train.len() as u64; 2], 1);
    let path = folder.path().join("mine/mine.zip");
    let with = |bytes: &[u8], dataset: &Dataset| {
        fs::write(&path, bytes).unwrap();
        let mut dataset = dataset.clone();
        dataset.files[0].bytes = bytes.len() as u64;
        dataset.files[0].sha256 = sha256(bytes);
        load(&folder, &dataset, None).unwrap_err().to_string()
    };
    let good = fs::read(&path).unwrap();
    let error = with(b"not a zip", &dataset);
    assert!(
        error.contains("mine.zip: cannot be read as a zip archive"),
        "{error}"
    );
    // A byte of the packed text that was changed.
    let mut broken = good.clone();
    let at = broken
        .windows(11)
        .position(|w| w == b"a/train.txt")
        .unwrap()
        + 20;
    broken[at] ^= 0x10;
    let error = with(&broken, &dataset);
    assert!(error.contains("a/train.txt"), "{error}");
    let mut other = dataset.clone();
    other.files[0].members[0].name = "a/absent.txt".to_string();
    other.splits = match other.splits {
        burn_recurrent_datasets::SplitRule::HeldOut {
            valid_sentences,
            test,
            ..
        } => burn_recurrent_datasets::SplitRule::HeldOut {
            train: "a/absent.txt".into(),
            valid_sentences,
            test,
        },
        other => panic!("{other:?}"),
    };
    let error = with(&good, &other);
    assert!(
        error.contains("there is no a/absent.txt in the archive"),
        "{error}"
    );
}

#[test]
fn tagged_data_and_plain_text_are_not_mixed_up() {
    let catalog = Catalog::bundled();
    let cache = Cache::at("nowhere");
    let error = TextSplits::from_dataset(catalog.get("conll2000").unwrap(), &cache).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`conll2000` is tagged sentences"),
        "{error}"
    );
    let ptb = catalog.get("ptb").unwrap();
    let error = TaggedSplits::from_dataset(ptb, None, &cache).unwrap_err();
    assert!(error.to_string().contains("`ptb` is plain text"), "{error}");
    let ewt = catalog.get("ud-english-ewt").unwrap();
    let error = TaggedSplits::from_dataset(ewt, Some("pos"), &cache).unwrap_err();
    assert!(error.to_string().contains("upos, xpos"), "{error}");
}

#[test]
fn own_files_are_loaded_and_a_tenth_is_kept_where_nothing_is_for_validation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.conll");
    fs::write(&path, rows(25)).unwrap();
    let none: Option<PathBuf> = None;
    let format = SentenceFormat::columns_by_default();
    let splits = TaggedSplits::from_files(&path, none.clone(), none.clone(), &format).unwrap();
    assert_eq!(
        (splits.train.sentences.len(), splits.valid.sentences.len()),
        (23, 2)
    );
    assert_eq!(splits.test, None);
    let splits = TaggedSplits::from_files(&path, Some(&path), Some(&path), &format).unwrap();
    assert_eq!(
        (splits.train.sentences.len(), splits.valid.num_words()),
        (25, 25)
    );
    assert_eq!(splits.unseen_tags(), []);
    fs::write(&path, rows(1)).unwrap();
    let error = TaggedSplits::from_files(&path, none.clone(), none, &format).unwrap_err();
    assert!(
        matches!(error, LoadError::TooFewSentences { .. }),
        "{error}"
    );
}

/// Whether the data set is there; a line says that a test is skipped.
fn present(name: &str) -> bool {
    let folder = std::env::var_os("BURN_RECURRENT_DATA");
    let present = folder.is_some_and(|folder| Path::new(&folder).join(name).is_dir());
    if !present {
        let line = format!(
            "skipped: there is no folder `{name}` in the one that BURN_RECURRENT_DATA names\n"
        );
        // Past the test runner, which keeps what a passing test prints to itself.
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    present
}

#[test]
fn the_english_web_treebank_has_its_published_sizes() {
    if !present("ud-english-ewt") {
        return;
    }
    let splits = TaggedSplits::from_catalog("ud-english-ewt").unwrap();
    let test = splits.test.as_ref().unwrap();
    let sizes = [&splits.train, &splits.valid, test].map(|p| (p.sentences.len(), p.num_words()));
    assert_eq!(sizes, [(12_544, 204_577), (2_001, 25_147), (2_077, 25_094)]);
    let first = &splits.train.sentences[0];
    assert_eq!(first.words[..3], ["Al", "-", "Zaman"]);
    assert_eq!(first.tags[..3], ["PROPN", "PUNCT", "PROPN"]);
    let tags: std::collections::BTreeSet<_> = test.sentences.iter().flat_map(|s| &s.tags).collect();
    assert_eq!(tags.len(), 17);
    // Written again, each file is what it was, comments, multi-word tokens and empty nodes included.
    for part in [&splits.train, &splits.valid, test] {
        let mut again = Vec::new();
        for sentence in &part.sentences {
            sentence.write(&mut again).unwrap();
        }
        assert!(
            again == fs::read(&part.path).unwrap(),
            "{}",
            part.path.display()
        );
    }
}

#[test]
fn conll2000_has_its_published_sizes() {
    if !present("conll2000") {
        return;
    }
    let splits = TaggedSplits::from_catalog("conll2000").unwrap();
    let test = splits.test.as_ref().unwrap();
    let words = splits.train.num_words() + splits.valid.num_words();
    assert_eq!((words, test.num_words()), (211_727, 47_377));
    let sizes = [&splits.train, &splits.valid, test].map(|part| part.sentences.len());
    assert_eq!(sizes, [8_043, 893, 2_012]);
    assert_eq!(
        splits.train.sentences[0].tags[..3],
        ["B-NP", "B-PP", "B-NP"]
    );
    for unseen in splits.unseen_tags() {
        println!("{unseen}");
    }
}
