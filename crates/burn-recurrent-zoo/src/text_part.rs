//! The part `text` of a model's description, whatever its task.

use crate::FolderError;
use burn_recurrent_models::ModelDescription;
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// The version of the part that is written, and the newest that is read.
pub(crate) const TEXT_VERSION: u32 = 1;

/// Makes the folder of a model, where there is none.
pub(crate) fn make_folder(folder: &Path) -> Result<(), FolderError> {
    std::fs::create_dir_all(folder).map_err(|source| FolderError::Make {
        path: folder.to_path_buf(),
        source,
    })
}

/// The part `text` of a description.
pub(crate) fn read_text<T: for<'de> Deserialize<'de>>(
    description: &ModelDescription,
    folder: &Path,
) -> Result<T, FolderError> {
    let no_text = |message: String| FolderError::NoText {
        path: folder.join(ModelDescription::FILE),
        message,
    };
    let text = description.text.clone();
    let text = text.ok_or_else(|| no_text("it has no `text`".to_string()))?;
    // Another version may have other fields, so the version is looked at before them.
    match text.get("version").and_then(Value::as_u64) {
        Some(found) if found > u64::from(TEXT_VERSION) => {
            return Err(FolderError::NewerText {
                path: folder.join(ModelDescription::FILE),
                found,
                newest: TEXT_VERSION,
            });
        }
        _ => {}
    }
    serde_json::from_value(text).map_err(|error| no_text(format!("`text`: {error}")))
}
