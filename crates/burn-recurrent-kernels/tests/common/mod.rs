//! The layers in plain tensor operations, one step after the other: what the fused ones must equal.

use burn::tensor::activation::{relu, sigmoid, tanh};
use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent_kernels::{Cell, Layout};

/// A layer with its operands, as plain numbers.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) cell: Cell,
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
            Cell::RnnTanh => (tanh(x + hidden.clone().matmul(w_hh.clone())), cell.clone()),
            Cell::RnnRelu => (relu(x + hidden.clone().matmul(w_hh.clone())), cell.clone()),
            Cell::GruResetAfter | Cell::GruResetBefore => {
                let product = hidden.clone().matmul(w_hh.clone());
                let r = sigmoid(block(&x, 0) + block(&product, 0));
                let z = sigmoid(block(&x, 1) + block(&product, 1));
                let recurrent = if case.cell == Cell::GruResetAfter {
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
            Cell::Lstm => {
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
