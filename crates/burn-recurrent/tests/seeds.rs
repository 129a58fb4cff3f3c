//! Seeded draws. Alone in its file: the seed is the whole process's, and tests run side by side.

use burn::tensor::Device;
use burn_recurrent::GruConfig;

#[test]
fn the_same_seed_draws_the_same_module() {
    let device = Device::flex();
    let build = |seed| {
        device.seed(seed);
        let module = GruConfig::new(3, 4).with_num_layers(2).init(&device);
        module.layers[1].forward.weight_hidden.to_data()
    };
    assert_eq!(build(1), build(1));
    assert_ne!(build(1), build(2));
}
