//! Additive scores equal plain tensor operations.

use crate::common::{difference, list, numbers};
use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent_kernels::additive_scores;

fn random<const D: usize>(seed: u64, shape: [usize; D], device: &Device) -> Tensor<D> {
    let numbers = numbers(&mut { seed }, shape.iter().product(), 2.0);
    Tensor::from_data(TensorData::new(numbers, shape), device)
}

#[test]
fn scores_equal_tensor_operations() {
    let device = Device::flex();
    for [batch, queries, words, width] in [[1, 1, 1, 1], [4, 5, 9, 40], [3, 1, 17, 256]] {
        let query = random(1, [batch, queries, width], &device);
        let keys = random(2, [batch, words, width], &device);
        let energy = random(3, [width], &device);
        let pairs = query.clone().unsqueeze_dim::<4>(2) + keys.clone().unsqueeze_dim::<4>(1);
        let weighted = pairs.tanh() * energy.clone().reshape([1, 1, 1, width]);
        let expected = weighted.sum_dim(3).reshape([batch, queries, words]);
        let scores = additive_scores(query.clone(), keys.clone(), energy.clone());
        assert_eq!(scores.dims(), [batch, queries, words]);
        assert!(difference(&list(scores.clone()), &list(expected)) < 1e-4);

        // A sentence alone, and views whose numbers do not lie one after the other.
        let one = batch - 1;
        let alone = additive_scores(
            query.clone().narrow(0, one, 1),
            keys.clone().narrow(0, one, 1),
            energy.clone(),
        );
        let its_own = scores.clone().narrow(0, one, 1);
        assert_eq!(list(alone), list(its_own));
        let turned = |x: Tensor<3>| x.swap_dims(0, 1).reshape([0, batch, width]).swap_dims(0, 1);
        let views = additive_scores(turned(query), turned(keys), energy);
        assert_eq!(list(views), list(scores));
    }
}

#[test]
#[should_panic(expected = "do not fit each other")]
fn queries_of_other_sentences_are_refused() {
    let device = Device::flex();
    additive_scores(
        random(1, [2, 5, 8], &device),
        random(2, [3, 9, 8], &device),
        random(3, [8], &device),
    );
}

#[test]
#[should_panic(expected = "the operation has no gradient")]
fn a_device_that_keeps_gradients_is_refused() {
    let device = Device::flex().autodiff();
    additive_scores(
        random(1, [2, 5, 8], &device),
        random(2, [2, 9, 8], &device),
        random(3, [8], &device),
    );
}
