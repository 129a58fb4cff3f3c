//! What a module is saved as, and what it says of itself.

use super::{EXACT, assert_close, normal};
use burn::module::Module;
use burn::tensor::{DType, Device};
use burn_recurrent::{GruConfig, LstmConfig, RecurrentInitializer, ResetGate};

#[test]
fn records_keep_the_weights() {
    let device = Device::flex();
    let config = LstmConfig::new(3, 4)
        .with_num_layers(2)
        .with_bidirectional(true)
        .with_peephole(true)
        .with_layer_norm(true);
    let module = config.init(&device);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lstm.bpk");
    module.clone().save_file(&path).unwrap();
    let loaded = config.init(&device).load_file(&path);
    let input = normal([2, 5, 3], &device);
    let (expected, _) = module.forward(input.clone(), None);
    let (found, _) = loaded.forward(input, None);
    assert_close(found, expected, EXACT, "output");
}

#[test]
fn configurations_survive_serialisation() {
    let config = GruConfig::new(3, 4)
        .with_reset(ResetGate::BeforeProduct)
        .with_initializer(RecurrentInitializer::Uniform { bound: 0.1 });
    let text = serde_json::to_string(&config).unwrap();
    let back: GruConfig = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), text);
    assert_eq!(back.reset, ResetGate::BeforeProduct);
}

#[test]
fn display_shows_sizes_and_parameters() {
    let device = Device::flex();
    let (m, n) = (3, 5);
    let lstm = LstmConfig::new(m, n).init(&device);
    let params = 4 * (n * (m + n) + n);
    assert_eq!(lstm.num_params(), params);
    assert_eq!(
        lstm.to_string(),
        format!("Lstm {{d_input: 3, d_hidden: 5, params: {params}}}")
    );
    let gru = GruConfig::new(m, n)
        .with_num_layers(2)
        .with_bidirectional(true)
        .with_dropout(0.5)
        .init(&device);
    assert_eq!(
        gru.to_string(),
        format!(
            "Gru {{d_input: 3, d_hidden: 5, num_layers: 2, bidirectional: true, dropout: 0.5, \
             params: {}}}",
            gru.num_params()
        )
    );
}

#[test]
fn the_path_is_fused_where_a_kernel_knows_the_options_and_is_said_otherwise() {
    let device = Device::flex();
    let path = |config: LstmConfig| config.init(&device).path(&device, DType::F32);
    let plain = LstmConfig::new(3, 4);
    assert_eq!(path(plain.clone()).is_fused(), cfg!(feature = "flex"));
    for (config, reason) in [
        (plain.clone().with_peephole(true), "peepholes"),
        (plain.clone().with_layer_norm(true), "layer normalisation"),
        (plain.clone().with_zoneout_cell(0.1), "zoneout"),
    ] {
        assert!(path(config).to_string().contains(reason));
    }
    let lstm = plain.init(&device);
    assert!(!lstm.path(&device, DType::F64).is_fused());
}
