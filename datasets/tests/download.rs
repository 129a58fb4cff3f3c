//! Downloads against a server on the loopback address that misbehaves in each way that happens.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use crate::server::{Answer, Server};
use burn_recurrent_datasets::{
    Cache, CacheError, Dataset, DownloadError, Format, RemoteFile, Retry, SplitRule,
};
use burn_recurrent_files::sha256;
use tempfile::TempDir;

/// A cache in a folder of its own, a file to fetch, and a data set around it.
struct Case {
    folder: TempDir,
    cache: Cache,
    dataset: Dataset,
    content: Vec<u8>,
}

impl Case {
    fn new(address: impl Into<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let content = content();
        let cache = Cache::at(folder.path().join("cache")).with_retry(Retry {
            attempts: 3,
            first_pause: Duration::from_millis(1),
        });
        let file = RemoteFile {
            name: "file.txt".into(),
            address: address.into(),
            bytes: content.len() as u64,
            sha256: sha256(&content),
            members: Vec::new(),
        };
        let dataset = Dataset {
            name: "test".into(),
            title: "Test".into(),
            home: String::new(),
            licence: String::new(),
            citation: String::new(),
            format: Format::Text,
            columns: Vec::new(),
            languages: Vec::new(),
            splits: SplitRule::InOrder {
                file: "file.txt".into(),
                train_characters: 1,
                valid_characters: 1,
            },
            files: vec![file],
        };
        Self {
            folder,
            cache,
            dataset,
            content,
        }
    }

    fn fetch(&self) -> Result<PathBuf, CacheError> {
        self.cache.fetch(&self.dataset, &self.dataset.files[0])
    }

    fn path(&self) -> PathBuf {
        self.cache.path(&self.dataset, &self.dataset.files[0])
    }

    fn part(&self) -> PathBuf {
        self.path().with_file_name("file.txt.part")
    }

    fn write(&self, path: PathBuf, bytes: &[u8]) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    #[track_caller]
    fn assert_complete(&self) {
        assert_eq!(self.fetch().unwrap(), self.path());
        assert_eq!(fs::read(self.path()).unwrap(), self.content);
        assert!(!self.part().exists());
    }

    /// The error of a download that must fail, with nothing to be seen under the real name.
    #[track_caller]
    fn failure(&self) -> DownloadError {
        let error = self.fetch().unwrap_err();
        assert!(!self.path().exists(), "a failed download is visible");
        let message = error.to_string();
        for part in ["copy the file to", "file.txt"] {
            assert!(message.contains(part), "`{part}` is not in: {message}");
        }
        match error {
            CacheError::Download(error) => error,
            other => panic!("{other}"),
        }
    }
}

/// Bytes that differ everywhere, more than fit into one buffer.
fn content() -> Vec<u8> {
    (0..20_000).flat_map(|i: u32| i.to_le_bytes()).collect()
}

fn serve(answers: &[Answer]) -> (Server, Case) {
    let server = Server::start(content(), answers.to_vec());
    let case = Case::new(server.file());
    (server, case)
}

#[test]
fn a_missing_file_is_downloaded_once() {
    let (server, case) = serve(&[Answer::Serve]);
    case.assert_complete();
    case.assert_complete();
    assert_eq!(server.requests(), [None]);
}

#[test]
fn a_cut_connection_is_resumed_where_it_was_cut() {
    let (server, case) = serve(&[
        Answer::CutAfter(30_000),
        Answer::CutAfter(20_000),
        Answer::Serve,
    ]);
    case.assert_complete();
    assert_eq!(server.requests(), [None, Some(30_000), Some(50_000)]);
}

#[test]
fn attempts_that_bring_something_do_not_count_as_failures() {
    // Seven cuts with three attempts allowed.
    let mut answers = vec![Answer::CutAfter(10_000); 7];
    answers.push(Answer::Serve);
    let (server, case) = serve(&answers);
    case.assert_complete();
    assert_eq!(server.requests().len(), 8);
}

#[test]
fn the_part_of_an_earlier_run_is_used() {
    let (server, case) = serve(&[Answer::Serve]);
    case.write(case.part(), &case.content[..40_000]);
    case.assert_complete();
    assert_eq!(server.requests(), [Some(40_000)]);
    // A complete part only needs its checksum.
    let (server, case) = serve(&[Answer::Status(404)]);
    case.write(case.part(), &case.content);
    case.assert_complete();
    assert!(server.requests().is_empty());
}

#[test]
fn a_part_with_other_content_is_downloaded_afresh() {
    let (server, case) = serve(&[Answer::Serve]);
    case.write(case.part(), &[7; 40_000]);
    case.assert_complete();
    assert_eq!(server.requests(), [Some(40_000), None]);
    let (server, case) = serve(&[Answer::Serve]);
    case.write(case.part(), &[7; 400_000]);
    case.assert_complete();
    assert_eq!(server.requests(), [None]);
}

#[test]
fn a_server_without_ranges_starts_again_from_the_first_byte() {
    let (server, case) = serve(&[Answer::CutAfter(30_000), Answer::IgnoreRange]);
    case.assert_complete();
    assert_eq!(server.requests(), [None, Some(30_000)]);
}

#[test]
fn a_server_that_always_cuts_at_the_same_byte_is_given_up() {
    // Every answer starts over and ends at the same byte, so only the first brings progress.
    let (server, case) = serve(&[Answer::CutWhole(30_000)]);
    match case.failure() {
        DownloadError::Failed { attempts, .. } => assert_eq!(attempts, 3),
        other => panic!("{other}"),
    }
    assert_eq!(server.requests(), [None, Some(30_000), Some(30_000)]);
}

#[test]
fn a_truncated_file_is_reported_with_both_sizes() {
    let (server, case) = serve(&[Answer::Truncated(1)]);
    let message = case.failure().to_string();
    assert!(message.contains("sent 79999 of 80000 bytes"), "{message}");
    // The rest is asked for once; the server does not have it, so the next try starts over.
    assert_eq!(server.requests(), [None, Some(79_999), None]);
}

#[test]
fn a_wrong_checksum_is_reported_with_both_checksums_after_a_second_try() {
    let (server, mut case) = serve(&[Answer::Serve]);
    case.dataset.files[0].sha256 = "0".repeat(64);
    let error = case.failure();
    assert!(
        matches!(error, DownloadError::WrongContent { .. }),
        "{error}"
    );
    let message = error.to_string();
    assert!(message.contains(&"0".repeat(64)), "{message}");
    assert!(message.contains(&sha256(&case.content)), "{message}");
    assert_eq!(server.requests(), [None, None]);
    assert_eq!(fs::metadata(case.part()).unwrap().len(), 0);
}

#[test]
fn a_file_that_is_too_long_is_wrong_content() {
    let (_server, mut case) = serve(&[Answer::Serve]);
    case.dataset.files[0].bytes = 1_000;
    let error = case.failure();
    assert!(
        matches!(error, DownloadError::WrongContent { bytes: 1_001, .. }),
        "{error}"
    );
}

#[test]
fn a_file_the_server_does_not_have_is_not_asked_for_again() {
    let (server, case) = serve(&[Answer::Status(404)]);
    match case.failure() {
        DownloadError::Refused {
            status, address, ..
        } => {
            assert_eq!(status, 404);
            assert_eq!(address, server.file());
        }
        other => panic!("{other}"),
    }
    assert_eq!(server.requests(), [None]);
}

#[test]
fn a_faulty_server_is_asked_again() {
    let (server, case) = serve(&[Answer::Status(503), Answer::Status(500), Answer::Serve]);
    case.assert_complete();
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn an_unreachable_server_is_reported_with_address_and_place() {
    // A port that was free a moment ago and has no listener now.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/file.txt", listener.local_addr().unwrap());
    drop(listener);
    let case = Case::new(&address);
    let error = case.failure();
    let message = error.to_string();
    assert!(
        matches!(error, DownloadError::Failed { attempts: 3, .. }),
        "{message}"
    );
    assert!(message.starts_with(&address), "{message}");
    assert!(
        message.contains(&case.path().display().to_string()),
        "{message}"
    );
}

/// `/dev/full` answers every write as a full disk does.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_with_a_remedy() {
    let (server, case) = serve(&[Answer::Serve]);
    fs::create_dir_all(case.part().parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/dev/full", case.part()).unwrap();
    let message = case.fetch().unwrap_err().to_string();
    assert!(message.contains("file.txt.part"), "{message}");
    assert!(message.contains("free some disk space"), "{message}");
    assert!(!case.path().exists());
    assert_eq!(server.requests(), [None], "no use in trying again");
}

#[test]
fn a_part_that_cannot_be_written_is_reported_with_a_remedy() {
    let (server, case) = serve(&[Answer::Serve]);
    fs::create_dir_all(case.part()).unwrap();
    let error = case.failure();
    assert!(matches!(error, DownloadError::Write { .. }), "{error}");
    assert!(error.to_string().contains("BURN_RECURRENT_DATA"), "{error}");
    assert!(server.requests().is_empty());
}

#[test]
fn two_downloads_at_once_give_one_good_file() {
    let pause = Duration::from_millis(200);
    let (server, case) = serve(&[Answer::Slow(pause)]);
    std::thread::scope(|scope| {
        let fetches: Vec<_> = (0..4).map(|_| scope.spawn(|| case.fetch())).collect();
        for fetch in fetches {
            fetch.join().unwrap().unwrap();
        }
    });
    case.assert_complete();
    assert_eq!(server.requests(), [None], "the others waited for the first");
}

#[test]
fn a_present_file_is_used_as_it_is() {
    let case = Case::new("http://127.0.0.1:1/never-asked");
    case.write(case.path(), &case.content);
    let folder = case.path().parent().unwrap().to_path_buf();
    let mut permissions = fs::metadata(&folder).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&folder, permissions.clone()).unwrap();
    let entries = || fs::read_dir(&folder).unwrap().count();
    assert_eq!(case.fetch().unwrap(), case.path());
    assert_eq!(entries(), 1, "nothing is written beside it");
    #[allow(clippy::permissions_set_readonly_false, reason = "it was so before")]
    permissions.set_readonly(false);
    fs::set_permissions(&folder, permissions).unwrap();
}

#[test]
fn a_present_file_with_other_content_is_reported_and_left_alone() {
    let (server, case) = serve(&[Answer::Serve]);
    case.write(case.path(), b"my own notes");
    let error = case.fetch().unwrap_err();
    let message = error.to_string();
    for part in [
        "file.txt: ",
        "12 bytes",
        &sha256(b"my own notes"),
        &case.dataset.files[0].sha256,
        "delete or rename it",
    ] {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
    assert_eq!(fs::read(case.path()).unwrap(), b"my own notes");
    assert!(server.requests().is_empty());
    drop(case.folder);
}
