use super::manifest::{FORMAT, MANIFEST};
use super::*;
use serde::Deserialize;
use std::fs;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Config {
    size: usize,
}
impl RecipeConfig for Config {}

#[test]
fn a_run_is_created_whole_and_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs/tiny");
    let run = RunDirectory::create("toy", &path, &Config { size: 3 }).unwrap();
    assert_eq!(run.config::<Config>().unwrap(), Config { size: 3 });
    let reader = RunDirectory::open("toy", &path).unwrap();
    assert_eq!(reader.config::<Config>().unwrap(), Config { size: 3 });
}

#[test]
fn one_process_at_a_time_trains_in_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let run = RunDirectory::create("toy", &path, &Config { size: 3 }).unwrap();
    assert!(matches!(
        RunDirectory::resume("toy", &path),
        Err(RunDirectoryError::Locked { .. })
    ));
    drop(run);
    RunDirectory::resume("toy", &path).unwrap();
}

#[test]
fn what_is_there_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    drop(RunDirectory::create("toy", &path, &Config { size: 3 }).unwrap());
    let error = RunDirectory::create("toy", &path, &Config { size: 4 }).unwrap_err();
    assert!(matches!(error, RunDirectoryError::Exists { .. }));
    assert!(error.help().unwrap().contains("--resume"));
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("thesis.tex"), "x").unwrap();
    for path in [other.clone(), other.join("thesis.tex")] {
        let error = RunDirectory::create("toy", path, &Config { size: 4 }).unwrap_err();
        assert!(
            matches!(error, RunDirectoryError::NotEmpty { .. }),
            "{error}"
        );
    }
    assert_eq!(fs::read_dir(&other).unwrap().count(), 1);
}

#[test]
fn an_empty_folder_is_used_and_numbers_go_on() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("run-001")).unwrap();
    let base = folder.path().join("run");
    let first = RunDirectory::create_numbered("toy", &base, &Config { size: 3 }).unwrap();
    assert!(first.path().ends_with("run-001"));
    let second = RunDirectory::create_numbered("toy", &base, &Config { size: 3 }).unwrap();
    assert!(second.path().ends_with("run-002"));
}

#[test]
fn a_run_of_another_recipe_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    drop(RunDirectory::create("toy", &path, &Config { size: 3 }).unwrap());
    let error = RunDirectory::resume("other", &path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` is a run of the recipe `toy`, not of `other`",
            path.display()
        )
    );
    assert!(error.is_usage());
    assert!(matches!(
        RunDirectory::open("toy", folder.path()),
        Err(RunDirectoryError::NotARun { .. })
    ));
}

#[test]
fn a_run_of_another_version_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    drop(RunDirectory::create("toy", &path, &Config { size: 3 }).unwrap());
    let manifest = fs::read_to_string(path.join(MANIFEST)).unwrap();
    for (format, help) in [(FORMAT + 1, "update this program"), (0, "train again")] {
        let other = manifest.replace("\"format\": 1", &format!("\"format\": {format}"));
        fs::write(path.join(MANIFEST), other).unwrap();
        let error = RunDirectory::open("toy", &path).unwrap_err();
        assert!(matches!(error, RunDirectoryError::OtherFormat { found, .. } if found == format));
        assert!(error.help().unwrap().contains(help));
    }
}

#[test]
fn a_damaged_manifest_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    drop(RunDirectory::create("toy", &path, &Config { size: 3 }).unwrap());
    fs::write(path.join(MANIFEST), "{\"recipe\": ").unwrap();
    let error = RunDirectory::open("toy", &path).unwrap_err();
    assert!(matches!(error, RunDirectoryError::Damaged { .. }));
    assert!(error.to_string().contains(MANIFEST));
}
