//! The long short-term memory.

use super::activation::Known;
use super::error::{Conversion, NoCounterpart};
use super::gates::{Gates, Joined};
use super::options::{Ours, module};
use crate::{Lstm, LstmCell, LstmCellConfig, LstmWeights};
use burn::module::Module;
use burn::nn;

const IMPORT: Conversion = Conversion {
    from: "burn::nn::Lstm",
    to: "burn_recurrent::Lstm",
};
const IMPORT_BOTH: Conversion = Conversion {
    from: "burn::nn::BiLstm",
    ..IMPORT
};
const EXPORT: Conversion = Conversion {
    from: "burn_recurrent::Lstm",
    to: "burn::nn::Lstm",
};
const EXPORT_BOTH: Conversion = Conversion {
    to: "burn::nn::BiLstm",
    ..EXPORT
};
const ZONEOUT: [&str; 2] = ["zoneout_hidden", "zoneout_cell"];

/// See [`burn_nn`](crate::burn_nn).
impl TryFrom<&nn::Lstm> for Lstm {
    type Error = NoCounterpart;

    fn try_from(lstm: &nn::Lstm) -> Result<Self, NoCounterpart> {
        IMPORT.check_direction(lstm.reverse)?;
        Ok(module(import(lstm, IMPORT)?, None, lstm.batch_first))
    }
}

/// See [`burn_nn`](crate::burn_nn).
impl TryFrom<&nn::BiLstm> for Lstm {
    type Error = NoCounterpart;

    fn try_from(lstm: &nn::BiLstm) -> Result<Self, NoCounterpart> {
        IMPORT_BOTH.check_direction(lstm.forward.reverse)?;
        let forward = import(&lstm.forward, IMPORT_BOTH)?;
        let backward = import(&lstm.reverse, IMPORT_BOTH)?;
        Ok(module(forward, Some(backward), lstm.batch_first))
    }
}

/// See [`burn_nn`](crate::burn_nn).
impl TryFrom<&Lstm> for nn::Lstm {
    type Error = NoCounterpart;

    fn try_from(lstm: &Lstm) -> Result<Self, NoCounterpart> {
        let cell = Ours::check(lstm, &ZONEOUT, EXPORT)?.only_cell()?;
        export(cell, lstm.is_batch_first(), EXPORT)
    }
}

/// See [`burn_nn`](crate::burn_nn).
impl TryFrom<&Lstm> for nn::BiLstm {
    type Error = NoCounterpart;

    fn try_from(lstm: &Lstm) -> Result<Self, NoCounterpart> {
        let [forward, backward] = Ours::check(lstm, &ZONEOUT, EXPORT_BOTH)?.both_cells()?;
        // The two inside are always batch-first.
        Ok(Self {
            forward: export(forward, true, EXPORT_BOTH)?,
            reverse: export(backward, true, EXPORT_BOTH)?,
            d_hidden: forward.d_cell(),
            batch_first: lstm.is_batch_first(),
        })
    }
}

fn import(lstm: &nn::Lstm, conversion: Conversion) -> Result<LstmCell, NoCounterpart> {
    conversion.check_activation("gate_activation", &lstm.gate_activation, Known::Sigmoid)?;
    conversion.check_activation("cell_activation", &lstm.cell_activation, Known::Tanh)?;
    conversion.check_activation("hidden_activation", &lstm.hidden_activation, Known::Tanh)?;
    if let Some(clip) = lstm.clip {
        let reason = "the memory cell's clip must be positive there";
        conversion.check(clip > 0.0, "clip", clip, reason)?;
    }
    let mut gates = vec![&lstm.input_gate];
    if !lstm.input_forget {
        let reason = "without it there must be a forget gate";
        let forget = lstm.forget_gate.as_ref();
        gates.push(forget.ok_or_else(|| conversion.refuse("input_forget", false, reason))?);
    }
    gates.extend([&lstm.cell_gate, &lstm.output_gate]);
    let gates = Gates::join(&gates);
    let weights = LstmWeights {
        bias: gates.summed_bias(),
        weight_input: gates.weight_input,
        weight_hidden: gates.weight_hidden,
        projection: None,
        peephole: None,
    };
    let [d_input, _] = weights.weight_input.dims();
    let [d_hidden, _] = weights.weight_hidden.dims();
    let cell = LstmCellConfig::new(d_input, d_hidden)
        .with_coupled(lstm.input_forget)
        .with_cell_clip(lstm.clip)
        .with_bias(weights.bias.is_some())
        .init_with_weights(weights);
    Ok(match gates.trainable {
        true => cell,
        false => cell.no_grad(),
    })
}

fn export(
    cell: &LstmCell,
    batch_first: bool,
    conversion: Conversion,
) -> Result<nn::Lstm, NoCounterpart> {
    let peephole = cell.peephole.is_some();
    conversion.check(!peephole, "peephole", peephole, "it has no peepholes")?;
    if let Some(projection) = &cell.projection {
        let [_, width] = projection.dims();
        return Err(conversion.refuse("d_projection", width, "it has no projection"));
    }
    conversion.check_recurrence(&cell.recurrence, cell.norm.is_some())?;
    let joined = Joined {
        weight_input: &cell.weight_input,
        weight_hidden: &cell.weight_hidden,
        bias: cell.bias.as_ref(),
    };
    // i, f, g, o, or coupled i, g, o.
    let coupled = cell.is_coupled();
    let after_forget = if coupled { 1 } else { 2 };
    Ok(nn::Lstm {
        input_gate: joined.gate(0, None),
        forget_gate: (!coupled).then(|| joined.gate(1, None)),
        cell_gate: joined.gate(after_forget, None),
        output_gate: joined.gate(after_forget + 1, None),
        d_hidden: cell.d_cell(),
        batch_first,
        reverse: false,
        clip: cell.cell_clip(),
        input_forget: coupled,
        gate_activation: Known::Sigmoid.activation(),
        cell_activation: Known::Tanh.activation(),
        hidden_activation: Known::Tanh.activation(),
    })
}
