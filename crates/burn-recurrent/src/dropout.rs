//! Dropout, with one mask a step or one a sequence.

use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay};
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor};
use burn_recurrent_kernels::{self as kernels, Operation};

/// Burn's [`Dropout`], in one pass over memory and without a stored mask where the device has kernels for it.
///
/// It acts when Burn's does: on an autodiff device, unless the module is frozen. `input` has any shape, and the result the
/// same.
pub fn apply_dropout<const D: usize>(dropout: &Dropout, input: Tensor<D>) -> Tensor<D> {
    if input.dims().contains(&0) {
        return input;
    }
    let device = input.device();
    let acts = dropout.prob > 0.0 && dropout.training.is_enabled() && device.is_autodiff();
    if acts && kernels::path(Operation::Dropout, &device, &[input.dtype()]).is_fused() {
        kernels::dropout(input, dropout.prob)
    } else {
        dropout.forward(input)
    }
}

/// Variational dropout (Gal and Ghahramani 2016, "A Theoretically Grounded Application of Dropout
/// in Recurrent Neural Networks", <https://arxiv.org/abs/1512.05287>): a unit that is dropped is
/// dropped at every step of its sequence.
///
/// Like Burn's [`Dropout`] it acts only while training (on an autodiff device, unless the module
/// is frozen) and scales what it keeps by `1 / (1 - prob)`.
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct VariationalDropout {
    dropout: Dropout,
}

/// Configuration of [`VariationalDropout`].
#[derive(Config, Debug)]
pub struct VariationalDropoutConfig {
    /// The probability with which a unit is dropped for a whole sequence, in `[0, 1)`.
    pub prob: f64,
}

impl VariationalDropoutConfig {
    /// Creates the module.
    ///
    /// # Panics
    ///
    /// If the probability is not in `[0, 1)`.
    pub fn init(&self) -> VariationalDropout {
        VariationalDropout {
            dropout: DropoutConfig::new(self.prob).init(),
        }
    }
}

impl VariationalDropout {
    /// A module that drops with the given probability.
    ///
    /// # Panics
    ///
    /// If the probability is not in `[0, 1)`.
    pub fn new(prob: f64) -> Self {
        VariationalDropoutConfig::new(prob).init()
    }

    /// Drops units of `[batch, time, width]`, each row with one mask for all its time steps.
    pub fn forward(&self, input: Tensor<3>) -> Tensor<3> {
        self.along(input, 1)
    }

    /// The same for `[time, batch, width]`.
    pub fn forward_time_first(&self, input: Tensor<3>) -> Tensor<3> {
        self.along(input, 0)
    }

    /// A mask for `[batch, width]`, to be used at every step of a sequence: zeros and
    /// `1 / (1 - prob)`. `None` where nothing is to be dropped.
    pub fn mask(&self, shape: [usize; 2], device: &Device) -> Option<Tensor<2>> {
        self.is_active(device)
            .then(|| self.dropout.forward(Tensor::ones(shape, device)))
    }

    /// Whether it drops anything on this device: while training, with a probability above zero.
    pub fn is_active(&self, device: &Device) -> bool {
        self.dropout.prob > 0.0 && self.dropout.training.is_enabled() && device.is_autodiff()
    }

    /// The probability with which a unit is dropped.
    pub fn prob(&self) -> f64 {
        self.dropout.prob
    }

    fn along(&self, input: Tensor<3>, time_axis: usize) -> Tensor<3> {
        let dims = input.dims();
        if dims.contains(&0) {
            return input;
        }
        let step = [dims[1 - time_axis], dims[2]];
        match self.mask(step, &input.device()) {
            Some(mask) => {
                let mask = mask.cast(input.dtype());
                input * mask.unsqueeze_dim(time_axis)
            }
            None => input,
        }
    }
}

impl ModuleDisplay for VariationalDropout {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new()
            .with_new_line_after_attribute(false)
            .optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        content.add("prob", &self.dropout.prob).optional()
    }
}
