//! Labels as they stand in files.

use burn_recurrent_datasets::TaggedPart;
use burn_recurrent_text::{Tag, TaggingTask};
use burn_recurrent_train::Report;

/// Checks that every label of spans marks one.
pub fn check(task: TaggingTask, part: &TaggedPart) -> Result<(), Report> {
    if task == (TaggingTask::Tags {}) {
        return Ok(());
    }
    for sentence in &part.sentences {
        for (word, label) in sentence.tags.iter().enumerate() {
            if Tag::parse(label).is_none() {
                return Err(Report::failure(format!(
                    "{}, line {}: the label `{label}` marks no span, expected `O`, or `B-`, `I-`, `E-` or `S-` and a \
                     kind, as in `B-NP`",
                    part.path.display(),
                    sentence.line(word)
                ))
                .with_help("for labels that are no spans, set `data.task = { kind = \"tags\" }`"));
            }
        }
    }
    Ok(())
}
