//! PyTorch's names and layout.

use crate::claim::{Needed, is_kept, shape_for};
use crate::convertible::{ConvertibleCell, ModuleShape, Slot, cells, set_cells};
use crate::error::{WeightsError, hint};
use crate::file::TensorFile;
use crate::options::ComputedOption;
use crate::parts::{Matrix, Parts};
use burn::tensor::Device;
use burn_recurrent::{Recurrent, ResetGate, RnnActivation};

const LIBRARY: &str = "PyTorch";

/// Weights of PyTorch, read and written: those of `nn.RNN`, `nn.GRU` and `nn.LSTM`; read, also those of `nn.RNNCell`,
/// `nn.GRUCell` and `nn.LSTMCell`, as modules of one layer.
///
/// [`Rnn`](burn_recurrent::Rnn), [`Gru`](burn_recurrent::Gru) and [`Lstm`](burn_recurrent::Lstm) have this trait.
///
/// The prefix is the module's path in the state dict: `"encoder.rnn"` for `encoder.rnn.weight_ih_l0`; a dot at its end may be
/// left out, and it is empty for a state dict of the module alone. Every tensor under the prefix must belong to the
/// module. See the [crate's page](crate) for an example.
pub trait TorchWeights: Sized {
    /// The module's configuration.
    type Config;

    /// The configuration of the module whose weights a file has under a prefix: the widths, the number of layers and
    /// directions, whether there are biases, and an LSTM's projection, as names and shapes tell.
    ///
    /// What they do not tell stays at its default: dropout, `batch_first`, and the activation of an
    /// [`Rnn`](burn_recurrent::Rnn).
    ///
    /// # Errors
    ///
    /// If there are no such weights, or they are not those of one module of these cells: see
    /// [`WeightsError::NotFound`] and [`WeightsError::Mismatch`].
    fn torch_config(file: &TensorFile, prefix: &str) -> Result<Self::Config, WeightsError>;

    /// The module whose weights a file has under a prefix, configured as [`torch_config`](Self::torch_config) says.
    ///
    /// # Errors
    ///
    /// As [`torch_config`](Self::torch_config), or if the file cannot be read.
    fn from_torch(file: &TensorFile, prefix: &str, device: &Device) -> Result<Self, WeightsError>;

    /// Gives this module the weights that a file has under a prefix; its options, its device, and which parameters
    /// take gradients stay as they are. On an error the module is unchanged.
    ///
    /// # Errors
    ///
    /// [`WeightsError::Mismatch`] with all tensors that are missing, too many or of another shape or type;
    /// [`WeightsError::NoCounterpart`] if the module has options with which PyTorch's weights mean nothing (peepholes,
    /// coupled gates, layer normalisation, a GRU's reset gate before the product, the logistic activation). A clip of
    /// the memory cell and zoneout are kept.
    fn load_torch(&mut self, file: &TensorFile, prefix: &str) -> Result<(), WeightsError>;

    /// The weights under PyTorch's names and in its layout, f32, for [`TensorFile::save`].
    ///
    /// PyTorch adds two biases where burn-recurrent has their sum: `bias_ih` is the sum and `bias_hh` zero, except the
    /// part of a GRU's candidate. Dropout of any kind acts in training only and is not written; zoneout's expectation is
    /// part of what a trained module computes, so a module with zoneout has no counterpart.
    ///
    /// # Errors
    ///
    /// [`WeightsError::NoCounterpart`] if the module has options that PyTorch has not, all of them named.
    fn to_torch(&self, prefix: &str) -> Result<TensorFile, WeightsError>;
}

impl<C: ConvertibleCell> TorchWeights for Recurrent<C> {
    type Config = C::Config;

    fn torch_config(file: &TensorFile, prefix: &str) -> Result<C::Config, WeightsError> {
        infer::<C>(file, &Names::of(file, prefix)).map(|shape| C::config(&shape))
    }

    fn from_torch(file: &TensorFile, prefix: &str, device: &Device) -> Result<Self, WeightsError> {
        let names = Names::of(file, prefix);
        let shape = infer::<C>(file, &names)?;
        Ok(shape.module(read::<C>(file, &names, &shape)?, device))
    }

    fn load_torch(&mut self, file: &TensorFile, prefix: &str) -> Result<(), WeightsError> {
        let names = Names::of(file, prefix);
        let shape = shape_for(self, LIBRARY, |option| is_known(option) || is_kept(option))?;
        claim::<C>(file, &names, &shape)?;
        let parts = read::<C>(file, &names, &shape)?;
        set_cells(self, parts);
        Ok(())
    }

    fn to_torch(&self, prefix: &str) -> Result<TensorFile, WeightsError> {
        let shape = shape_for(self, LIBRARY, is_known)?;
        let mut file = TensorFile::new();
        let names = Names::of(&file, prefix);
        for (slot, cell) in shape.slots().zip(cells(self)) {
            write(&mut file, &names, &shape, slot, cell.parts())?;
        }
        Ok(file)
    }
}

/// Whether PyTorch has the option.
fn is_known(option: ComputedOption) -> bool {
    matches!(
        option,
        ComputedOption::Projection
            | ComputedOption::Reset(ResetGate::AfterProduct)
            | ComputedOption::Activation(RnnActivation::Tanh | RnnActivation::Relu)
    )
}

fn dotted(prefix: &str) -> String {
    match prefix.is_empty() || prefix.ends_with('.') {
        true => prefix.to_owned(),
        false => format!("{prefix}."),
    }
}

/// The tensor that every module has.
const FIRST_KIND: &str = "weight_ih";
const FIRST: Slot = Slot {
    layer: 0,
    backward: false,
};

/// What a module's tensors are called.
struct Names {
    /// Empty, or with a dot at its end.
    prefix: String,
    /// Whether they are those of one of PyTorch's cells: of one layer, which is not numbered.
    is_cell: bool,
}

impl Names {
    fn of(file: &TensorFile, prefix: &str) -> Self {
        let mut names = Self {
            prefix: dotted(prefix),
            is_cell: false,
        };
        let has_first = |names: &Self| file.shape(&names.get(FIRST_KIND, FIRST)).is_some();
        if !has_first(&names) {
            names.is_cell = true;
            names.is_cell = has_first(&names);
        }
        names
    }

    /// `weight_ih_l1_reverse`.
    fn get(&self, kind: &str, slot: Slot) -> String {
        let prefix = &self.prefix;
        let reverse = if slot.backward { "_reverse" } else { "" };
        match self.is_cell && slot == FIRST {
            true => format!("{prefix}{kind}"),
            false => format!("{prefix}{kind}_l{}{reverse}", slot.layer),
        }
    }

    /// The names under the prefix in a file.
    fn present<'a>(&self, file: &'a TensorFile) -> Vec<&'a str> {
        file.names()
            .filter(|name| name.starts_with(&self.prefix))
            .collect()
    }

    /// There is no such module in a file.
    fn not_found(&self, file: &TensorFile) -> WeightsError {
        let suffix = format!("{FIRST_KIND}_l0");
        let found = file
            .names()
            .filter_map(|name| {
                name.strip_suffix(&suffix)
                    .or_else(|| name.strip_suffix(FIRST_KIND))
            })
            .filter(|prefix| prefix.is_empty() || prefix.ends_with('.'))
            .map(str::to_owned);
        WeightsError::NotFound {
            path: file.path().to_owned(),
            prefix: self.prefix.clone(),
            found: found.collect(),
            expected: suffix,
            hint: hint(self.present(file).into_iter()),
        }
    }
}

/// The shape of the module whose tensors are under the prefix, all of which it needs.
fn infer<C: ConvertibleCell>(
    file: &TensorFile,
    names: &Names,
) -> Result<ModuleShape, WeightsError> {
    let present = names.present(file);
    let has = |kind: &str, slot: Slot| file.shape(&names.get(kind, slot)).is_some();
    if !has(FIRST_KIND, FIRST) {
        return Err(names.not_found(file));
    }
    let [rows, d_input] = file.matrix_shape(&names.get("weight_ih", FIRST))?;
    let hidden = match has("weight_hh", FIRST) {
        true => Some(file.matrix_shape(&names.get("weight_hh", FIRST))?[1]),
        false => None,
    };
    // Only an LSTM has projections; under another cell's they are too many.
    let projection = match C::GATES == 4 && has("weight_hr", FIRST) {
        true => Some(file.matrix_shape(&names.get("weight_hr", FIRST))?),
        false => None,
    };
    let d_hidden = match projection {
        Some([_, d_hidden]) => d_hidden,
        None => hidden.unwrap_or(rows.div_ceil(C::GATES)),
    };
    let has_layer = |layer: usize| {
        [false, true]
            .into_iter()
            .any(|backward| KINDS.iter().any(|kind| has(kind, Slot { layer, backward })))
    };
    let mut num_layers = (0..present.len())
        .take_while(|layer| has_layer(*layer))
        .count();
    // A layer after a gap shows that the one in the gap is missing.
    if has_layer(num_layers + 1) {
        num_layers += 2;
    }
    let any = |part: &str| {
        present.iter().any(|name| {
            let name = &name[names.prefix.len()..];
            KINDS.iter().any(|kind| name.starts_with(kind)) && name.contains(part)
        })
    };
    let shape = ModuleShape {
        d_input,
        d_hidden,
        d_projection: projection.map(|[width, _]| width),
        num_layers,
        bidirectional: any("_reverse"),
        bias: any("bias_"),
        reset: ResetGate::AfterProduct,
    };
    claim::<C>(file, names, &shape)?;
    Ok(shape)
}

const KINDS: [&str; 5] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"];

/// Checks that the tensors under the prefix are those of a module of this shape.
fn claim<C: ConvertibleCell>(
    file: &TensorFile,
    names: &Names,
    shape: &ModuleShape,
) -> Result<(), WeightsError> {
    let width = C::GATES * shape.d_hidden;
    let mut needed = Vec::new();
    for slot in shape.slots() {
        let mut need = |kind, shape| {
            needed.push(Needed {
                name: names.get(kind, slot),
                shape,
            });
        };
        need("weight_ih", vec![width, shape.d_input_of(slot.layer)]);
        need("weight_hh", vec![width, shape.d_state()]);
        if shape.bias {
            need("bias_ih", vec![width]);
            need("bias_hh", vec![width]);
        }
        if let Some(d_projection) = shape.d_projection {
            need("weight_hr", vec![d_projection, shape.d_hidden]);
        }
    }
    file.claim(&needed, &names.present(file))
}

/// The weights of all cells; the tensors have been claimed.
fn read<C: ConvertibleCell>(
    file: &TensorFile,
    names: &Names,
    shape: &ModuleShape,
) -> Result<Vec<Parts>, WeightsError> {
    let width = C::GATES * shape.d_hidden;
    let read = |slot: Slot| {
        let matrix = |kind, rows, columns| {
            let values = file.floats(&names.get(kind, slot))?;
            Ok::<_, WeightsError>(Matrix::new(rows, columns, values).transposed())
        };
        let mut parts = Parts {
            weight_input: matrix("weight_ih", width, shape.d_input_of(slot.layer))?,
            weight_hidden: matrix("weight_hh", width, shape.d_state())?,
            bias: None,
            bias_candidate: None,
            projection: match shape.d_projection {
                Some(d_projection) => Some(matrix("weight_hr", d_projection, shape.d_hidden)?),
                None => None,
            },
        };
        if shape.bias {
            let mut bias = file.floats(&names.get("bias_ih", slot))?;
            let recurrent = file.floats(&names.get("bias_hh", slot))?;
            // A GRU's reset gate acts on the candidate's recurrent bias, so that one is kept apart.
            let summed = match C::GATES {
                3 => 2 * shape.d_hidden,
                _ => width,
            };
            for (sum, recurrent) in bias[..summed].iter_mut().zip(&recurrent) {
                *sum += recurrent;
            }
            parts.bias_candidate = (C::GATES == 3).then(|| recurrent[summed..].to_vec());
            parts.bias = Some(bias);
        }
        Ok(parts)
    };
    shape.slots().map(read).collect()
}

fn write(
    file: &mut TensorFile,
    names: &Names,
    shape: &ModuleShape,
    slot: Slot,
    parts: Parts,
) -> Result<(), WeightsError> {
    let mut matrix = |kind, matrix: Matrix| {
        let matrix = matrix.transposed();
        file.insert(
            names.get(kind, slot),
            &[matrix.rows, matrix.columns],
            matrix.values,
        )
    };
    matrix("weight_ih", parts.weight_input)?;
    matrix("weight_hh", parts.weight_hidden)?;
    if let Some(projection) = parts.projection {
        matrix("weight_hr", projection)?;
    }
    if let Some(bias) = parts.bias {
        let mut recurrent = vec![0.0; bias.len()];
        if let Some(candidate) = parts.bias_candidate {
            recurrent[2 * shape.d_hidden..].copy_from_slice(&candidate);
        }
        file.insert(names.get("bias_ih", slot), &[bias.len()], bias)?;
        file.insert(names.get("bias_hh", slot), &[recurrent.len()], recurrent)?;
    }
    Ok(())
}
