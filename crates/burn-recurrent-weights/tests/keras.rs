//! Weights of Keras: read, run and written.

use crate::common::{assert_close, open};
use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent::{Gru, GruConfig, Lstm, LstmConfig, Recurrent, ResetGate, Rnn, RnnActivation};
use burn_recurrent_weights::{ConvertibleCell, KerasLayer, KerasWeights, TensorFile, WeightsError};

/// f32 sums of a few terms, in another order than PyTorch's, which computes for Keras.
const TOLERANCE: f32 = 1e-5;

/// The layers of a case, as they are called in a file with this separator.
fn layers(name: &str, depth: usize, both: bool, separator: &str) -> Vec<KerasLayer> {
    (0..depth)
        .map(|index| match both {
            false => KerasLayer::new(format!("{name}{separator}layer_{index}")),
            true => {
                let of = |direction: &str| {
                    [
                        name,
                        &format!("both_{index}"),
                        &format!("{direction}_layer_{index}"),
                    ]
                    .join(separator)
                };
                KerasLayer::bidirectional(of("forward"), of("backward"))
            }
        })
        .collect()
}

fn check<C: ConvertibleCell>(name: &str, module: &Recurrent<C>) {
    let cases = open("weights_cases.safetensors");
    let tensor = |part: &str| -> Tensor<3> {
        let name = format!("keras/{name}/{part}");
        let shape = cases.shape(&name).unwrap().to_vec();
        let values = cases.floats(&name).unwrap();
        Tensor::from_data(TensorData::new(values, shape), &Device::default())
    };
    let (output, _) = module.forward(tensor("input"), None);
    assert_close(output, tensor("output"), TOLERANCE, name);
}

/// Reads a case under the names of both files, and once more after it was written.
fn check_case<C: ConvertibleCell>(
    name: &str,
    depth: usize,
    both: bool,
    read: impl Fn(&TensorFile, &[KerasLayer]) -> Result<Recurrent<C>, WeightsError>,
) {
    let folder = tempfile::tempdir().unwrap();
    for (file, separator) in [
        ("keras_weights.npz", "/"),
        ("keras_weights.safetensors", "."),
    ] {
        let layers = layers(name, depth, both, separator);
        let module = read(&open(file), &layers).unwrap();
        check(name, &module);
        let path = folder.path().join(file);
        module.to_keras(&layers).unwrap().save(&path).unwrap();
        let written = TensorFile::open(&path).unwrap();
        check(name, &read(&written, &layers).unwrap());
        // The written tensors are Keras' own but for the sum of a GRU's two biases.
        let original = open(file);
        for tensor in written.names() {
            let (start, kind) = tensor.rsplit_once(separator).unwrap();
            let is_it = |name: &&str| {
                name.starts_with(&format!("{start}{separator}"))
                    && name
                        .trim_end_matches(":0")
                        .ends_with(&format!("{separator}{kind}"))
            };
            let name = original.names().find(is_it).unwrap();
            assert_eq!(written.shape(tensor), original.shape(name), "{tensor}");
            if kind != "bias" {
                assert_eq!(
                    written.floats(tensor).unwrap(),
                    original.floats(name).unwrap()
                );
            }
        }
    }
}

#[test]
fn modules_give_keras_numbers() {
    let device = Device::default();
    for (name, depth, both) in [
        ("lstm", 1, false),
        ("lstm_deep", 3, false),
        ("lstm_both", 1, true),
        ("lstm_no_bias", 2, true),
    ] {
        check_case(name, depth, both, |file, layers| {
            Lstm::from_keras(file, layers, &device)
        });
    }
    for (name, depth, both) in [
        ("gru", 1, false),
        ("gru_deep", 2, true),
        ("gru_before", 1, false),
        ("gru_before_deep", 2, true),
        ("gru_no_bias", 1, false),
    ] {
        check_case(name, depth, both, |file, layers| {
            Gru::from_keras(file, layers, &device)
        });
    }
    check_case("rnn", 1, false, |file, layers| {
        Rnn::from_keras(file, layers, &device)
    });
    check_case("rnn_relu", 2, true, |file, layers| {
        let config = Rnn::keras_config(file, layers)?;
        let mut rnn = config.with_activation(RnnActivation::Relu).init(&device);
        rnn.load_keras(file, layers)?;
        Ok(rnn)
    });
}

#[test]
fn the_bias_tells_where_the_reset_gate_acts() {
    let file = open("keras_weights.npz");
    let reset = |name| {
        Gru::keras_config(&file, &layers(name, 1, false, "/"))
            .unwrap()
            .reset
    };
    assert_eq!(reset("gru"), ResetGate::AfterProduct);
    assert_eq!(reset("gru_before"), ResetGate::BeforeProduct);
    // Into a module that was told otherwise, the bias does not fit.
    let before = Gru::keras_config(&file, &layers("gru", 1, false, "/")).unwrap();
    let mut before = before
        .with_reset(ResetGate::BeforeProduct)
        .init(&Device::default());
    let error = before
        .load_keras(&file, &layers("gru", 1, false, "/"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("gru/layer_0/gru_cell/bias: expected shape"),
        "{error}"
    );
}

#[test]
fn names_separators_and_numbers_of_layers_are_checked() {
    let device = Device::default();
    let file = open("keras_weights.safetensors");
    // Either separator, with or without the cell's own part.
    for name in ["lstm/layer_0", "lstm.layer_0.lstm_cell", "lstm/layer_0/"] {
        Lstm::from_keras(&file, &[KerasLayer::new(name)], &device).unwrap();
    }
    let error = Lstm::from_keras(&file, &[KerasLayer::new("lstm_d")], &device).unwrap_err();
    assert!(matches!(error, WeightsError::NotFound { .. }), "{error}");
    assert!(
        error.to_string().contains("lstm_deep.layer_0.lstm_cell"),
        "{error}"
    );
    let error = Lstm::from_keras(&file, &[], &device).unwrap_err();
    assert!(matches!(error, WeightsError::Layers { .. }), "{error}");
    let lstm = LstmConfig::new(2, 3).with_num_layers(2).init(&device);
    let error = lstm.to_keras(&[KerasLayer::new("one")]).unwrap_err();
    assert!(matches!(error, WeightsError::Layers { .. }), "{error}");
    let error = lstm
        .to_keras(&[KerasLayer::new("one"), KerasLayer::new("one")])
        .unwrap_err();
    assert!(matches!(error, WeightsError::Duplicate { .. }), "{error}");
    // A wrong cell, and layers in the wrong order.
    let error = Gru::from_keras(&file, &[KerasLayer::new("lstm/layer_0")], &device).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("lstm.layer_0.lstm_cell.recurrent_kernel:0: expected shape"),
        "{error}"
    );
}

#[test]
fn options_without_a_counterpart_are_named() {
    let device = Device::default();
    let layer = [KerasLayer::new("layer")];
    let options = |error| match error {
        WeightsError::NoCounterpart {
            library: "Keras",
            options,
        } => options.join(", "),
        other => panic!("{other}"),
    };
    let lstm = LstmConfig::new(2, 3)
        .with_d_projection(Some(2))
        .with_cell_clip(Some(1.5))
        .init(&device);
    assert_eq!(
        options(lstm.to_keras(&layer).unwrap_err()),
        "cell_clip = 1.5, d_projection"
    );
    let gru = GruConfig::new(2, 3)
        .with_layer_norm(true)
        .with_zoneout(0.1)
        .init(&device);
    assert_eq!(
        options(gru.to_keras(&layer).unwrap_err()),
        "layer_norm, zoneout"
    );
}
