//! The translator as a saved model.

use super::{AttentionKind, BridgeKind, EncoderDecoder, EncoderDecoderConfig, EncoderDecoderError};
use crate::saved::DRAW;
use crate::{SavedModule, TensorShapes};
use burn::tensor::Device;

impl SavedModule for EncoderDecoder {
    const KIND: &'static str = "encoder-decoder";
    type Config = EncoderDecoderConfig;
    type ConfigError = EncoderDecoderError;

    fn validate(config: &Self::Config) -> Result<(), Self::ConfigError> {
        config.validate()
    }

    fn tensors(config: &Self::Config) -> TensorShapes {
        let (d_embedding, d_decoded) = (config.d_embedding, config.decoded_width());
        let encoder = config.encoder_recurrent().tensors().within("recurrent");
        let encoder = encoder.and_where(!config.shared_embeddings, || {
            TensorShapes::embedding(config.source_vocabulary_size, d_embedding).within("embedding")
        });
        let vocabulary = config.target_vocabulary_size;
        let decoder = TensorShapes::embedding(vocabulary, d_embedding)
            .within("embedding")
            .and_where(!config.shared_recurrent, || {
                config.decoder_recurrent().tensors().within("recurrent")
            })
            .and(attention(config).within("attention"));
        let states = config.decoder_layers.saturating_mul(config.d_hidden);
        let bridge = TensorShapes::none().and_where(config.bridge != BridgeKind::Copy, || {
            TensorShapes::linear(config.encoder_width(), states).within("linear")
        });
        let output = TensorShapes::none()
            .and_where(config.tied && d_decoded != d_embedding, || {
                TensorShapes::linear(d_decoded, d_embedding).within("projection")
            })
            .and_where(!config.tied, || {
                TensorShapes::of("weight", [vocabulary, d_decoded])
            })
            .and_where(config.output_bias, || {
                TensorShapes::of("bias", [vocabulary])
            });
        encoder
            .within("encoder")
            .and(bridge.within("bridge"))
            .and(decoder.within("decoder"))
            .and(output.within("output"))
    }

    fn make(config: &Self::Config, device: &Device) -> Result<Self, Self::ConfigError> {
        config.clone().with_initializer(DRAW).init(device)
    }
}

fn attention(config: &EncoderDecoderConfig) -> TensorShapes {
    let (d_hidden, d_encoder) = (config.d_hidden, config.encoder_width());
    let width = config.attention_width();
    let scores = match config.attention {
        AttentionKind::None => return TensorShapes::none(),
        AttentionKind::Dot => TensorShapes::none(),
        AttentionKind::General => TensorShapes::of("key", [d_encoder, d_hidden]),
        AttentionKind::Additive | AttentionKind::Concat => {
            TensorShapes::of("query", [d_hidden, width])
                .and(TensorShapes::of("key", [d_encoder, width]))
                .and(TensorShapes::of("energy", [width]))
        }
    };
    let both = d_hidden.saturating_add(d_encoder);
    scores.and(TensorShapes::linear(both, config.decoded_width()).within("attended"))
}
