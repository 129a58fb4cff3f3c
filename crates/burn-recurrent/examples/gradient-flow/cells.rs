//! The cell of each architecture, drawn and studied.

use crate::architecture::Architecture;
use crate::study::{Settings, Study, study};
use burn::tensor::{Device, Tensor};
use burn_recurrent::{
    GruCellConfig, LstmCell, LstmCellConfig, LstmWeights, RecurrentInitializer, RnnActivation,
    RnnCell, RnnCellConfig,
};

impl Architecture {
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
