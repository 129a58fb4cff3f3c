//! Reading and splitting text files, good and bad.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use burn_recurrent_datasets::{
    Cache, Catalog, Dataset, Fractions, LoadError, ReadError, SplitUnit, TextLines, TextSplits,
    lines, open_text, read_bytes, read_text,
};
use burn_recurrent_files::sha256;
use tempfile::TempDir;

fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.txt");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn fractions(train: f64, valid: f64, test: f64) -> Fractions {
    Fractions { train, valid, test }
}

#[test]
fn a_text_is_read_without_its_mark_and_with_one_kind_of_line_end() {
    let text = "\u{feff}one\r\ntwo  \n\nth\u{2028}r\u{85}ee\u{c} é\u{feff} 𝄞\r";
    let expected = "one\ntwo  \n\nth\u{2028}r\u{85}ee\u{c} é\u{feff} 𝄞";
    let (_folder, path) = file(text.as_bytes());
    assert_eq!(read_text(&path).unwrap(), expected);
    // Line by line it is the same.
    let mut lines = TextLines::new(open_text(&path).unwrap(), &path);
    let mut found = Vec::new();
    while let Some(line) = lines.next_line().unwrap() {
        found.push(line.to_string());
    }
    assert_eq!(found.join("\n"), expected);
    // As bytes it is what it was.
    assert_eq!(read_bytes(&path).unwrap(), text.as_bytes());
}

#[test]
fn a_carriage_return_alone_ends_no_line_and_is_named() {
    for (text, line) in [("one\rtwo\r", 1), ("\u{feff}one\r\ntwo\rthree\n", 2)] {
        let (_folder, path) = file(text.as_bytes());
        let message = read_text(&path).unwrap_err().to_string();
        let place = format!("text.txt, line {line}: a carriage return (CR)");
        assert!(message.contains(&place), "{message}");
    }
}

#[test]
fn bytes_of_any_kind_are_cut_between_any_two() {
    let bytes = [0xff, 0xfe, 0, b'\r', 0xc3, b'\n', 7, 8, 9, 10];
    let (_folder, path) = file(&bytes);
    let splits = TextSplits::bytes_from_file(&path, fractions(0.5, 0.3, 0.2)).unwrap();
    assert_eq!(
        (&splits.train[..], &splits.valid[..]),
        (&bytes[..5], &bytes[5..8])
    );
    assert_eq!(splits.test.as_deref(), Some(&bytes[8..]));
    let (_folder, path) = file(b"");
    let error = TextSplits::bytes_from_files(&path, &path, None::<&str>).unwrap_err();
    assert!(error.to_string().contains("0 bytes"), "{error}");
}

#[test]
fn invalid_utf8_is_located() {
    let (_folder, path) = file(b"first\nsecond\nthi\xffrd\n");
    match read_text(&path).unwrap_err() {
        ReadError::InvalidUtf8 {
            line, offset, byte, ..
        } => {
            assert_eq!((line, offset, byte), (3, 16, 0xff));
        }
        other => panic!("{other}"),
    }
    // A character that the end of the file cuts in two.
    let (_folder, path) = file(&"é".as_bytes()[..1]);
    let message = read_text(&path).unwrap_err().to_string();
    assert!(
        message.contains("text.txt, line 1: byte 0 of the file (0xc3)"),
        "{message}"
    );
}

#[test]
fn a_file_without_text_and_a_missing_file_are_errors() {
    for bytes in [&b""[..], b"\n", b" \r\n\t\n"] {
        let (_folder, path) = file(bytes);
        let message = read_text(&path).unwrap_err().to_string();
        assert!(message.contains("holds no text"), "{message}");
    }
    let (folder, path) = file(b"text");
    let error = read_text(path.with_file_name("absent.txt")).unwrap_err();
    assert!(matches!(error, ReadError::Missing { .. }), "{error}");
    let error = read_text(folder.path()).unwrap_err();
    assert!(matches!(error, ReadError::Io { .. }), "{error}");
}

#[test]
fn lines_lose_their_ending_and_nothing_else() {
    let collect = |text| lines(text).collect::<Vec<_>>();
    assert_eq!(collect("a\nb\r\n\n c\rd \r"), ["a", "b", "", " c\rd "]);
    assert_eq!(collect("one line"), ["one line"]);
    assert_eq!(collect("one line\n"), ["one line"]);
}

#[test]
fn one_file_is_cut_in_order_between_lines() {
    let text: String = (0..10).map(|i| format!("line {i}\n")).collect();
    let (_folder, path) = file(text.trim_end().as_bytes());
    let splits = TextSplits::from_file(path, fractions(0.7, 0.2, 0.1), SplitUnit::Lines).unwrap();
    assert_eq!(splits.train.lines().count(), 7);
    assert_eq!(splits.valid, "line 7\nline 8\n");
    assert_eq!(splits.test.as_deref(), Some("line 9"));
}

#[test]
fn one_file_is_cut_in_order_between_characters() {
    let (_folder, path) = file("äbcdefghij".as_bytes());
    let splits =
        TextSplits::from_file(&path, fractions(0.75, 0.25, 0.0), SplitUnit::Characters).unwrap();
    assert_eq!(
        (splits.train.as_str(), splits.valid.as_str(), splits.test),
        ("äbcdefg", "hij", None)
    );
    // Fractions below 1 together leave the end of the file out.
    let splits =
        TextSplits::from_file(&path, fractions(0.5, 0.1, 0.1), SplitUnit::Characters).unwrap();
    assert_eq!(
        (
            splits.train.as_str(),
            splits.valid.as_str(),
            splits.test.as_deref()
        ),
        ("äbcde", "f", Some("g"))
    );
}

#[test]
fn a_file_of_one_line_splits_by_characters_and_says_so_by_lines() {
    let (_folder, path) = file(b"only one line without an end");
    assert!(TextSplits::from_file(&path, fractions(0.8, 0.1, 0.1), SplitUnit::Characters).is_ok());
    let error = TextSplits::from_file(&path, fractions(0.8, 0.1, 0.1), SplitUnit::Lines);
    let message = error.unwrap_err().to_string();
    assert!(
        message.contains("1 lines cannot be split into 3 parts"),
        "{message}"
    );
}

#[test]
fn fractions_that_make_no_sense_are_refused() {
    let (_folder, path) = file(b"a\nb\nc\n");
    for wrong in [
        fractions(0.9, 0.2, 0.0),
        fractions(0.0, 0.5, 0.5),
        fractions(1.0, 0.0, 0.0),
        fractions(0.5, 0.5, -0.1),
        fractions(f64::NAN, 0.5, 0.1),
    ] {
        let error = TextSplits::from_file(&path, wrong, SplitUnit::Lines).unwrap_err();
        assert!(matches!(error, LoadError::Fractions { .. }), "{error}");
    }
}

#[test]
fn own_files_are_loaded_as_they_are() {
    let (folder, train) = file(b"train");
    let valid = folder.path().join("valid.txt");
    fs::write(&valid, "valid\n").unwrap();
    let splits = TextSplits::from_files(&train, &valid, None::<&str>).unwrap();
    assert_eq!(splits.valid, "valid\n");
    assert_eq!(splits.test, None);
    assert_eq!(splits.sha256().0, sha256(b"train"));
    let error = TextSplits::from_files(&train, &valid, Some(folder.path().join("no.txt")));
    assert!(error.unwrap_err().to_string().contains("no.txt"));
}

#[test]
fn an_unknown_name_is_refused_before_anything_is_loaded() {
    let error = TextSplits::from_catalog("wikitext").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it has cmudict, conll2000, multi30k, ptb,"),
        "{error}"
    );
}

#[test]
fn a_dataset_in_the_cache_is_split_as_its_entry_says() {
    let folder = tempfile::tempdir().unwrap();
    let text = "äbcdefghij";
    let entry = |name: &str, splits: &str, files: &[&str]| {
        let files: String = files
            .iter()
            .map(|file| {
                format!(
                    "[[files]]\nname = \"{file}\"\naddress = \"http://127.0.0.1:1/\"\nbytes = {}\nsha256 = \"{}\"\n",
                    text.len(),
                    sha256(text.as_bytes())
                )
            })
            .collect();
        let text = format!(
            "name = \"{name}\"\ntitle = \"\"\nhome = \"\"\nlicence = \"\"\ncitation = \"\"\nformat = \"text\"\n[splits]\n{splits}\n{files}"
        );
        Dataset::from_toml(name, &text).unwrap()
    };
    for path in ["one/a.txt", "two/a.txt", "two/b.txt"] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let cache = Cache::at(folder.path());
    let in_order = "kind = \"in-order\"\nfile = \"a.txt\"\ntrain-characters = 7\nvalid-characters";
    let one = entry("one", &format!("{in_order} = 3"), &["a.txt"]);
    let splits = TextSplits::from_dataset(&one, &cache).unwrap();
    assert_eq!(
        (splits.train.as_str(), splits.valid.as_str(), splits.test),
        ("äbcdefg", "hij", None)
    );
    let short = entry("one", &format!("{in_order} = 4"), &["a.txt"]);
    let error = TextSplits::from_dataset(&short, &cache).unwrap_err();
    assert!(
        error.to_string().contains("10 characters cannot be split"),
        "{error}"
    );
    let files = "kind = \"files\"\ntrain = \"a.txt\"\nvalid = \"b.txt\"\ntest = \"b.txt\"";
    let two = entry("two", files, &["a.txt", "b.txt"]);
    let splits = TextSplits::from_dataset(&two, &cache).unwrap();
    assert_eq!(splits.test.as_deref(), Some(text));
}

/// The published counts, on the real files where the data folder of this machine has them.
#[test]
fn the_bundled_data_sets_have_their_published_sizes() {
    let catalog = Catalog::bundled();
    let cache = Cache::from_env().unwrap();
    let load = |name: &str| {
        let dataset = catalog.get(name).unwrap();
        let there = |file| cache.path(dataset, file).exists();
        if dataset.files.iter().all(there) {
            return Some(TextSplits::from_dataset(dataset, &cache).unwrap());
        }
        let line = format!("skipped: {name} is not in {}\n", cache.folder().display());
        // Past the test runner, which keeps what a passing test prints to itself.
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        None
    };
    if let Some(ptb) = load("ptb") {
        let size = |text: &str| (text.split_whitespace().count(), lines(text).count());
        assert_eq!(size(&ptb.train), (887_521, 42_068));
        assert_eq!(size(&ptb.valid), (70_390, 3_370));
        assert_eq!(size(&ptb.test.unwrap()), (78_669, 3_761));
    }
    if let Some(shakespeare) = load("tiny-shakespeare") {
        assert_eq!(shakespeare.train.chars().count(), 1_003_854);
        assert_eq!(shakespeare.valid.chars().count(), 111_540);
        assert_eq!(shakespeare.test, None);
    }
}
