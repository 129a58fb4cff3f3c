//! The interface of the neural language models.

use crate::LanguageModel;
use crate::cross_entropy::linear_nats;
use crate::nothing::{indices, places};
use burn::module::{Module, ModuleDisplay};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent::ZeroOutput;
use core::fmt::Debug;

/// A neural model of the next token: features of what came before, and a linear layer with a
/// softmax over the vocabulary.
pub trait NeuralLanguageModel: Module + ModuleDisplay {
    /// What is carried from one stretch of text to the next.
    type State: Clone + Debug + Send;

    /// The number of tokens it knows.
    fn vocabulary_size(&self) -> usize;

    /// The features from which the next token of every position is predicted.
    ///
    /// # Shapes
    ///
    /// - tokens: `[batch, time]`
    /// - returns: `[batch, time, d_features]`, and the state after the last token
    fn features(
        &self,
        tokens: Tensor<2, Int>,
        state: Option<Self::State>,
    ) -> (Tensor<3>, Self::State);

    /// The output layer's weights, `[d_features, vocabulary]`, and bias, `[vocabulary]`.
    fn output(&self) -> (Tensor<2>, Option<Tensor<1>>);

    /// A state cut off from the graph that computed it.
    fn detach(state: Self::State) -> Self::State;

    /// A state's numbers on the host, for a checkpoint.
    fn state_to_data(state: &Self::State) -> Vec<TensorData>;

    /// The inverse of [`state_to_data`](Self::state_to_data); `None` where it is not a state.
    fn state_from_data(data: Vec<TensorData>, device: &Device) -> Option<Self::State>;

    /// How many texts side by side a state is of; `None` where it does not tell.
    fn state_rows(state: &Self::State) -> Option<usize>;

    /// The logits of every position.
    ///
    /// # Shapes
    ///
    /// - features: `[tokens, d_features]`
    /// - returns: `[tokens, vocabulary]`
    fn logits(&self, features: Tensor<2>) -> Tensor<2> {
        let (weight, bias) = self.output();
        if features.dims()[0] == 0 {
            let operands = ZeroOutput::like(&features).of(&features).of(&weight);
            let operands = bias.iter().fold(operands, |all, bias| all.of(bias));
            return operands.shaped([0, weight.dims()[1]]);
        }
        let logits = features.matmul(weight);
        match bias {
            Some(bias) => logits + bias.unsqueeze(),
            None => logits,
        }
    }

    /// The negative log-probabilities of the targets, in nats, and the state after the last token.
    ///
    /// # Shapes
    ///
    /// - tokens, targets: `[batch, time]`, either of which may be 0
    /// - returns: `[batch * time]`, row by row
    fn nats(
        &self,
        tokens: Tensor<2, Int>,
        targets: Tensor<2, Int>,
        state: Option<Self::State>,
    ) -> (Tensor<1>, Self::State) {
        let (features, state) = self.features(tokens, state);
        let (weight, bias) = self.output();
        let nats = linear_nats(places(features), weight, bias, indices(targets));
        (nats, state)
    }
}

/// How many tokens a model scores at a time.
const STRETCH: usize = 256;

/// A trained neural model as a [`LanguageModel`], on one device.
///
/// Its first token needs something before it: give the end of a sentence, or whatever came before.
#[derive(Clone, Debug)]
pub struct Neural<M> {
    model: M,
    device: Device,
}

impl<M: NeuralLanguageModel> Neural<M> {
    /// Wraps a model; what it computes from now on has no gradients and no dropout.
    pub fn new(model: M) -> Self {
        let model = model.valid();
        let device = model.devices().swap_remove(0);
        Self { model, device }
    }

    /// The model.
    pub fn model(&self) -> &M {
        &self.model
    }

    fn read(&self, tokens: &[u32], state: Option<M::State>) -> (Tensor<2>, M::State) {
        assert!(
            !tokens.is_empty(),
            "a neural language model needs a token before the one it predicts"
        );
        let (features, state) = self.model.features(self.row(tokens), state);
        (features.squeeze_dim(0), state)
    }

    /// Tokens as a batch of one row, `[1, tokens]`.
    fn row(&self, tokens: &[u32]) -> Tensor<2, Int> {
        let row: Vec<i64> = tokens.iter().map(|token| i64::from(*token)).collect();
        Tensor::from_data(TensorData::new(row, [1, tokens.len()]), &self.device)
    }
}

impl<M: NeuralLanguageModel> LanguageModel for Neural<M> {
    type State = Option<M::State>;

    fn vocabulary_size(&self) -> usize {
        self.model.vocabulary_size()
    }

    fn start(&self) -> Self::State {
        None
    }

    fn advance(&self, state: &mut Self::State, tokens: &[u32]) -> Vec<f64> {
        let (features, next) = self.read(tokens, state.take());
        *state = Some(next);
        let last = features.narrow(0, tokens.len() - 1, 1);
        let logits = self.model.logits(last);
        log_softmax(logits, 1).into_data().iter::<f64>().collect()
    }

    /// In stretches, so that only the logits of one are in memory.
    fn log_probabilities(&self, context: &[u32], tokens: &[u32]) -> Vec<f64> {
        let Some((last, earlier)) = context.split_last() else {
            panic!("a neural language model needs a context before the tokens it scores");
        };
        let mut state = match earlier.is_empty() {
            true => None,
            false => Some(self.read(earlier, None).1),
        };
        let inputs = [&[*last], tokens].concat();
        let mut log_probabilities = Vec::with_capacity(tokens.len());
        for (inputs, targets) in inputs.chunks(STRETCH).zip(tokens.chunks(STRETCH)) {
            let inputs = self.row(&inputs[..targets.len()]);
            let (nats, next) = self.model.nats(inputs, self.row(targets), state.take());
            state = Some(next);
            log_probabilities.extend(nats.neg().into_data().iter::<f64>());
        }
        log_probabilities
    }
}
