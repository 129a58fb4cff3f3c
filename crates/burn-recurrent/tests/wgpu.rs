//! A small subset on a GPU through wgpu; a software driver will do.

mod common;

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor, TensorData};
use burn_recurrent::{ComputePath, GruConfig, Lstm, LstmConfig, RnnConfig};
use common::assert_close;

/// Sums in another order, and a GPU's exponential.
const TOLERANCE: f32 = 1e-4;

fn data(rows: usize, columns: usize, width: usize) -> TensorData {
    let count = rows * columns * width;
    let values: Vec<f32> = (0..count).map(|i| (i as f32 * 0.37).sin()).collect();
    TensorData::new(values, [rows, columns, width])
}

/// Outputs and the gradient of the first layer's recurrent weights.
fn run(lstm: Lstm, device: &Device) -> (Tensor<3>, Tensor<2>) {
    let lstm = lstm.fork(device);
    let input = Tensor::from_data(data(3, 5, 4), device);
    let (output, state) = lstm.forward_padded(input, &[5, 0, 3], None);
    let gradients = (output.clone().sum() + state.cell.sum()).backward();
    let weight = lstm.layers[0].forward.weight_hidden.val();
    let plain = Device::flex();
    let gradient = weight.grad(&gradients).unwrap().to_device(&plain);
    (output.inner().to_device(&plain), gradient)
}

#[test]
fn wgpu_gives_the_numbers_of_flex() {
    let flex = Device::flex().autodiff();
    let wgpu = Device::wgpu(Default::default()).autodiff();
    let lstm = LstmConfig::new(4, 8)
        .with_num_layers(2)
        .with_bidirectional(true)
        .init(&flex);
    let (expected, expected_gradient) = run(lstm.clone(), &flex);
    let (found, found_gradient) = run(lstm, &wgpu);
    assert_close(found, expected, TOLERANCE, "output");
    assert_close(found_gradient, expected_gradient, TOLERANCE, "gradient");
}

#[test]
fn wgpu_runs_the_other_cells_by_the_portable_path() {
    let flex = Device::flex();
    let wgpu = Device::wgpu(Default::default());
    let gru = GruConfig::new(4, 8).init(&flex);
    let rnn = RnnConfig::new(4, 8).init(&flex);
    assert!(matches!(
        gru.path(&wgpu, DType::F32),
        ComputePath::Portable(_)
    ));
    let input = |device: &Device| Tensor::from_data(data(2, 3, 4), device);
    let (expected, _) = gru.forward(input(&flex), None);
    let (found, _) = gru.fork(&wgpu).forward(input(&wgpu), None);
    assert_close(found.to_device(&flex), expected, TOLERANCE, "gru");
    let (expected, _) = rnn.forward(input(&flex), None);
    let (found, _) = rnn.fork(&wgpu).forward(input(&wgpu), None);
    assert_close(found.to_device(&flex), expected, TOLERANCE, "rnn");
}
