//! Seeded draws.

use crate::generator;
use burn::tensor::Device;
use burn_recurrent::GruConfig;

#[test]
fn the_same_seed_draws_the_same_module() {
    let _alone = generator();
    let device = Device::flex();
    let build = |seed| {
        device.seed(seed);
        let module = GruConfig::new(3, 4).with_num_layers(2).init(&device);
        module.layers[1].forward.weight_hidden.to_data()
    };
    assert_eq!(build(1), build(1));
    assert_ne!(build(1), build(2));
}
