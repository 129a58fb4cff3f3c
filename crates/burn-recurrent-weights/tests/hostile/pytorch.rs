//! Files of PyTorch's that repeat themselves: some without end, some as checkpoints do.

use crate::pickle::{of, tensor, text, torch_archive, view};
use crate::support::{alone, entries, read, twice};
use burn::tensor::Device;
use burn_recurrent::Lstm;
use burn_recurrent_weights::{TensorFile, TorchWeights, WeightsError};

#[test]
fn a_pt_file_that_repeats_itself_is_refused() {
    let _guard = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.pt");
    let device = Device::default();
    let sound = of(&[b"}", &text("a.w"), &tensor("0", 2), b"s"]);
    assert_eq!(read(&path, &torch_archive(&sound, "0"), &device), None);

    let long = "m".repeat(200_000);
    let copies = |count: usize| vec![b'2'; count];
    let long_storage = "k".repeat(60_000);
    // Within dictionaries of one letter each, a list of many times one tensor.
    let nested = |depth: usize, count: usize| {
        let open = [&b"}"[..], &text("a")].concat().repeat(depth);
        let tensor = [&tensor("0", 1)[..], b"q\x00"].concat();
        let list = [b"](", &tensor[..], &b"h\x00".repeat(count), b"e"].concat();
        of(&[&open, &list, &b"s".repeat(depth)])
    };
    for (what, bytes, expected) in [
        (
            "copies the name of a class",
            of(&[b"c", long.as_bytes(), b"\nX\n", &copies(10_000)]),
            "repeats",
        ),
        (
            "copies a key",
            of(&[b"}", &text(&long), b"Ns", &copies(10_000)]),
            "repeats",
        ),
        (
            "copies a tensor of many axes",
            torch_archive(&of(&[&tensor("0", 30_000), &copies(10_000)]), "0"),
            "repeats",
        ),
        (
            "copies the key of a storage",
            torch_archive(
                &of(&[&tensor(&long_storage, 1), &copies(20_000)]),
                &long_storage,
            ),
            "repeats",
        ),
        (
            "copies a text by the memo",
            of(&[
                b"](",
                &text(&long),
                b"q\x00",
                &b"h\x00".repeat(10_000),
                b"e",
            ]),
            "repeats",
        ),
        (
            "gives many tensors a long name",
            torch_archive(
                &of(&[
                    b"}",
                    &text(&long),
                    b"](",
                    &tensor("0", 1),
                    b"q\x00",
                    &b"h\x00".repeat(10_000),
                    b"es",
                ]),
                "0",
            ),
            "names of its tensors",
        ),
        (
            "gives many tensors a name of many parts",
            torch_archive(&nested(100, 200_000), "0"),
            "names of its tensors",
        ),
        (
            "nests",
            torch_archive(&nested(900, 200_000), "0"),
            "nested more than 128 deep",
        ),
        (
            "doubles",
            of(&[b"]q\x00", &b"](h\x00h\x00eq\x00".repeat(60)]),
            "repeats",
        ),
        (
            "doubles by state",
            of(&[b"}q\x00", &b"2q\x00h\x00\x86".repeat(60)]),
            "repeats",
        ),
        (
            "has two tensors of one name",
            torch_archive(
                &of(&[
                    b"}(",
                    &text("a.w"),
                    &tensor("0", 1),
                    &text("a"),
                    b"}",
                    &text("w"),
                    &tensor("0", 2),
                    b"su",
                ]),
                "0",
            ),
            "two tensors of the name \"a.w\"",
        ),
        (
            "has a key twice",
            torch_archive(
                &of(&[
                    b"}(",
                    &text("w"),
                    &tensor("0", 1),
                    &text("w"),
                    &tensor("0", 2),
                    b"u",
                ]),
                "0",
            ),
            "a dictionary has a key twice",
        ),
        (
            "has a key as a number and as a text",
            of(&[b"ccollections\nOrderedDict\n)RK\x01Ns", &text("1"), b"Ns"]),
            "a dictionary has a key twice",
        ),
        (
            "has an entry twice",
            twice(torch_archive(&sound, "0"), "archive/data/0"),
            "an entry twice",
        ),
        (
            "is a program",
            entries(&[
                ("archive/data.pkl", &sound),
                ("archive/code/__torch__.py", b"class Module"),
            ]),
            "torch.jit.load(path).state_dict()",
        ),
    ] {
        let error = read(&path, &bytes, &device);
        let error = error.unwrap_or_else(|| panic!("a file that {what} was taken"));
        assert!(
            error.contains("not a sound PyTorch file") && error.contains(expected),
            "{what}: {error}"
        );
    }
}

#[test]
fn a_checkpoint_with_much_beside_its_weights_is_taken() {
    let _guard = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.pt");
    // A vocabulary and labels, of which there are two, as Python's pickler writes them.
    let words: Vec<u8> = (0..30_000u32)
        .flat_map(|index| {
            let place = (index + 2).to_le_bytes();
            [&text(&format!("word{index}"))[..], b"r", &place].concat()
        })
        .collect();
    let labels = [
        &text("B-ORGANISATION")[..],
        b"q\x00",
        &text("O"),
        b"q\x01",
        &b"h\x00h\x01".repeat(50_000),
    ]
    .concat();
    let pickle = of(&[
        b"}(",
        &text("words"),
        b"](",
        &words,
        b"e",
        &text("labels"),
        b"](",
        &labels,
        b"e",
        &text("model"),
        b"}",
        &text("w"),
        &tensor("0", 2),
        b"su",
    ]);
    let bytes = torch_archive(&pickle, "0");
    assert_eq!(read(&path, &bytes, &Device::default()), None);
    let file = TensorFile::open(&path).unwrap();
    assert_eq!(file.names().collect::<Vec<_>>(), ["model.w"]);
}

#[test]
fn a_storage_that_is_missing_or_short_is_the_files_fault() {
    let _guard = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("short.pt");
    let pickle = of(&[b"}", &text("w"), &view("0", 4, [2, 2], [2, 1]), b"s"]);
    for (name, storage) in [("a/data/1", &[0; 16][..]), ("a/data/0", &[0; 8])] {
        let bytes = entries(&[
            ("a/data.pkl", &pickle),
            (name, storage),
            ("a/more", &[0; 99]),
        ]);
        assert_eq!(read(&path, &bytes, &Device::default()), None);
        let error = TensorFile::open(&path).unwrap().floats("w").unwrap_err();
        assert!(matches!(error, WeightsError::Malformed { .. }), "{error}");
    }
}

#[test]
fn layers_may_share_their_weights_but_not_without_end() {
    let _guard = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tied.pt");
    let device = Device::default();
    let numbers: Vec<u8> = (0..4096u32)
        .flat_map(|index| (index as f32 / 4096.0).to_le_bytes())
        .collect();
    // The matrices of a layer are one storage, and so are those of all layers.
    let write = |layers: usize, width: u32, strides: [u32; 2]| {
        let tensors = (0..layers).flat_map(|layer| ["ih", "hh"].map(|kind| (kind, layer)));
        let items = tensors.flat_map(|(kind, layer)| {
            let name = text(&format!("lstm.weight_{kind}_l{layer}"));
            [name, view("0", 4096, [4 * width, width], strides)].concat()
        });
        let pickle = of(&[b"}(", &items.collect::<Vec<u8>>(), b"u"]);
        let bytes = entries(&[("a/data.pkl", &pickle), ("a/data/0", &numbers)]);
        assert_eq!(read(&path, &bytes, &device), None);
        let file = TensorFile::open(&path).unwrap();
        Lstm::from_torch(&file, "lstm", &device).map(|lstm| (file, lstm))
    };
    let (file, lstm) = write(6, 32, [32, 1]).unwrap();
    assert_eq!((lstm.num_layers(), lstm.d_input()), (6, 32));
    let first = file.floats("lstm.weight_ih_l0").unwrap();
    assert_eq!(first, file.floats("lstm.weight_hh_l5").unwrap());
    assert_eq!(first[..2], [0.0, 1.0 / 4096.0]);
    for (layers, width, strides, expected) in [
        (2, 128, [0, 1], "lstm.weight_ih_l0, 262144"),
        (400, 32, [32, 1], "lstm.weight_ih_l0, 16384"),
    ] {
        let error = write(layers, width, strides).unwrap_err().to_string();
        assert!(
            error.contains(expected) && error.contains("v.clone("),
            "{error}"
        );
    }
}
