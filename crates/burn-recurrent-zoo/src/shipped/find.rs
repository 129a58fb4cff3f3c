//! The zoo's folder, and the models in it.

use super::{ZooError, ZooModel};
use burn_recurrent_models::ModelDescription;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The environment variable that names the folder of the zoo.
pub const ZOO_VARIABLE: &str = "BURN_RECURRENT_ZOO";

/// The folder of a model of the zoo, by its name: a folder of that name in the folder that `BURN_RECURRENT_ZOO` names, or where
/// that is not set in `zoo/` of the current folder or of the repository that this was built from.
///
/// ```no_run
/// use burn::tensor::Device;
/// use burn_recurrent_zoo::{TrainedTagger, find};
///
/// let tagger = TrainedTagger::load(find("ewt-upos")?, &Device::default())?;
/// println!("{:?}", tagger.tag_sentence(&["The", "cat", "sat", "."]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`ZooError::NotFound`], which lists the models that there are.
pub fn find(name: &str) -> Result<PathBuf, ZooError> {
    find_in(&folders(), name)
}

/// The folder of a model that is given by its folder, such as a run directory, or by its name. What is a folder is never taken
/// for a name.
///
/// # Errors
///
/// As [`find`], for what is no folder and could be a name.
pub fn resolve(model: impl AsRef<Path>) -> Result<PathBuf, ZooError> {
    let model = model.as_ref();
    match model.to_str() {
        Some(name) if is_name(model) && !model.exists() => find(name),
        _ => Ok(model.to_path_buf()),
    }
}

/// The models of the zoo, by name. A folder without a card, `zoo.json`, is passed over.
///
/// # Errors
///
/// When a card cannot be read, or the folder that `BURN_RECURRENT_ZOO` names.
pub fn models() -> Result<Vec<ZooModel>, ZooError> {
    if let Some(path) = named() {
        fs::read_dir(&path).map_err(|source| ZooError::Folder { path, source })?;
    }
    models_in(&folders())
}

fn find_in(zoo: &[PathBuf], name: &str) -> Result<PathBuf, ZooError> {
    let found = zoo.iter().map(|folder| folder.join(name));
    let mut found = found.filter(|path| is_name(Path::new(name)) && has_model(path));
    found.next().ok_or_else(|| ZooError::NotFound {
        name: name.to_string(),
        zoo: zoo.to_vec(),
        names: folders_by_name(zoo).into_keys().collect(),
    })
}

fn models_in(zoo: &[PathBuf]) -> Result<Vec<ZooModel>, ZooError> {
    let folders = folders_by_name(zoo).into_iter();
    let with_card = folders.filter(|(_, path)| path.join(ZooModel::FILE).exists());
    with_card
        .map(|(name, path)| ZooModel::read(name, path))
        .collect()
}

/// Every folder with a model; of two with one name the first.
fn folders_by_name(zoo: &[PathBuf]) -> BTreeMap<String, PathBuf> {
    let mut folders = BTreeMap::new();
    for entry in zoo.iter().flat_map(fs::read_dir).flatten().flatten() {
        if let Ok(name) = entry.file_name().into_string()
            && !name.starts_with('.')
            && has_model(&entry.path())
        {
            folders.entry(name).or_insert_with(|| entry.path());
        }
    }
    folders
}

fn has_model(folder: &Path) -> bool {
    folder.join(ModelDescription::FILE).is_file()
}

/// Whether a path is a single name, which leads nowhere else.
fn is_name(path: &Path) -> bool {
    let mut parts = path.components();
    matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(_)), None)
    )
}

fn named() -> Option<PathBuf> {
    std::env::var_os(ZOO_VARIABLE)
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
}

fn folders() -> Vec<PathBuf> {
    let built_from = || {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .map(|root| root.join("zoo"))
    };
    match named() {
        Some(folder) => vec![folder],
        None => [Some(PathBuf::from("zoo")), built_from()]
            .into_iter()
            .flatten()
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(zoo: &Path, name: &str, card: Option<&str>) {
        let folder = zoo.join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("model.json"), "{}").unwrap();
        if let Some(card) = card {
            fs::write(folder.join("zoo.json"), card).unwrap();
        }
    }

    #[test]
    fn a_model_is_found_by_name_in_the_first_folder_that_has_it() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let zoo = [first.path().to_path_buf(), second.path().to_path_buf()];
        model(&zoo[1], "a", None);
        model(&zoo[1], "b", None);
        assert_eq!(find_in(&zoo, "a").unwrap(), zoo[1].join("a"));
        model(&zoo[0], "a", None);
        assert_eq!(find_in(&zoo, "a").unwrap(), zoo[0].join("a"));
        // A folder without a model, and what is no name.
        fs::create_dir(zoo[0].join("c")).unwrap();
        for name in ["c", "../a", "", "a/b", "."] {
            let error = find_in(&zoo[1..], name).unwrap_err().to_string();
            assert!(error.contains("has a, b"), "{name}: {error}");
        }
        let error = find_in(&[], "a").unwrap_err().to_string();
        assert!(error.contains("none at all"), "{error}");
    }

    #[test]
    fn cards_are_read_and_wrong_ones_named() {
        let folder = tempfile::tempdir().unwrap();
        let zoo = [folder.path().to_path_buf()];
        let card = r#"{"recipe": "sequence-tagging", "task": "tags", "kind": "tagger", "bytes": 3, "parameters": 2,
            "main_figure": "test_f1", "figures": {"test_f1": 0.5}, "more": [1]}"#;
        model(&zoo[0], "a", Some(card));
        model(&zoo[0], "without-card", None);
        let models = models_in(&zoo).unwrap();
        assert_eq!(models.len(), 1);
        assert_eq!((models[0].name.as_str(), models[0].bytes), ("a", 3));
        assert_eq!(models[0].figure(), Some(("test_f1", 0.5)));
        model(&zoo[0], "b", Some("{}"));
        let error = models_in(&zoo).unwrap_err().to_string();
        assert!(
            error.contains("zoo.json") && error.contains("recipe"),
            "{error}"
        );
    }
}
