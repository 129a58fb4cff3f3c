//! Errors of weights and the files that hold them.

use std::fmt;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why weights could not be read, written or converted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// A file could not be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("{}: cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not of the format that its beginning or name promises, or is damaged.
    #[error("{}: not a sound {format} file: {message}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// "safetensors", "PyTorch" or "npz".
        format: &'static str,
        /// What is wrong.
        message: String,
    },
    /// A file has not what is asked of it: no such tensor, or one of another kind or of a size beyond belief.
    #[error("{}: {message}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What was asked and what is there.
        message: String,
    },
    /// A file cannot be written in a format of that name.
    #[error(
        "{}: weights are written as .safetensors or .npz, so the name must end in one of these",
        path.display()
    )]
    UnknownExtension {
        /// The file.
        path: PathBuf,
    },
    /// There are no recurrent weights under a prefix.
    #[error("{}: no {expected} under the prefix {prefix:?}; {}{hint}", path.display(), found_prefixes(found))]
    NotFound {
        /// The file.
        path: PathBuf,
        /// The prefix.
        prefix: String,
        /// The tensor that every module has.
        expected: String,
        /// The prefixes in the file under which there is such a tensor.
        found: Vec<String>,
        /// What the tensors that are there look like, if that is known.
        hint: &'static str,
    },
    /// The tensors under a prefix are not those of the module: all that are missing, too many, or of another shape or
    /// element type.
    #[error("{}: the tensors do not fit the module:{}{}", path.display(), listed(problems), hint_of(problems))]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// What is wrong, tensor by tensor.
        problems: Vec<TensorProblem>,
    },
    /// The module computes something that the other library cannot.
    #[error("{library} has no counterpart for {}", options.join(", "))]
    NoCounterpart {
        /// "PyTorch" or "Keras".
        library: &'static str,
        /// The options, as they are called in the configuration.
        options: Vec<String>,
    },
    /// The Keras layers that were named are not as many as the module has, or not as many directions each.
    #[error("{message}")]
    Layers {
        /// What was named and what was expected.
        message: String,
    },
    /// A tensor of that name is there already.
    #[error("{}: the tensor {name:?} is there already", path.display())]
    Duplicate {
        /// The file, or what it is to become.
        path: PathBuf,
        /// The tensor.
        name: String,
    },
}

/// What is wrong with one tensor of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TensorProblem {
    /// The module needs it and the file has it not.
    Missing {
        /// Its name in the file.
        name: String,
        /// Its shape.
        expected: Vec<usize>,
    },
    /// The file has it under the prefix, and the module has no use for it.
    Extra {
        /// Its name in the file.
        name: String,
        /// Its shape.
        found: Vec<usize>,
    },
    /// It has another shape.
    Shape {
        /// Its name in the file.
        name: String,
        /// The module's shape.
        expected: Vec<usize>,
        /// The file's shape.
        found: Vec<usize>,
    },
    /// Its elements are not floating-point numbers of 16, 32 or 64 bits.
    ElementType {
        /// Its name in the file.
        name: String,
        /// The file's element type.
        found: String,
    },
}

impl fmt::Display for TensorProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name, expected } => {
                write!(f, "{name}: missing, expected with shape {expected:?}")
            }
            Self::Extra { name, found } => {
                write!(f, "{name}: unexpected, found with shape {found:?}")
            }
            Self::Shape {
                name,
                expected,
                found,
            } => write!(f, "{name}: expected shape {expected:?}, found {found:?}"),
            Self::ElementType { name, found } => {
                write!(f, "{name}: expected f32, f16, bf16 or f64, found {found}")
            }
        }
    }
}

fn listed(problems: &[TensorProblem]) -> String {
    problems
        .iter()
        .map(|problem| format!("\n  {problem}"))
        .collect()
}

fn hint_of(problems: &[TensorProblem]) -> &'static str {
    hint(problems.iter().filter_map(|problem| match problem {
        TensorProblem::Extra { name, .. } => Some(name.as_str()),
        _ => None,
    }))
}

/// What to do about tensors of these names, if they tell; as the end of a message.
pub(crate) fn hint<'a>(mut names: impl Iterator<Item = &'a str>) -> &'static str {
    names
        .find_map(|name| {
            if name.contains("parametrizations.") {
                Some(
                    "; before you save, undo the weight normalisation: \
                     `torch.nn.utils.parametrize.remove_parametrizations(lstm, \"weight_hh_l0\")`",
                )
            } else if name.contains("weight_") && name.ends_with("_g") {
                Some(
                    "; before you save, undo the weight normalisation: \
                     `torch.nn.utils.remove_weight_norm(lstm, \"weight_hh_l0\")`",
                )
            } else {
                None
            }
        })
        .unwrap_or_default()
}

fn found_prefixes(found: &[String]) -> String {
    match found {
        [] => "the file has none at all".to_owned(),
        _ => {
            let quoted: Vec<String> = found.iter().map(|prefix| format!("{prefix:?}")).collect();
            format!("the file has some under {}", quoted.join(", "))
        }
    }
}
