//! Settings that describe a model, and settings that do not.

use super::support::small;
use burn_recurrent_models::{
    AttentionKind, BridgeKind, CellKind, EncoderDecoderConfig, SpecialTokens,
};

#[test]
fn what_describes_no_model_is_refused_by_name() {
    let tokens = |padding, unknown, begin, end| SpecialTokens {
        padding,
        unknown,
        begin,
        end,
    };
    let none = || {
        small()
            .with_attention(AttentionKind::None)
            .with_input_feeding(false)
    };
    let copied = || {
        none()
            .with_bidirectional(false)
            .with_bridge(BridgeKind::Copy)
    };
    let cases = [
        (EncoderDecoderConfig::default(), "source_vocabulary_size"),
        (small().with_d_hidden(0), "d_hidden"),
        (small().with_d_encoder(Some(0)), "d_encoder"),
        (small().with_dropout_output(1.0), "dropout_output"),
        (small().with_label_smoothing(f64::NAN), "label_smoothing"),
        (small().with_tokens(tokens(0, 1, 2, 99)), "tokens.end"),
        (small().with_tokens(tokens(0, 1, 1, 3)), "tokens.unknown"),
        (small().with_d_encoder(Some(5)), "bidirectional"),
        (
            small()
                .with_attention(AttentionKind::Dot)
                .with_d_encoder(Some(8)),
            "attention",
        ),
        (
            small()
                .with_attention(AttentionKind::General)
                .with_d_attention(Some(3)),
            "d_attention",
        ),
        (none().with_d_attended(Some(3)), "d_attended"),
        (none().with_input_feeding(true), "input_feeding"),
        (copied().with_encoder_layers(2), "bridge"),
        (copied().with_encoder_cell(CellKind::Lstm), "bridge"),
        (none().with_shared_recurrent(true), "shared_recurrent"),
        (
            copied().with_shared_recurrent(true).with_summary(true),
            "shared_recurrent",
        ),
        (small().with_shared_embeddings(true), "shared_embeddings"),
    ];
    for (config, key) in cases {
        let error = config.validate().unwrap_err().to_string();
        assert!(error.starts_with(key), "{error:?} should name {key}");
    }
}

#[test]
fn settings_come_back_as_they_were_and_unknown_ones_are_refused() {
    let config = small()
        .with_bridge(BridgeKind::Final)
        .with_d_attention(Some(3));
    let json = serde_json::to_string(&config).unwrap();
    let read: EncoderDecoderConfig = serde_json::from_str(&json).unwrap();
    assert_eq!(read, config);
    let few: EncoderDecoderConfig = serde_json::from_str(r#"{"d_hidden": 8}"#).unwrap();
    assert_eq!(few, EncoderDecoderConfig::default().with_d_hidden(8));
    let error = serde_json::from_str::<EncoderDecoderConfig>(r#"{"d_hiden": 8}"#).unwrap_err();
    assert!(error.to_string().contains("d_hiden"), "{error}");
}
