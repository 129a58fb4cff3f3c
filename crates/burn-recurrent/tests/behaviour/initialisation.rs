//! What the parameters begin as.

use super::{EXACT, assert_close};
use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent::{GruConfig, LstmConfig, RecurrentInitializer, RnnConfig};

#[test]
fn orthogonal_initialisation_is_orthogonal_gate_by_gate() {
    let device = Device::flex();
    let n = 37;
    let lstm = LstmConfig::new(5, n).init(&device);
    let cell = &lstm.layers[0].forward;
    for gate in 0..4 {
        let block = cell.weight_hidden.val().narrow(1, gate * n, n);
        let gram = block.clone().matmul(block.transpose());
        assert_close(gram, Tensor::eye(n, &device), 1e-5, "W Wᵀ");
    }
    let bias: Vec<f32> = cell
        .bias
        .as_ref()
        .unwrap()
        .to_data()
        .iter::<f32>()
        .collect();
    assert!(bias[..n].iter().all(|b| *b == 0.0));
    assert!(
        bias[n..2 * n].iter().all(|b| *b == 1.0),
        "the forget gate starts open"
    );
    assert!(bias[2 * n..].iter().all(|b| *b == 0.0));
    let bound = (6.0 / (5 + n) as f32).sqrt();
    let weights = cell.weight_input.to_data();
    let largest = weights.iter::<f32>().fold(0.0_f32, |m, w| m.max(w.abs()));
    assert!(
        largest <= bound && largest > 0.9 * bound,
        "{largest} of {bound}"
    );
}

#[test]
fn the_other_initialisers_draw_what_they_say() {
    let device = Device::flex();
    let build = |initializer| {
        RnnConfig::new(40, 25)
            .with_initializer(initializer)
            .init(&device)
    };
    let largest = |data: TensorData| data.iter::<f32>().fold(0.0_f32, |m, w| m.max(w.abs()));

    let uniform = build(RecurrentInitializer::Uniform { bound: 0.1 });
    let cell = &uniform.layers[0].forward;
    for magnitude in [
        largest(cell.weight_input.to_data()),
        largest(cell.weight_hidden.to_data()),
        largest(cell.bias.as_ref().unwrap().to_data()),
    ] {
        assert!(magnitude <= 0.1 && magnitude > 0.07, "{magnitude}");
    }

    let torch = build(RecurrentInitializer::Torch {});
    let cell = &torch.layers[0].forward;
    let magnitude = largest(cell.weight_hidden.to_data());
    assert!(magnitude <= 0.2 && magnitude > 0.19, "{magnitude}");
    assert!(largest(cell.bias.as_ref().unwrap().to_data()) <= 0.4);

    // A GRU's candidate has two biases that are not added: each is one draw.
    let gru = GruConfig::new(3, 25)
        .with_initializer(RecurrentInitializer::Torch {})
        .init(&device);
    let cell = &gru.layers[0].forward;
    let magnitude = largest(cell.bias_candidate.as_ref().unwrap().to_data());
    assert!(magnitude <= 0.2 && magnitude > 0.1, "{magnitude}");
    let candidate = cell.bias.as_ref().unwrap().val().narrow(0, 50, 25);
    assert!(largest(candidate.to_data()) <= 0.2);

    let identity = build(RecurrentInitializer::Identity { scale: 0.5 });
    let cell = &identity.layers[0].forward;
    let expected = Tensor::eye(25, &device) * 0.5;
    assert_close(cell.weight_hidden.val(), expected, EXACT, "identity");
    assert!(largest(cell.weight_input.to_data()) < 0.006);
}
