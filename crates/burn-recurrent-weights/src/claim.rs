//! The comparison of the tensors that a module needs with those that a file has.

use crate::convertible::{ConvertibleCell, ModuleShape, cells};
use crate::error::{TensorProblem, WeightsError};
use crate::file::{CONTIGUOUS, Data, TensorFile};
use crate::options::ComputedOption;
use burn_recurrent::Recurrent;
use std::collections::HashSet;

/// The widest axis that is believed; beyond it, products of sizes need not fit a `usize`.
const MAX_WIDTH: usize = 1 << 40;

/// How many times the file's size the tensors of a module may take: layers may share their weights.
const MAX_SHARED: u64 = 16;

/// A tensor that a module needs.
pub(crate) struct Needed {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
}

impl TensorFile {
    /// Compares what is needed with what there is: `present` are the names under the module's prefix.
    ///
    /// All problems are found, in the order of the names that are needed, then of those that are not.
    pub(crate) fn claim(&self, needed: &[Needed], present: &[&str]) -> Result<(), WeightsError> {
        let mut problems = Vec::new();
        // Those of a PyTorch file, which are views of storages: how many bytes, and the largest.
        let mut unread = 0u64;
        let mut largest = (0, "");
        for Needed { name, shape } in needed {
            let Some(entry) = self.get(name) else {
                problems.push(TensorProblem::Missing {
                    name: name.clone(),
                    expected: shape.clone(),
                });
                continue;
            };
            if entry.shape != *shape {
                problems.push(TensorProblem::Shape {
                    name: name.clone(),
                    expected: shape.clone(),
                    found: entry.shape.clone(),
                });
            }
            if !entry.element.is_float() {
                problems.push(TensorProblem::ElementType {
                    name: name.clone(),
                    found: entry.element.to_string(),
                });
            }
            if let Data::Pytorch(tensor) = &entry.data {
                let bytes = tensor.byte_len() as u64;
                unread = unread.saturating_add(bytes);
                if bytes > largest.0 {
                    largest = (bytes, name);
                }
            }
        }
        let names: HashSet<&str> = needed.iter().map(|needed| needed.name.as_str()).collect();
        for name in present {
            if !names.contains(name) {
                problems.push(TensorProblem::Extra {
                    name: (*name).to_owned(),
                    found: self.shape(name).unwrap_or_default().to_vec(),
                });
            }
        }
        if !problems.is_empty() {
            return Err(WeightsError::Mismatch {
                path: self.path().to_owned(),
                problems,
            });
        }
        let (bytes, name) = largest;
        if bytes > self.length() || unread > self.length().saturating_mul(MAX_SHARED) {
            return Err(self.unusable(format!(
                "the tensors take {unread} bytes of a file of {}, the largest, {name}, {bytes}: {CONTIGUOUS}",
                self.length()
            )));
        }
        Ok(())
    }

    /// The two axes of a tensor, neither empty nor beyond belief.
    pub(crate) fn matrix_shape(&self, name: &str) -> Result<[usize; 2], WeightsError> {
        let shape = &self.entry(name)?.shape;
        match shape.as_slice() {
            &[rows, columns]
                if [rows, columns]
                    .iter()
                    .all(|axis| (1..=MAX_WIDTH).contains(axis)) =>
            {
                Ok([rows, columns])
            }
            _ => Err(self.unusable(format!("{name}: expected a matrix, found shape {shape:?}"))),
        }
    }
}

/// The module's shape, unless `accept` refuses one of its options or its layers are not alike.
pub(crate) fn shape_for<C: ConvertibleCell>(
    module: &Recurrent<C>,
    library: &'static str,
    accept: impl Fn(ComputedOption) -> bool,
) -> Result<ModuleShape, WeightsError> {
    let mut options: Vec<ComputedOption> = Vec::new();
    let has_zoneout = module.zoneout().iter().any(|prob| *prob > 0.0);
    let zoneout = has_zoneout.then_some(ComputedOption::Zoneout);
    for option in cells(module).flat_map(|cell| cell.options()).chain(zoneout) {
        if !accept(option) && !options.contains(&option) {
            options.push(option);
        }
    }
    let mut options: Vec<String> = options.iter().map(ToString::to_string).collect();
    let shape = ModuleShape::of(module);
    if options.is_empty() && shape.is_none() {
        options.push("layers that are not alike".to_owned());
    }
    match shape {
        Some(shape) if options.is_empty() => Ok(shape),
        _ => Err(WeightsError::NoCounterpart { library, options }),
    }
}

/// Whether an option is a setting beside the weights, which a module may keep when it gets weights of a library that has
/// no such thing.
pub(crate) fn is_kept(option: ComputedOption) -> bool {
    matches!(
        option,
        ComputedOption::CellClip(_) | ComputedOption::Zoneout
    )
}
