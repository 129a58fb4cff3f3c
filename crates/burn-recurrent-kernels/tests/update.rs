//! Optimiser steps, norms, embeddings and dropout equal plain tensor operations.

use crate::common::{difference, list, numbers};
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent_kernels::{
    AdamRates, adam_update, dropout, embedding, scale, set_threads, sgd_update, sum_of_squares,
};

/// Sizes below a vector, beside a block and large enough for threads.
const SIZES: [usize; 6] = [1, 7, 64, 16_384, 16_399, 200_003];

fn random(seed: u64, count: usize) -> Tensor<1> {
    let numbers = numbers(&mut { seed }, count, 1.0);
    Tensor::from_data(TensorData::new(numbers, [count]), &Device::flex())
}

#[test]
fn gradient_descent_equals_its_equation() {
    for count in SIZES {
        let (parameter, gradient) = (random(1, count), random(2, count));
        let penalised = gradient.clone() + parameter.clone() * 0.1;
        let expected = list(parameter.clone() - penalised * 0.05);
        // With the old numbers held elsewhere, which must not change, and without.
        let kept = parameter.clone();
        let copied = sgd_update(parameter.clone(), gradient.clone(), 0.05, 0.1);
        assert_eq!(list(kept), list(random(1, count)));
        assert!(difference(&list(copied), &expected) < 1e-6);
        drop(parameter);
        let in_place = sgd_update(random(1, count), gradient, 0.05, 0.1);
        assert!(difference(&list(in_place), &expected) < 1e-6);
    }
}

#[test]
fn adam_equals_its_equations() {
    let rates = AdamRates {
        learning_rate: 0.01,
        beta_1: 0.9,
        beta_2: 0.99,
        epsilon: 1e-4,
        penalty: 0.2,
        decay: 0.5,
    };
    for count in SIZES {
        let time = 3;
        let parameter = list(random(1, count));
        let gradient = list(random(2, count));
        let first = list(random(3, count));
        let second: Vec<f32> = list(random(4, count)).iter().map(|x| x * x).collect();
        let from = |x: &[f32]| Tensor::<1>::from_data(x, &Device::flex());
        let (updated, moments) = adam_update(
            from(&parameter),
            from(&gradient),
            [from(&first), from(&second)],
            time,
            rates,
        );
        let (mut expected, mut m, mut v) = (vec![], vec![], vec![]);
        for i in 0..count {
            let [p, g, m0, v0] = [parameter[i], gradient[i], first[i], second[i]].map(f64::from);
            let g = g + 0.2 * p;
            let m1 = 0.9 * m0 + 0.1 * g;
            let v1 = 0.99 * v0 + 0.01 * g * g;
            let corrected = (m1 / (1.0 - 0.9f64.powi(3)), v1 / (1.0 - 0.99f64.powi(3)));
            let p = p * (1.0 - 0.01 * 0.5) - 0.01 * corrected.0 / (corrected.1.sqrt() + 1e-4);
            expected.push(p as f32);
            m.push(m1 as f32);
            v.push(v1 as f32);
        }
        let [first, second] = moments;
        assert!(difference(&list(updated), &expected) < 1e-5);
        assert!(difference(&list(first), &m) < 1e-6);
        assert!(difference(&list(second), &v) < 1e-6);
    }
}

#[test]
fn norms_and_scaling_equal_sums_and_products() {
    for count in SIZES {
        let numbers = list(random(5, count));
        let expected: f64 = numbers.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        let found = sum_of_squares(random(5, count));
        assert!((found / expected - 1.0).abs() < 1e-6, "{found}, {expected}");
        let scaled: Vec<f32> = numbers.iter().map(|x| x * -0.75).collect();
        assert_eq!(list(scale(random(5, count), -0.75)), scaled);
    }
}

#[test]
fn transposed_operands_are_taken_as_they_read() {
    let device = Device::flex();
    let matrix = || random(6, 12).reshape([3, 4]).transpose();
    let gradient = Tensor::<2>::ones([4, 3], &device);
    let expected = list(matrix() - gradient.clone() * 0.5);
    assert_eq!(list(sgd_update(matrix(), gradient, 0.5, 0.0)), expected);
}

#[test]
#[should_panic(expected = "the gradient must have the parameter's shape")]
fn shapes_must_agree() {
    sgd_update(random(1, 3), random(2, 4), 0.1, 0.0);
}

#[test]
fn embeddings_and_their_gradients_equal_those_of_burn() {
    let device = Device::flex().autodiff();
    for (rows, width, batch, time) in [(5, 3, 2, 4), (1000, 70, 9, 11), (70, 1001, 3, 5)] {
        let weight = || {
            let data = TensorData::new(list(random(7, rows * width)), [rows, width]);
            Tensor::<2>::from_data(data, &device).require_grad()
        };
        let tokens: Vec<i64> = (0..batch * time)
            .map(|i| ((i * i * 31 + 7) % rows) as i64)
            .collect();
        let tokens = Tensor::<2, Int>::from_data(TensorData::new(tokens, [batch, time]), &device);
        let factor = random(8, batch * time * width).reshape([batch, time, width]);
        let factor = Tensor::<3>::from_inner(factor);
        let (ours, theirs) = (weight(), weight());
        let output = embedding(ours.clone(), tokens.clone());
        let expected = burn::tensor::module::embedding(theirs.clone(), tokens);
        assert_eq!(list(output.clone().inner()), list(expected.clone().inner()));
        let gradients = (output * factor.clone()).sum().backward();
        let found = list(ours.grad(&gradients).unwrap());
        let gradients = (expected * factor).sum().backward();
        assert!(difference(&found, &list(theirs.grad(&gradients).unwrap())) < 1e-6);
    }
}

/// The generator that it seeds is the process's: no other test of this program draws from a device.
#[test]
fn dropout_drops_at_random_and_scales_what_it_keeps() {
    let device = Device::flex().autodiff();
    let count = 300_007;
    device.seed(3);
    let input = Tensor::<1>::ones([count], &device).require_grad();
    let output = dropout(input.clone(), 0.3);
    let gradients = output.clone().sum().backward();
    let values = list(output.inner());
    let kept = values.iter().filter(|&&x| x != 0.0).count() as f64;
    assert!(values.iter().all(|&x| x == 0.0 || x == 1.0f32 / 0.7));
    // Five standard deviations of a binomial.
    let deviation = (count as f64 * 0.3 * 0.7).sqrt();
    assert!(
        (kept - 0.7 * count as f64).abs() < 5.0 * deviation,
        "{kept}"
    );
    // Neighbours are independent: a pair is kept with probability 0.49, at any distance.
    for distance in [1, 2, 16, 64, 16_384] {
        let pairs = count - distance;
        let both = (0..pairs)
            .filter(|&i| values[i] != 0.0 && values[i + distance] != 0.0)
            .count() as f64;
        let spread = (pairs as f64 * 0.49 * 0.51).sqrt();
        // Pairs overlap, which makes the spread up to 1.6 times as large.
        assert!(
            (both - 0.49 * pairs as f64).abs() < 8.0 * spread,
            "{distance}"
        );
    }
    // The gradient passes where the number did.
    assert_eq!(list(input.grad(&gradients).unwrap()), values);

    // The same seed gives the same mask on any number of threads, the next call another one.
    let again = |threads: usize| {
        set_threads(threads);
        device.seed(3);
        let first = list(dropout(input.clone(), 0.3).inner());
        (first, list(dropout(input.clone(), 0.3).inner()))
    };
    let (alone, next) = again(1);
    assert_eq!(alone, values);
    assert_ne!(next, values);
    assert_eq!(again(2), (alone, next));
    set_threads(0);
}
