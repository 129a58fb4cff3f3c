//! Parallel text: two files and TSV, good and bad, and Multi30k.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use burn_recurrent_datasets::{
    Cache, Catalog, Dataset, FileKind, LoadError, ParallelError, ParallelFiles, ParallelPart,
    ParallelReader, ParallelSplits, ReadError, SentencePair, TaggedSplits, TextSplits,
};
use burn_recurrent_files::sha256;
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn two(folder: &TempDir) -> ParallelFiles {
    ParallelFiles::two(folder.path().join("x.de"), folder.path().join("x.en"))
}

/// The two sides of each pair of two files.
fn read(de: &[u8], en: &[u8]) -> Result<Vec<(String, String)>, ParallelError> {
    let folder = folder(&[("x.de", de), ("x.en", en)]);
    let part = ParallelPart::read(&two(&folder))?;
    Ok(part
        .pairs
        .into_iter()
        .map(|p| (p.source, p.target))
        .collect())
}

fn message(de: &[u8], en: &[u8]) -> String {
    read(de, en).unwrap_err().to_string()
}

fn pair(source: &str, target: &str) -> (String, String) {
    (source.to_string(), target.to_string())
}

#[test]
fn two_files_and_tsv_give_the_same_pairs_packed_or_not() {
    let (de, en) = ("Ein Hund.\nZwei Hunde.", "A dog.\nTwo dogs.\n");
    let expected = [
        pair("Ein Hund.", "A dog."),
        pair("Zwei Hunde.", "Two dogs."),
    ];
    assert_eq!(read(de.as_bytes(), en.as_bytes()).unwrap(), expected);
    // What is packed is told from the content; the names do not say so.
    assert_eq!(read(&gzip(de.as_bytes()), en.as_bytes()).unwrap(), expected);
    let tsv = "7\tA dog.\tEin Hund.\n8\tTwo dogs.\tZwei Hunde.\tremark\n";
    for bytes in [tsv.as_bytes().to_vec(), gzip(tsv.as_bytes())] {
        let folder = folder(&[("x.tsv", &bytes)]);
        let files = ParallelFiles::tsv(folder.path().join("x.tsv"), 2, 1);
        let pairs = ParallelPart::read(&files).unwrap().pairs;
        let sides = pairs.iter().map(|p| pair(&p.source, &p.target));
        assert_eq!(sides.collect::<Vec<_>>(), expected);
        assert_eq!((pairs[0].line, pairs[1].line), (1, 2));
    }
}

#[test]
fn a_header_of_a_tsv_holds_no_pair_and_is_a_line() {
    let folder = folder(&[("x.tsv", b"de\ten\n\"ja\"\tyes\nnein\n")]);
    let files = ParallelFiles::Tsv {
        path: folder.path().join("x.tsv"),
        source: 0,
        target: 1,
        header: true,
    };
    let mut reader = ParallelReader::open(&files).unwrap();
    let first = reader.next().unwrap().unwrap();
    // Quotation marks are text.
    assert_eq!((first.source.as_str(), first.line), ("\"ja\"", 2));
    let error = reader.next().unwrap().unwrap_err().to_string();
    assert!(
        error.contains(
            "x.tsv, line 3: there is no column 1 for the translation: the line has 1 columns"
        ),
        "{error}"
    );
    assert!(reader.next().is_none());
}

#[test]
fn line_ends_may_be_mixed_and_other_separators_part_nothing() {
    let de = "eins\r\nzwei\u{2028}halb\u{85}\u{c}\ndrei\u{a0}vier  \r".as_bytes();
    let pairs = read(de, b"one\ntwo\r\nthree").unwrap();
    let expected = [
        pair("eins", "one"),
        pair("zwei\u{2028}halb\u{85}\u{c}", "two"),
        pair("drei\u{a0}vier  ", "three"),
    ];
    assert_eq!(pairs, expected);
}

#[test]
fn a_byte_order_mark_is_never_part_of_a_sentence() {
    // Where files with a mark each were joined, it stands inside the file.
    let pairs = read(
        "\u{feff}eins\n\u{feff}zwei\n".as_bytes(),
        "\u{feff}one\ntwo\n".as_bytes(),
    );
    assert_eq!(pairs.unwrap(), [pair("eins", "one"), pair("zwei", "two")]);
    let reader = ParallelReader::tsv("a\t\u{feff}b\n".as_bytes(), "x", 0, 1);
    let pairs: Vec<SentencePair> = reader.map(Result::unwrap).collect();
    assert_eq!(pairs[0].target, "b");
}

#[test]
fn files_of_different_lengths_are_refused_with_both_lengths() {
    let longer = b"1\n2\n3\n4\n5\n".as_slice();
    for (de, en, lengths) in [
        (longer, b"1\n2\n3".as_slice(), (5, 3)),
        (b"1\n2\n", longer, (2, 5)),
        (b"", longer, (0, 5)),
    ] {
        match read(de, en).unwrap_err() {
            ParallelError::Lengths {
                source_lines,
                target_lines,
                ..
            } => assert_eq!((source_lines, target_lines), lengths),
            other => panic!("{other}"),
        }
    }
    let message = message(longer, b"1\n");
    assert!(
        message.contains("x.de has 5 lines and ")
            && message.contains("x.en has 1, expected as many"),
        "{message}"
    );
}

#[test]
fn invalid_utf8_is_located_by_file_line_and_byte() {
    let message = message(b"ein\nzwei\n", b"one\nt\xffwo\n");
    assert!(
        message.contains("x.en, line 2: byte 5 of the file (0xff) is not valid UTF-8"),
        "{message}"
    );
}

#[test]
fn a_carriage_return_alone_is_named() {
    let cr = message(b"eins\rzwei\r", b"one\ntwo\n");
    assert!(
        cr.contains("x.de, line 1: a carriage return (CR) that no line feed follows"),
        "{cr}"
    );
    // What a wrong conversion makes of CR LF.
    let doubled = message(b"eins\n", b"one\r\r\n");
    assert!(
        doubled.contains("x.en, line 1: a carriage return"),
        "{doubled}"
    );
}

#[test]
fn what_is_no_text_is_named_as_what_it_is() {
    let utf16: Vec<u8> = "\u{feff}Ein Hund\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let twice = gzip(&gzip(b"Ein Hund\n"));
    let inside = gzip(&utf16);
    for (bytes, kind, words) in [
        (utf16.as_slice(), FileKind::Utf16, "`iconv -f utf-16"),
        (&utf16[2..], FileKind::Utf16, "text in UTF-16"),
        (&inside, FileKind::Utf16, "text in UTF-16"),
        (&twice, FileKind::Gzip, "compressed with gzip"),
        (b"PK\x03\x04...", FileKind::Zip, "unzip"),
        (b"BZh91AY&SY...", FileKind::Bzip2, "bunzip2"),
        (b"\xfd7zXZ\0...", FileKind::Xz, "unxz"),
        (&[0x28, 0xb5, 0x2f, 0xfd, 1], FileKind::Zstandard, "unzstd"),
        (b"%PDF-1.7\n", FileKind::Pdf, "pdftotext"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid",
            FileKind::GitLfsPointer,
            "git lfs pull",
        ),
        (
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0",
            FileKind::Binary,
            "binary",
        ),
    ] {
        match read(bytes, b"A dog\n").unwrap_err() {
            ParallelError::Read(error @ ReadError::NotText { kind: found, .. }) => {
                assert_eq!(found, kind);
                let message = error.to_string();
                assert!(
                    message.contains(words) && message.contains("x.de: the file is"),
                    "{message}"
                );
            }
            other => panic!("{kind:?}: {other}"),
        }
    }
    // Whole texts are looked at in the same way.
    let folder = folder(&[("x.txt", &utf16)]);
    let path = folder.path().join("x.txt");
    let error = TextSplits::from_files(&path, &path, None::<&Path>).unwrap_err();
    assert!(error.to_string().contains("text in UTF-16"), "{error}");
}

#[test]
fn damaged_gzip_is_named() {
    let packed = gzip(&b"Ein Hund schlief.\n".repeat(100));
    let message = message(&packed[..packed.len() - 12], &b"A dog slept.\n".repeat(100));
    assert!(
        message.contains("x.de") && message.contains("gzip data is cut off or damaged"),
        "{message}"
    );
}

#[test]
fn pairs_with_an_empty_side_are_left_out_of_training_and_counted() {
    let folder = folder(&[
        ("x.de", b"eins\n \t\ndrei\n\n"),
        ("x.en", b"one\ntwo\n\n\n"),
    ]);
    let train = ParallelPart::read_training(&two(&folder)).unwrap();
    assert_eq!(train.pairs.len(), 1);
    let empty = train.empty.unwrap();
    assert_eq!((empty.count, empty.first_line), (3, 2));
    let warning = empty.to_string();
    assert!(
        warning.contains("x.de: 3 pairs with an empty side") && warning.ends_with("line 2"),
        "{warning}"
    );
    // Where outputs are counted, every line keeps its place.
    let valid = ParallelPart::read(&two(&folder)).unwrap();
    assert_eq!(valid.empty, None);
    let lines: Vec<usize> = valid.pairs.iter().map(|pair| pair.line).collect();
    assert_eq!(lines, [1, 2, 3, 4]);
}

#[test]
fn files_with_nothing_in_them_are_errors() {
    assert!(message(b"", b"").contains("holds no text (0 bytes)"));
    let folder = folder(&[("x.de", b"\n\n"), ("x.en", b"one\ntwo\n")]);
    let error = ParallelPart::read_training(&two(&folder)).unwrap_err();
    assert!(
        matches!(error, ParallelError::AllEmpty { lines: 2, .. }),
        "{error}"
    );
    let absent = ParallelFiles::two(folder.path().join("x.de"), folder.path().join("no.en"));
    let error = ParallelPart::read(&absent).unwrap_err().to_string();
    assert!(error.contains("no.en: there is no such file"), "{error}");
}

/// The entry of a data set of these two files for each part, and a cache that has them.
fn entry(languages: &str, splits: &str) -> (TempDir, Result<Dataset, String>) {
    let (de, en) = (gzip(b"eins\nzwei\n"), gzip(b"one\ntwo\n"));
    let file = |name: &str, bytes: &[u8]| {
        format!(
            "[[files]]\nname = \"{name}\"\naddress = \"https://example.org/{name}\"\nbytes = {}\nsha256 = \"{}\"\n",
            bytes.len(),
            sha256(bytes)
        )
    };
    let text = format!(
        "name = \"mine\"\ntitle = \"\"\nhome = \"\"\nlicence = \"\"\ncitation = \"\"\nformat = \"parallel\"\n{languages}\n[splits]\n{splits}\n{}{}",
        file("a.de.gz", &de),
        file("a.en.gz", &en)
    );
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine/a.de.gz"), de).unwrap();
    fs::write(folder.path().join("mine/a.en.gz"), en).unwrap();
    let dataset = Dataset::from_toml("mine.toml", &text).map_err(|error| error.to_string());
    (folder, dataset)
}

const LANGUAGES: &str = "languages = [\"de\", \"en\"]";
const BOTH: &str = "[\"a.de.gz\", \"a.en.gz\"]";

#[test]
fn a_dataset_is_read_in_either_direction() {
    let splits = format!("kind = \"parallel-files\"\ntrain = {BOTH}\nvalid = {BOTH}");
    let (folder, dataset) = entry(LANGUAGES, &splits);
    let (dataset, cache) = (dataset.unwrap(), Cache::at(folder.path()));
    let load = |from, to| ParallelSplits::from_dataset(&dataset, from, to, &cache);
    let (de_en, en_de) = (load("de", "en").unwrap(), load("en", "de").unwrap());
    assert_eq!(de_en.train.pairs[1].source, "zwei");
    assert_eq!(en_de.train.pairs[1].source, "two");
    assert_eq!(de_en.clone().reversed().valid.pairs, en_de.valid.pairs);
    assert_eq!(de_en.test, None);
    assert_ne!(de_en.sha256(), en_de.sha256());
    for (from, to) in [("de", "fr"), ("de", "de"), ("", "en")] {
        let error = load(from, to).unwrap_err().to_string();
        assert!(
            error.contains("`mine` translates between de and en"),
            "{error}"
        );
    }
    let error = TaggedSplits::from_dataset(&dataset, None, &cache).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`mine` is parallel text, expected tagged sentences"),
        "{error}"
    );
    let ptb = Catalog::bundled().get("ptb").unwrap().clone();
    let error = ParallelSplits::from_dataset(&ptb, "de", "en", &cache).unwrap_err();
    assert!(matches!(error, LoadError::Kind { .. }), "{error}");
}

#[test]
fn a_file_with_another_checksum_is_refused() {
    let splits = format!("kind = \"parallel-files\"\ntrain = {BOTH}\nvalid = {BOTH}");
    let (folder, dataset) = entry(LANGUAGES, &splits);
    fs::write(folder.path().join("mine/a.en.gz"), gzip(b"other\ntext\n")).unwrap();
    let cache = Cache::at(folder.path());
    let error = ParallelSplits::from_dataset(&dataset.unwrap(), "de", "en", &cache).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a.en.gz: the file is not the one of the catalogue"),
        "{error}"
    );
}

#[test]
fn an_entry_of_parallel_text_that_contradicts_itself_is_refused() {
    let parallel = format!("kind = \"parallel-files\"\ntrain = {BOTH}\nvalid = {BOTH}");
    let files = "kind = \"files\"\ntrain = \"a.de.gz\"\nvalid = \"a.en.gz\"";
    let absent = parallel.replacen("a.en.gz", "b.en.gz", 1);
    for (languages, splits, words) in [
        ("", parallel.as_str(), "`languages` names two"),
        (
            "languages = [\"de\", \"de\"]",
            &parallel,
            "`languages` names two",
        ),
        (LANGUAGES, files, "does not go with these splits"),
        (LANGUAGES, &absent, "b.en.gz, which is not among the files"),
    ] {
        let error = entry(languages, splits).1.unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

/// The published counts, on the real files where the data folder of this machine has them.
#[test]
fn multi30k_has_its_published_sizes_in_both_directions() {
    let catalog = Catalog::bundled();
    let dataset = catalog.get("multi30k").unwrap();
    let cache = Cache::from_env().unwrap();
    if !dataset
        .files
        .iter()
        .all(|file| cache.path(dataset, file).exists())
    {
        let line = format!("skipped: multi30k is not in {}\n", cache.folder().display());
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    }
    let load = |from, to| ParallelSplits::from_dataset(dataset, from, to, &cache).unwrap();
    let (de_en, en_de) = (load("de", "en"), load("en", "de"));
    let test = de_en.test.as_ref().unwrap();
    let sizes = [&de_en.train, &de_en.valid, test].map(|part| part.pairs.len());
    assert_eq!(sizes, [29_000, 1_014, 1_000]);
    assert_eq!(de_en.train.empty, None);
    assert_eq!(
        (test.pairs[0].source.as_str(), test.pairs[0].target.as_str()),
        (
            "Ein Mann mit einem orangefarbenen Hut, der etwas anstarrt.",
            "A man in an orange hat starring at something."
        )
    );
    assert_eq!(
        en_de.reversed().test,
        de_en.test.map(|mut part| {
            part.path = PathBuf::from(cache.folder()).join("multi30k/test_2016_flickr.en.gz");
            part
        })
    );
}
