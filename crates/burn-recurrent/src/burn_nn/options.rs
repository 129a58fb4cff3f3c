//! The options that the cells share, and whether the other crate has them.

use super::error::{Conversion, NoCounterpart};
use crate::recurrence::Recurrence;
use crate::{Cell, Recurrent, RecurrentConfig};

/// A module of this crate that is to become one of `burn::nn`'s.
pub(super) struct Ours<'a, C: Cell> {
    module: &'a Recurrent<C>,
    conversion: Conversion,
}

impl<'a, C: Cell> Ours<'a, C> {
    /// Checks the options that do not depend on the kind of cell; `zoneout` names that option for each part of the
    /// state.
    pub(super) fn check(
        module: &'a Recurrent<C>,
        zoneout: &[&'static str],
        conversion: Conversion,
    ) -> Result<Self, NoCounterpart> {
        let layers = module.num_layers();
        conversion.check(layers == 1, "num_layers", layers, "it has one layer")?;
        for (option, prob) in zoneout.iter().zip(module.zoneout()) {
            conversion.check(*prob == 0.0, option, prob, "it has no zoneout")?;
        }
        Ok(Self { module, conversion })
    }

    /// The cell of a module of one direction.
    pub(super) fn only_cell(&self) -> Result<&'a C, NoCounterpart> {
        let two = self.module.is_bidirectional();
        let reason = "it has one direction; its Bi form has two";
        self.conversion.check(!two, "bidirectional", two, reason)?;
        Ok(&self.module.layers[0].forward)
    }

    /// The cells of a module of two directions, forward and backward.
    pub(super) fn both_cells(&self) -> Result<[&'a C; 2], NoCounterpart> {
        let layer = &self.module.layers[0];
        match &layer.backward {
            Some(backward) => Ok([&layer.forward, backward]),
            None => {
                let reason = "it has two directions; its form without Bi has one";
                Err(self.conversion.refuse("bidirectional", false, reason))
            }
        }
    }
}

impl Conversion {
    /// Refuses what no module of `burn::nn` has in its recurrent product.
    pub(super) fn check_recurrence(
        self,
        recurrence: &Recurrence,
        layer_norm: bool,
    ) -> Result<(), NoCounterpart> {
        let reason = "it has no layer normalisation";
        self.check(!layer_norm, "layer_norm", layer_norm, reason)?;
        let prob = recurrence.weight_drop();
        self.check(prob == 0.0, "weight_drop", prob, "it has no weight drop")?;
        let prob = recurrence.recurrent_dropout();
        let reason = "it has no recurrent dropout";
        self.check(prob == 0.0, "recurrent_dropout", prob, reason)
    }

    /// Refuses a module of `burn::nn` that reads backwards only.
    pub(super) fn check_direction(self, reverse: bool) -> Result<(), NoCounterpart> {
        let reason =
            "a module of one direction reads forwards; flip its input and output along the time";
        self.check(!reverse, "reverse", reverse, reason)
    }

    /// Refuses the clipping of a hidden vector.
    pub(super) fn check_hidden_clip(self, clip: Option<f64>) -> Result<(), NoCounterpart> {
        match clip {
            None => Ok(()),
            Some(clip) => {
                let reason = "hidden vectors are not clipped there, only an LSTM's memory cells";
                Err(self.refuse("clip", clip, reason))
            }
        }
    }
}

/// A module of one layer from its cells, one for each direction.
pub(super) fn module<C: Cell>(forward: C, backward: Option<C>, batch_first: bool) -> Recurrent<C> {
    let d_input = forward.d_input();
    let bidirectional = backward.is_some();
    let mut cells = [Some(forward), backward].into_iter().flatten();
    RecurrentConfig::new()
        .with_bidirectional(bidirectional)
        .with_batch_first(batch_first)
        .init_with(d_input, |_| {
            cells.next().expect("a cell for each direction")
        })
}
