//! The gated recurrent unit.

use super::activation::Known;
use super::error::{Conversion, NoCounterpart};
use super::gates::{Gates, Joined};
use super::options::{Ours, module};
use crate::{Cell, Gru, GruCell, GruCellConfig, GruWeights, ResetGate};
use burn::module::Module;
use burn::nn;

const IMPORT: Conversion = Conversion {
    from: "burn::nn::Gru",
    to: "burn_recurrent::Gru",
};
const IMPORT_BOTH: Conversion = Conversion {
    from: "burn::nn::BiGru",
    ..IMPORT
};
const EXPORT: Conversion = Conversion {
    from: "burn_recurrent::Gru",
    to: "burn::nn::Gru",
};
const EXPORT_BOTH: Conversion = Conversion {
    to: "burn::nn::BiGru",
    ..EXPORT
};
const ZONEOUT: [&str; 1] = ["zoneout"];

/// See [`burn_nn`](crate::burn_nn).
impl TryFrom<&nn::Gru> for Gru {
    type Error = NoCounterpart;

    fn try_from(gru: &nn::Gru) -> Result<Self, NoCounterpart> {
        Ok(module(import(gru, IMPORT)?, None, true))
    }
}

/// See [`burn_nn`](crate::burn_nn).
impl TryFrom<&nn::BiGru> for Gru {
    type Error = NoCounterpart;

    fn try_from(gru: &nn::BiGru) -> Result<Self, NoCounterpart> {
        let forward = import(&gru.forward, IMPORT_BOTH)?;
        let backward = import(&gru.reverse, IMPORT_BOTH)?;
        Ok(module(forward, Some(backward), gru.batch_first))
    }
}

/// See [`burn_nn`](crate::burn_nn).
impl TryFrom<&Gru> for nn::Gru {
    type Error = NoCounterpart;

    fn try_from(gru: &Gru) -> Result<Self, NoCounterpart> {
        let cell = Ours::check(gru, &ZONEOUT, EXPORT)?.only_cell()?;
        let first = gru.is_batch_first();
        EXPORT.check(first, "batch_first", first, "it is always batch-first")?;
        export(cell, EXPORT)
    }
}

/// See [`burn_nn`](crate::burn_nn).
impl TryFrom<&Gru> for nn::BiGru {
    type Error = NoCounterpart;

    fn try_from(gru: &Gru) -> Result<Self, NoCounterpart> {
        let [forward, backward] = Ours::check(gru, &ZONEOUT, EXPORT_BOTH)?.both_cells()?;
        Ok(Self {
            forward: export(forward, EXPORT_BOTH)?,
            reverse: export(backward, EXPORT_BOTH)?,
            d_hidden: forward.d_output(),
            batch_first: gru.is_batch_first(),
        })
    }
}

fn import(gru: &nn::Gru, conversion: Conversion) -> Result<GruCell, NoCounterpart> {
    conversion.check_activation("gate_activation", &gru.gate_activation, Known::Sigmoid)?;
    conversion.check_activation("hidden_activation", &gru.hidden_activation, Known::Tanh)?;
    conversion.check_hidden_clip(gru.clip)?;
    let gates = Gates::join(&[&gru.reset_gate, &gru.update_gate, &gru.new_gate]);
    let (reset, bias, bias_candidate) = match gru.reset_after {
        true => {
            let (bias, candidate) = gates.split_bias().map(|[bias, last]| (bias, last)).unzip();
            (ResetGate::AfterProduct, bias, candidate)
        }
        false => (ResetGate::BeforeProduct, gates.summed_bias(), None),
    };
    let weights = GruWeights {
        weight_input: gates.weight_input,
        weight_hidden: gates.weight_hidden,
        bias,
        bias_candidate,
    };
    let [d_input, width] = weights.weight_input.dims();
    let cell = GruCellConfig::new(d_input, width / 3)
        .with_reset(reset)
        .with_bias(weights.bias.is_some())
        .init_with_weights(weights);
    Ok(match gates.trainable {
        true => cell,
        false => cell.no_grad(),
    })
}

fn export(cell: &GruCell, conversion: Conversion) -> Result<nn::Gru, NoCounterpart> {
    conversion.check_recurrence(&cell.recurrence, cell.norm.is_some())?;
    let joined = Joined {
        weight_input: &cell.weight_input,
        weight_hidden: &cell.weight_hidden,
        bias: cell.bias.as_ref(),
    };
    // r, z, n
    Ok(nn::Gru {
        reset_gate: joined.gate(0, None),
        update_gate: joined.gate(1, None),
        new_gate: joined.gate(2, cell.bias_candidate.as_ref()),
        d_hidden: cell.d_output(),
        reset_after: cell.reset() == ResetGate::AfterProduct,
        gate_activation: Known::Sigmoid.activation(),
        hidden_activation: Known::Tanh.activation(),
        clip: None,
    })
}
