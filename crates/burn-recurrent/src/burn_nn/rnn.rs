//! The Elman network.

use super::activation::{Known, name};
use super::error::{Conversion, NoCounterpart};
use super::gates::{Gates, Joined};
use super::options::{Ours, module};
use crate::{Cell, Rnn, RnnActivation, RnnCell, RnnCellConfig, RnnWeights};
use burn::module::Module;
use burn::nn;

const IMPORT: Conversion = Conversion {
    from: "burn::nn::Rnn",
    to: "burn_recurrent::Rnn",
};
const IMPORT_BOTH: Conversion = Conversion {
    from: "burn::nn::BiRnn",
    ..IMPORT
};
const EXPORT: Conversion = Conversion {
    from: "burn_recurrent::Rnn",
    to: "burn::nn::Rnn",
};
const EXPORT_BOTH: Conversion = Conversion {
    to: "burn::nn::BiRnn",
    ..EXPORT
};
const ZONEOUT: [&str; 1] = ["zoneout"];

/// See [`burn_nn`](crate::burn_nn).
impl TryFrom<&nn::Rnn> for Rnn {
    type Error = NoCounterpart;

    fn try_from(rnn: &nn::Rnn) -> Result<Self, NoCounterpart> {
        IMPORT.check_direction(rnn.reverse)?;
        Ok(module(import(rnn, IMPORT)?, None, rnn.batch_first))
    }
}

/// See [`burn_nn`](crate::burn_nn).
impl TryFrom<&nn::BiRnn> for Rnn {
    type Error = NoCounterpart;

    fn try_from(rnn: &nn::BiRnn) -> Result<Self, NoCounterpart> {
        IMPORT_BOTH.check_direction(rnn.forward.reverse)?;
        let forward = import(&rnn.forward, IMPORT_BOTH)?;
        let backward = import(&rnn.reverse, IMPORT_BOTH)?;
        Ok(module(forward, Some(backward), rnn.batch_first))
    }
}

/// See [`burn_nn`](crate::burn_nn).
impl TryFrom<&Rnn> for nn::Rnn {
    type Error = NoCounterpart;

    fn try_from(rnn: &Rnn) -> Result<Self, NoCounterpart> {
        let cell = Ours::check(rnn, &ZONEOUT, EXPORT)?.only_cell()?;
        export(cell, rnn.is_batch_first(), EXPORT)
    }
}

/// See [`burn_nn`](crate::burn_nn).
impl TryFrom<&Rnn> for nn::BiRnn {
    type Error = NoCounterpart;

    fn try_from(rnn: &Rnn) -> Result<Self, NoCounterpart> {
        let [forward, backward] = Ours::check(rnn, &ZONEOUT, EXPORT_BOTH)?.both_cells()?;
        // The two inside are always batch-first.
        Ok(Self {
            forward: export(forward, true, EXPORT_BOTH)?,
            reverse: export(backward, true, EXPORT_BOTH)?,
            d_hidden: forward.d_output(),
            batch_first: rnn.is_batch_first(),
        })
    }
}

fn import(rnn: &nn::Rnn, conversion: Conversion) -> Result<RnnCell, NoCounterpart> {
    let activation = match Known::of(&rnn.hidden_activation) {
        Some(Known::Tanh) => RnnActivation::Tanh,
        Some(Known::Relu) => RnnActivation::Relu,
        Some(Known::Sigmoid) => RnnActivation::Sigmoid,
        None => {
            let reason = "it knows the hyperbolic tangent, the rectifier and the logistic function";
            let name = name(&rnn.hidden_activation);
            return Err(conversion.refuse("hidden_activation", name, reason));
        }
    };
    conversion.check_hidden_clip(rnn.clip)?;
    let gates = Gates::join(&[&rnn.gate]);
    let weights = RnnWeights {
        bias: gates.summed_bias(),
        weight_input: gates.weight_input,
        weight_hidden: gates.weight_hidden,
    };
    let [d_input, d_hidden] = weights.weight_input.dims();
    let cell = RnnCellConfig::new(d_input, d_hidden)
        .with_activation(activation)
        .with_bias(weights.bias.is_some())
        .init_with_weights(weights);
    Ok(match gates.trainable {
        true => cell,
        false => cell.no_grad(),
    })
}

fn export(
    cell: &RnnCell,
    batch_first: bool,
    conversion: Conversion,
) -> Result<nn::Rnn, NoCounterpart> {
    conversion.check_recurrence(&cell.recurrence, cell.norm.is_some())?;
    let joined = Joined {
        weight_input: &cell.weight_input,
        weight_hidden: &cell.weight_hidden,
        bias: cell.bias.as_ref(),
    };
    let activation = match cell.activation() {
        RnnActivation::Tanh => Known::Tanh,
        RnnActivation::Relu => Known::Relu,
        RnnActivation::Sigmoid => Known::Sigmoid,
    };
    Ok(nn::Rnn {
        gate: joined.gate(0, None),
        d_hidden: cell.d_output(),
        batch_first,
        reverse: false,
        clip: None,
        hidden_activation: activation.activation(),
    })
}
