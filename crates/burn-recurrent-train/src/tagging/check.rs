//! Labels as they stand in files.

use burn_recurrent_datasets::TaggedPart;
use burn_recurrent_text::{Tag, TaggingTask};

use super::error::TaggingError;

/// Checks that every label of spans marks one.
///
/// # Errors
///
/// Names the first that does not, with its file and line.
pub fn check_labels(task: TaggingTask, part: &TaggedPart) -> Result<(), TaggingError> {
    if task == (TaggingTask::Tags {}) {
        return Ok(());
    }
    for sentence in &part.sentences {
        for (word, label) in sentence.tags.iter().enumerate() {
            if Tag::parse(label).is_none() {
                return Err(TaggingError::NoSpan {
                    path: part.path.clone(),
                    line: sentence.line(word),
                    label: label.clone(),
                });
            }
        }
    }
    Ok(())
}
