//! The interface of the three built-in cells for reading and writing their weights.

use crate::options::{ComputedOption, of_gru, of_lstm, of_rnn};
use crate::parts::{Matrix, Parts, set, set_optional, values, vector};
use burn::tensor::Device;
use burn_recurrent::{
    Cell, GruCell, GruCellConfig, GruConfig, GruWeights, LstmCell, LstmCellConfig, LstmConfig,
    LstmWeights, Recurrent, RecurrentConfig, RecurrentInitializer, ResetGate, RnnCell,
    RnnCellConfig, RnnConfig, RnnWeights,
};

/// A cell whose weights are read from and written to the files of other libraries: [`RnnCell`], [`GruCell`] and
/// [`LstmCell`].
pub trait ConvertibleCell: Cell + private::PrivateCell {}

impl ConvertibleCell for RnnCell {}
impl ConvertibleCell for GruCell {}
impl ConvertibleCell for LstmCell {}

/// All that a module's tensors in a file depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleShape {
    pub(crate) d_input: usize,
    pub(crate) d_hidden: usize,
    pub(crate) d_projection: Option<usize>,
    pub(crate) num_layers: usize,
    pub(crate) bidirectional: bool,
    pub(crate) bias: bool,
    /// Of a GRU.
    pub(crate) reset: ResetGate,
}

/// The dimensions of one cell's weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dims {
    weight_input: [usize; 2],
    weight_hidden: [usize; 2],
    bias: bool,
    d_projection: Option<usize>,
}

/// One cell's place in a module.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slot {
    pub(crate) layer: usize,
    pub(crate) backward: bool,
}

pub(crate) mod private {
    use super::{ComputedOption, Device, Dims, ModuleShape, Parts};
    use burn_recurrent::Cell;

    /// The part of [`ConvertibleCell`](super::ConvertibleCell) that nobody else can implement or call.
    pub trait PrivateCell: Cell {
        /// How many blocks of `d_hidden` columns the weights have.
        const GATES: usize;
        /// The module's configuration.
        type Config;

        /// The configuration of modules of this shape.
        fn config(shape: &ModuleShape) -> Self::Config;
        fn from_parts(parts: Parts, shape: &ModuleShape, device: &Device) -> Self;
        fn set_parts(&mut self, parts: Parts);
        fn dims(&self) -> Dims;
        fn parts(&self) -> Parts;
        fn options(&self) -> Vec<ComputedOption>;
    }
}

impl private::PrivateCell for RnnCell {
    const GATES: usize = 1;
    type Config = RnnConfig;

    fn config(shape: &ModuleShape) -> RnnConfig {
        RnnConfig::new(shape.d_input, shape.d_hidden)
            .with_num_layers(shape.num_layers)
            .with_bidirectional(shape.bidirectional)
            .with_bias(shape.bias)
            .with_initializer(INITIALIZER)
    }

    fn from_parts(parts: Parts, shape: &ModuleShape, device: &Device) -> Self {
        RnnCellConfig::new(parts.weight_input.rows, shape.d_hidden)
            .with_bias(shape.bias)
            .init_with_weights(RnnWeights {
                weight_input: parts.weight_input.tensor(device),
                weight_hidden: parts.weight_hidden.tensor(device),
                bias: parts.bias.map(|bias| vector(bias, device)),
            })
    }

    fn set_parts(&mut self, parts: Parts) {
        let device = self.weight_input.val().device();
        set(&mut self.weight_input, parts.weight_input.tensor(&device));
        set(&mut self.weight_hidden, parts.weight_hidden.tensor(&device));
        let bias = parts.bias.map(|bias| vector(bias, &device));
        set_optional(&mut self.bias, bias);
    }

    fn dims(&self) -> Dims {
        Dims {
            weight_input: self.weight_input.dims(),
            weight_hidden: self.weight_hidden.dims(),
            bias: self.bias.is_some(),
            d_projection: None,
        }
    }

    fn parts(&self) -> Parts {
        Parts {
            weight_input: Matrix::of(self.weight_input.val()),
            weight_hidden: Matrix::of(self.weight_hidden.val()),
            bias: self.bias.as_ref().map(|bias| values(bias.val())),
            bias_candidate: None,
            projection: None,
        }
    }

    fn options(&self) -> Vec<ComputedOption> {
        of_rnn(self)
    }
}

impl private::PrivateCell for GruCell {
    const GATES: usize = 3;
    type Config = GruConfig;

    fn config(shape: &ModuleShape) -> GruConfig {
        GruConfig::new(shape.d_input, shape.d_hidden)
            .with_reset(shape.reset)
            .with_num_layers(shape.num_layers)
            .with_bidirectional(shape.bidirectional)
            .with_bias(shape.bias)
            .with_initializer(INITIALIZER)
    }

    fn from_parts(parts: Parts, shape: &ModuleShape, device: &Device) -> Self {
        GruCellConfig::new(parts.weight_input.rows, shape.d_hidden)
            .with_reset(shape.reset)
            .with_bias(shape.bias)
            .init_with_weights(GruWeights {
                weight_input: parts.weight_input.tensor(device),
                weight_hidden: parts.weight_hidden.tensor(device),
                bias: parts.bias.map(|bias| vector(bias, device)),
                bias_candidate: parts.bias_candidate.map(|bias| vector(bias, device)),
            })
    }

    fn set_parts(&mut self, parts: Parts) {
        let device = self.weight_input.val().device();
        set(&mut self.weight_input, parts.weight_input.tensor(&device));
        set(&mut self.weight_hidden, parts.weight_hidden.tensor(&device));
        let bias = parts.bias.map(|bias| vector(bias, &device));
        set_optional(&mut self.bias, bias);
        let candidate = parts.bias_candidate.map(|bias| vector(bias, &device));
        set_optional(&mut self.bias_candidate, candidate);
    }

    fn dims(&self) -> Dims {
        Dims {
            weight_input: self.weight_input.dims(),
            weight_hidden: self.weight_hidden.dims(),
            bias: self.bias.is_some(),
            d_projection: None,
        }
    }

    fn parts(&self) -> Parts {
        Parts {
            weight_input: Matrix::of(self.weight_input.val()),
            weight_hidden: Matrix::of(self.weight_hidden.val()),
            bias: self.bias.as_ref().map(|bias| values(bias.val())),
            bias_candidate: self.bias_candidate.as_ref().map(|bias| values(bias.val())),
            projection: None,
        }
    }

    fn options(&self) -> Vec<ComputedOption> {
        of_gru(self)
    }
}

impl private::PrivateCell for LstmCell {
    const GATES: usize = 4;
    type Config = LstmConfig;

    fn config(shape: &ModuleShape) -> LstmConfig {
        LstmConfig::new(shape.d_input, shape.d_hidden)
            .with_d_projection(shape.d_projection)
            .with_num_layers(shape.num_layers)
            .with_bidirectional(shape.bidirectional)
            .with_bias(shape.bias)
            .with_initializer(INITIALIZER)
    }

    fn from_parts(parts: Parts, shape: &ModuleShape, device: &Device) -> Self {
        LstmCellConfig::new(parts.weight_input.rows, shape.d_hidden)
            .with_d_projection(shape.d_projection)
            .with_bias(shape.bias)
            .init_with_weights(LstmWeights {
                weight_input: parts.weight_input.tensor(device),
                weight_hidden: parts.weight_hidden.tensor(device),
                bias: parts.bias.map(|bias| vector(bias, device)),
                peephole: None,
                projection: parts.projection.map(|matrix| matrix.tensor(device)),
            })
    }

    fn set_parts(&mut self, parts: Parts) {
        let device = self.weight_input.val().device();
        set(&mut self.weight_input, parts.weight_input.tensor(&device));
        set(&mut self.weight_hidden, parts.weight_hidden.tensor(&device));
        let bias = parts.bias.map(|bias| vector(bias, &device));
        set_optional(&mut self.bias, bias);
        let projection = parts.projection.map(|matrix| matrix.tensor(&device));
        set_optional(&mut self.projection, projection);
    }

    fn dims(&self) -> Dims {
        Dims {
            weight_input: self.weight_input.dims(),
            weight_hidden: self.weight_hidden.dims(),
            bias: self.bias.is_some(),
            d_projection: self.projection.as_ref().map(|weight| weight.dims()[1]),
        }
    }

    fn parts(&self) -> Parts {
        Parts {
            weight_input: Matrix::of(self.weight_input.val()),
            weight_hidden: Matrix::of(self.weight_hidden.val()),
            bias: self.bias.as_ref().map(|bias| values(bias.val())),
            bias_candidate: None,
            projection: self
                .projection
                .as_ref()
                .map(|weight| Matrix::of(weight.val())),
        }
    }

    fn options(&self) -> Vec<ComputedOption> {
        of_lstm(self)
    }
}

/// What an inferred configuration draws weights with, should it be used for that: what PyTorch does, and quickly done.
const INITIALIZER: RecurrentInitializer = RecurrentInitializer::Torch {};

impl ModuleShape {
    /// The shape of a module whose layers are all alike; `None` where they are not.
    pub(crate) fn of<C: ConvertibleCell>(module: &Recurrent<C>) -> Option<Self> {
        let dims = module.layers[0].forward.dims();
        let reset =
            module.layers[0]
                .forward
                .options()
                .into_iter()
                .find_map(|option| match option {
                    ComputedOption::Reset(reset) => Some(reset),
                    _ => None,
                });
        let shape = Self {
            d_input: dims.weight_input[0],
            d_hidden: dims.weight_hidden[1] / C::GATES,
            d_projection: dims.d_projection,
            num_layers: module.num_layers(),
            bidirectional: module.is_bidirectional(),
            bias: dims.bias,
            reset: reset.unwrap_or(ResetGate::AfterProduct),
        };
        let is_alike = shape.slots().zip(cells(module)).all(|(slot, cell)| {
            let width = C::GATES * shape.d_hidden;
            let expected = Dims {
                weight_input: [shape.d_input_of(slot.layer), width],
                weight_hidden: [shape.d_state(), width],
                bias: shape.bias,
                d_projection: shape.d_projection,
            };
            cell.dims() == expected && cell.options() == module.layers[0].forward.options()
        });
        let cells = cells(module).count();
        (is_alike && cells == shape.slots().count()).then_some(shape)
    }

    /// The width of the hidden vector.
    pub(crate) fn d_state(&self) -> usize {
        self.d_projection.unwrap_or(self.d_hidden)
    }

    /// The width of a layer's input.
    pub(crate) fn d_input_of(&self, layer: usize) -> usize {
        match layer {
            0 => self.d_input,
            _ => self.d_state() * (1 + usize::from(self.bidirectional)),
        }
    }

    /// The cells' places, layer by layer, forward before backward.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        let directions = 1 + usize::from(self.bidirectional);
        (0..self.num_layers * directions).map(move |index| Slot {
            layer: index / directions,
            backward: index % directions == 1,
        })
    }

    /// The module of these cells, which come in the order of [`slots`](Self::slots).
    pub(crate) fn module<C: ConvertibleCell>(
        &self,
        parts: Vec<Parts>,
        device: &Device,
    ) -> Recurrent<C> {
        let mut cells = parts
            .into_iter()
            .map(|parts| C::from_parts(parts, self, device));
        RecurrentConfig::new()
            .with_num_layers(self.num_layers)
            .with_bidirectional(self.bidirectional)
            .init_with(self.d_input, |_| {
                cells.next().expect("there are as many cells as slots")
            })
    }
}

/// A module's cells, layer by layer, forward before backward.
pub(crate) fn cells<C: ConvertibleCell>(module: &Recurrent<C>) -> impl Iterator<Item = &C> {
    module
        .layers
        .iter()
        .flat_map(|layer| [Some(&layer.forward), layer.backward.as_ref()])
        .flatten()
}

/// Gives a module's cells other weights, in the order of [`cells`].
pub(crate) fn set_cells<C: ConvertibleCell>(module: &mut Recurrent<C>, parts: Vec<Parts>) {
    let cells = module
        .layers
        .iter_mut()
        .flat_map(|layer| [Some(&mut layer.forward), layer.backward.as_mut()])
        .flatten();
    for (cell, parts) in cells.zip(parts) {
        cell.set_parts(parts);
    }
}
