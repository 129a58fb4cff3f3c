//! Burn's optimisers with their steps in one pass over memory where there are kernels for it.
//!
//! Their states are Burn's own, so that a checkpoint does not tell which of the two wrote it.

use burn::optim::{
    Adam, AdamState, AdamW, AdamWState, AdaptiveMomentumState, LearningRate, Optimizer, Sgd,
    SgdState,
};
use burn::tensor::{Device, Tensor};
use burn_recurrent_kernels::{AdamRates, Operation, adam_update, path, sgd_update};

/// Whether a step can take the fused path.
fn is_fused<const D: usize>(parameter: &Tensor<D>, gradient: &Tensor<D>) -> bool {
    let dtypes = [parameter.dtype(), gradient.dtype()];
    path(Operation::Update, &parameter.device(), &dtypes).is_fused()
}

/// Gradient descent without momentum.
#[derive(Clone)]
pub(crate) struct FusedSgd {
    /// What steps where there are no kernels.
    pub(crate) portable: Sgd,
    pub(crate) penalty: f32,
}

impl Optimizer for FusedSgd {
    type State<const D: usize> = SgdState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<SgdState<D>>,
    ) -> (Tensor<D>, Option<SgdState<D>>) {
        if !is_fused(&parameter, &gradient) {
            return self
                .portable
                .step(learning_rate, parameter, gradient, state);
        }
        let updated = sgd_update(parameter, gradient, learning_rate, self.penalty);
        (updated, Some(SgdState::new(None)))
    }

    fn to_device<const D: usize>(state: SgdState<D>, device: &Device) -> SgdState<D> {
        Sgd::to_device(state, device)
    }
}

/// The next step of Adam or AdamW: the new parameter and what its state becomes.
fn adam_step<const D: usize>(
    rates: AdamRates,
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    momentum: Option<AdaptiveMomentumState<D>>,
) -> (Tensor<D>, AdaptiveMomentumState<D>) {
    let (time, moments) = match momentum {
        Some(momentum) => (momentum.time + 1, [momentum.moment_1, momentum.moment_2]),
        None => (1, [parameter.zeros_like(), parameter.zeros_like()]),
    };
    let (updated, [first, second]) = adam_update(parameter, gradient, moments, time, rates);
    (updated, AdaptiveMomentumState::new(time, first, second))
}

/// Adam without AMSGrad.
#[derive(Clone)]
pub(crate) struct FusedAdam {
    /// What steps where there are no kernels.
    pub(crate) portable: Adam,
    /// Its learning rate is that of each step.
    pub(crate) rates: AdamRates,
}

impl Optimizer for FusedAdam {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamState<D>>,
    ) -> (Tensor<D>, Option<AdamState<D>>) {
        if !is_fused(&parameter, &gradient) {
            return self
                .portable
                .step(learning_rate, parameter, gradient, state);
        }
        let rates = AdamRates {
            learning_rate,
            ..self.rates
        };
        let momentum = state.map(|state| state.momentum);
        let (updated, momentum) = adam_step(rates, parameter, gradient, momentum);
        (updated, Some(AdamState::new(momentum)))
    }

    fn to_device<const D: usize>(state: AdamState<D>, device: &Device) -> AdamState<D> {
        Adam::to_device(state, device)
    }
}

/// AdamW.
#[derive(Clone)]
pub(crate) struct FusedAdamW {
    /// What steps where there are no kernels.
    pub(crate) portable: AdamW,
    /// Its learning rate is that of each step.
    pub(crate) rates: AdamRates,
}

impl Optimizer for FusedAdamW {
    type State<const D: usize> = AdamWState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamWState<D>>,
    ) -> (Tensor<D>, Option<AdamWState<D>>) {
        if !is_fused(&parameter, &gradient) {
            return self
                .portable
                .step(learning_rate, parameter, gradient, state);
        }
        let rates = AdamRates {
            learning_rate,
            ..self.rates
        };
        let momentum = state.map(|state| state.momentum);
        let (updated, momentum) = adam_step(rates, parameter, gradient, momentum);
        (updated, Some(AdamWState::new(momentum)))
    }

    fn to_device<const D: usize>(state: AdamWState<D>, device: &Device) -> AdamWState<D> {
        AdamW::to_device(state, device)
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::LinearConfig;
    use burn::optim::decay::WeightDecayConfig;
    use burn::optim::{AdamConfig, AdamWConfig, GradientsParams, ModuleOptimizer, SgdConfig};
    use burn::tensor::TensorData;

    use super::*;
    use crate::OptimizerConfig;

    /// The weights after some steps with the same gradients.
    fn trained(mut optimizer: ModuleOptimizer) -> Vec<f32> {
        let device = Device::flex();
        // Not from the device's generator, which other tests of the program draw from meanwhile.
        let numbers = |seed: u64, count: usize| {
            let number = |i: usize| 2.0 * (0.7 * i as f64 + seed as f64).sin() as f32;
            Tensor::<1>::from_floats(
                (0..count).map(number).collect::<Vec<_>>().as_slice(),
                &device,
            )
        };
        // Large enough for several blocks and threads, and no whole number of vectors.
        let (rows, columns) = (301, 257);
        let mut linear = LinearConfig::new(rows, columns)
            .with_bias(false)
            .init(&device);
        linear.weight = linear
            .weight
            .map(|_| numbers(1, rows * columns).reshape([rows, columns]));
        let mut linear = burn::module::Module::train(linear);
        for step in 0..4 {
            let mut gradients = GradientsParams::new();
            let gradient = numbers(10 + step, rows * columns).reshape([rows, columns]);
            gradients.register(linear.weight.id, gradient);
            linear = optimizer.step(0.01, linear, gradients);
        }
        let data: TensorData = linear.weight.val().into_data();
        data.try_to_vec().unwrap()
    }

    fn assert_same(ours: OptimizerConfig, burns: ModuleOptimizer) {
        let (ours, burns) = (trained(ours.init()), trained(burns));
        for (ours, burns) in ours.iter().zip(&burns) {
            assert!(
                (ours - burns).abs() <= 1e-6 * burns.abs().max(0.1),
                "{ours}, {burns}"
            );
        }
    }

    #[test]
    fn steps_equal_those_of_burn() {
        assert_same(OptimizerConfig::sgd(), SgdConfig::new().init());
        assert_same(
            OptimizerConfig::Sgd {
                momentum: 0.0,
                dampening: 0.0,
                nesterov: false,
                weight_decay: 0.3,
            },
            SgdConfig::new()
                .with_weight_decay(Some(WeightDecayConfig::new(0.3)))
                .init(),
        );
        for weight_decay in [0.0, 0.3] {
            let penalty = (weight_decay > 0.0).then(|| WeightDecayConfig::new(weight_decay));
            assert_same(
                OptimizerConfig::Adam {
                    beta_1: 0.8,
                    beta_2: 0.95,
                    epsilon: 1e-3,
                    weight_decay,
                },
                AdamConfig::new()
                    .with_beta_1(0.8)
                    .with_beta_2(0.95)
                    .with_epsilon(1e-3)
                    .with_weight_decay(penalty)
                    .init(),
            );
            assert_same(
                OptimizerConfig::AdamW {
                    beta_1: 0.8,
                    beta_2: 0.95,
                    epsilon: 1e-3,
                    weight_decay,
                },
                AdamWConfig::new()
                    .with_beta_1(0.8)
                    .with_beta_2(0.95)
                    .with_epsilon(1e-3)
                    .with_weight_decay(weight_decay)
                    .init(),
            );
        }
    }
}
