//! The activations that both crates know.

use super::error::{Conversion, NoCounterpart};
use burn::nn::activation::Activation;
use burn::nn::{Relu, Sigmoid, Tanh};

/// An activation that the recurrent modules of both crates know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Tanh,
    Relu,
    Sigmoid,
}

impl Known {
    /// Which one it is, if any.
    pub(super) fn of(activation: &Activation) -> Option<Self> {
        match activation {
            Activation::Tanh(_) => Some(Self::Tanh),
            Activation::Relu(_) => Some(Self::Relu),
            Activation::Sigmoid(_) => Some(Self::Sigmoid),
            _ => None,
        }
    }

    /// The activation as `burn::nn` has it.
    pub(super) fn activation(self) -> Activation {
        match self {
            Self::Tanh => Tanh::new().into(),
            Self::Relu => Relu::new().into(),
            Self::Sigmoid => Sigmoid::new().into(),
        }
    }
}

/// The activation's name: `Gelu`.
pub(super) fn name(activation: &Activation) -> String {
    let shown = format!("{activation:?}");
    let name = shown.split(|c: char| !c.is_alphanumeric()).next();
    name.unwrap_or_default().to_owned()
}

impl Conversion {
    /// Refuses every activation but one.
    pub(super) fn check_activation(
        self,
        option: &'static str,
        activation: &Activation,
        expected: Known,
    ) -> Result<(), NoCounterpart> {
        let reason = match expected {
            Known::Tanh => "it is the hyperbolic tangent there",
            Known::Relu => "it is the rectifier there",
            Known::Sigmoid => "it is the logistic function there",
        };
        let fits = Known::of(activation) == Some(expected);
        self.check(fits, option, name(activation), reason)
    }
}
