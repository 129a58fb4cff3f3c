//! What the tests of this crate share.
#![allow(dead_code)]

mod portable;

use burn::module::{Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent::{Cell, GruCell, LstmCell, Recurrent, RecurrentConfig, RnnCell};
pub use portable::Portable;
use safetensors::SafeTensors;

/// PyTorch's numbers for small layers; `fixtures/make_torch_fixtures.py` made them.
pub struct Fixtures {
    bytes: Vec<u8>,
}

impl Fixtures {
    pub fn load() -> Self {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/torch.safetensors"
        );
        Self {
            bytes: std::fs::read(path).expect("the fixtures are part of the repository"),
        }
    }

    /// The names of all cases.
    pub fn cases(&self) -> Vec<String> {
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        let mut cases: Vec<String> = tensors
            .names()
            .into_iter()
            .filter_map(|name| name.strip_suffix("/output").map(str::to_owned))
            .collect();
        cases.sort();
        cases
    }

    pub fn case<'a>(&'a self, name: &str) -> Case<'a> {
        Case {
            tensors: SafeTensors::deserialize(&self.bytes).unwrap(),
            name: name.to_owned(),
        }
    }
}

/// One module's fixtures.
pub struct Case<'a> {
    tensors: SafeTensors<'a>,
    pub name: String,
}

impl Case<'_> {
    fn part(&self, index: usize) -> &str {
        self.name.split('-').nth(index).unwrap()
    }

    pub fn cell(&self) -> &str {
        self.part(0)
    }

    pub fn layers(&self) -> usize {
        self.part(1).parse().unwrap()
    }

    pub fn directions(&self) -> usize {
        self.part(2).parse().unwrap()
    }

    pub fn is_ragged(&self) -> bool {
        self.part(3) == "ragged"
    }

    pub fn data(&self, name: &str) -> Option<TensorData> {
        let view = self.tensors.tensor(&format!("{}/{name}", self.name)).ok()?;
        let values: Vec<f32> = view
            .data()
            .chunks_exact(4)
            .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
            .collect();
        Some(TensorData::new(values, view.shape().to_vec()))
    }

    pub fn lengths(&self) -> Vec<usize> {
        let view = self
            .tensors
            .tensor(&format!("{}/lengths", self.name))
            .unwrap();
        view.data()
            .chunks_exact(8)
            .map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap()) as usize)
            .collect()
    }

    pub fn tensor<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D> {
        let data = self
            .data(name)
            .unwrap_or_else(|| panic!("no tensor {name} in {}", self.name));
        Tensor::from_data(data, device)
    }

    /// A parameter's tensor under PyTorch's name, for example `weight_ih` of layer 1 backwards;
    /// `prefix` is `module.` or `grad.module.`.
    pub fn parameter<const D: usize>(
        &self,
        prefix: &str,
        name: &str,
        slot: Slot,
        device: &Device,
    ) -> Tensor<D> {
        let suffix = if slot.backward { "_reverse" } else { "" };
        self.tensor(&format!("{prefix}{name}_l{}{suffix}", slot.layer), device)
    }
}

/// One cell of a module.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub layer: usize,
    pub backward: bool,
}

pub fn set<const D: usize>(param: &mut Param<Tensor<D>>, value: Tensor<D>) {
    *param = Param::initialized(ParamId::new(), value.require_grad());
}

pub fn load_rnn(cell: &mut RnnCell, case: &Case<'_>, slot: Slot, device: &Device) {
    let get2 = |name: &str| case.parameter::<2>("module.", name, slot, device);
    let get1 = |name: &str| case.parameter::<1>("module.", name, slot, device);
    set(&mut cell.weight_input, get2("weight_ih").transpose());
    set(&mut cell.weight_hidden, get2("weight_hh").transpose());
    set(
        cell.bias.as_mut().unwrap(),
        get1("bias_ih") + get1("bias_hh"),
    );
}

pub fn load_lstm(cell: &mut LstmCell, case: &Case<'_>, slot: Slot, device: &Device) {
    let get2 = |name: &str| case.parameter::<2>("module.", name, slot, device);
    let get1 = |name: &str| case.parameter::<1>("module.", name, slot, device);
    set(&mut cell.weight_input, get2("weight_ih").transpose());
    set(&mut cell.weight_hidden, get2("weight_hh").transpose());
    set(
        cell.bias.as_mut().unwrap(),
        get1("bias_ih") + get1("bias_hh"),
    );
    if let Some(projection) = &mut cell.projection {
        set(projection, get2("weight_hr").transpose());
    }
}

pub fn load_gru(cell: &mut GruCell, case: &Case<'_>, slot: Slot, device: &Device) {
    let get2 = |name: &str| case.parameter::<2>("module.", name, slot, device);
    let get1 = |name: &str| case.parameter::<1>("module.", name, slot, device);
    set(&mut cell.weight_input, get2("weight_ih").transpose());
    set(&mut cell.weight_hidden, get2("weight_hh").transpose());
    let (input, hidden) = (get1("bias_ih"), get1("bias_hh"));
    let [width] = input.dims();
    let n = width / 3;
    let gates = input.clone().narrow(0, 0, 2 * n) + hidden.clone().narrow(0, 0, 2 * n);
    let candidate = input.narrow(0, 2 * n, n);
    set(
        cell.bias.as_mut().unwrap(),
        Tensor::cat(vec![gates, candidate], 0),
    );
    set(
        cell.bias_candidate.as_mut().unwrap(),
        hidden.narrow(0, 2 * n, n),
    );
}

/// Asserts that two tensors agree to `tolerance` relative to the largest magnitude expected.
pub fn assert_close<const D: usize>(
    found: Tensor<D>,
    expected: Tensor<D>,
    tolerance: f32,
    what: &str,
) {
    assert_close_from(1e-3, found, expected, tolerance, what);
}

/// The same, relative to `least` where nothing expected is larger.
pub fn assert_close_from<const D: usize>(
    least: f32,
    found: Tensor<D>,
    expected: Tensor<D>,
    tolerance: f32,
    what: &str,
) {
    assert_eq!(found.dims(), expected.dims(), "{what}: shapes");
    let found: Vec<f32> = found.into_data().iter::<f32>().collect();
    let expected: Vec<f32> = expected.into_data().iter::<f32>().collect();
    let scale = expected.iter().fold(least, |m, v| m.max(v.abs()));
    for (index, (f, e)) in found.iter().zip(&expected).enumerate() {
        let difference = (f - e).abs();
        assert!(
            difference <= tolerance * scale,
            "{what}: element {index} is {f}, expected {e} (scale {scale})"
        );
    }
}

/// A module of the same cells by the portable path. What is not in the cells is as `config` says: dropout, zoneout.
pub fn portable<C: Cell>(module: &Recurrent<C>, config: RecurrentConfig) -> Recurrent<Portable<C>> {
    let mut cells = module
        .layers
        .iter()
        .flat_map(|layer| std::iter::once(&layer.forward).chain(&layer.backward))
        .cloned();
    config
        .with_num_layers(module.num_layers())
        .with_bidirectional(module.is_bidirectional())
        .with_batch_first(module.is_batch_first())
        .init_with(module.d_input(), |_| Portable {
            cell: cells.next().expect("as many cells as the module has"),
        })
}
