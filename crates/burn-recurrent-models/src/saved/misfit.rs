//! Differences between the weights of a file and those of a model.

use core::fmt;
use safetensors::Dtype;
use std::collections::BTreeMap;

/// A tensor's shape and the type of its elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TensorType {
    pub(super) shape: Vec<usize>,
    pub(super) dtype: Dtype,
}

impl TensorType {
    /// Whether a tensor of the other type can take this one's place: numbers of half the precision are as good as those
    /// of single precision, which they become when they are loaded.
    fn takes(&self, found: &Self) -> bool {
        let same = self.dtype == found.dtype;
        let half = matches!(found.dtype, Dtype::F16 | Dtype::BF16);
        self.shape == found.shape && (same || self.dtype == Dtype::F32 && half)
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dtype {
            Dtype::F32 => write!(f, "{:?}", self.shape),
            dtype => write!(f, "{:?} of {dtype:?}", self.shape),
        }
    }
}

/// The differences between the weights of a file and those of a model: every tensor that does, by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WeightsMisfit {
    /// The tensors that the model has and the file has not.
    pub missing: Vec<String>,
    /// The tensors that the file has and the model has not.
    pub extra: Vec<String>,
    /// The tensors that both have, but not with the same shape and a type of elements that can be
    /// loaded: what the model expects and what the file has, in words.
    pub misshapen: Vec<(String, String, String)>,
}

impl WeightsMisfit {
    /// The differences, if there are any.
    pub(super) fn between(
        expected: &BTreeMap<String, TensorType>,
        found: &BTreeMap<String, TensorType>,
    ) -> Option<Self> {
        let without = |these: &BTreeMap<String, TensorType>,
                       those: &BTreeMap<String, TensorType>| {
            let names = these.keys().filter(|name| !those.contains_key(*name));
            names.cloned().collect()
        };
        let misfit = Self {
            missing: without(expected, found),
            extra: without(found, expected),
            misshapen: expected
                .iter()
                .filter_map(|(name, expected)| {
                    let found = found.get(name).filter(|found| !expected.takes(found))?;
                    Some((name.clone(), expected.to_string(), found.to_string()))
                })
                .collect(),
        };
        (misfit != Self::default()).then_some(misfit)
    }
}

impl fmt::Display for WeightsMisfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.missing.is_empty() {
            parts.push(format!("missing {}", self.missing.join(", ")));
        }
        if !self.extra.is_empty() {
            parts.push(format!("extra {}", self.extra.join(", ")));
        }
        let misshapen = self.misshapen.iter();
        parts.extend(
            misshapen
                .map(|(name, expected, found)| format!("{name} is {found}, expected {expected}")),
        );
        f.write_str(&parts.join("; "))
    }
}
