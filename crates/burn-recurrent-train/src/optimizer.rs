//! The optimiser of a config.

use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, ModuleOptimizer, SgdConfig};
use burn_recurrent_kernels::AdamRates;
use serde::{Deserialize, Serialize};

use crate::config::InvalidValue;
use crate::fused_optimizer::{FusedAdam, FusedAdamW, FusedSgd};

/// The optimiser and its options; in TOML a table with `kind = "sgd"`, `"adam"` or `"adamw"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum OptimizerConfig {
    /// Stochastic gradient descent.
    Sgd {
        /// The factor by which the velocity shrinks at each step; 0 is plain gradient descent.
        #[serde(default)]
        momentum: f64,
        /// How much of the gradient does not enter the velocity.
        #[serde(default)]
        dampening: f64,
        /// Nesterov's variant of momentum.
        #[serde(default)]
        nesterov: bool,
        /// The L2 penalty.
        #[serde(default)]
        weight_decay: f32,
    },
    /// Adam (Kingma and Ba 2015).
    Adam {
        /// The decay of the first moment.
        #[serde(default = "beta_1")]
        beta_1: f32,
        /// The decay of the second moment.
        #[serde(default = "beta_2")]
        beta_2: f32,
        /// What is added to the denominator.
        #[serde(default = "epsilon")]
        epsilon: f32,
        /// The L2 penalty.
        #[serde(default)]
        weight_decay: f32,
    },
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    AdamW {
        /// The decay of the first moment.
        #[serde(default = "beta_1")]
        beta_1: f32,
        /// The decay of the second moment.
        #[serde(default = "beta_2")]
        beta_2: f32,
        /// What is added to the denominator.
        #[serde(default = "epsilon")]
        epsilon: f32,
        /// The fraction of the weights, times the learning rate, taken off at each step.
        #[serde(default = "decoupled_decay")]
        weight_decay: f32,
    },
}

fn beta_1() -> f32 {
    0.9
}

fn beta_2() -> f32 {
    0.999
}

fn epsilon() -> f32 {
    1e-8
}

fn decoupled_decay() -> f32 {
    0.01
}

impl OptimizerConfig {
    /// Plain gradient descent.
    pub fn sgd() -> Self {
        Self::Sgd {
            momentum: 0.0,
            dampening: 0.0,
            nesterov: false,
            weight_decay: 0.0,
        }
    }

    /// Adam as in its paper.
    pub fn adam() -> Self {
        Self::Adam {
            beta_1: beta_1(),
            beta_2: beta_2(),
            epsilon: epsilon(),
            weight_decay: 0.0,
        }
    }

    /// How many numbers it keeps for each weight.
    pub(crate) fn numbers_kept(&self) -> u8 {
        match self {
            Self::Sgd { momentum, .. } if *momentum == 0.0 => 0,
            Self::Sgd { .. } => 1,
            Self::Adam { .. } | Self::AdamW { .. } => 2,
        }
    }

    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// Names the first key that is out of its range.
    pub fn validate(&self) -> Result<(), InvalidValue> {
        let below_one = |key: &str, value: f64| {
            if (0.0..1.0).contains(&value) {
                Ok(())
            } else {
                Err(InvalidValue::new(
                    key,
                    format!("must be at least 0 and below 1, got {value}"),
                ))
            }
        };
        let not_negative = |key: &str, value: f32| {
            if value.is_finite() && value >= 0.0 {
                Ok(())
            } else {
                Err(InvalidValue::new(
                    key,
                    format!("must be at least 0, got {value}"),
                ))
            }
        };
        match *self {
            Self::Sgd {
                momentum,
                dampening,
                nesterov,
                weight_decay,
            } => {
                below_one("momentum", momentum)?;
                below_one("dampening", dampening)?;
                if momentum == 0.0 && (nesterov || dampening != 0.0) {
                    return Err(InvalidValue::new(
                        "momentum",
                        "must be above 0 where `nesterov` or `dampening` is set",
                    ));
                }
                not_negative("weight_decay", weight_decay)
            }
            Self::Adam {
                beta_1,
                beta_2,
                epsilon,
                weight_decay,
            }
            | Self::AdamW {
                beta_1,
                beta_2,
                epsilon,
                weight_decay,
            } => {
                below_one("beta_1", f64::from(beta_1))?;
                below_one("beta_2", f64::from(beta_2))?;
                if epsilon.is_nan() || epsilon <= 0.0 {
                    return Err(InvalidValue::new(
                        "epsilon",
                        format!("must be above 0, got {epsilon}"),
                    ));
                }
                not_negative("weight_decay", weight_decay)
            }
        }
    }

    /// Whether a step is the gradient times the learning rate, so that either may be scaled.
    pub(crate) fn is_proportional(&self) -> bool {
        matches!(
            self,
            Self::Sgd { momentum, weight_decay, .. } if *momentum == 0.0 && *weight_decay == 0.0
        )
    }

    /// Builds the optimiser, without gradient clipping.
    pub fn init(&self) -> ModuleOptimizer {
        let penalty = |decay: f32| (decay > 0.0).then(|| WeightDecayConfig::new(decay));
        match *self {
            Self::Sgd {
                momentum: 0.0,
                weight_decay,
                ..
            } => ModuleOptimizer::from(FusedSgd {
                portable: SgdConfig::new()
                    .with_weight_decay(penalty(weight_decay))
                    .build(),
                penalty: weight_decay,
            }),
            Self::Sgd {
                momentum,
                dampening,
                nesterov,
                weight_decay,
            } => {
                let velocity = MomentumConfig::new()
                    .with_momentum(momentum)
                    .with_dampening(dampening)
                    .with_nesterov(nesterov);
                SgdConfig::new()
                    .with_momentum(Some(velocity))
                    .with_weight_decay(penalty(weight_decay))
                    .init()
            }
            Self::Adam {
                beta_1,
                beta_2,
                epsilon,
                weight_decay,
            } => ModuleOptimizer::from(FusedAdam {
                portable: AdamConfig::new()
                    .with_beta_1(beta_1)
                    .with_beta_2(beta_2)
                    .with_epsilon(epsilon)
                    .with_weight_decay(penalty(weight_decay))
                    .build(),
                rates: AdamRates {
                    learning_rate: 0.0,
                    beta_1,
                    beta_2,
                    epsilon,
                    penalty: weight_decay,
                    decay: 0.0,
                },
            }),
            Self::AdamW {
                beta_1,
                beta_2,
                epsilon,
                weight_decay,
            } => ModuleOptimizer::from(FusedAdamW {
                portable: AdamWConfig::new()
                    .with_beta_1(beta_1)
                    .with_beta_2(beta_2)
                    .with_epsilon(epsilon)
                    .with_weight_decay(weight_decay)
                    .build(),
                rates: AdamRates {
                    learning_rate: 0.0,
                    beta_1,
                    beta_2,
                    epsilon,
                    penalty: 0.0,
                    decay: weight_decay,
                },
            }),
        }
    }
}
