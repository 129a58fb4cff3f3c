//! Weights of PyTorch: read, run and written; what is wrong with a file; and the example that runs a checkpoint.

use crate::common::{assert_close, fixture, open};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent::{
    CellState, Gru, GruConfig, Lstm, LstmConfig, Recurrent, ResetGate, Rnn, RnnActivation,
    RnnConfig,
};
use burn_recurrent_weights::{
    ConvertibleCell, ElementType, TensorFile, TensorProblem, TorchWeights, WeightsError,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

/// f32 sums of a few terms, in another order than PyTorch's.
const TOLERANCE: f32 = 1e-5;

/// The inputs and results of the cases.
struct Case<'a> {
    file: &'a TensorFile,
    name: &'a str,
    device: Device,
}

impl Case<'_> {
    fn has(&self, tensor: &str) -> bool {
        self.file
            .shape(&format!("{}/{tensor}", self.name))
            .is_some()
    }

    fn tensor(&self, tensor: &str) -> Tensor<3> {
        let name = format!("{}/{tensor}", self.name);
        let shape = self.file.shape(&name).expect(&name).to_vec();
        Tensor::from_data(
            TensorData::new(self.file.floats(&name).unwrap(), shape),
            &self.device,
        )
    }

    /// Runs the module over the case's input and compares all results.
    fn check<C: ConvertibleCell>(&self, module: &Recurrent<C>) {
        let state = self.has("h0").then(|| {
            let names = ["h0", "c0"].into_iter().filter(|name| self.has(name));
            C::State::stacked_from_parts(names.map(|name| self.tensor(name)).collect())
        });
        let input = self.tensor("input");
        let (output, state) = match self.has("lengths") {
            false => module.forward(input, state),
            true => {
                let lengths = self
                    .file
                    .integers(&format!("{}/lengths", self.name))
                    .unwrap();
                let lengths: Vec<usize> = lengths.iter().map(|length| *length as usize).collect();
                module.forward_padded(input, &lengths, state)
            }
        };
        let mut results = vec![output];
        results.extend(C::State::stacked_into_parts(state));
        for (name, found) in ["output", "h_n", "c_n"].into_iter().zip(results) {
            let what = format!("{} {name}", self.name);
            assert_close(found, self.tensor(name), TOLERANCE, &what);
        }
    }
}

fn case_names(cases: &TensorFile) -> Vec<String> {
    cases
        .names()
        .filter_map(|name| name.strip_suffix("/output"))
        .filter(|name| !name.starts_with("keras/"))
        .map(str::to_owned)
        .collect()
}

/// What can be done with a case's module, whatever its cell.
trait Visit {
    fn visit<C: ConvertibleCell>(&mut self, case: &Case<'_>, module: Recurrent<C>);
}

fn visit_cases(weights: &TensorFile, mut visit: impl Visit) -> usize {
    let cases = open("weights_cases.safetensors");
    let device = Device::default();
    let mut count = 0;
    for name in case_names(&cases) {
        if !weights
            .names()
            .any(|tensor| tensor.starts_with(&format!("{name}.")))
        {
            continue;
        }
        count += 1;
        let case = Case {
            file: &cases,
            name: &name,
            device: device.clone(),
        };
        match name.split('_').next().unwrap() {
            "rnn" if name.contains("relu") => {
                let config = Rnn::torch_config(weights, &name).unwrap();
                let mut rnn = config.with_activation(RnnActivation::Relu).init(&device);
                rnn.load_torch(weights, &name).unwrap();
                visit.visit(&case, rnn);
            }
            "rnn" => visit.visit(&case, Rnn::from_torch(weights, &name, &device).unwrap()),
            "gru" => visit.visit(&case, Gru::from_torch(weights, &name, &device).unwrap()),
            "lstm" => visit.visit(&case, Lstm::from_torch(weights, &name, &device).unwrap()),
            cell => panic!("{cell} is no cell"),
        }
    }
    count
}

struct Check;

impl Visit for Check {
    fn visit<C: ConvertibleCell>(&mut self, case: &Case<'_>, module: Recurrent<C>) {
        case.check(&module);
    }
}

#[test]
fn modules_built_from_a_larger_model_give_pytorchs_numbers() {
    assert_eq!(visit_cases(&open("torch_weights.safetensors"), Check), 23);
    assert_eq!(visit_cases(&open("torch_weights.pt"), Check), 23);
    assert_eq!(visit_cases(&open("torch_weights_legacy.pt"), Check), 2);
}

#[test]
fn the_configuration_is_told_by_names_and_shapes() {
    let file = open("torch_weights.safetensors");
    let config = Lstm::torch_config(&file, "lstm_projected_2_2").unwrap();
    assert_eq!((config.num_layers, config.bidirectional), (2, true));
    assert_eq!(config.d_projection, Some(config.d_hidden - 1));
    let with_bias = |name| Gru::torch_config(&file, name).unwrap().bias;
    assert!(!with_bias("gru_1_1") && with_bias("gru_1_2"));
    // The types of the file's numbers are those that the fixture was made with.
    let element = |name: &str| file.element_type(&format!("{name}.weight_ih_l0")).unwrap();
    assert_eq!(*element("gru_f16"), ElementType::F16);
    assert_eq!(*element("gru_bf16"), ElementType::Bf16);
    assert_eq!(*element("gru_f64"), ElementType::F64);
}

/// Writes a module and reads it again.
struct RoundTrip<'a>(&'a TensorFile, &'a Path);

impl Visit for RoundTrip<'_> {
    fn visit<C: ConvertibleCell>(&mut self, case: &Case<'_>, module: Recurrent<C>) {
        let prefix = format!("{}.", case.name);
        let written = module.to_torch(&prefix).unwrap();
        // The same names and shapes as PyTorch wrote: its `load_state_dict` asks for no more.
        let listed = |file: &TensorFile| -> BTreeSet<(String, Vec<usize>)> {
            file.names()
                .filter(|name| name.starts_with(&prefix))
                .map(|name| (name.to_owned(), file.shape(name).unwrap().to_vec()))
                .collect()
        };
        assert_eq!(listed(&written), listed(self.0));
        written.save(self.1).unwrap();
        let file = TensorFile::open(self.1).unwrap();
        // Blanked first, so that nothing of the module is left but what the file has.
        let mut again = module.map(&mut Zeros);
        again.load_torch(&file, &prefix).unwrap();
        case.check(&again);
    }
}

struct Zeros;

impl ModuleMapper for Zeros {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.zeros_like())
    }
}

#[test]
fn what_is_written_has_pytorchs_names_and_reads_as_the_same_module() {
    let folder = tempfile::tempdir().unwrap();
    let file = open("torch_weights.safetensors");
    for name in ["weights.safetensors", "weights.npz"] {
        let path = folder.path().join(name);
        assert_eq!(visit_cases(&file, RoundTrip(&file, &path)), 23);
    }
}

#[test]
fn loading_keeps_the_modules_options_and_identity() {
    let device = Device::default();
    let file = open("torch_weights.safetensors");
    let mut lstm = Lstm::torch_config(&file, "lstm_2_2")
        .unwrap()
        .with_dropout(0.5)
        .with_weight_drop(0.3)
        .with_batch_first(false)
        .init(&device);
    let shown = lstm.to_string();
    let id = lstm.layers[1].forward.weight_hidden.id;
    lstm.load_torch(&file, "lstm_2_2").unwrap();
    assert_eq!(lstm.to_string(), shown);
    assert_eq!(lstm.layers[1].forward.weight_hidden.id, id);
    let [steps, batch, width] = [5, 2, lstm.d_input()];
    let (output, _) = lstm.forward(Tensor::zeros([steps, batch, width], &device), None);
    assert_eq!(output.dims()[..2], [steps, batch]);
}

#[test]
fn loading_keeps_which_parameters_take_gradients() {
    let device = Device::default().autodiff();
    let file = open("torch_weights.safetensors");
    for frozen in [false, true] {
        let config = Lstm::torch_config(&file, "lstm_2_2").unwrap();
        let mut lstm = config.init(&device);
        if frozen {
            lstm = lstm.no_grad();
        }
        lstm.load_torch(&file, "lstm_2_2").unwrap();
        let input = Tensor::ones([2, 3, lstm.d_input()], &device).require_grad();
        let (output, _) = lstm.forward(input.clone(), None);
        let gradients = output.sum().backward();
        assert!(input.grad(&gradients).is_some());
        for layer in &lstm.layers {
            let cell = &layer.forward;
            for weight in [&cell.weight_input, &cell.weight_hidden] {
                assert_eq!(weight.is_require_grad(), !frozen);
                let gradient = weight.val().grad(&gradients);
                assert_eq!(gradient.is_some(), !frozen);
                if let Some(gradient) = gradient {
                    assert!(gradient.abs().sum().into_scalar::<f32>() > 0.0);
                }
            }
        }
    }
}

#[test]
fn a_file_that_does_not_fit_is_refused_with_all_that_is_wrong() {
    let device = Device::default();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.safetensors");
    let mut made = TensorFile::new();
    let mut insert = |name: &str, shape: &[usize]| {
        let count = shape.iter().product();
        made.insert(format!("net.{name}"), shape, vec![0.5; count])
            .unwrap();
    };
    insert("weight_ih_l0", &[12, 5]);
    insert("weight_hh_l0", &[12, 4]);
    insert("bias_ih_l0", &[12]);
    insert("weight_ih_l0_reverse", &[12, 5]);
    insert("embedding", &[7]);
    made.save(&path).unwrap();
    let file = TensorFile::open(&path).unwrap();
    let mut gru = GruConfig::new(6, 4).init(&device);
    let before = gru.layers[0].forward.weight_input.val();
    let error = gru.load_torch(&file, "net").unwrap_err();
    let name = |name: &str| format!("net.{name}");
    let expected = [
        TensorProblem::Shape {
            name: name("weight_ih_l0"),
            expected: vec![12, 6],
            found: vec![12, 5],
        },
        TensorProblem::Missing {
            name: name("bias_hh_l0"),
            expected: vec![12],
        },
        TensorProblem::Extra {
            name: name("embedding"),
            found: vec![7],
        },
        TensorProblem::Extra {
            name: name("weight_ih_l0_reverse"),
            found: vec![12, 5],
        },
    ];
    let WeightsError::Mismatch { problems, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(*problems, expected);
    let message = error.to_string();
    assert!(message.contains("wrong.safetensors"), "{message}");
    assert!(
        message.contains("expected shape [12, 6], found [12, 5]"),
        "{message}"
    );
    let after = gru.layers[0].forward.weight_input.val();
    assert_eq!(
        before.into_data(),
        after.into_data(),
        "unchanged on an error"
    );

    // Inferred, the module is bidirectional, and then most of the backward direction is missing.
    let error = Gru::from_torch(&file, "net", &device)
        .unwrap_err()
        .to_string();
    for part in [
        "net.weight_hh_l0_reverse: missing",
        "net.bias_hh_l0: missing",
        "net.embedding: unexpected",
    ] {
        assert!(error.contains(part), "{error}");
    }
    // Weights of a GRU are none of an LSTM.
    let error = Lstm::from_torch(&file, "net", &device)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("net.weight_hh_l0: expected shape [16, 4], found [12, 4]"),
        "{error}"
    );
}

#[test]
fn a_prefix_without_weights_is_told_where_there_are_some() {
    let file = open("torch_weights.safetensors");
    let error = Gru::from_torch(&file, "decoder", &Device::default()).unwrap_err();
    assert!(matches!(error, WeightsError::NotFound { .. }));
    let message = error.to_string();
    assert!(
        message.contains("\"decoder.\"") && message.contains("\"gru_1_1.\""),
        "{message}"
    );
    // Not a name that merely begins so.
    assert!(Gru::from_torch(&file, "gru_1", &Device::default()).is_err());
}

#[test]
fn integers_are_no_weights() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("integers.safetensors");
    let header = br#"{"weight_ih_l0":{"dtype":"I32","shape":[1,1],"data_offsets":[0,4]},"weight_hh_l0":{"dtype":"F8_E5M2","shape":[1,1],"data_offsets":[4,5]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend([0; 5]);
    std::fs::write(&path, bytes).unwrap();
    let file = TensorFile::open(&path).unwrap();
    let error = Rnn::from_torch(&file, "", &Device::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("weight_ih_l0: expected f32, f16, bf16 or f64, found I32"),
        "{error}"
    );
    assert!(
        error.contains("weight_hh_l0: expected f32, f16, bf16 or f64, found F8_E5M2"),
        "{error}"
    );
}

#[test]
fn options_without_a_counterpart_are_named() {
    let device = Device::default();
    let base = || LstmConfig::new(2, 3);
    let named = |error: WeightsError| match error {
        WeightsError::NoCounterpart {
            library: "PyTorch",
            options,
        } => options.join(", "),
        other => panic!("{other}"),
    };
    let lstm = |config: LstmConfig| named(config.init(&device).to_torch("").unwrap_err());
    assert_eq!(
        lstm(
            base()
                .with_peephole(true)
                .with_coupled(true)
                .with_cell_clip(Some(2.0))
        ),
        "peephole, coupled, cell_clip = 2"
    );
    assert_eq!(lstm(base().with_layer_norm(true)), "layer_norm");
    assert_eq!(lstm(base().with_zoneout_cell(0.1)), "zoneout");
    let gru = GruConfig::new(2, 3)
        .with_reset(ResetGate::BeforeProduct)
        .init(&device);
    assert_eq!(
        named(gru.to_torch("").unwrap_err()),
        "reset = BeforeProduct"
    );
    let rnn = RnnConfig::new(2, 3)
        .with_activation(RnnActivation::Sigmoid)
        .init(&device);
    assert_eq!(named(rnn.to_torch("").unwrap_err()), "activation = Sigmoid");
    // What acts in training only is no obstacle.
    let dropped = base()
        .with_dropout(0.5)
        .with_weight_drop(0.5)
        .with_recurrent_dropout(0.5);
    assert!(dropped.init(&device).to_torch("").is_ok());
    // Loading keeps what is a setting beside the weights, and refuses what gives them another meaning.
    let file = base().init(&device).to_torch("").unwrap();
    let mut kept = base()
        .with_cell_clip(Some(2.0))
        .with_zoneout_hidden(0.1)
        .init(&device);
    kept.load_torch(&file, "").unwrap();
    let mut refused = base().with_layer_norm(true).init(&device);
    assert_eq!(
        named(refused.load_torch(&file, "").unwrap_err()),
        "layer_norm"
    );
}

#[test]
fn the_weights_of_a_cell_are_those_of_one_layer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cell.safetensors");
    let device = Device::default();
    let file = open("torch_weights.safetensors");
    let mut cell = TensorFile::new();
    for name in file.names() {
        if let Some(kind) = name.strip_prefix("lstm_1_1.") {
            let kind = kind.strip_suffix("_l0").unwrap();
            let (shape, values) = (file.shape(name).unwrap(), file.floats(name).unwrap());
            cell.insert(format!("cell.{kind}"), shape, values).unwrap();
        }
    }
    cell.save(&path).unwrap();
    let cell = TensorFile::open(&path).unwrap();
    let lstm = Lstm::from_torch(&cell, "cell", &device).unwrap();
    let cases = open("weights_cases.safetensors");
    let case = Case {
        file: &cases,
        name: "lstm_1_1",
        device: device.clone(),
    };
    case.check(&lstm);
    let error = Lstm::from_torch(&cell, "", &device)
        .unwrap_err()
        .to_string();
    assert!(error.contains("some under \"cell.\""), "{error}");
}

#[test]
fn names_that_tell_what_happened_are_explained() {
    let device = Device::default();
    let with = |names: &[(&str, &[usize])]| {
        let mut file = TensorFile::new();
        for (name, shape) in names {
            let count = shape.iter().product();
            file.insert(*name, shape, vec![0.5; count]).unwrap();
        }
        Rnn::from_torch(&file, "", &device).unwrap_err().to_string()
    };
    let input: (&str, &[usize]) = ("weight_ih_l0", &[2, 2]);
    let hidden: (&str, &[usize]) = ("weight_hh_l0", &[2, 2]);
    let g: (&str, &[usize]) = ("weight_hh_l0_g", &[2, 1]);
    let v: (&str, &[usize]) = ("weight_hh_l0_v", &[2, 2]);
    assert!(with(&[input, g, v]).contains("nn.utils.remove_weight_norm("));
    assert!(with(&[g, v]).contains("nn.utils.remove_weight_norm("));
    let new: (&str, &[usize]) = ("parametrizations.weight_hh_l0.original0", &[2, 1]);
    assert!(with(&[input, new]).contains("parametrize.remove_parametrizations("));
    // A layer is missing between two.
    let third = [("weight_ih_l2", &[2, 2][..]), ("weight_hh_l2", &[2, 2])];
    let error = with(&[input, hidden, third[0], third[1]]);
    assert!(error.contains("weight_ih_l1: missing"), "{error}");
    assert!(!error.contains("weight_ih_l2"), "{error}");
}

#[test]
fn the_first_bytes_tell_a_safetensors_file_whatever_its_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["model.bin", "model.pt", "model.npz", "model"] {
        let path = folder.path().join(name);
        std::fs::copy(fixture("torch_weights.safetensors"), &path).unwrap();
        let file = TensorFile::open(&path).unwrap();
        assert!(file.shape("lstm_1_1.weight_ih_l0").is_some(), "{name}");
        // What a sound file has not is no fault of the file's.
        let error = file.integers("lstm_1_1.weight_ih_l0").unwrap_err();
        assert!(matches!(error, WeightsError::Unusable { .. }), "{error}");
    }
}

/// The example's binary: where cargo puts it before it runs the tests, or built now where only this test was asked for.
pub(crate) fn run_pytorch(arguments: &[&str]) -> Output {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let example = profile
        .join("examples")
        .join(format!("run_pytorch{}", std::env::consts::EXE_SUFFIX));
    if !example.exists() {
        let built = Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "-p",
                "burn-recurrent-weights",
                "--features",
                "flex",
            ])
            .args(["--example", "run_pytorch", "--target-dir"])
            .arg(profile.parent().unwrap())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(built.unwrap().success(), "the example must build");
    }
    Command::new(example)
        .args(arguments)
        .env("BURN_DEVICE", "flex")
        .output()
        .unwrap()
}

#[test]
fn the_example_gives_pytorchs_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.safetensors");
    let output = folder.path().join("out.safetensors");
    let bytes = std::fs::read(fixture("weights_cases.safetensors")).unwrap();
    let cases = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let expected = open("weights_cases.safetensors");
    for (name, weights, more) in [
        (
            "lstm_projected_2_2",
            "torch_weights.safetensors",
            &["--cell", "lstm", "--bidirectional", "--layers", "2"][..],
        ),
        ("lstm_3_1", "torch_weights.pt", &["--cell", "lstm"]),
        ("gru_2_2", "torch_weights.pt", &["--cell", "gru"]),
        (
            "rnn_relu_1_2",
            "torch_weights.safetensors",
            &["--cell", "rnn", "--nonlinearity", "relu"],
        ),
        ("rnn_3_1", "torch_weights.safetensors", &["--cell", "rnn"]),
    ] {
        let of_case = cases.tensors().into_iter().filter_map(|(tensor, view)| {
            let tensor = tensor.strip_prefix(&format!("{name}/"))?.to_owned();
            ["input", "lengths", "h0", "c0"]
                .contains(&tensor.as_str())
                .then_some((tensor, view))
        });
        std::fs::write(&input, safetensors::serialize(of_case, None).unwrap()).unwrap();
        let weights = fixture(weights);
        let mut arguments = vec!["--weights", weights.to_str().unwrap(), "--prefix", name];
        arguments.extend([
            "--input",
            input.to_str().unwrap(),
            "--output",
            output.to_str().unwrap(),
        ]);
        arguments.extend(more);
        let ran = run_pytorch(&arguments);
        assert!(
            ran.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
        let found = TensorFile::open(&output).unwrap();
        assert_eq!(
            found.names().count(),
            if name.starts_with("lstm") { 3 } else { 2 }
        );
        for tensor in found.names() {
            let values = |file: &TensorFile, name: &str| {
                let shape = file.shape(name).unwrap().to_vec();
                Tensor::<3>::from_data(
                    TensorData::new(file.floats(name).unwrap(), shape),
                    &Device::default(),
                )
            };
            let what = format!("{name}/{tensor}");
            assert_close(
                values(&found, tensor),
                values(&expected, &what),
                TOLERANCE,
                &what,
            );
        }
    }
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "no temporary file stays: {names:?}");
}

#[test]
fn the_example_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.safetensors");
    let output = folder.path().join("out.safetensors");
    let weights = fixture("torch_weights.safetensors");
    let mut made = TensorFile::new();
    made.insert("input", &[1, 2, 9], vec![0.0; 18]).unwrap();
    made.save(&input).unwrap();
    let run = |more: &[&str]| {
        let mut arguments = vec![
            "--weights",
            weights.to_str().unwrap(),
            "--input",
            input.to_str().unwrap(),
        ];
        arguments.extend(["--output", output.to_str().unwrap()]);
        arguments.extend(more);
        let ran = run_pytorch(&arguments);
        let message = String::from_utf8(ran.stderr).unwrap();
        assert!(!message.contains("panicked"), "{message}");
        (ran.status.code(), message)
    };
    for (arguments, code, expected) in [
        (&["--cell", "tree"][..], 2, "invalid value 'tree'"),
        (
            &["--cell", "gru", "--nonlinearity", "relu"],
            2,
            "--nonlinearity",
        ),
        (&["--prefix", "gru_1_2"], 2, "--cell"),
        (
            &["--cell", "gru", "--prefix", "gru_1_2"],
            1,
            "input: expected a width of",
        ),
        (
            &["--cell", "gru", "--prefix", "gru_1_2", "--layers", "4"],
            1,
            "--layers",
        ),
        (
            &["--cell", "gru", "--prefix", "gru_1_1", "--bidirectional"],
            1,
            "backward",
        ),
        (
            &["--cell", "gru", "--prefix", "lstm_1_1"],
            1,
            "lstm_1_1.weight_hh_l0: its 12 rows are 4 times the hidden width, 3, so it is an nn.LSTM's: give --cell lstm",
        ),
        (
            &["--cell", "gru", "--prefix", "none"],
            1,
            "under the prefix",
        ),
    ] {
        let (found, message) = run(arguments);
        assert_eq!(found, Some(code), "{arguments:?}: {message}");
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
    // A state that the cell has not.
    made.insert("c0", &[1, 1, 2], vec![0.0; 2]).unwrap();
    made.save(&input).unwrap();
    let (code, message) = run(&["--cell", "gru", "--prefix", "gru_1_1"]);
    assert_eq!(code, Some(1));
    assert!(message.contains("c0: only an LSTM"), "{message}");
    assert!(!output.exists());
}
