//! Dropout with one mask a word or one a sentence.

use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor};
use burn_recurrent::{VariationalDropout, apply_dropout};

/// Dropout on the vectors of a sentence's words: one mask a word, or one a sentence.
#[derive(Module, Debug)]
pub(crate) struct SentenceDropout {
    each_word: Dropout,
    whole_sentence: VariationalDropout,
}

/// The same for one sequence step by step.
pub(crate) struct StepDropout<'a> {
    each_word: &'a Dropout,
    mask: Option<Tensor<2>>,
}

impl SentenceDropout {
    pub(crate) fn new(prob: f64, variational: bool) -> Self {
        let (each_word, whole_sentence) = match variational {
            true => (0.0, prob),
            false => (prob, 0.0),
        };
        Self {
            each_word: DropoutConfig::new(each_word).init(),
            whole_sentence: VariationalDropout::new(whole_sentence),
        }
    }

    /// Drops units of `[batch, time, width]`.
    pub(crate) fn forward(&self, input: Tensor<3>) -> Tensor<3> {
        let input = apply_dropout(&self.each_word, input);
        self.whole_sentence.forward(input)
    }

    /// What a sequence of steps of this shape, `[batch, width]`, shares.
    pub(crate) fn steps(&self, shape: [usize; 2], device: &Device) -> StepDropout<'_> {
        StepDropout {
            each_word: &self.each_word,
            mask: self.whole_sentence.mask(shape, device),
        }
    }
}

impl StepDropout<'_> {
    /// Drops units of `[batch, width]`.
    pub(crate) fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        let input = apply_dropout(self.each_word, input);
        match &self.mask {
            Some(mask) => input * mask.clone(),
            None => input,
        }
    }
}
