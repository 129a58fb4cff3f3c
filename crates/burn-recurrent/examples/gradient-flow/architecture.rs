//! The cells that are compared.

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
}
