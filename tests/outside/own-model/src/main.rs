//! Saves a model that the library does not know into the folder that is given, and loads it again as it does the library's.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use burn_recurrent_models::{
    AnyRecurrent, AnyRecurrentConfig, CellKind, SavedModel, SavedModule, TensorShapes,
};
use std::error::Error;

/// Forecasts a series of numbers.
#[derive(Module, Debug)]
struct Forecaster {
    recurrent: AnyRecurrent,
    output: Linear,
}

#[derive(Config, Debug)]
struct ForecasterConfig {
    d_hidden: usize,
    #[config(default = 2)]
    num_layers: usize,
}

impl ForecasterConfig {
    fn recurrent(&self) -> AnyRecurrentConfig {
        AnyRecurrentConfig::new(CellKind::Gru, 1, self.d_hidden).with_num_layers(self.num_layers)
    }

    fn init(&self, device: &Device) -> Forecaster {
        Forecaster {
            recurrent: self.recurrent().init(device),
            output: LinearConfig::new(self.d_hidden, 1).init(device),
        }
    }
}

impl Forecaster {
    /// What comes after the numbers.
    fn next(&self, numbers: &[f32]) -> f32 {
        let device = self.devices().remove(0);
        let numbers = Tensor::<1>::from_data(numbers, &device).reshape([1, -1, 1]);
        let (output, _) = self.recurrent.forward(numbers, None);
        let [_, time, width] = output.dims();
        let last = output.narrow(1, time - 1, 1).reshape([1, width]);
        self.output.forward(last).into_scalar()
    }
}

impl SavedModule for Forecaster {
    const KIND: &'static str = "example.org/forecaster";
    type Config = ForecasterConfig;
    type ConfigError = String;

    fn validate(config: &ForecasterConfig) -> Result<(), String> {
        match config.d_hidden.min(config.num_layers) {
            0 => Err(format!("{config:?} has a size of 0")),
            _ => Ok(()),
        }
    }

    fn tensors(config: &ForecasterConfig) -> TensorShapes {
        let output = TensorShapes::linear(config.d_hidden, 1).within("output");
        config.recurrent().tensors().within("recurrent").and(output)
    }

    fn make(config: &ForecasterConfig, device: &Device) -> Result<Self, String> {
        Ok(config.init(device))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("the folder to save into")?;
    let device = Device::default();
    let config = ForecasterConfig::new(8);
    let model = config.init(&device);
    model.save(&config, None, &folder)?;

    let loaded = Forecaster::load(&folder, &device)?;
    let series = [0.1, 0.4, 0.2];
    println!("saved {}", model.next(&series));
    println!("loaded {}", loaded.next(&series));

    // What the description says is checked as it is for the library's own models.
    let path = format!("{folder}/model.json");
    let text = std::fs::read_to_string(&path)?;
    for (said, wrong) in [
        ("\"num_layers\": 2", "\"num_layers\": 1000000000000"),
        ("\"num_layers\": 2", "\"layers\": 2, \"num_layers\": 2"),
        ("\"d_hidden\": 8", "\"d_hidden\": 0"),
        ("example.org/forecaster", "example.org/weather"),
    ] {
        std::fs::write(&path, text.replace(said, wrong))?;
        let error = Forecaster::load(&folder, &device).expect_err(wrong);
        println!("refused {error}");
    }
    Ok(())
}
