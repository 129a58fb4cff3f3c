//! The fused linear layer with cross entropy equals plain tensor operations.

use crate::common::{list, numbers};
use burn::tensor::{DType, Device, Int, Tensor, TensorData, activation::log_softmax};
use burn_recurrent_kernels::linear_cross_entropy;

/// Losses are small: relative to the largest number, or to a thousandth where that is larger.
fn difference(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let size = theirs.iter().fold(1e-3f32, |most, x| most.max(x.abs()));
    let most = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs());
    most.fold(0.0, |most: f32, x| {
        if x.is_nan() {
            f32::INFINITY
        } else {
            most.max(x)
        }
    }) / size
}

#[test]
fn losses_and_gradients_equal_tensor_operations() {
    let device = Device::flex().autodiff();
    for (tokens, d_hidden, vocabulary, has_bias) in [
        (1, 3, 2, true),
        (5, 7, 65, false),
        (33, 20, 300, true),
        (130, 63, 4099, true),
        (1100, 37, 71, true),
    ] {
        let mut seed = vocabulary as u64;
        let mut make = |shape: &[usize]| {
            TensorData::new(
                numbers(&mut seed, shape.iter().product(), 1.0),
                shape.to_vec(),
            )
        };
        let (hidden, weight, bias) = (
            make(&[tokens, d_hidden]),
            make(&[d_hidden, vocabulary]),
            make(&[vocabulary]),
        );
        let d_loss = Tensor::<1>::from_data(make(&[tokens]), &device);
        let targets: Vec<i64> = (0..tokens as i64)
            .map(|i| (i * 7919 + 1) % vocabulary as i64)
            .collect();
        let targets = Tensor::<1, Int>::from_data(TensorData::new(targets, [tokens]), &device);
        let leaves = || {
            (
                Tensor::<2>::from_data(hidden.clone(), &device).require_grad(),
                Tensor::<2>::from_data(weight.clone(), &device).require_grad(),
                Tensor::<1>::from_data(bias.clone(), &device).require_grad(),
            )
        };
        let (h, w, b) = leaves();
        let ours = linear_cross_entropy(
            h.clone(),
            w.clone(),
            has_bias.then(|| b.clone()),
            targets.clone(),
        );
        let grads = (ours.clone() * d_loss.clone()).sum().backward();
        let (h_, w_, b_) = leaves();
        let mut logits = h_.clone().matmul(w_.clone());
        if has_bias {
            logits = logits + b_.clone().unsqueeze();
        }
        let picked = log_softmax(logits, 1).gather(1, targets.clone().unsqueeze_dim(1));
        let theirs = picked.neg().reshape([tokens]);
        let grads_ = (theirs.clone() * d_loss).sum().backward();
        let check = |name: &str, ours: Vec<f32>, theirs: Vec<f32>| {
            let difference = difference(&ours, &theirs);
            assert!(
                difference < 1e-5,
                "{name} of {tokens} x {d_hidden} x {vocabulary}: {difference:.1e}"
            );
        };
        let inner = linear_cross_entropy(
            Tensor::from_data(hidden.clone(), &Device::flex()),
            Tensor::from_data(weight.clone(), &Device::flex()),
            has_bias.then(|| Tensor::from_data(bias.clone(), &Device::flex())),
            Tensor::from_data(targets.into_data(), &Device::flex()),
        );
        assert_eq!(list(inner), list(ours.clone()), "inference and training");
        check("losses", list(ours), list(theirs));
        check(
            "gradient of hidden",
            list(h.grad(&grads).unwrap()),
            list(h_.grad(&grads_).unwrap()),
        );
        check(
            "gradient of weight",
            list(w.grad(&grads).unwrap()),
            list(w_.grad(&grads_).unwrap()),
        );
        if has_bias {
            check(
                "gradient of bias",
                list(b.grad(&grads).unwrap()),
                list(b_.grad(&grads_).unwrap()),
            );
        }
    }
}

#[test]
fn impossible_classes_have_no_probability() {
    let device = Device::flex();
    let hidden = Tensor::<2>::ones([1, 1], &device);
    let weight = Tensor::<2>::from_floats([[0.0, f32::NEG_INFINITY, 0.0]], &device);
    let loss = linear_cross_entropy(hidden, weight, None, Tensor::from_ints([0], &device));
    assert!((loss.into_scalar::<f32>() - 2f32.ln()).abs() < 1e-6);
}

#[test]
#[should_panic(expected = "token 3 in a vocabulary of 3")]
fn a_target_outside_the_vocabulary_is_refused() {
    let device = Device::flex();
    linear_cross_entropy(
        Tensor::ones([1, 2], &device),
        Tensor::ones([2, 3], &device),
        None,
        Tensor::from_ints([3], &device),
    );
}

#[test]
fn targets_outside_the_vocabulary_leave_nothing_behind() {
    for device in [Device::flex(), Device::flex().autodiff()] {
        let run = |target: i64| {
            std::panic::catch_unwind(|| {
                let hidden = Tensor::<2>::ones([2, 2], &device);
                let weight = Tensor::<2>::ones([2, 3], &device);
                let targets = Tensor::<1, Int>::from_data([0, target], (&device, DType::I64));
                list(linear_cross_entropy(hidden, weight, None, targets))
            })
        };
        for target in [-1, 3, i64::MAX, i64::MIN] {
            let panic = run(target).unwrap_err();
            let text = panic.downcast_ref::<String>().unwrap();
            assert_eq!(*text, format!("token {target} in a vocabulary of 3"));
            let fine = run(2).unwrap();
            assert!(
                fine.iter().all(|x| (x - 3f32.ln()).abs() < 1e-6),
                "{fine:?}"
            );
        }
    }
}

#[test]
fn one_tracked_operand_gets_the_gradient_that_it_gets_among_others() {
    let device = Device::flex().autodiff();
    let (tokens, d_hidden, vocabulary) = (20, 7, 65);
    let run = |tracked: [bool; 3]| {
        let mut seed = 9;
        let mut make = |shape: [usize; 2], tracked: bool| {
            let data = numbers(&mut seed, shape[0] * shape[1], 1.0);
            let tensor = Tensor::<2>::from_data(TensorData::new(data, shape), &device);
            if tracked {
                tensor.require_grad()
            } else {
                tensor
            }
        };
        let hidden = make([tokens, d_hidden], tracked[0]);
        let weight = make([d_hidden, vocabulary], tracked[1]);
        let bias = make([1, vocabulary], tracked[2]);
        let targets: Vec<i64> = (0..tokens as i64).collect();
        let losses = linear_cross_entropy(
            hidden.clone(),
            weight.clone(),
            Some(bias.clone().reshape([vocabulary])),
            Tensor::from_data(TensorData::new(targets, [tokens]), &device),
        );
        let grads = losses.sum().backward();
        [hidden, weight, bias].map(|tensor| tensor.grad(&grads).map(list))
    };
    let all = run([true; 3]);
    assert!(all.iter().all(Option::is_some));
    for k in 0..3 {
        let one = run([0, 1, 2].map(|i| i == k));
        for i in 0..3 {
            assert_eq!(one[i], all[i].clone().filter(|_| i == k), "operand {k}");
        }
    }
}

#[test]
fn operands_may_lie_in_memory_in_any_way() {
    let device = Device::flex();
    let (tokens, d_hidden, vocabulary) = (6, 4, 9);
    let mut seed = 4;
    let mut make = |shape: [usize; 2]| {
        let data = numbers(&mut seed, shape[0] * shape[1], 1.0);
        Tensor::<2>::from_data(TensorData::new(data, shape), &device)
    };
    let transposed = (
        make([d_hidden, tokens]).swap_dims(0, 1),
        make([vocabulary, d_hidden]).swap_dims(0, 1),
    );
    let narrowed = (
        make([tokens, d_hidden + 3]).narrow(1, 2, d_hidden),
        make([d_hidden, vocabulary + 3]).narrow(1, 1, vocabulary),
    );
    let expanded = (
        make([1, d_hidden]).expand([tokens, d_hidden]),
        make([d_hidden, 1]).expand([d_hidden, vocabulary]),
    );
    let targets = Tensor::<1, Int>::from_data([0, 8, 3, 3, 1, 7], &device);
    let every_other =
        Tensor::<2, Int>::from_data([[0, 5], [8, 5], [3, 5], [3, 5], [1, 5], [7, 5]], &device);
    for (hidden, weight) in [transposed, narrowed, expanded] {
        let logits = hidden.clone().matmul(weight.clone());
        let picked = log_softmax(logits, 1).gather(1, targets.clone().unsqueeze_dim(1));
        let theirs = list(picked.neg().reshape([tokens]));
        let strided = every_other.clone().narrow(1, 0, 1).reshape([tokens]);
        for targets in [targets.clone(), strided] {
            let ours = list(linear_cross_entropy(
                hidden.clone(),
                weight.clone(),
                None,
                targets,
            ));
            assert!(difference(&ours, &theirs) < 1e-5);
        }
    }
}

/// As in a model whose embeddings are the output's weight as well.
#[test]
fn a_table_that_is_also_the_weight_gets_both_gradients() {
    let device = Device::flex().autodiff();
    for (tokens, d_hidden, vocabulary) in [(3, 4, 9), (33, 70, 301), (40, 256, 1030)] {
        let mut seed = 9;
        let mut make = |shape: [usize; 2]| {
            let data = numbers(&mut seed, shape[0] * shape[1], 1.0);
            Tensor::<2>::from_data(TensorData::new(data, shape), &device)
        };
        let (hidden, table) = (make([tokens, d_hidden]), make([vocabulary, d_hidden]));
        let other = make([vocabulary, d_hidden]);
        let targets: Vec<i64> = (0..tokens as i64)
            .map(|i| i * 31 % vocabulary as i64)
            .collect();
        let targets = Tensor::<1, Int>::from_data(TensorData::new(targets, [tokens]), &device);
        let run = |nats: &dyn Fn(Tensor<2>, Tensor<2>) -> Tensor<1>| {
            let [hidden, table] = [&hidden, &table].map(|x| x.clone().require_grad());
            let elsewhere = (table.clone() * other.clone()).sum();
            let loss = nats(hidden.clone(), table.clone().transpose()).sum() + elsewhere;
            let gradients = loss.backward();
            [hidden, table].map(|x| list(x.grad(&gradients).expect("a gradient")))
        };
        let ours =
            run(&|hidden, weight| linear_cross_entropy(hidden, weight, None, targets.clone()));
        let theirs = run(&|hidden, weight| {
            let picked =
                log_softmax(hidden.matmul(weight), 1).gather(1, targets.clone().unsqueeze_dim(1));
            picked.neg().reshape([tokens])
        });
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert!(difference(ours, theirs) < 1e-5);
        }
    }
}
