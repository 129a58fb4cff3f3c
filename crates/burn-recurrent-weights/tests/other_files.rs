//! Files that are no files of tensors: each is named, with the way from it to one that is read. And tensors under other
//! names than this crate's.

use crate::common::{assert_close, fixture, open};
use burn::tensor::{Device, Distribution, Tensor};
use burn_recurrent::Gru;
use burn_recurrent_weights::{TensorFile, TorchWeights, WeightsError};
use std::io::Write;

fn error(name: &str, bytes: &[u8]) -> WeightsError {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    TensorFile::open(&path).unwrap_err()
}

fn archive(names: &[&str]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in names {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(*name, options).unwrap();
        archive.write_all(b"{}").unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn what_is_no_file_of_tensors_is_named_with_the_way_to_one() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 19332096\n";
    let keras = archive(&["metadata.json", "config.json", "model.weights.h5"]);
    let onnx = b"\x08\x08\x12\x07pytorch\x1a\x052.4.0:\x10";
    for (name, bytes, what, way) in [
        ("a.pt", &pointer[..], "Git LFS pointer", "git lfs pull"),
        ("a.safetensors", pointer, "Git LFS pointer", "git lfs pull"),
        ("a.pt", b"<!DOCTYPE html><html>", "HTML page", "address"),
        ("a.npz", b"\n <HTML lang=en>", "HTML page", "address"),
        ("a", b"<?xml version=\"1.0\"?><Error>", "XML", "download"),
        ("a.h5", b"\x89HDF\r\n\x1a\n\0\0\0\0", "HDF5", "numpy.savez"),
        ("a.bin", b"\x89HDF\r\n\x1a\n\0\0\0\0", "HDF5", "numpy.savez"),
        ("a.keras", &archive(&["config.json"]), "Keras", "load_model"),
        ("a.zip", &keras, "Keras", "numpy.savez"),
        ("a.onnx", onnx, "ONNX", "numpy_helper"),
        ("a", onnx, "ONNX", "numpy_helper"),
        ("a.npy", b"\x93NUMPY\x01\0\x76\0", "NumPy array", "savez"),
        ("a.pt", b"\x1f\x8b\x08\0\0\0", "gzip", "gunzip"),
        ("a.gguf", b"GGUF\x03\0\0\0", "GGUF", "safetensors"),
    ] {
        let error = error(name, bytes);
        assert!(matches!(error, WeightsError::Unusable { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains(what), "{name}: {message}");
        assert!(message.contains(way), "{name}: {message}");
    }
    let script = archive(&["model/code/__torch__.py", "model/data.pkl"]);
    let message = error("a.pt", &script).to_string();
    assert!(message.contains("TorchScript"), "{message}");
    assert!(message.contains("state_dict()"), "{message}");
}

#[test]
fn an_archive_without_tensors_is_named_by_what_is_in_it() {
    let folder = archive(&["model.safetensors", "config.json"]);
    for name in ["a.pt", "a.zip", "a.bin"] {
        let message = error(name, &folder).to_string();
        for said in ["zip archive without", "\"model.safetensors\"", "unpack it"] {
            assert!(message.contains(said), "{name}: {message}");
        }
    }
    let message = error("a.npz", &folder).to_string();
    assert!(
        message.contains("\"model.safetensors\" is not a NumPy array"),
        "{message}"
    );
    let message = error("a.pt", &archive(&[])).to_string();
    assert!(message.contains("zip archive without"), "{message}");
}

#[test]
fn the_index_of_weights_in_several_files_is_told_from_the_files() {
    let index = br#"{"metadata": {"total_size": 8}, "weight_map": {"w": "model-00001-of-00002.safetensors"}}"#;
    let config = b"{\n  \"model_type\": \"lstm\"\n}\n";
    for (name, bytes) in [
        ("model.safetensors.index.json", &index[..]),
        ("pytorch_model.bin.index.json", index),
        ("model.safetensors", index),
        ("config.json", config),
    ] {
        let message = error(name, bytes).to_string();
        assert!(
            message.contains("JSON") && message.contains("themselves"),
            "{message}"
        );
    }
    // The length of this header is 123, which is the code of a brace.
    let entry = r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let header = format!("{entry:123}");
    let bytes = [
        &[123, 0, 0, 0, 0, 0, 0, 0],
        header.as_bytes(),
        &1.5_f32.to_le_bytes(),
    ]
    .concat();
    assert_eq!(
        opened("a.safetensors", &bytes)
            .unwrap()
            .floats("w")
            .unwrap(),
        [1.5]
    );
}

#[test]
fn a_file_that_was_cut_off_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whole.safetensors");
    let mut file = TensorFile::new();
    file.insert("w", &[100], vec![0.5; 100]).unwrap();
    file.save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for length in [20, whole.len() / 2, whole.len() - 1] {
        let message = error("a.safetensors", &whole[..length]).to_string();
        assert!(message.contains("cut off"), "{length}: {message}");
        assert!(message.contains("again"), "{length}: {message}");
    }
    let path = folder.path().join("whole.npz");
    file.save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for length in [40, whole.len() / 2, whole.len() - 1] {
        error("a.npz", &whole[..length]);
    }
}

/// A text of a pickle.
fn text(text: &str) -> Vec<u8> {
    let length = (text.len() as u32).to_le_bytes();
    [b"X", &length[..], text.as_bytes()].concat()
}

/// A pickled tensor of two numbers, which are in the storage of this key.
fn tensor(storage: &str) -> Vec<u8> {
    let parts: [&[u8]; 7] = [
        b"ctorch._utils\n_rebuild_tensor_v2\n((",
        &text("storage"),
        b"ctorch\nFloatStorage\n",
        &text(storage),
        &text("cpu"),
        b"K\x02tQK\x00K\x02\x85K\x01\x85\x89",
        b"ccollections\nOrderedDict\n)RtR",
    ];
    parts.concat()
}

/// An archive as `torch.save` writes it: a dictionary with a state dict of one tensor, and beside it an `extra` of these
/// opcodes.
fn checkpoint(extra: &[u8]) -> Vec<u8> {
    let state = [b"}", &text("w")[..], &tensor("0"), b"s"].concat();
    let parts: [&[u8]; 7] = [
        b"\x80\x02}(",
        &text("state_dict"),
        &state,
        &text("extra"),
        extra,
        &[&text("last")[..], b"K\x01"].concat(),
        b"u.",
    ];
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let numbers: Vec<u8> = [1.5_f32, -2.0]
        .iter()
        .flat_map(|n| n.to_le_bytes())
        .collect();
    for (name, bytes) in [
        ("x/data.pkl", &parts.concat()),
        ("x/byteorder", &b"little".to_vec()),
        ("x/data/0", &numbers),
        ("x/data/1", &numbers),
    ] {
        archive.start_file(name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn opened(name: &str, bytes: &[u8]) -> Result<TensorFile, WeightsError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    TensorFile::open(&path)
}

/// What `pickle` of Python writes for these, protocol 2.
#[test]
fn objects_and_keys_beside_a_state_dict_are_read_past() {
    let pair = |key: &[u8], value: &[u8]| [key, value].concat();
    let one = b"K\x01";
    let tuple = [&text("a")[..], &text("b"), b"\x86q\x01"].concat();
    for (what, extra) in [
        // `defaultdict(int, a=1)`, and one of two pairs.
        (
            "defaultdict",
            [
                b"ccollections\ndefaultdict\nc__builtin__\nlong\n\x85Rq\x05",
                &pair(&text("a"), one)[..],
                b"s",
            ]
            .concat(),
        ),
        (
            "defaultdict of two",
            [
                b"ccollections\ndefaultdict\nc__builtin__\nlist\n\x85R(",
                &pair(&text("a"), b"]")[..],
                &pair(&text("b"), b"]"),
                b"u",
            ]
            .concat(),
        ),
        (
            "deque",
            b"ccollections\ndeque\n)Rq\x05(K\x01K\x02e".to_vec(),
        ),
        (
            "deque of one",
            b"ccollections\ndeque\n]K\x03\x86RK\x01a".to_vec(),
        ),
        // A class of one's own below `dict`, with an attribute.
        (
            "subclass",
            [
                b"cmine\nOptions\n)\x81q\x05",
                &pair(&text("a"), one)[..],
                b"s}",
                &pair(&text("name"), &text("x")),
                b"sb",
            ]
            .concat(),
        ),
        (
            "subclass made with names",
            [b"cmine\nOptions\n)}\x92", &pair(&text("a"), one)[..], b"s"].concat(),
        ),
        // `{("a", "b"): 1}`, and more keys than texts and integers.
        ("tuple", [b"}", &pair(&tuple, one)[..], b"s"].concat()),
        (
            "keys of many kinds",
            [
                b"}(",
                &pair(&tuple, one)[..],
                &pair(b"N", one),
                &pair(b"h\x01", one),
                &pair(b"\x88", b"h\x01"),
                &pair(b"G?\xe0\0\0\0\0\0\0", one),
                &pair(&text("x"), one),
                b"u",
            ]
            .concat(),
        ),
        // One within another.
        (
            "tuple within a defaultdict",
            [
                b"ccollections\ndefaultdict\nc__builtin__\nlong\n\x85R",
                &pair(&tuple, b"ccollections\ndeque\n)RK\x01a")[..],
                b"s",
            ]
            .concat(),
        ),
    ] {
        let file = opened("a.pt", &checkpoint(&extra));
        let file = file.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(file.names().collect::<Vec<_>>(), ["state_dict.w"], "{what}");
        assert_eq!(file.floats("state_dict.w").unwrap(), [1.5, -2.0], "{what}");
    }
}

#[test]
fn tensors_within_a_dictionary_of_a_class_of_its_own_are_there() {
    let extra = [
        b"cmine\nState\n)\x81(",
        &text("b")[..],
        &tensor("1"),
        &text("step"),
        b"K\x03u",
    ]
    .concat();
    let file = opened("a.pt", &checkpoint(&extra)).unwrap();
    assert_eq!(
        file.names().collect::<Vec<_>>(),
        ["extra.b", "state_dict.w"]
    );
    assert_eq!(file.floats("extra.b").unwrap(), [1.5, -2.0]);
}

#[test]
fn an_object_that_keeps_a_checkpoint_from_being_read_is_named() {
    // Both pairs and items.
    let mixed = [b"cmine\nBoth\n)R", &text("a")[..], b"K\x01sK\x01a"].concat();
    // Tensors that its making takes, and as its state.
    let made_of = [b"cmine\nMade\n", &tensor("1")[..], b"\x85R"].concat();
    let state = [b"cmine\nHeld\n)\x81}", &text("t")[..], &tensor("1"), b"sb"].concat();
    for (name, extra) in [
        ("mine.Both", mixed),
        ("mine.Made", made_of),
        ("mine.Held", state),
    ] {
        let error = opened("a.pt", &checkpoint(&extra)).unwrap_err();
        let message = error.to_string();
        assert!(message.contains(name), "{message}");
        assert!(message.contains("state_dict()"), "{message}");
    }
}

#[test]
fn a_pickle_of_numpy_arrays_is_told_from_one_of_tensors() {
    // `pickle.dump({"w": array}, file, protocol=2)` up to what the array is made with.
    let array = b"\x80\x02}X\x01\0\0\0wcnumpy.core.multiarray\n_reconstruct\n)Rs.";
    let message = error("a.pkl", array).to_string();
    assert!(message.contains("NumPy"), "{message}");
    assert!(message.contains("numpy.savez"), "{message}");
}

/// What another library may call the tensors of a GRU.
const RENAMED: [(&str, &str); 4] = [
    ("encoder.weight_ih_l0", "enc_w_ih"),
    ("encoder.weight_hh_l0", "enc_w_hh"),
    ("encoder.bias_ih_l0", "enc_b_ih"),
    ("encoder.bias_hh_l0", "enc_b_hh"),
];

/// The fixture's GRU under these names, with another tensor beside it.
fn under_other_names() -> TensorFile {
    let fixture = open("torch_weights.safetensors");
    let mut file = TensorFile::new();
    for (ours, theirs) in RENAMED {
        let name = ours.replace("encoder", "gru_f64");
        let (shape, values) = (
            fixture.shape(&name).unwrap(),
            fixture.floats(&name).unwrap(),
        );
        file.insert(theirs, shape, values).unwrap();
    }
    file.insert("fc_w", &[2], vec![1.0, 2.0]).unwrap();
    file
}

#[test]
fn a_gru_under_other_names_is_the_same_gru() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.npz");
    under_other_names().save(&path).unwrap();
    let mut file = TensorFile::open(&path).unwrap();
    file.rename(RENAMED).unwrap();
    assert!(file.shape("fc_w").is_some() && file.shape("enc_w_ih").is_none());
    let device = Device::default();
    let found = Gru::from_torch(&file, "encoder", &device).unwrap();
    let fixture = open("torch_weights.safetensors");
    let expected = Gru::from_torch(&fixture, "gru_f64", &device).unwrap();
    let input = Tensor::<3>::random(
        [2, 5, expected.d_input()],
        Distribution::Normal(0.0, 1.0),
        &device,
    );
    let (found, expected) = (
        found.forward(input.clone(), None),
        expected.forward(input, None),
    );
    assert_close(found.0, expected.0, 0.0, "output");
}

#[test]
fn a_renaming_that_cannot_be_leaves_the_file_as_it_is() {
    let mut file = under_other_names();
    let names: Vec<String> = file.names().map(str::to_owned).collect();
    let missing = file
        .rename([("a", "enc_w_ih"), ("b", "nowhere")])
        .unwrap_err();
    assert!(
        missing.to_string().contains("no tensor \"nowhere\""),
        "{missing}"
    );
    let twice = file.rename([("fc_w", "enc_w_ih")]).unwrap_err();
    assert!(matches!(twice, WeightsError::Duplicate { .. }), "{twice}");
    let both = file.rename([("a", "fc_w"), ("b", "fc_w")]).unwrap_err();
    assert!(both.to_string().contains("both \"a\" and \"b\""), "{both}");
    assert_eq!(file.names().collect::<Vec<_>>(), names);
    // Two may change places.
    file.rename([("enc_w_hh", "enc_w_ih"), ("enc_w_ih", "enc_w_hh")])
        .unwrap();
    assert_eq!(file.names().collect::<Vec<_>>(), names);
}

#[test]
fn the_example_takes_other_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (weights, input) = (path("other.npz"), path("in.safetensors"));
    let mut file = under_other_names();
    let width = file.shape("enc_w_ih").unwrap()[1];
    file.save(&weights).unwrap();
    file = TensorFile::new();
    file.insert("input", &[1, 3, width], vec![0.25; 3 * width])
        .unwrap();
    file.save(&input).unwrap();
    let run = |weights: &str, prefix: &str, output: &str, more: &[String]| {
        let mut arguments = vec!["--cell", "gru", "--weights", weights, "--prefix", prefix];
        arguments.extend(["--input", &input, "--output", output]);
        arguments.extend(more.iter().map(String::as_str));
        let ran = crate::torch::run_pytorch(&arguments);
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        (ran.status.code(), said)
    };
    let renames: Vec<String> = RENAMED
        .iter()
        .flat_map(|(ours, theirs)| ["--rename".to_owned(), format!("{ours}={theirs}")])
        .collect();
    let (found, expected) = (path("found.safetensors"), path("expected.safetensors"));
    let ran = run(&weights, "encoder", &found, &renames);
    assert_eq!(ran.0, Some(0), "{}", ran.1);
    let original = fixture("torch_weights.safetensors");
    let ran = run(original.to_str().unwrap(), "gru_f64", &expected, &[]);
    assert_eq!(ran.0, Some(0), "{}", ran.1);
    assert_eq!(
        std::fs::read(found).unwrap(),
        std::fs::read(&expected).unwrap()
    );
    let wrong = ["--rename".to_owned(), "enc_w_ih".to_owned()];
    assert_eq!(run(&weights, "encoder", &expected, &wrong).0, Some(2));
}
