//! Two tensors side by side, against Burn's own concatenation.

use crate::common::numbers;
use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent_kernels::join;

/// The joined tensor and the gradients of both sides.
fn run(
    join: impl Fn(Tensor<3>, Tensor<3>) -> Tensor<3>,
    sides: &[Tensor<3>; 2],
    weights: &Tensor<3>,
) -> [Vec<f32>; 3] {
    let [left, right] = sides.clone().map(Tensor::require_grad);
    let joined = join(left.clone(), right.clone());
    let gradients = (joined.clone() * weights.clone()).sum().backward();
    let numbers = |tensor: Tensor<3>| tensor.into_data().iter::<f32>().collect();
    let gradient = |side: Tensor<3>| numbers(side.grad(&gradients).expect("a gradient"));
    [numbers(joined), gradient(left), gradient(right)]
}

#[test]
fn values_and_gradients_are_those_of_a_concatenation() {
    let device = Device::flex().autodiff();
    let mut seed = 5;
    let mut random = |dims: [usize; 3]| {
        let data = numbers(&mut seed, dims.iter().product(), 1.0);
        Tensor::<3>::from_data(TensorData::new(data, dims), &device)
    };
    for (batch, time, left, right) in [(1, 1, 1, 1), (3, 5, 7, 2), (32, 40, 65, 256), (0, 5, 3, 2)]
    {
        // A side whose numbers do not lie one after the other is one as well.
        let sides = [
            random([batch, time, left]),
            random([time, batch, right]).swap_dims(0, 1),
        ];
        let weights = random([batch, time, left + right]);
        let ours = run(join, &sides, &weights);
        let burns = run(
            |left, right| Tensor::cat(vec![left, right], 2),
            &sides,
            &weights,
        );
        assert_eq!(ours, burns);
    }
}

#[test]
#[should_panic(expected = "only the last dimension may differ, in [2, 3, 4] and [3, 2, 4]")]
fn sides_of_different_length_are_refused() {
    let zeros = |dims: [usize; 3]| Tensor::<3>::zeros(dims, &Device::flex());
    join(zeros([2, 3, 4]), zeros([3, 2, 4]));
}
