//! Small models and batches, and numbers out of tensors.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor};
use burn_recurrent_models::{
    AttentionKind, BridgeKind, CellKind, EncoderDecoder, EncoderDecoderBatch, EncoderDecoderConfig,
    SpecialTokens,
};
use std::collections::BTreeMap;

pub const SOURCE: usize = 9;
pub const TARGET: usize = 8;

/// A small configuration with the defaults' architecture.
pub fn small() -> EncoderDecoderConfig {
    EncoderDecoderConfig::new(SOURCE, TARGET)
        .with_d_embedding(4)
        .with_d_hidden(6)
}

/// Small configurations that differ in all that the decoder does differently.
pub fn architectures() -> Vec<(&'static str, EncoderDecoderConfig)> {
    let plain = small()
        .with_cell(CellKind::Lstm)
        .with_layers(2)
        .with_bidirectional(false)
        .with_reverse_source(true)
        .with_attention(AttentionKind::None)
        .with_input_feeding(false)
        .with_bridge(BridgeKind::Copy);
    let general = small()
        .with_cell(CellKind::Lstm)
        .with_layers(2)
        .with_attention(AttentionKind::General)
        .with_summary(true)
        .with_tied(false)
        .with_bridge(BridgeKind::Final);
    vec![
        ("plain", plain.clone()),
        ("shared", plain.with_shared_recurrent(true)),
        ("fed", small()),
        ("attentive", small().with_input_feeding(false)),
        (
            "dot",
            small()
                .with_attention(AttentionKind::Dot)
                .with_cell(CellKind::Rnn),
        ),
        ("general", general),
    ]
}

pub fn model(config: &EncoderDecoderConfig, device: &Device) -> EncoderDecoder {
    device.seed(7);
    config.init(device).unwrap()
}

pub const SOURCES: [&[u32]; 4] = [&[4, 8, 5, 6], &[7], &[], &[5, 5, 8]];
pub const TARGETS: [&[u32]; 4] = [&[4, 7], &[6, 5, 4, 4], &[5], &[]];

/// A batch of sentences and translations of many lengths, one of each empty.
pub fn batch(device: &Device) -> EncoderDecoderBatch {
    EncoderDecoderBatch::from_rows(&SOURCES, &TARGETS, SpecialTokens::default(), device)
}

pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

pub fn assert_all_close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (f, e)) in found.iter().zip(expected).enumerate() {
        let error = (f - e).abs();
        assert!(
            error <= tolerance * e.abs().max(1.0),
            "{what}, number {place}: {f}, expected {e}"
        );
    }
}

/// The gradients of a module's weights, by name.
pub fn gradients<M: Module>(module: &M, gradients: &Gradients) -> BTreeMap<String, Vec<f64>> {
    let mut visitor = Collect {
        gradients,
        path: Vec::new(),
        found: BTreeMap::new(),
    };
    module.visit(&mut visitor);
    visitor.found
}

struct Collect<'a> {
    gradients: &'a Gradients,
    path: Vec<String>,
    found: BTreeMap<String, Vec<f64>>,
}

impl ModuleVisitor for Collect<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.path.join(".");
        let gradient = param.val().grad(self.gradients);
        let gradient = gradient.unwrap_or_else(|| panic!("`{name}` takes no part in the loss"));
        self.found.insert(name, values(gradient));
    }
}
