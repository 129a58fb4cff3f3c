//! What the parameters begin as.

use super::{EXACT, assert_close};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent::{
    Cell, GruCellConfig, GruConfig, GruWeights, LstmCellConfig, LstmConfig, LstmWeights,
    RecurrentInitializer, ResetGate, RnnCellConfig, RnnConfig, RnnWeights,
};

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

/// Asserts that two cells make the same steps.
fn assert_same_steps<C: Cell>(found: &C, expected: &C) {
    let device = Device::flex();
    let step = |cell: &C| {
        let input = Tensor::ones([2, cell.d_input()], &device);
        let prepared = cell.prepare(2, &device);
        let state = cell.initial_state(2, &device);
        let state = cell.step(cell.project_input(input.clone()), state, &prepared);
        let state = cell.step(cell.project_input(input), state, &prepared);
        burn_recurrent::CellState::into_parts(state)
    };
    for (found, expected) in step(found).into_iter().zip(step(expected)) {
        assert_close(found, expected, EXACT, C::name());
    }
}

#[test]
fn a_cell_of_given_weights_is_the_one_that_they_come_from() {
    let device = Device::flex();
    let values = |param: &Param<Tensor<1>>| param.val();
    let config = RnnCellConfig::new(3, 4).with_initializer(RecurrentInitializer::Torch {});
    let rnn = config.init(&device);
    let weights = RnnWeights {
        weight_input: rnn.weight_input.val(),
        weight_hidden: rnn.weight_hidden.val(),
        bias: rnn.bias.as_ref().map(values),
    };
    assert_same_steps(&config.init_with_weights(weights), &rnn);

    for reset in [ResetGate::AfterProduct, ResetGate::BeforeProduct] {
        let config = GruCellConfig::new(3, 4)
            .with_reset(reset)
            .with_initializer(RecurrentInitializer::Torch {});
        let gru = config.init(&device);
        let weights = GruWeights {
            weight_input: gru.weight_input.val(),
            weight_hidden: gru.weight_hidden.val(),
            bias: gru.bias.as_ref().map(values),
            bias_candidate: gru.bias_candidate.as_ref().map(values),
        };
        assert_same_steps(&config.init_with_weights(weights), &gru);
    }

    for coupled in [false, true] {
        let config = LstmCellConfig::new(3, 4)
            .with_coupled(coupled)
            .with_peephole(true)
            .with_d_projection(Some(2))
            .with_cell_clip(Some(0.1))
            .with_initializer(RecurrentInitializer::Torch {});
        let lstm = config.init(&device);
        let matrix = |param: &Param<Tensor<2>>| param.val();
        let weights = LstmWeights {
            weight_input: lstm.weight_input.val(),
            weight_hidden: lstm.weight_hidden.val(),
            bias: lstm.bias.as_ref().map(values),
            peephole: lstm.peephole.as_ref().map(matrix),
            projection: lstm.projection.as_ref().map(matrix),
        };
        assert_same_steps(&config.init_with_weights(weights), &lstm);
    }
}

#[test]
fn given_weights_become_parameters_even_out_of_a_graph() {
    let device = Device::flex().autodiff();
    let leaf = Tensor::<2>::ones([3, 4], &device).require_grad();
    let cell = RnnCellConfig::new(3, 4)
        .with_bias(false)
        .init_with_weights(RnnWeights {
            weight_input: leaf.clone() * 2.0,
            weight_hidden: Tensor::eye(4, &device),
            bias: None,
        });
    assert_eq!(cell.num_params(), 28);
    let output = cell.project_input(Tensor::ones([1, 3], &device));
    let gradients = output.sum().backward();
    assert!(cell.weight_input.val().grad(&gradients).is_some());
    assert!(leaf.grad(&gradients).is_none());
}
