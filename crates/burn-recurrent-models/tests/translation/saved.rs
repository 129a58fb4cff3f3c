//! A translator in a folder.

use super::support::{architectures, batch, model, small, values};
use burn::tensor::Device;
use burn_recurrent_models::{AttentionKind, BridgeKind, EncoderDecoder, SavedModel};

#[test]
fn a_translator_is_loaded_as_it_was_saved() {
    let device = Device::flex();
    let mut configs = architectures();
    configs.push((
        "joint",
        small()
            .with_source_vocabulary_size(8)
            .with_shared_embeddings(true)
            .with_attention(AttentionKind::Concat)
            .with_d_attention(Some(3))
            .with_d_attended(Some(4))
            .with_d_encoder(Some(2))
            .with_output_bias(false)
            .with_bridge(BridgeKind::Final),
    ));
    for (name, config) in configs {
        let folder = tempfile::tempdir().unwrap();
        let saved = model(&config, &device);
        saved.save(&config, None, folder.path()).unwrap();
        let loaded = EncoderDecoder::load(folder.path(), &device).unwrap();
        let mut batch = batch(&device);
        batch.source = batch.source.clamp_max(7);
        let nats = |model: &EncoderDecoder| values(model.nats(&batch));
        assert_eq!(nats(&loaded), nats(&saved), "{name}");
    }
}

#[test]
fn weights_of_another_translator_are_refused() {
    let device = Device::flex();
    let saved = model(&small(), &device);
    let folder = tempfile::tempdir().unwrap();
    let other = small().with_d_attention(Some(5));
    let error = saved.save(&other, None, folder.path()).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("decoder.attention.query"), "{message}");
}
