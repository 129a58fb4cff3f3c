//! How the weights of recurrent layers are drawn.

use crate::orthogonal::orthogonal;
use burn::module::Param;
use burn::tensor::{Device, Distribution, Tensor};
use serde::{Deserialize, Serialize};

/// How the weights of a recurrent layer are drawn. All draws are the device's: seed it
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

/// Draws the weights of one layer and direction.
pub(crate) struct Draw<'a> {
    initializer: &'a RecurrentInitializer,
    d_hidden: usize,
    device: &'a Device,
}

impl<'a> Draw<'a> {
    pub(crate) fn new(
        initializer: &'a RecurrentInitializer,
        d_hidden: usize,
        device: &'a Device,
    ) -> Self {
        Self {
            initializer,
            d_hidden,
            device,
        }
    }

    /// Input weights, `[d_input, gates * d_hidden]`.
    pub(crate) fn input(&self, d_input: usize, gates: usize) -> Param<Tensor<2>> {
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
    pub(crate) fn recurrent(&self, d_state: usize, gates: usize) -> Param<Tensor<2>> {
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
    pub(crate) fn projection(&self, d_projection: usize) -> Param<Tensor<2>> {
        self.matrix(self.d_hidden, d_projection, || {
            let fan = (self.d_hidden + d_projection) as f64;
            self.uniform([self.d_hidden, d_projection], (6.0 / fan).sqrt())
        })
    }

    /// Peephole weights, `[gates, d_hidden]`: zero, or small where the initialiser is uniform.
    pub(crate) fn peephole(&self, gates: usize) -> Param<Tensor<2>> {
        let shape = [gates, self.d_hidden];
        self.matrix(gates, self.d_hidden, || Tensor::zeros(shape, self.device))
    }

    /// A bias that PyTorch has two of, `[gates * d_hidden]`; the gate `ones`, where given, starts
    /// at one.
    pub(crate) fn bias(&self, gates: usize, ones: Option<usize>) -> Param<Tensor<1>> {
        Param::from_tensor(self.summed_bias(gates, ones))
    }

    /// A bias that PyTorch has one of, `[d_hidden]`.
    pub(crate) fn single_bias(&self) -> Tensor<1> {
        match self.initializer {
            RecurrentInitializer::Torch {} => self.uniform([self.d_hidden], self.torch_bound()),
            _ => self.summed_bias(1, None),
        }
    }

    pub(crate) fn summed_bias(&self, gates: usize, ones: Option<usize>) -> Tensor<1> {
        let width = gates * self.d_hidden;
        match self.initializer {
            RecurrentInitializer::Torch {} => {
                let bound = self.torch_bound();
                self.uniform([width], bound) + self.uniform([width], bound)
            }
            RecurrentInitializer::Uniform { bound } => self.uniform([width], *bound),
            RecurrentInitializer::Orthogonal {} | RecurrentInitializer::Identity { .. } => {
                let zeros = Tensor::zeros([width], self.device);
                match ones {
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
    ) -> Param<Tensor<2>> {
        Param::from_tensor(match self.initializer {
            RecurrentInitializer::Torch {} => self.uniform([rows, cols], self.torch_bound()),
            RecurrentInitializer::Uniform { bound } => self.uniform([rows, cols], *bound),
            _ => structured(),
        })
    }

    fn torch_bound(&self) -> f64 {
        1.0 / (self.d_hidden as f64).sqrt()
    }

    fn uniform<const D: usize>(&self, shape: [usize; D], bound: f64) -> Tensor<D> {
        Tensor::random(shape, Distribution::Uniform(-bound, bound), self.device)
    }
}
