//! What is on only while training, and that it learns.

use super::support::{architectures, batch, model, small, values};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::Device;
use burn_recurrent_models::{AttentionKind, EncoderDecoderConfig};

#[test]
fn dropout_and_word_dropout_act_in_training_alone() {
    let device = Device::flex().autodiff();
    let configs: [EncoderDecoderConfig; 5] = [
        small().with_dropout_embedding(0.5),
        small()
            .with_dropout_output(0.5)
            .with_variational_dropout(true),
        small().with_layers(2).with_dropout_layers(0.5),
        small().with_word_dropout_source(0.5),
        small().with_word_dropout_target(0.5),
    ];
    for config in configs {
        let model = model(&config, &device);
        let batch = batch(&device);
        let nats = || values(model.training_nats(&batch, 0.0));
        assert_ne!(nats(), nats(), "{config:?}");
        let plain = model.valid();
        let batch = super::support::batch(&Device::flex());
        let nats = || values(plain.nats(&batch));
        assert_eq!(nats(), nats(), "{config:?}");
    }
}

#[test]
fn scheduled_sampling_of_nothing_is_teacher_forcing_and_of_everything_is_not() {
    let device = Device::flex().autodiff();
    for (name, config) in architectures() {
        let model = model(&config, &device);
        let batch = batch(&device);
        let forced = values(model.training_nats(&batch, 0.0));
        assert_eq!(values(model.nats(&batch)), forced, "{name}");
        device.seed(1);
        let sampled = values(model.training_nats(&batch, 1.0));
        device.seed(1);
        assert_eq!(values(model.training_nats(&batch, 1.0)), sampled, "{name}");
        assert_ne!(sampled, forced, "{name}");
        // A translation's first word is predicted after its beginning, which is never replaced.
        let mut first = 0;
        for length in &batch.target_lengths {
            assert!((sampled[first] - forced[first]).abs() < 1e-5, "{name}");
            first += length - 1;
        }
    }
}

/// Trains on a few pairs until each is known by heart.
fn learns(config: &EncoderDecoderConfig, sampling: f64) -> f64 {
    let device = Device::flex().autodiff();
    let mut model = model(config, &device);
    let batch = batch(&device);
    let mut optimizer = AdamConfig::new().init();
    for _ in 0..150 {
        let loss = model.training_nats(&batch, sampling).mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(0.02, model, gradients);
    }
    values(model.nats(&batch).mean())[0]
}

#[test]
fn every_architecture_learns_a_few_sentences_by_heart() {
    for (name, config) in architectures() {
        let nats = learns(&config, 0.0);
        assert!(nats < 0.2, "{name}: {nats} nats a token");
    }
}

#[test]
fn it_learns_from_what_it_writes_itself() {
    let config = small().with_attention(AttentionKind::General);
    let nats = learns(&config, 0.3);
    assert!(nats < 0.3, "{nats} nats a token");
}
