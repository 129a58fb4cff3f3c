//! Results are the same whatever the number of threads. Alone in its process: the number of threads is
//! the process's, and a call made while another one has the threads runs on one.
#![cfg(feature = "flex")]

mod common;

use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent_kernels::{KernelCell, linear_cross_entropy, set_threads};
use common::decoder::{self, Decoder};
use common::{CELLS, Case, Read, fused, gradients, list, loss, numbers, small};

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    for cell in CELLS {
        for (batch, time, d_hidden) in [
            (1, 30, 130),
            (20, 12, 100),
            (13, 9, 65),
            (2, 1, 150),
            (6, 2, 150),
        ] {
            let case = Case {
                cell,
                batch,
                time,
                d_hidden,
                lengths: vec![time; batch],
                ..small()
            };
            let mut first: Option<Vec<Vec<u32>>> = None;
            for threads in [1, 2, 3, 5] {
                set_threads(threads);
                let operands = case.operands(&Device::flex().autodiff()).require_grad();
                let (output, hidden, cell) = fused(&case, operands.clone());
                let mut all = vec![list(output.clone()), list(hidden.clone())];
                all.extend(
                    gradients(&operands, loss(&case, Read::Both, output, hidden, cell))
                        .into_iter()
                        .flatten(),
                );
                let bits = all
                    .iter()
                    .map(|x| x.iter().map(|x| x.to_bits()).collect())
                    .collect();
                match &first {
                    None => first = Some(bits),
                    Some(first) => assert!(*first == bits, "{threads} threads differ: {case:?}"),
                }
            }
            set_threads(0);
        }
    }
    for (tokens, d_hidden, vocabulary) in [(33, 20, 300), (1100, 37, 71)] {
        let device = Device::flex().autodiff();
        let mut first: Option<Vec<Vec<f32>>> = None;
        for threads in [1, 2, 3, 5] {
            set_threads(threads);
            let mut seed = 7;
            let mut make = |shape: [usize; 2]| {
                let data = numbers(&mut seed, shape[0] * shape[1], 1.0);
                Tensor::<2>::from_data(TensorData::new(data, shape), &device).require_grad()
            };
            let (hidden, weight) = (make([tokens, d_hidden]), make([d_hidden, vocabulary]));
            let targets: Vec<i64> = (0..tokens).map(|i| (i * 7 % vocabulary) as i64).collect();
            let targets = Tensor::<1, Int>::from_data(TensorData::new(targets, [tokens]), &device);
            let losses = linear_cross_entropy(hidden.clone(), weight.clone(), None, targets);
            let grads = losses.clone().sum().backward();
            let all = vec![
                list(losses),
                list(hidden.grad(&grads).unwrap()),
                list(weight.grad(&grads).unwrap()),
            ];
            match &first {
                None => first = Some(all),
                Some(first) => assert!(*first == all, "{threads} threads: {tokens} tokens"),
            }
        }
    }
    for cell in [KernelCell::GruResetAfter, KernelCell::Lstm] {
        for (batch, additive) in [(13, true), (30, false), (1, true)] {
            let case = Decoder {
                cell,
                additive,
                batch,
                time: 9,
                lengths: (0..batch).map(|row| 1 + row % 5).collect(),
                d_hidden: 65,
                d_attended: 50,
                ..decoder::small()
            };
            let mut first: Option<Vec<Vec<f32>>> = None;
            for threads in [1, 2, 3, 5] {
                set_threads(threads);
                let operands = case.operands(&Device::flex().autodiff()).require_grad();
                let results = decoder::fused(&case, &operands);
                let mut all = vec![list(results.attended.clone()), list(results.weights)];
                let loss = decoder::loss(&case, results.attended);
                all.extend(decoder::gradients(&operands, loss).into_iter().flatten());
                match &first {
                    None => first = Some(all),
                    Some(first) => assert!(*first == all, "{threads} threads: {case:?}"),
                }
            }
        }
    }
    set_threads(0);
}
