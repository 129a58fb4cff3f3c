//! Zoneout: keeping the previous state at random.

use crate::CellState;
use burn::module::{Content, DisplaySettings, Flag, Module, ModuleDisplay, Param};
use burn::tensor::{Distribution, Tensor};

/// Zoneout (Krueger et al. 2017, <https://arxiv.org/abs/1606.01305>): while training, each unit of
/// the state keeps its previous value with a given probability; afterwards the expectation of that
/// is used.
#[derive(Module, Debug)]
#[module(custom_display)]
pub(crate) struct Zoneout {
    /// The probability for each part of the state, the hidden vector's first.
    probs: Vec<f64>,
    training: Param<Flag>,
}

impl Zoneout {
    /// Zoneout with one probability for each part of a state.
    ///
    /// # Panics
    ///
    /// If a probability is not in `[0, 1)`.
    pub(crate) fn new(probs: Vec<f64>) -> Self {
        for prob in &probs {
            assert!(
                (0.0..1.0).contains(prob),
                "a zoneout probability must be in [0, 1), but is {prob}"
            );
        }
        Self {
            probs,
            training: Param::from_bool(true),
        }
    }

    /// The probability for each part of the state, as far as they were given.
    pub(crate) fn probs(&self) -> &[f64] {
        &self.probs
    }

    /// Whether it changes anything.
    pub(crate) fn is_active(&self) -> bool {
        self.probs.iter().any(|prob| *prob > 0.0)
    }

    /// The new state, units of it kept from the previous one.
    pub(crate) fn forward<S: CellState>(&self, previous: S, new: S) -> S {
        let parts = previous
            .into_parts()
            .into_iter()
            .zip(new.into_parts())
            .enumerate()
            .map(|(index, (previous, new))| {
                let prob = self.probs.get(index).copied().unwrap_or(0.0);
                self.part(prob, previous, new)
            });
        S::from_parts(parts.collect())
    }

    fn part(&self, prob: f64, previous: Tensor<2>, new: Tensor<2>) -> Tensor<2> {
        if prob == 0.0 {
            return new;
        }
        if self.training.is_enabled() && new.device().is_autodiff() {
            let keep = new.random_like(Distribution::Bernoulli(prob)).bool();
            new.mask_where(keep, previous)
        } else {
            previous * prob + new * (1.0 - prob)
        }
    }
}

impl ModuleDisplay for Zoneout {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new()
            .with_new_line_after_attribute(false)
            .optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        content.add_debug_attribute("probs", &self.probs).optional()
    }
}
