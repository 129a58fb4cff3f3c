//! Runs an LSTM of given weights forward and backward on the default device, and prints the path that it took and some
//! numbers, which are the same on every backend.

use burn::module::Param;
use burn::tensor::{DType, Device, Tensor, TensorData};
use burn_recurrent::{Lstm, LstmConfig};

/// Numbers between -1 and 1 that look random, the same everywhere.
fn numbers<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let count = shape.iter().product::<usize>();
    let values = (0..count).map(|index| (7.0 * (index as f32 + 1.0)).sin()).collect();
    Tensor::from_data(TensorData::new::<f32, _>(values, shape), device)
}

fn lstm(device: &Device) -> Lstm {
    let mut lstm = LstmConfig::new(3, 4).with_bidirectional(true).init(device);
    let layer = &mut lstm.layers[0];
    for cell in [&mut layer.forward, layer.backward.as_mut().unwrap()] {
        cell.weight_input = Param::from_tensor(numbers([3, 16], device));
        cell.weight_hidden = Param::from_tensor(numbers([4, 16], device));
        cell.bias = Some(Param::from_tensor(numbers([16], device)));
    }
    lstm
}

fn main() {
    let device = Device::default().autodiff();
    let lstm = lstm(&device);
    println!("path {}", lstm.path(&device, DType::F32));

    let input = numbers([2, 5, 3], &device).require_grad();
    let (output, state) = lstm.forward_padded(input.clone(), &[3, 5], None);
    let loss = (output.clone() * numbers([2, 5, 8], &device)).sum() + state.cell.clone().sum();
    let gradient = input.grad(&loss.backward()).unwrap();
    let print = |name: &str, data: TensorData| {
        let values: Vec<String> = data.iter::<f32>().map(|value| format!("{value:.6}")).collect();
        println!("{name} {}", values.join(" "));
    };
    print("output", output.into_data());
    print("cell", state.cell.into_data());
    print("gradient", gradient.into_data());
}

// Trained models too, so that their crates are built with each choice.
const _: Option<burn_recurrent_zoo::TrainedLanguageModel> = None;
const _: Option<burn_recurrent_zoo::models::SequenceTagger> = None;
