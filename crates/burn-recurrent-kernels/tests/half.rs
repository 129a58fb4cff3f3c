//! The fused operations on a device whose default type of numbers is not `f32`. Alone in its process: a
//! device's defaults are set once.
#![cfg(feature = "flex")]

use burn::tensor::{DType, Device, FloatDType, Int, Tensor};
use burn_recurrent_kernels::{
    KernelCell, SequenceOptions, SequenceState, SequenceWeights, linear_cross_entropy, sequence,
};

#[test]
fn absent_operands_are_f32_whatever_the_default() {
    let mut device = Device::flex();
    device.configure(FloatDType::F16).unwrap();
    assert_eq!(Tensor::<1>::zeros([1], &device).dtype(), DType::F16);
    for device in [device.clone(), device.autodiff()] {
        let options = (&device, DType::F32);
        let weights = SequenceWeights {
            w_ih: Tensor::ones([2, 16], options),
            w_hh: Tensor::ones([4, 16], options),
            bias: None,
            bias_candidate: None,
        };
        let input = Tensor::<3>::zeros([1, 3, 2], options);
        let state = SequenceState::default();
        let result = sequence(
            KernelCell::Lstm,
            input,
            weights,
            state,
            SequenceOptions::default(),
        );
        assert_eq!(result.output.dtype(), DType::F32);
        let sum = result.output.sum().into_scalar::<f32>();
        assert_eq!(sum, 0.0);
        let loss = linear_cross_entropy(
            Tensor::ones([1, 2], options),
            Tensor::ones([2, 4], options),
            None,
            Tensor::<1, Int>::zeros([1], &device),
        );
        assert_eq!(loss.dtype(), DType::F32);
        assert!((loss.into_scalar::<f32>() - 4f32.ln()).abs() < 1e-6);
    }
}
