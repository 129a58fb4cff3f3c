//! What the built-in cells share: their recurrent weights and the regularisation of these.

use crate::{VariationalDropout, VariationalDropoutConfig};
use burn::config::Config;
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor};

/// Regularisation of a cell's recurrent product.
#[derive(Config, Debug)]
pub(crate) struct RecurrenceConfig {
    /// Dropout on the recurrent weights, one mask a sequence (Merity et al. 2017).
    #[config(default = 0.0)]
    pub(crate) weight_drop: f64,
    /// Dropout on the hidden vector that enters the recurrent product, one mask a sequence (Gal
    /// and Ghahramani 2016).
    #[config(default = 0.0)]
    pub(crate) recurrent_dropout: f64,
}

/// Draws a sequence's masks for the recurrent product.
#[derive(Module, Debug)]
pub(crate) struct Recurrence {
    weight_drop: Dropout,
    recurrent_dropout: VariationalDropout,
}

impl RecurrenceConfig {
    pub(crate) fn init(&self) -> Recurrence {
        Recurrence {
            weight_drop: DropoutConfig::new(self.weight_drop).init(),
            recurrent_dropout: VariationalDropoutConfig::new(self.recurrent_dropout).init(),
        }
    }
}

impl Recurrence {
    /// Draws what one sequence of `batch` rows needs: the recurrent weights, some of them dropped
    /// while training, and the mask for the hidden vector.
    pub(crate) fn prepare(
        &self,
        weight: Tensor<2>,
        batch: usize,
        device: &Device,
    ) -> PreparedRecurrence {
        let [d_state, _] = weight.dims();
        PreparedRecurrence {
            hidden_mask: self
                .recurrent_dropout
                .mask([batch, d_state], device)
                .map(|mask| mask.cast(weight.dtype())),
            weight: self.weight_drop.forward(weight),
        }
    }

    /// The probability with which a recurrent weight is dropped for a sequence.
    pub(crate) fn weight_drop(&self) -> f64 {
        self.weight_drop.prob
    }

    /// The probability with which a unit of the hidden vector is dropped from the recurrent product.
    pub(crate) fn recurrent_dropout(&self) -> f64 {
        self.recurrent_dropout.prob()
    }

    /// Whether the hidden vector is masked at each step of a sequence.
    pub(crate) fn masks_hidden(&self, device: &Device) -> bool {
        self.recurrent_dropout.is_active(device)
    }

    /// The recurrent weights of one sequence, some of them dropped while training.
    pub(crate) fn drop_weights(&self, weight: Tensor<2>) -> Tensor<2> {
        self.weight_drop.forward(weight)
    }
}

/// What all steps of one sequence of a built-in cell share.
#[derive(Clone, Debug)]
pub struct PreparedRecurrence {
    /// The recurrent weights, `[d_hidden, gates * d_hidden]`.
    pub(crate) weight: Tensor<2>,
    /// The mask on the hidden vector that enters the recurrent product, `[batch, d_hidden]`.
    pub(crate) hidden_mask: Option<Tensor<2>>,
}

impl PreparedRecurrence {
    /// The hidden vector as the recurrent product sees it.
    pub(crate) fn mask(&self, hidden: Tensor<2>) -> Tensor<2> {
        match &self.hidden_mask {
            Some(mask) => hidden * mask.clone(),
            None => hidden,
        }
    }

    /// The recurrent product, `[batch, gates * d_hidden]`.
    pub(crate) fn product(&self, hidden: Tensor<2>) -> Tensor<2> {
        self.mask(hidden).matmul(self.weight.clone())
    }
}
