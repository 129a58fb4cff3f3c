//! Initialisers of recurrent layers.

use crate::orthogonal::orthogonal;
use burn::tensor::{Device, Distribution, Tensor};
use serde::{Deserialize, Serialize};

/// The initialisation of a recurrent layer's weights. All draws are the device's: seed it
/// ([`Device::seed`]) for the same weights again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RecurrentInitializer {
    /// Orthogonal recurrent weights (Saxe et al. 2013), Xavier-uniform input weights (Glorot and
    /// Bengio 2010), gate by gate; biases zero, but 1 for an LSTM's forget gate (Gers et al. 2000;
    /// Jozefowicz et al. 2015). The default.
    Orthogonal {},
    /// What PyTorch draws: every weight and bias from uniform(±1/√d_hidden). Where PyTorch adds two
    /// biases, the sum that is kept here is drawn as the sum of two such draws.
    Torch {},
    /// Every weight and bias from uniform(±bound) (Zaremba et al. 2014).
    Uniform {
        /// The largest magnitude drawn.
        bound: f64,
    },
    /// Identity recurrent weights times `scale`, input weights from normal(0, 0.001), biases as
    /// with `Orthogonal`: the IRNN of Le et al. 2015 (<https://arxiv.org/abs/1504.00941>), meant for
    /// [`Rnn`](crate::Rnn) with ReLU.
    Identity {
        /// What the identity is multiplied with; 1 in the paper.
        scale: f64,
    },
}

impl RecurrentInitializer {
    /// Draws the weights of one cell whose hidden vector has this width: what a cell's own configuration does with its
    /// initializer.
    pub fn for_cell<'a>(&'a self, d_hidden: usize, device: &'a Device) -> CellInitializer<'a> {
        CellInitializer {
            initializer: self,
            d_hidden,
            device,
        }
    }
}

/// Draws the weights of one cell, that is of one layer and direction, as its [`RecurrentInitializer`] says; from
/// [`RecurrentInitializer::for_cell`].
///
/// Each method draws anew. The gates of a cell lie side by side along the last axis, and each is drawn as if it stood
/// alone; a cell with one sum a step, such as an Elman network's, has one gate. The tensors become the cell's parameters with
/// [`Param::from_tensor`](burn::module::Param::from_tensor).
///
/// ```
/// # use burn::tensor::Device;
/// use burn_recurrent::RecurrentInitializer;
///
/// let device = Device::default();
/// let initializer = RecurrentInitializer::Orthogonal {};
/// let draw = initializer.for_cell(16, &device);
/// assert_eq!(draw.input(8, 2).dims(), [8, 32]);
/// assert_eq!(draw.recurrent(16, 2).dims(), [16, 32]);
/// assert_eq!(draw.bias(2, None).dims(), [32]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CellInitializer<'a> {
    initializer: &'a RecurrentInitializer,
    d_hidden: usize,
    device: &'a Device,
}

impl CellInitializer<'_> {
    /// Input weights, `[d_input, gates * d_hidden]`.
    pub fn input(&self, d_input: usize, gates: usize) -> Tensor<2> {
        let width = gates * self.d_hidden;
        self.matrix(d_input, width, || match self.initializer {
            RecurrentInitializer::Identity { .. } => Tensor::random(
                [d_input, width],
                Distribution::Normal(0.0, 0.001),
                self.device,
            ),
            // Xavier for one gate: its fan-out is d_hidden, however many gates lie side by side.
            _ => self.uniform(
                [d_input, width],
                (6.0 / (d_input + self.d_hidden) as f64).sqrt(),
            ),
        })
    }

    /// Recurrent weights, `[d_state, gates * d_hidden]`; `d_state` is `d_hidden`, or the width of
    /// a projection.
    pub fn recurrent(&self, d_state: usize, gates: usize) -> Tensor<2> {
        self.matrix(d_state, gates * self.d_hidden, || {
            let blocks = (0..gates).map(|_| match self.initializer {
                RecurrentInitializer::Identity { scale } => {
                    let rows = Tensor::<2>::eye(d_state.max(self.d_hidden), self.device);
                    rows.slice([0..d_state, 0..self.d_hidden]) * *scale
                }
                _ => orthogonal(d_state, self.d_hidden, self.device),
            });
            Tensor::cat(blocks.collect(), 1)
        })
    }

    /// Projection weights, `[d_hidden, d_projection]`.
    pub fn projection(&self, d_projection: usize) -> Tensor<2> {
        self.matrix(self.d_hidden, d_projection, || {
            let fan = (self.d_hidden + d_projection) as f64;
            self.uniform([self.d_hidden, d_projection], (6.0 / fan).sqrt())
        })
    }

    /// Peephole weights, `[gates, d_hidden]`: zero, or small where the initialiser is uniform.
    pub fn peephole(&self, gates: usize) -> Tensor<2> {
        let shape = [gates, self.d_hidden];
        self.matrix(gates, self.d_hidden, || Tensor::zeros(shape, self.device))
    }

    /// A bias that PyTorch has one of, `[d_hidden]`: of the candidate of a GRU whose reset gate stands between the two.
    pub fn single_bias(&self) -> Tensor<1> {
        match self.initializer {
            RecurrentInitializer::Torch {} => self.uniform([self.d_hidden], self.torch_bound()),
            _ => self.bias(1, None),
        }
    }

    /// A bias, of which PyTorch has two to add, `[gates * d_hidden]`. The gate `open`, where one is given, starts at one
    /// where biases are not drawn: an LSTM's forget gate.
    ///
    /// # Panics
    ///
    /// If there is no such gate.
    pub fn bias(&self, gates: usize, open: Option<usize>) -> Tensor<1> {
        if let Some(gate) = open {
            assert!(
                gate < gates,
                "gate {gate} cannot be open: there are {gates}"
            );
        }
        let width = gates * self.d_hidden;
        match self.initializer {
            RecurrentInitializer::Torch {} => {
                let bound = self.torch_bound();
                self.uniform([width], bound) + self.uniform([width], bound)
            }
            RecurrentInitializer::Uniform { bound } => self.uniform([width], *bound),
            RecurrentInitializer::Orthogonal {} | RecurrentInitializer::Identity { .. } => {
                let zeros = Tensor::zeros([width], self.device);
                match open {
                    Some(gate) => {
                        let range = gate * self.d_hidden..(gate + 1) * self.d_hidden;
                        zeros.slice_fill([range], 1.0)
                    }
                    None => zeros,
                }
            }
        }
    }

    fn matrix(
        &self,
        rows: usize,
        cols: usize,
        structured: impl FnOnce() -> Tensor<2>,
    ) -> Tensor<2> {
        match self.initializer {
            RecurrentInitializer::Torch {} => self.uniform([rows, cols], self.torch_bound()),
            RecurrentInitializer::Uniform { bound } => self.uniform([rows, cols], *bound),
            _ => structured(),
        }
    }

    fn torch_bound(&self) -> f64 {
        1.0 / (self.d_hidden as f64).sqrt()
    }

    fn uniform<const D: usize>(&self, shape: [usize; D], bound: f64) -> Tensor<D> {
        Tensor::random(shape, Distribution::Uniform(-bound, bound), self.device)
    }
}
