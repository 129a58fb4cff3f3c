//! A decoder with attention and input feeding in plain tensor operations, one step after the other: what the
//! fused one must equal.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use burn::tensor::activation::{sigmoid, softmax, tanh};
use burn::tensor::{Bool, Device, Tensor, TensorData};
use burn_recurrent_kernels::{
    AttentionDecoderState, AttentionDecoderWeights, AttentionScore, AttentionSource, KernelCell,
    attention_decoder,
};

use crate::common::{list, numbers};

/// The sizes of a decoder.
#[derive(Clone, Debug)]
pub(crate) struct Decoder {
    pub(crate) cell: KernelCell,
    /// Else scores are dot products, and keys as wide as hidden states.
    pub(crate) additive: bool,
    pub(crate) batch: usize,
    pub(crate) time: usize,
    pub(crate) source: usize,
    pub(crate) lengths: Vec<usize>,
    pub(crate) d_embedded: usize,
    pub(crate) d_hidden: usize,
    pub(crate) d_attended: usize,
    pub(crate) d_key: usize,
    pub(crate) d_value: usize,
    /// Whether cell state, fed vector and bias of the candidate are given; else they are zeros.
    pub(crate) has_start: bool,
    pub(crate) seed: u64,
}

pub(crate) fn small() -> Decoder {
    Decoder {
        cell: KernelCell::GruResetAfter,
        additive: true,
        batch: 3,
        time: 4,
        source: 5,
        lengths: vec![5, 1, 3],
        d_embedded: 5,
        d_hidden: 7,
        d_attended: 6,
        d_key: 9,
        d_value: 4,
        has_start: true,
        seed: 1,
    }
}

pub(crate) const NAMES: [&str; 14] = [
    "embedded",
    "w_ih",
    "w_hh",
    "bias",
    "bias_candidate",
    "w_query",
    "energy",
    "keys",
    "values",
    "w_attended",
    "b_attended",
    "hidden",
    "cell",
    "fed",
];

/// Operands as tensors, in the order of [`NAMES`].
#[derive(Clone)]
pub(crate) struct Operands {
    pub(crate) embedded: Tensor<3>,
    pub(crate) w_ih: Tensor<2>,
    pub(crate) w_hh: Tensor<2>,
    pub(crate) bias: Tensor<1>,
    pub(crate) bias_candidate: Tensor<1>,
    pub(crate) w_query: Tensor<2>,
    pub(crate) energy: Tensor<1>,
    pub(crate) keys: Tensor<3>,
    pub(crate) values: Tensor<3>,
    pub(crate) w_attended: Tensor<2>,
    pub(crate) b_attended: Tensor<1>,
    pub(crate) hidden: Tensor<2>,
    pub(crate) cell: Tensor<2>,
    pub(crate) fed: Tensor<2>,
}

/// What a decoder returns.
pub(crate) struct Results {
    pub(crate) attended: Tensor<3>,
    pub(crate) weights: Tensor<3>,
    pub(crate) hidden: Tensor<2>,
    pub(crate) cell: Option<Tensor<2>>,
    pub(crate) fed: Tensor<2>,
}

impl Decoder {
    fn d_key(&self) -> usize {
        if self.additive {
            self.d_key
        } else {
            self.d_hidden
        }
    }

    /// Steps of the source, enough for all lengths.
    fn source(&self) -> usize {
        let longest = self.lengths.iter().copied().max().unwrap_or(0);
        self.source.max(longest)
    }

    /// Whether the decoder has the operand of this number.
    pub(crate) fn has(&self, number: usize) -> bool {
        match NAMES[number] {
            "bias_candidate" => self.has_start && self.cell == KernelCell::GruResetAfter,
            "w_query" | "energy" => self.additive,
            "cell" => self.has_start && self.cell == KernelCell::Lstm,
            "fed" => self.has_start,
            _ => true,
        }
    }

    pub(crate) fn operands(&self, device: &Device) -> Operands {
        let mut seed = self.seed;
        let Decoder {
            batch,
            time,
            d_embedded,
            d_hidden,
            d_attended,
            d_value,
            ..
        } = *self;
        let (d_key, source) = (self.d_key(), self.source());
        let columns = self.cell.gates() * d_hidden;
        let narrow = |width: usize| 1.0 / (width as f32).sqrt();
        let mut data = |shape: &[usize], scale: f32| {
            let data = numbers(&mut seed, shape.iter().product(), scale);
            TensorData::new(data, shape.to_vec())
        };
        let input = d_embedded + d_attended;
        let joined = d_hidden + d_value;
        let mut three = |shape: [usize; 3]| Tensor::from_data(data(&shape, 1.0), device);
        let (embedded, keys, values) = (
            three([batch, time, d_embedded]),
            three([batch, source, d_key]),
            three([batch, source, d_value]),
        );
        let mut two = |shape: [usize; 2], scale| Tensor::from_data(data(&shape, scale), device);
        let (w_ih, w_hh, w_query, w_attended) = (
            two([input, columns], narrow(input)),
            two([d_hidden, columns], narrow(d_hidden)),
            two([d_hidden, d_key], narrow(d_hidden)),
            two([joined, d_attended], narrow(joined)),
        );
        let (hidden, cell, fed) = (
            two([batch, d_hidden], 1.0),
            two([batch, d_hidden], 1.0),
            two([batch, d_attended], 1.0),
        );
        let mut one = |width: usize, scale| Tensor::from_data(data(&[width], scale), device);
        Operands {
            embedded,
            w_ih,
            w_hh,
            bias: one(columns, 0.5),
            bias_candidate: one(d_hidden, 0.5),
            w_query,
            energy: one(d_key, 2.0 * narrow(d_key)),
            keys,
            values,
            w_attended,
            b_attended: one(d_attended, 0.5),
            hidden,
            cell,
            fed,
        }
    }
}

/// The same tensor with one number changed.
fn nudged<const D: usize>(tensor: &Tensor<D>, i: usize, change: f32) -> Tensor<D> {
    let mut data = list(tensor.clone());
    data[i] += change;
    Tensor::from_data(TensorData::new(data, tensor.dims()), &tensor.device())
}

/// The same tensor with its last dimension one longer.
fn longer<const D: usize>(tensor: &Tensor<D>) -> Tensor<D> {
    Tensor::cat(
        vec![tensor.clone(), tensor.clone().narrow(D - 1, 0, 1)],
        D - 1,
    )
}

/// The same numbers in one piece.
fn copied<const D: usize>(tensor: &Tensor<D>, device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(list(tensor.clone()), tensor.dims()), device)
}

/// All operands, each by `$f` with the number that it has.
macro_rules! each {
    ($operands:expr, |$number:ident, $tensor:ident| $f:expr) => {{
        let operands = $operands;
        let mut next = 0..NAMES.len();
        macro_rules! field {
            ($name:ident) => {{
                let $tensor = &operands.$name;
                let $number = next.next().unwrap();
                let _ = $number;
                $f
            }};
        }
        Operands {
            embedded: field!(embedded),
            w_ih: field!(w_ih),
            w_hh: field!(w_hh),
            bias: field!(bias),
            bias_candidate: field!(bias_candidate),
            w_query: field!(w_query),
            energy: field!(energy),
            keys: field!(keys),
            values: field!(values),
            w_attended: field!(w_attended),
            b_attended: field!(b_attended),
            hidden: field!(hidden),
            cell: field!(cell),
            fed: field!(fed),
        }
    }};
}

impl Operands {
    pub(crate) fn require_grad(self) -> Self {
        each!(&self, |number, tensor| tensor.clone().require_grad())
    }

    /// With the gradient of the operand of this number alone.
    pub(crate) fn require_grad_of(self, one: usize) -> Self {
        each!(&self, |number, tensor| if number == one {
            tensor.clone().require_grad()
        } else {
            tensor.clone()
        })
    }

    /// With number `i` of the operand of this number changed.
    pub(crate) fn changed(&self, one: usize, i: usize, change: f32) -> Self {
        each!(self, |number, tensor| if number == one {
            nudged(tensor, i, change)
        } else {
            tensor.clone()
        })
    }

    /// With the operand of this number of a wrong shape.
    pub(crate) fn lengthened(&self, one: usize) -> Self {
        each!(self, |number, tensor| if number == one {
            longer(tensor)
        } else {
            tensor.clone()
        })
    }

    /// The same numbers in one piece each.
    pub(crate) fn straight(&self, device: &Device) -> Self {
        each!(self, |number, tensor| copied(tensor, device))
    }

    /// One row alone, with `source` steps of its source.
    pub(crate) fn row(&self, row: usize, source: usize) -> Self {
        let three = |x: &Tensor<3>| x.clone().narrow(0, row, 1);
        let two = |x: &Tensor<2>| x.clone().narrow(0, row, 1);
        Self {
            embedded: three(&self.embedded),
            keys: three(&self.keys).narrow(1, 0, source),
            values: three(&self.values).narrow(1, 0, source),
            hidden: two(&self.hidden),
            cell: two(&self.cell),
            fed: two(&self.fed),
            ..self.clone()
        }
    }
}

/// The fused decoder.
pub(crate) fn fused(case: &Decoder, operands: &Operands) -> Results {
    let operands = operands.clone();
    let lstm = case.cell == KernelCell::Lstm;
    let score = if case.additive {
        AttentionScore::Additive {
            w_query: operands.w_query,
            energy: operands.energy,
        }
    } else {
        AttentionScore::Dot
    };
    let results = attention_decoder(
        case.cell,
        operands.embedded,
        AttentionDecoderWeights {
            w_ih: operands.w_ih,
            w_hh: operands.w_hh,
            bias: operands.bias,
            bias_candidate: (case.has_start && !lstm).then_some(operands.bias_candidate),
            score,
            w_attended: operands.w_attended,
            b_attended: operands.b_attended,
        },
        AttentionSource {
            keys: operands.keys,
            values: operands.values,
            lengths: &case.lengths,
        },
        AttentionDecoderState {
            hidden: operands.hidden,
            cell: (case.has_start && lstm).then_some(operands.cell),
            fed: case.has_start.then_some(operands.fed),
        },
    );
    Results {
        attended: results.attended,
        weights: results.weights,
        hidden: results.state.hidden,
        cell: results.state.cell,
        fed: results.state.fed.unwrap(),
    }
}

/// A step of the cell: the new hidden and cell state.
fn step(
    case: &Decoder,
    operands: &Operands,
    input: Tensor<2>,
    hidden: Tensor<2>,
    cell: Tensor<2>,
) -> (Tensor<2>, Tensor<2>) {
    let d_hidden = case.d_hidden;
    let block = |x: &Tensor<2>, gate: usize| x.clone().narrow(1, gate * d_hidden, d_hidden);
    let x = input.matmul(operands.w_ih.clone()) + operands.bias.clone().unsqueeze();
    let product = hidden.clone().matmul(operands.w_hh.clone());
    if case.cell == KernelCell::Lstm {
        let x = x + product;
        let (i, f) = (sigmoid(block(&x, 0)), sigmoid(block(&x, 1)));
        let (g, o) = (tanh(block(&x, 2)), sigmoid(block(&x, 3)));
        let next = f * cell + i * g;
        return (o * tanh(next.clone()), next);
    }
    let r = sigmoid(block(&x, 0) + block(&product, 0));
    let z = sigmoid(block(&x, 1) + block(&product, 1));
    let mut recurrent = block(&product, 2);
    if case.has_start {
        recurrent = recurrent + operands.bias_candidate.clone().unsqueeze();
    }
    let n = tanh(block(&x, 2) + r * recurrent);
    (z.clone().neg().add_scalar(1.0) * n + z * hidden, cell)
}

/// The decoder in tensor operations.
pub(crate) fn portable(case: &Decoder, operands: &Operands) -> Results {
    let Decoder { batch, time, .. } = *case;
    let device = operands.embedded.device();
    let [_, source, d_key] = operands.keys.dims();
    let [_, _, d_value] = operands.values.dims();
    let mut hidden = operands.hidden.clone();
    let (mut cell, mut fed) = (operands.cell.clone(), operands.fed.clone());
    if !case.has_start {
        (cell, fed) = (cell.zeros_like(), fed.zeros_like());
    }
    let finished = (0..batch * source).map(|i| i % source >= case.lengths[i / source]);
    let finished = TensorData::new(finished.collect::<Vec<_>>(), [batch, source]);
    let finished = Tensor::<2, Bool>::from_data(finished, &device);
    let (mut outputs, mut all_weights) = (Vec::new(), Vec::new());
    for t in 0..time {
        let embedded = operands.embedded.clone().narrow(1, t, 1);
        let embedded = embedded.reshape([batch, case.d_embedded]);
        let input = Tensor::cat(vec![embedded, fed], 1);
        (hidden, cell) = step(case, operands, input, hidden, cell);
        let scores: Tensor<3> = if case.additive {
            let query = hidden.clone().matmul(operands.w_query.clone());
            let query = query.reshape([batch, 1, d_key]);
            let energy = operands.energy.clone().reshape([1, 1, d_key]);
            (tanh(operands.keys.clone() + query) * energy).sum_dim(2)
        } else {
            (operands.keys.clone() * hidden.clone().reshape([batch, 1, d_key])).sum_dim(2)
        };
        let scores = scores.reshape([batch, source]);
        let weights = softmax(scores.mask_fill(finished.clone(), f32::NEG_INFINITY), 1);
        let context = operands.values.clone() * weights.clone().reshape([batch, source, 1]);
        let context = context.sum_dim(1).reshape([batch, d_value]);
        let joined = Tensor::cat(vec![hidden.clone(), context], 1);
        fed = tanh(
            joined.matmul(operands.w_attended.clone()) + operands.b_attended.clone().unsqueeze(),
        );
        outputs.push(fed.clone());
        all_weights.push(weights);
    }
    Results {
        attended: Tensor::stack(outputs, 1),
        weights: Tensor::stack(all_weights, 1),
        hidden,
        cell: (case.cell == KernelCell::Lstm).then_some(cell),
        fed,
    }
}

/// A weighted sum of the attended vectors, so that every number gets a gradient of its own.
pub(crate) fn loss(case: &Decoder, attended: Tensor<3>) -> Tensor<1> {
    let device = attended.device();
    let mut seed = case.seed ^ 0x5555;
    let weights = numbers(&mut seed, attended.shape().num_elements(), 1.0);
    let weights = TensorData::new(weights, attended.dims());
    (attended * Tensor::from_data(weights, &device)).sum()
}

/// Gradients in the order of [`NAMES`].
pub(crate) fn gradients(operands: &Operands, loss: Tensor<1>) -> Vec<Option<Vec<f32>>> {
    let grads = loss.backward();
    fn one<const D: usize>(data: Option<Tensor<D>>) -> Option<Vec<f32>> {
        data.map(list)
    }
    vec![
        one(operands.embedded.grad(&grads)),
        one(operands.w_ih.grad(&grads)),
        one(operands.w_hh.grad(&grads)),
        one(operands.bias.grad(&grads)),
        one(operands.bias_candidate.grad(&grads)),
        one(operands.w_query.grad(&grads)),
        one(operands.energy.grad(&grads)),
        one(operands.keys.grad(&grads)),
        one(operands.values.grad(&grads)),
        one(operands.w_attended.grad(&grads)),
        one(operands.b_attended.grad(&grads)),
        one(operands.hidden.grad(&grads)),
        one(operands.cell.grad(&grads)),
        one(operands.fed.grad(&grads)),
    ]
}
