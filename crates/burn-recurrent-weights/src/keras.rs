//! Keras' names and layout.

use crate::claim::{Needed, is_kept, shape_for};
use crate::convertible::{ConvertibleCell, ModuleShape, Slot, cells, set_cells};
use crate::error::WeightsError;
use crate::file::TensorFile;
use crate::options::ComputedOption;
use crate::parts::{Matrix, Parts, swap_gates};
use burn::tensor::Device;
use burn_recurrent::{Recurrent, ResetGate};

const LIBRARY: &str = "Keras";

/// Where a file has the weights of one Keras layer, or of the two within a `Bidirectional`.
///
/// Keras has an object for each layer, so a module of several layers is named by several of these. A name is what stands
/// before `kernel`, `recurrent_kernel` and `bias` in the file, with or without the cell's own part: of a variable whose
/// `path` is `lstm/lstm_cell/kernel` both `"lstm"` and `"lstm/lstm_cell"` do. Parts may be separated by `/` or
/// `.`, and a `:0` at the end of the file's names does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KerasLayer {
    forward: String,
    backward: Option<String>,
}

impl KerasLayer {
    /// A layer of one direction.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            forward: name.into(),
            backward: None,
        }
    }

    /// The two layers of a `Bidirectional`, such as `"bidirectional/forward_lstm"` and `"bidirectional/backward_lstm"`,
    /// whose outputs are concatenated.
    pub fn bidirectional(forward: impl Into<String>, backward: impl Into<String>) -> Self {
        Self {
            forward: forward.into(),
            backward: Some(backward.into()),
        }
    }
}

/// Weights of Keras, read and written: those of `SimpleRNN`, `GRU` and `LSTM`, alone, stacked or in `Bidirectional`, with
/// the default activations (of a `SimpleRNN`: that of the module).
///
/// [`Rnn`](burn_recurrent::Rnn), [`Gru`](burn_recurrent::Gru) and [`Lstm`](burn_recurrent::Lstm) have this trait.
pub trait KerasWeights: Sized {
    /// The module's configuration.
    type Config;

    /// The configuration of the module whose weights a file has under these layers' names: the widths, whether there are
    /// biases, and from the bias' shape whether a GRU was made with `reset_after`. Without biases nothing tells, and
    /// Keras' default, true, is taken.
    ///
    /// # Errors
    ///
    /// [`WeightsError::Layers`] if no layer is named, or some have one direction and others two;
    /// [`WeightsError::NotFound`] or [`WeightsError::Mismatch`] if the tensors are not those of such layers.
    fn keras_config(file: &TensorFile, layers: &[KerasLayer])
    -> Result<Self::Config, WeightsError>;

    /// The module whose weights a file has under these layers' names, configured as
    /// [`keras_config`](Self::keras_config) says.
    ///
    /// # Errors
    ///
    /// As [`keras_config`](Self::keras_config), or if the file cannot be read.
    fn from_keras(
        file: &TensorFile,
        layers: &[KerasLayer],
        device: &Device,
    ) -> Result<Self, WeightsError>;

    /// Gives this module the weights that a file has under these layers' names; its options, its device, and which
    /// parameters take gradients stay as they are. On an error the module is unchanged.
    ///
    /// # Errors
    ///
    /// As [`TorchWeights::load_torch`](crate::TorchWeights::load_torch); Keras has no projection either, but both places
    /// of a GRU's reset gate, and any activation.
    fn load_keras(&mut self, file: &TensorFile, layers: &[KerasLayer]) -> Result<(), WeightsError>;

    /// The weights under these names and in Keras' layout, f32, for [`TensorFile::save`]: `lstm/kernel`,
    /// `lstm/recurrent_kernel` and `lstm/bias` for the layer `"lstm"`, in the order of Keras' `set_weights`. The separator is
    /// the name's own, `/` where it has none.
    ///
    /// # Errors
    ///
    /// [`WeightsError::NoCounterpart`] if the module has options that Keras has not (peepholes, coupled gates, a clip
    /// of the memory cell, projection, layer normalisation, zoneout); [`WeightsError::Layers`] if not as many layers and directions
    /// are named as the module has; [`WeightsError::Duplicate`] if two have the same name.
    fn to_keras(&self, layers: &[KerasLayer]) -> Result<TensorFile, WeightsError>;
}

impl<C: ConvertibleCell> KerasWeights for Recurrent<C> {
    type Config = C::Config;

    fn keras_config(file: &TensorFile, layers: &[KerasLayer]) -> Result<C::Config, WeightsError> {
        let names = Names::of(file, layers)?;
        infer::<C>(file, &names).map(|shape| C::config(&shape))
    }

    fn from_keras(
        file: &TensorFile,
        layers: &[KerasLayer],
        device: &Device,
    ) -> Result<Self, WeightsError> {
        let names = Names::of(file, layers)?;
        let shape = infer::<C>(file, &names)?;
        Ok(shape.module(read::<C>(file, &names, &shape)?, device))
    }

    fn load_keras(&mut self, file: &TensorFile, layers: &[KerasLayer]) -> Result<(), WeightsError> {
        let shape = shape_for(self, LIBRARY, |option| is_known(option) || is_kept(option))?;
        check_layers(layers, &shape)?;
        let names = Names::of(file, layers)?;
        claim::<C>(file, &names, &shape)?;
        let parts = read::<C>(file, &names, &shape)?;
        set_cells(self, parts);
        Ok(())
    }

    fn to_keras(&self, layers: &[KerasLayer]) -> Result<TensorFile, WeightsError> {
        let shape = shape_for(self, LIBRARY, is_known)?;
        check_layers(layers, &shape)?;
        let mut file = TensorFile::new();
        for (slot, cell) in shape.slots().zip(cells(self)) {
            let layer = &layers[slot.layer];
            let name = match slot.backward {
                false => &layer.forward,
                true => layer.backward.as_ref().unwrap_or(&layer.forward),
            };
            write(&mut file, name, &shape, cell.parts())?;
        }
        Ok(file)
    }
}

/// Whether Keras has the option.
fn is_known(option: ComputedOption) -> bool {
    matches!(
        option,
        ComputedOption::Reset(_) | ComputedOption::Activation(_)
    )
}

fn check_layers(layers: &[KerasLayer], shape: &ModuleShape) -> Result<(), WeightsError> {
    let directions = 1 + usize::from(shape.bidirectional);
    let fits = layers.len() == shape.num_layers
        && layers
            .iter()
            .all(|layer| layer.backward.is_some() == shape.bidirectional);
    match fits {
        true => Ok(()),
        false => Err(WeightsError::Layers {
            message: format!(
                "the module has {} layers of {directions} directions each, so as many Keras layers must be named, but \
                 these were: {layers:?}",
                shape.num_layers,
            ),
        }),
    }
}

/// The file's names for the tensors of each cell.
struct Names {
    /// In the order of [`ModuleShape::slots`].
    cells: Vec<CellNames>,
    bidirectional: bool,
}

struct CellNames {
    prefix: String,
    kernel: String,
    recurrent_kernel: String,
    bias: Option<String>,
    /// All names under the prefix that hold weights.
    present: Vec<String>,
}

impl Names {
    fn of(file: &TensorFile, layers: &[KerasLayer]) -> Result<Self, WeightsError> {
        let bidirectional = layers.first().is_some_and(|layer| layer.backward.is_some());
        if layers.is_empty()
            || layers
                .iter()
                .any(|layer| layer.backward.is_some() != bidirectional)
        {
            return Err(WeightsError::Layers {
                message: format!(
                    "expected at least one Keras layer, all of one direction or all of two, but these were named: \
                     {layers:?}"
                ),
            });
        }
        let prefixes = layers
            .iter()
            .flat_map(|layer| [Some(&layer.forward), layer.backward.as_ref()])
            .flatten();
        Ok(Self {
            cells: prefixes
                .map(|prefix| CellNames::of(file, prefix))
                .collect::<Result<_, _>>()?,
            bidirectional,
        })
    }
}

impl CellNames {
    fn of(file: &TensorFile, prefix: &str) -> Result<Self, WeightsError> {
        let dotted = normalized(prefix);
        let dotted = dotted.trim_end_matches('.');
        let mut present = Vec::new();
        let find = |kind: &str| {
            let mut found = None;
            for name in file.names() {
                let normal = normalized(name);
                let Some(rest) = below(&normal, dotted) else {
                    continue;
                };
                // `kernel`, or `lstm_cell.kernel`.
                let is_it = match rest.split_once('.') {
                    None => rest == kind,
                    Some((_, rest)) => rest == kind,
                };
                if is_it && found.is_none() {
                    found = Some(name.to_owned());
                }
            }
            found
        };
        let kernel = find("kernel");
        let recurrent_kernel = find("recurrent_kernel");
        let bias = find("bias");
        for name in file.names() {
            let normal = normalized(name);
            // Layers with dropout have the state of a random generator beside their weights.
            if let Some(rest) = below(&normal, dotted)
                && !rest.ends_with("seed_generator_state")
            {
                present.push(name.to_owned());
            }
        }
        let Some(kernel) = kernel else {
            let prefixes = file.names().filter_map(|name| {
                let normal = normalized(name);
                let prefix = normal.strip_suffix("recurrent_kernel")?;
                Some(prefix.trim_end_matches('.').to_owned())
            });
            return Err(WeightsError::NotFound {
                path: file.path().to_owned(),
                prefix: prefix.to_owned(),
                expected: "kernel".to_owned(),
                found: prefixes.collect(),
                hint: "",
            });
        };
        let beside = |kind: &str| joined(prefix, kind);
        Ok(Self {
            recurrent_kernel: recurrent_kernel.unwrap_or_else(|| beside("recurrent_kernel")),
            prefix: prefix.to_owned(),
            kernel,
            bias,
            present,
        })
    }
}

/// The name with dots between its parts and no `:0` at its end.
fn normalized(name: &str) -> String {
    let name = match name.rsplit_once(':') {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => name,
    };
    name.replace('/', ".")
}

/// What follows the prefix in a name, both normalised.
fn below<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    match prefix.is_empty() {
        true => Some(name),
        false => name.strip_prefix(prefix)?.strip_prefix('.'),
    }
}

/// A tensor's name under a prefix, with the prefix' own separator.
fn joined(prefix: &str, kind: &str) -> String {
    let separator = match prefix.contains('.') && !prefix.contains('/') {
        true => '.',
        false => '/',
    };
    match prefix.trim_end_matches(['/', '.']) {
        "" => kind.to_owned(),
        prefix => format!("{prefix}{separator}{kind}"),
    }
}

/// The shape of the module of these tensors, which are all that are needed.
fn infer<C: ConvertibleCell>(
    file: &TensorFile,
    names: &Names,
) -> Result<ModuleShape, WeightsError> {
    let first = &names.cells[0];
    let [d_input, columns] = file.matrix_shape(&first.kernel)?;
    let d_hidden = match file.shape(&first.recurrent_kernel) {
        Some(_) => file.matrix_shape(&first.recurrent_kernel)?[0],
        None => columns.div_ceil(C::GATES),
    };
    let bias_rank = first
        .bias
        .as_ref()
        .and_then(|bias| file.shape(bias))
        .map(<[usize]>::len);
    let shape = ModuleShape {
        d_input,
        d_hidden,
        d_projection: None,
        num_layers: names.cells.len() / (1 + usize::from(names.bidirectional)),
        bidirectional: names.bidirectional,
        bias: first.bias.is_some(),
        reset: match bias_rank {
            Some(1) => ResetGate::BeforeProduct,
            _ => ResetGate::AfterProduct,
        },
    };
    claim::<C>(file, names, &shape)?;
    Ok(shape)
}

/// The shape of Keras' bias.
fn bias_shape<C: ConvertibleCell>(shape: &ModuleShape) -> Vec<usize> {
    let width = C::GATES * shape.d_hidden;
    match C::GATES == 3 && shape.reset == ResetGate::AfterProduct {
        true => vec![2, width],
        false => vec![width],
    }
}

fn claim<C: ConvertibleCell>(
    file: &TensorFile,
    names: &Names,
    shape: &ModuleShape,
) -> Result<(), WeightsError> {
    let width = C::GATES * shape.d_hidden;
    let mut needed = Vec::new();
    let mut present = Vec::new();
    for (slot, cell) in shape.slots().zip(&names.cells) {
        let mut need = |name: &str, shape| {
            needed.push(Needed {
                name: name.to_owned(),
                shape,
            });
        };
        need(&cell.kernel, vec![shape.d_input_of(slot.layer), width]);
        need(&cell.recurrent_kernel, vec![shape.d_hidden, width]);
        if shape.bias {
            let beside = || joined(&cell.prefix, "bias");
            need(
                &cell.bias.clone().unwrap_or_else(beside),
                bias_shape::<C>(shape),
            );
        }
        present.extend(cell.present.iter().map(String::as_str));
    }
    file.claim(&needed, &present)
}

/// The weights of all cells; the tensors have been claimed.
fn read<C: ConvertibleCell>(
    file: &TensorFile,
    names: &Names,
    shape: &ModuleShape,
) -> Result<Vec<Parts>, WeightsError> {
    let n = shape.d_hidden;
    let width = C::GATES * n;
    // Keras' GRU has the gates in the order z, r, h.
    let is_gru = C::GATES == 3;
    let read = |(slot, cell): (Slot, &CellNames)| {
        let matrix = |name: &str, rows| {
            let matrix = Matrix::new(rows, width, file.floats(name)?);
            Ok::<_, WeightsError>(match is_gru {
                true => matrix.with_swapped_gates(n),
                false => matrix,
            })
        };
        let mut parts = Parts {
            weight_input: matrix(&cell.kernel, shape.d_input_of(slot.layer))?,
            weight_hidden: matrix(&cell.recurrent_kernel, n)?,
            bias: None,
            bias_candidate: None,
            projection: None,
        };
        if let Some(name) = &cell.bias {
            let mut bias = file.floats(name)?;
            if is_gru {
                bias.chunks_exact_mut(width)
                    .for_each(|bias| swap_gates(bias, n));
            }
            // The second row of a GRU with `reset_after` is the recurrent product's bias.
            if bias.len() == 2 * width {
                let recurrent = bias.split_off(width);
                for (sum, recurrent) in bias[..2 * n].iter_mut().zip(&recurrent) {
                    *sum += recurrent;
                }
                parts.bias_candidate = Some(recurrent[2 * n..].to_vec());
            }
            parts.bias = Some(bias);
        }
        Ok(parts)
    };
    shape.slots().zip(&names.cells).map(read).collect()
}

fn write(
    file: &mut TensorFile,
    prefix: &str,
    shape: &ModuleShape,
    parts: Parts,
) -> Result<(), WeightsError> {
    let n = shape.d_hidden;
    let is_gru = parts.weight_hidden.columns == 3 * n;
    let mut matrix = |kind, matrix: Matrix| {
        let matrix = match is_gru {
            true => matrix.with_swapped_gates(n),
            false => matrix,
        };
        file.insert(
            joined(prefix, kind),
            &[matrix.rows, matrix.columns],
            matrix.values,
        )
    };
    matrix("kernel", parts.weight_input)?;
    matrix("recurrent_kernel", parts.weight_hidden)?;
    if let Some(mut bias) = parts.bias {
        if is_gru {
            swap_gates(&mut bias, n);
        }
        let width = bias.len();
        let shape = match parts.bias_candidate {
            Some(candidate) => {
                bias.resize(2 * width - n, 0.0);
                bias.extend(candidate);
                vec![2, width]
            }
            None => vec![width],
        };
        file.insert(joined(prefix, "bias"), &shape, bias)?;
    }
    Ok(())
}
