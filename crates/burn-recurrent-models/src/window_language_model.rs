//! The feed-forward window model.

use crate::config_file::{burn_config, is_undecided, tenth, yes};
use crate::embed::embed;
use crate::option_error::{above_zero, at_least_one, probability};
use crate::saved::DRAW_RANGE;
use crate::{NeuralLanguageModel, OptionError, SavedLanguageModel, SavedModule, TensorShapes};
use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig, Embedding, Linear, LinearConfig};
use burn::tensor::activation::tanh;
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use burn_recurrent::{ZeroOutput, apply_dropout};
use serde::{Deserialize, Serialize};

/// Configuration of a [`WindowLanguageModel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowLanguageModelConfig {
    /// The number of tokens. A file may leave it to the data.
    #[serde(default, skip_serializing_if = "is_undecided")]
    pub vocabulary_size: usize,
    /// The number of tokens that the next one is predicted from, at least 1: an n-gram's `n - 1`.
    pub window: usize,
    /// The width of the embeddings.
    pub d_embedding: usize,
    /// The width of the hidden layer.
    pub d_hidden: usize,
    /// Whether the embeddings also go to the output layer directly.
    #[serde(default = "yes")]
    pub direct: bool,
    /// The probability of dropout on the features.
    #[serde(default)]
    pub dropout: f64,
    /// Embeddings and output weights are drawn from uniform(±this).
    #[serde(default = "tenth")]
    pub init_range: f64,
}

burn_config! {
    WindowLanguageModelConfig {
        with_vocabulary_size: vocabulary_size: usize,
        with_window: window: usize,
        with_d_embedding: d_embedding: usize,
        with_d_hidden: d_hidden: usize,
        with_direct: direct: bool,
        with_dropout: dropout: f64,
        with_init_range: init_range: f64,
    }
}

impl WindowLanguageModelConfig {
    /// A config with these sizes and the defaults of all else.
    pub fn new(vocabulary_size: usize, window: usize, d_embedding: usize, d_hidden: usize) -> Self {
        Self {
            vocabulary_size,
            window,
            d_embedding,
            d_hidden,
            direct: yes(),
            dropout: 0.0,
            init_range: tenth(),
        }
    }

    /// Checks that the numbers describe a model.
    ///
    /// # Errors
    ///
    /// Names the first one that does not.
    pub fn validate(&self) -> Result<(), OptionError> {
        at_least_one("vocabulary_size", self.vocabulary_size)?;
        at_least_one("window", self.window)?;
        at_least_one("d_embedding", self.d_embedding)?;
        at_least_one("d_hidden", self.d_hidden)?;
        probability("dropout", self.dropout)?;
        above_zero("init_range", self.init_range)
    }

    /// Creates the model.
    ///
    /// # Panics
    ///
    /// If the numbers describe none ([`validate`](Self::validate)).
    pub fn init(&self, device: &Device) -> WindowLanguageModel {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
        let d_window = self.window * self.d_embedding;
        let d_features = self.d_hidden + if self.direct { d_window } else { 0 };
        let uniform = |shape: [usize; 2]| {
            let range = Distribution::Uniform(-self.init_range, self.init_range);
            Param::from_tensor(Tensor::random(shape, range, device))
        };
        WindowLanguageModel {
            embedding: Embedding {
                weight: uniform([self.vocabulary_size + 1, self.d_embedding]),
            },
            hidden: {
                let linear = LinearConfig::new(d_window, self.d_hidden).init(device);
                // Burn draws weights when they are first used; here the draw must come in its
                // place among the others, so that a seed gives the same model again.
                linear.materialize()
            },
            output_weight: uniform([d_features, self.vocabulary_size]),
            output_bias: Param::from_tensor(Tensor::zeros([self.vocabulary_size], device)),
            dropout: DropoutConfig::new(self.dropout).init(),
            window: self.window,
            direct: self.direct,
        }
    }
}

/// The neural probabilistic language model of Bengio et al. 2003 (JMLR 3, equation 1): with `x` the
/// embeddings of the last `window` tokens side by side,
///
/// `y = b + W x + U tanh(d + H x)`
///
/// where the direct connections `W` may be left out. `[W; U]` is one matrix here.
///
/// Before the beginning of the text the window holds a token of its own, the last row of the
/// embeddings, which is never predicted.
#[derive(Module, Debug)]
pub struct WindowLanguageModel {
    /// The embeddings, `[vocabulary + 1, d_embedding]`.
    pub embedding: Embedding,
    /// The hidden layer, `[window * d_embedding, d_hidden]`.
    pub hidden: Linear,
    /// The output layer's weights, `[(window * d_embedding +) d_hidden, vocabulary]`, those of the
    /// direct connections first.
    pub output_weight: Param<Tensor<2>>,
    /// The output layer's bias, `[vocabulary]`.
    pub output_bias: Param<Tensor<1>>,
    dropout: Dropout,
    window: usize,
    direct: bool,
}

/// The last `window - 1` tokens of each row, `[batch, window - 1]`; none where the window is 1.
#[derive(Clone, Debug)]
pub struct WindowState {
    history: Option<Tensor<2, Int>>,
}

impl WindowLanguageModel {
    /// The number of tokens that the next one is predicted from.
    pub fn window(&self) -> usize {
        self.window
    }
}

impl NeuralLanguageModel for WindowLanguageModel {
    type State = WindowState;

    fn vocabulary_size(&self) -> usize {
        self.output_bias.dims()[0]
    }

    fn features(
        &self,
        tokens: Tensor<2, Int>,
        state: Option<WindowState>,
    ) -> (Tensor<3>, WindowState) {
        let [batch, time] = tokens.dims();
        let before = self.window - 1;
        let history = state.and_then(|state| state.history);
        let history = history.or_else(|| {
            let start = self.vocabulary_size() as i64;
            (before > 0).then(|| Tensor::full([batch, before], start, &tokens.device()))
        });
        if batch == 0 || time == 0 {
            let (weight, _) = self.output();
            let features = ZeroOutput::like(&weight)
                .of_module(&self.embedding)
                .of_module(&self.hidden)
                .shaped([batch, time, weight.dims()[0]]);
            return (features, WindowState { history });
        }
        let text = match history {
            Some(history) => Tensor::cat(vec![history, tokens], 1),
            None => tokens,
        };
        let state = WindowState {
            history: (before > 0).then(|| text.clone().narrow(1, time, before)),
        };

        // One embedding a token of the text, then the window's tokens side by side.
        let embedded = embed(&self.embedding, text);
        let windows = (0..self.window)
            .map(|offset| embedded.clone().narrow(1, offset, time))
            .collect();
        let windows = Tensor::cat(windows, 2);
        let hidden = tanh(self.hidden.forward(windows.clone()));
        let features = match self.direct {
            true => Tensor::cat(vec![windows, hidden], 2),
            false => hidden,
        };
        (apply_dropout(&self.dropout, features), state)
    }

    fn output(&self) -> (Tensor<2>, Option<Tensor<1>>) {
        (self.output_weight.val(), Some(self.output_bias.val()))
    }

    fn detach(state: WindowState) -> WindowState {
        state
    }

    fn state_to_data(state: &WindowState) -> Vec<TensorData> {
        state.history.iter().map(Tensor::to_data).collect()
    }

    fn state_from_data(data: Vec<TensorData>, device: &Device) -> Option<WindowState> {
        let mut data = data.into_iter();
        match (data.next(), data.next()) {
            (None, None) => Some(WindowState { history: None }),
            (Some(data), None) if data.rank() == 2 => Some(WindowState {
                history: Some(Tensor::from_data(data, device)),
            }),
            _ => None,
        }
    }

    fn state_rows(state: &WindowState) -> Option<usize> {
        state.history.as_ref().map(|history| history.dims()[0])
    }
}

impl SavedModule for WindowLanguageModel {
    const KIND: &'static str = "window-language-model";
    type Config = WindowLanguageModelConfig;
    type ConfigError = OptionError;

    fn validate(config: &Self::Config) -> Result<(), Self::ConfigError> {
        config.validate()
    }

    fn tensors(config: &Self::Config) -> TensorShapes {
        let vocabulary = config.vocabulary_size;
        let d_window = config.window.saturating_mul(config.d_embedding);
        let d_direct = if config.direct { d_window } else { 0 };
        let d_features = config.d_hidden.saturating_add(d_direct);
        // The last row is what stands before a text.
        TensorShapes::embedding(vocabulary.saturating_add(1), config.d_embedding)
            .within("embedding")
            .and(TensorShapes::linear(d_window, config.d_hidden).within("hidden"))
            .and(TensorShapes::of("output_weight", [d_features, vocabulary]))
            .and(TensorShapes::of("output_bias", [vocabulary]))
    }

    fn make(config: &Self::Config, device: &Device) -> Result<Self, Self::ConfigError> {
        Ok(config.clone().with_init_range(DRAW_RANGE).init(device))
    }
}

impl SavedLanguageModel for WindowLanguageModel {
    fn num_tokens(&self) -> usize {
        self.vocabulary_size()
    }
}
