//! The layers in plain tensor operations, one step after the other: what the fused ones must equal.

#![allow(dead_code, reason = "each test binary uses a part of this")]

pub(crate) mod decoder;

use burn::tensor::activation::{relu, sigmoid, tanh};
use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent_kernels::{
    KernelCell, Layout, SequenceOptions, SequenceState, SequenceWeights, sequence,
};

pub(crate) const CELLS: [KernelCell; 5] = [
    KernelCell::RnnTanh,
    KernelCell::RnnRelu,
    KernelCell::GruResetAfter,
    KernelCell::GruResetBefore,
    KernelCell::Lstm,
];

/// A layer with its operands, as plain numbers.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) cell: KernelCell,
    pub(crate) batch: usize,
    pub(crate) time: usize,
    pub(crate) d_input: usize,
    pub(crate) d_hidden: usize,
    pub(crate) lengths: Vec<usize>,
    pub(crate) reverse: bool,
    pub(crate) layout: Layout,
    pub(crate) has_bias: bool,
    pub(crate) has_state: bool,
    pub(crate) seed: u64,
}

/// Operands as tensors: input, w_ih, w_hh, bias, bias of the candidate, hidden, cell.
#[derive(Clone)]
pub(crate) struct Operands {
    pub(crate) input: Tensor<3>,
    pub(crate) w_ih: Tensor<2>,
    pub(crate) w_hh: Tensor<2>,
    pub(crate) bias: Tensor<1>,
    pub(crate) bias_candidate: Tensor<1>,
    pub(crate) hidden: Tensor<2>,
    pub(crate) cell: Tensor<2>,
}

/// Numbers between `-scale` and `scale`, from a linear congruential generator.
pub(crate) fn numbers(seed: &mut u64, count: usize, scale: f32) -> Vec<f32> {
    (0..count)
        .map(|_| {
            *seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((*seed >> 40) as f32 / (1u64 << 23) as f32 - 1.0) * scale
        })
        .collect()
}

impl Case {
    /// `[batch, time, ...]` in the layout of the case.
    pub(crate) fn outer(&self) -> [usize; 2] {
        match self.layout {
            Layout::BatchFirst => [self.batch, self.time],
            Layout::TimeFirst => [self.time, self.batch],
        }
    }

    pub(crate) fn operands(&self, device: &Device) -> Operands {
        let mut seed = self.seed;
        let Case {
            d_input,
            d_hidden,
            batch,
            ..
        } = *self;
        let columns = self.cell.gates() * d_hidden;
        let [first, second] = self.outer();
        let wide = 1.0 / (d_input as f32).sqrt();
        let narrow = 1.0 / (d_hidden as f32).sqrt();
        let mut make = |count, scale| numbers(&mut seed, count, scale);
        let input = make(first * second * d_input, 1.0);
        let w_ih = make(d_input * columns, wide);
        let w_hh = make(d_hidden * columns, narrow);
        let bias = make(columns, 0.5);
        let bias_candidate = make(d_hidden, 0.5);
        let hidden = make(batch * d_hidden, 1.0);
        let cell = make(batch * d_hidden, 1.0);
        let place = |data: Vec<f32>, shape: &[usize]| TensorData::new(data, shape.to_vec());
        Operands {
            input: Tensor::from_data(place(input, &[first, second, d_input]), device),
            w_ih: Tensor::from_data(place(w_ih, &[d_input, columns]), device),
            w_hh: Tensor::from_data(place(w_hh, &[d_hidden, columns]), device),
            bias: Tensor::from_data(place(bias, &[columns]), device),
            bias_candidate: Tensor::from_data(place(bias_candidate, &[d_hidden]), device),
            hidden: Tensor::from_data(place(hidden, &[batch, d_hidden]), device),
            cell: Tensor::from_data(place(cell, &[batch, d_hidden]), device),
        }
    }
}

impl Operands {
    pub(crate) fn require_grad(self) -> Self {
        Self {
            input: self.input.require_grad(),
            w_ih: self.w_ih.require_grad(),
            w_hh: self.w_hh.require_grad(),
            bias: self.bias.require_grad(),
            bias_candidate: self.bias_candidate.require_grad(),
            hidden: self.hidden.require_grad(),
            cell: self.cell.require_grad(),
        }
    }
}

impl Operands {
    /// With the gradient of the operand of this number alone.
    pub(crate) fn require_grad_of(self, number: usize) -> Self {
        let mut all = self;
        match number {
            0 => all.input = all.input.require_grad(),
            1 => all.w_ih = all.w_ih.require_grad(),
            2 => all.w_hh = all.w_hh.require_grad(),
            3 => all.bias = all.bias.require_grad(),
            4 => all.bias_candidate = all.bias_candidate.require_grad(),
            5 => all.hidden = all.hidden.require_grad(),
            _ => all.cell = all.cell.require_grad(),
        }
        all
    }
}

/// Output, final hidden state and final cell state.
pub(crate) fn portable(case: &Case, operands: Operands) -> (Tensor<3>, Tensor<2>, Tensor<2>) {
    let Case {
        batch,
        time,
        d_hidden,
        ..
    } = *case;
    let device = operands.input.device();
    let Operands {
        input,
        w_ih,
        w_hh,
        bias,
        bias_candidate,
        mut hidden,
        mut cell,
    } = operands;
    let zeros = Tensor::<2>::zeros([batch, d_hidden], &device);
    if !case.has_state {
        (hidden, cell) = (zeros.clone(), zeros.clone());
    }
    let input = match case.layout {
        Layout::BatchFirst => input,
        Layout::TimeFirst => input.swap_dims(0, 1),
    };
    let block = |x: &Tensor<2>, g: usize| {
        x.clone()
            .slice([0..batch, g * d_hidden..(g + 1) * d_hidden])
    };
    let mut outputs = vec![zeros.clone(); time];
    for step in 0..time {
        let t = if case.reverse { time - 1 - step } else { step };
        let x = input
            .clone()
            .slice([0..batch, t..t + 1])
            .reshape([batch, case.d_input]);
        let mut x = x.matmul(w_ih.clone());
        if case.has_bias {
            x = x + bias.clone().unsqueeze();
        }
        let (next, next_cell) = match case.cell {
            KernelCell::RnnTanh => (tanh(x + hidden.clone().matmul(w_hh.clone())), cell.clone()),
            KernelCell::RnnRelu => (relu(x + hidden.clone().matmul(w_hh.clone())), cell.clone()),
            KernelCell::GruResetAfter | KernelCell::GruResetBefore => {
                let product = hidden.clone().matmul(w_hh.clone());
                let r = sigmoid(block(&x, 0) + block(&product, 0));
                let z = sigmoid(block(&x, 1) + block(&product, 1));
                let recurrent = if case.cell == KernelCell::GruResetAfter {
                    let mut recurrent = block(&product, 2);
                    if case.has_bias {
                        recurrent = recurrent + bias_candidate.clone().unsqueeze();
                    }
                    r * recurrent
                } else {
                    let w = w_hh
                        .clone()
                        .slice([0..d_hidden, 2 * d_hidden..3 * d_hidden]);
                    (r * hidden.clone()).matmul(w)
                };
                let n = tanh(block(&x, 2) + recurrent);
                (
                    z.clone().neg().add_scalar(1.0) * n + z * hidden.clone(),
                    cell.clone(),
                )
            }
            KernelCell::Lstm => {
                let x = x + hidden.clone().matmul(w_hh.clone());
                let (i, f) = (sigmoid(block(&x, 0)), sigmoid(block(&x, 1)));
                let (g, o) = (tanh(block(&x, 2)), sigmoid(block(&x, 3)));
                let next = f * cell.clone() + i * g;
                (o * tanh(next.clone()), next)
            }
        };
        let finished: Vec<bool> = (0..batch * d_hidden)
            .map(|i| t >= case.lengths[i / d_hidden])
            .collect();
        let finished = Tensor::<2, burn::tensor::Bool>::from_data(
            TensorData::new(finished, [batch, d_hidden]),
            &device,
        );
        outputs[t] = next.clone().mask_fill(finished.clone(), 0.0);
        hidden = next.mask_where(finished.clone(), hidden);
        cell = next_cell.mask_where(finished, cell);
    }
    let output = match case.layout {
        Layout::BatchFirst => Tensor::stack(outputs, 1),
        Layout::TimeFirst => Tensor::stack(outputs, 0),
    };
    (output, hidden, cell)
}

pub(crate) fn small() -> Case {
    Case {
        cell: KernelCell::Lstm,
        batch: 3,
        time: 4,
        d_input: 5,
        d_hidden: 7,
        lengths: vec![4; 3],
        reverse: false,
        layout: Layout::BatchFirst,
        has_bias: true,
        has_state: true,
        seed: 1,
    }
}

/// The same on the fused path.
pub(crate) fn fused(case: &Case, operands: Operands) -> (Tensor<3>, Tensor<2>, Option<Tensor<2>>) {
    let Operands {
        input,
        w_ih,
        w_hh,
        bias,
        bias_candidate,
        hidden,
        cell,
    } = operands;
    let after = case.cell == KernelCell::GruResetAfter;
    let ragged = case.lengths.iter().any(|&length| length < case.time);
    let result = sequence(
        case.cell,
        input,
        SequenceWeights {
            w_ih,
            w_hh,
            bias: case.has_bias.then_some(bias),
            bias_candidate: (case.has_bias && after).then_some(bias_candidate),
        },
        SequenceState {
            hidden: case.has_state.then_some(hidden),
            cell: (case.has_state && case.cell == KernelCell::Lstm).then_some(cell),
        },
        SequenceOptions {
            layout: case.layout,
            reverse: case.reverse,
            lengths: ragged.then_some(&case.lengths),
        },
    );
    (result.output, result.hidden, result.cell)
}

/// Which results the loss reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Read {
    Output,
    /// The hidden and the cell state.
    Last,
    Hidden,
    Cell,
    Both,
}

/// A weighted sum of the results, so that every number gets a gradient of its own.
pub(crate) fn loss(
    case: &Case,
    read: Read,
    output: Tensor<3>,
    hidden: Tensor<2>,
    cell: Option<Tensor<2>>,
) -> Tensor<1> {
    let device = output.device();
    let mut seed = case.seed ^ 0x5555;
    let mut weights = |count| numbers(&mut seed, count, 1.0);
    let w3 = TensorData::new(weights(output.shape().num_elements()), output.dims());
    let w_hidden = TensorData::new(weights(hidden.shape().num_elements()), hidden.dims());
    let mut loss = Tensor::zeros([1], &device);
    if matches!(read, Read::Output | Read::Both) {
        loss = loss + (output * Tensor::from_data(w3, &device)).sum();
    }
    let w_cell = TensorData::new(weights(hidden.shape().num_elements()), hidden.dims());
    if matches!(read, Read::Last | Read::Hidden | Read::Both) {
        loss = loss + (hidden * Tensor::from_data(w_hidden, &device)).sum();
    }
    if let Some(cell) = cell
        && matches!(read, Read::Last | Read::Cell | Read::Both)
    {
        loss = loss + (cell * Tensor::from_data(w_cell, &device)).sum();
    }
    loss
}

pub(crate) fn gradients(operands: &Operands, loss: Tensor<1>) -> Vec<Option<Vec<f32>>> {
    let grads = loss.backward();
    fn list<const D: usize>(data: Option<Tensor<D>>) -> Option<Vec<f32>> {
        data.map(|data| data.into_data().try_to_vec().unwrap())
    }
    vec![
        list(operands.input.grad(&grads)),
        list(operands.w_ih.grad(&grads)),
        list(operands.w_hh.grad(&grads)),
        list(operands.bias.grad(&grads)),
        list(operands.bias_candidate.grad(&grads)),
        list(operands.hidden.grad(&grads)),
        list(operands.cell.grad(&grads)),
    ]
}

pub(crate) fn list<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// Largest difference, relative to the largest number.
pub(crate) fn difference(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let size = theirs.iter().fold(1e-2f32, |most, x| most.max(x.abs()));
    let most = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs());
    most.fold(0.0, |most: f32, x| {
        if x.is_nan() {
            f32::INFINITY
        } else {
            most.max(x)
        }
    }) / size
}
