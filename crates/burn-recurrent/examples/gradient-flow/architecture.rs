//! The cells that are compared.

use crate::study::{Settings, Study, study};
use burn::tensor::{Device, Tensor};
use burn_recurrent::{
    GruCellConfig, LstmCell, LstmCellConfig, LstmWeights, RecurrentInitializer, RnnActivation,
    RnnCell, RnnCellConfig,
};
use clap::ValueEnum;
use plotters::style::RGBColor;

/// A cell and how its weights are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Architecture {
    /// An Elman network with the logistic function
    Sigmoid,
    /// An Elman network with tanh
    Tanh,
    /// An Elman network with the rectifier
    Relu,
    /// The same with identity recurrent weights (Le et al. 2015)
    Irnn,
    /// A gated recurrent unit
    Gru,
    /// An LSTM whose forget gate starts half open, with a bias of 0
    LstmForget0,
    /// An LSTM whose forget gate has a bias of 1 (Jozefowicz et al. 2015)
    LstmForget1,
}

impl Architecture {
    /// Its name in tables and pictures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sigmoid => "RNN, sigmoid",
            Self::Tanh => "RNN, tanh",
            Self::Relu => "RNN, ReLU",
            Self::Irnn => "RNN, ReLU, identity",
            Self::Gru => "GRU",
            Self::LstmForget0 => "LSTM, forget bias 0",
            Self::LstmForget1 => "LSTM, forget bias 1",
        }
    }

    /// Its colour: those of Okabe and Ito (2008), told apart by colour-blind readers.
    pub fn colour(self) -> RGBColor {
        match self {
            Self::Sigmoid => RGBColor(0, 0, 0),
            Self::Tanh => RGBColor(86, 180, 233),
            Self::Relu => RGBColor(230, 159, 0),
            Self::Irnn => RGBColor(213, 94, 0),
            Self::Gru => RGBColor(0, 158, 115),
            Self::LstmForget0 => RGBColor(204, 121, 167),
            Self::LstmForget1 => RGBColor(0, 114, 178),
        }
    }

    /// Measures and trains it.
    pub fn study(self, length: usize, settings: &Settings) -> Study {
        let device = Device::flex().autodiff();
        device.seed(settings.seed);
        let initializer = settings.initializer();
        let rnn = |activation| rnn(activation, initializer.clone(), settings, &device);
        match self {
            Self::Sigmoid => study(self, rnn(RnnActivation::Sigmoid), length, settings, &device),
            Self::Tanh => study(self, rnn(RnnActivation::Tanh), length, settings, &device),
            Self::Relu => study(self, rnn(RnnActivation::Relu), length, settings, &device),
            Self::Irnn => {
                let identity = RecurrentInitializer::Identity { scale: 1.0 };
                let cell = self::rnn(RnnActivation::Relu, identity, settings, &device);
                study(self, cell, length, settings, &device)
            }
            Self::Gru => {
                let cell = GruCellConfig::new(2, settings.hidden).with_initializer(initializer);
                study(self, cell.init(&device), length, settings, &device)
            }
            Self::LstmForget0 | Self::LstmForget1 => {
                let bias = f32::from(u8::from(self == Self::LstmForget1));
                let cell = lstm(bias, &initializer, settings.hidden, &device);
                study(self, cell, length, settings, &device)
            }
        }
    }
}

fn rnn(
    activation: RnnActivation,
    initializer: RecurrentInitializer,
    settings: &Settings,
    device: &Device,
) -> RnnCell {
    RnnCellConfig::new(2, settings.hidden)
        .with_activation(activation)
        .with_initializer(initializer)
        .init(device)
}

/// An LSTM to whose forget gates' biases this is added; left to itself, it would draw them with a 1.
fn lstm(
    forget: f32,
    initializer: &RecurrentInitializer,
    hidden: usize,
    device: &Device,
) -> LstmCell {
    let draw = initializer.for_cell(hidden, device);
    let gate = |bias: f32| Tensor::full([hidden], bias, device);
    let biases = Tensor::cat(vec![gate(0.0), gate(forget), gate(0.0), gate(0.0)], 0);
    LstmCellConfig::new(2, hidden).init_with_weights(LstmWeights {
        weight_input: draw.input(2, 4),
        weight_hidden: draw.recurrent(hidden, 4),
        bias: Some(draw.bias(4, None) + biases),
        peephole: None,
        projection: None,
    })
}
