//! Weights as the bytes of a safetensors file.

use super::misfit::{TensorType, WeightsMisfit};
use burn::module::Module;
use burn::store::{FloatCastAdapter, ModuleSnapshot, SafetensorsStore};
use burn::tensor::{DType, FloatDType};
use burn_recurrent_files::sha256;
use safetensors::{Dtype, SafeTensors};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet};

/// Why weights could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SavedWeightsError {
    /// The bytes are no safetensors file, or not the one that was written.
    #[error("{0}")]
    Damaged(String),
    /// The weights are another model's.
    #[error("{0}")]
    DoNotFit(WeightsMisfit),
    /// The weights are of a much smaller model.
    #[error("the config's model has over {expected} tensors, and there are {found}")]
    TooFew {
        /// How many the file has.
        found: usize,
        /// How many of the model's tensors were counted.
        expected: usize,
    },
    /// The configuration describes no model.
    #[error("{0}")]
    NoModel(String),
    /// Burn could not give or take the numbers.
    #[error("{0}")]
    Store(String),
}

/// The key of the tensors' SHA-256 in the file's metadata.
const CHECKSUM: &str = "sha256";

/// A module's weights as a safetensors file, under the names that Burn gives them. Equal weights
/// are equal bytes, and the tensors' SHA-256 is in the file's metadata.
///
/// # Errors
///
/// [`SavedWeightsError::Store`] when Burn cannot give the numbers.
pub fn weights_to_bytes<M: Module>(module: &M) -> Result<Vec<u8>, SavedWeightsError> {
    to_bytes(module, None)
}

/// As [`weights_to_bytes`], with the numbers rounded to another type: the half precision of
/// [`FloatDType::F16`] or [`FloatDType::BF16`] makes a file half the size. [`weights_from_bytes`]
/// makes single precision of it again, without what the rounding took.
///
/// # Errors
///
/// [`SavedWeightsError::Store`] when Burn cannot give the numbers.
pub fn weights_to_bytes_as<M: Module>(
    module: &M,
    dtype: FloatDType,
) -> Result<Vec<u8>, SavedWeightsError> {
    to_bytes(module, Some(dtype))
}

fn to_bytes<M: Module>(
    module: &M,
    dtype: Option<FloatDType>,
) -> Result<Vec<u8>, SavedWeightsError> {
    let serialize = |checksum: &str| {
        // One entry of metadata: Burn writes several in random order, and equal weights should be
        // equal files.
        let mut store = SafetensorsStore::from_bytes(None)
            .clear_metadata()
            .metadata(CHECKSUM, checksum);
        if let Some(dtype) = dtype {
            store = store.with_to_adapter(FloatCastAdapter::to(dtype.into()));
        }
        let saved = module.save_into(&mut store);
        let bytes = saved.and_then(|()| store.get_bytes());
        bytes.map_err(|error| SavedWeightsError::Store(error.to_string()))
    };
    // The checksum is of the numbers, and stands before them in the file: the first pass is for it.
    let first = serialize("")?;
    let (header, _) = SafeTensors::read_metadata(&first)
        .map_err(|error| SavedWeightsError::Store(error.to_string()))?;
    serialize(&sha256(&first[8 + header..]))
}

/// The module with the weights of a safetensors file that [`weights_to_bytes`] made. Where the
/// module has single precision and the file half, the numbers become single precision.
///
/// # Errors
///
/// [`SavedWeightsError::Damaged`] when the bytes are no such file or were changed, and
/// [`SavedWeightsError::DoNotFit`], which names every tensor, when they are of another module.
pub fn weights_from_bytes<M: Module>(
    mut module: M,
    bytes: Vec<u8>,
) -> Result<M, SavedWeightsError> {
    let found = check_safetensors(&bytes)?;
    let tensors = module.collect(None, None, false).into_iter();
    let expected = tensors
        .map(|tensor| {
            let shape = tensor.shape.as_slice().to_vec();
            let dtype = safetensors_dtype(tensor.dtype).ok_or_else(|| {
                SavedWeightsError::Store(format!(
                    "`{}` is {:?}, which safetensors has not",
                    tensor.name, tensor.dtype
                ))
            })?;
            Ok((tensor.name, TensorType { shape, dtype }))
        })
        .collect::<Result<BTreeMap<_, _>, SavedWeightsError>>()?;
    if let Some(misfit) = WeightsMisfit::between(&expected, &found) {
        return Err(SavedWeightsError::DoNotFit(misfit));
    }
    let mut store = SafetensorsStore::from_bytes(Some(bytes));
    let is_half = |tensor: &TensorType| matches!(tensor.dtype, Dtype::F16 | Dtype::BF16);
    if found.values().any(is_half) && !expected.values().any(is_half) {
        store = store.with_from_adapter(FloatCastAdapter::to(DType::F32));
    }
    match module.load_from(&mut store) {
        Ok(_) => Ok(module),
        Err(error) => Err(SavedWeightsError::Store(error.to_string())),
    }
}

/// Checks that the bytes are a whole safetensors file in which the SHA-256 of the tensors, where it
/// is given, holds; gives its tensors by name. Allocates no more than the file has bytes.
pub(super) fn check_safetensors(
    bytes: &[u8],
) -> Result<BTreeMap<String, TensorType>, SavedWeightsError> {
    let damaged = |message: String| SavedWeightsError::Damaged(message);
    let (header, metadata) = SafeTensors::read_metadata(bytes)
        .map_err(|error| damaged(format!("it is no whole safetensors file: {error}")))?;
    let (header, data) = bytes[8..].split_at(header);
    let _: UniqueNames = serde_json::from_slice(header)
        .map_err(|error| damaged(format!("its header is wrong: {error}")))?;
    let expected = metadata.metadata().as_ref();
    if let Some(expected) = expected.and_then(|metadata| metadata.get(CHECKSUM)) {
        let found = sha256(data);
        if *expected != found {
            return Err(damaged(format!(
                "the SHA-256 of its tensors is {found}, not {expected}"
            )));
        }
    }
    let tensors = metadata.tensors().into_iter().map(|(name, info)| {
        let shape = info.shape.clone();
        let dtype = info.dtype;
        (name, TensorType { shape, dtype })
    });
    Ok(tensors.collect())
}

fn safetensors_dtype(dtype: DType) -> Option<Dtype> {
    Some(match dtype {
        DType::F64 => Dtype::F64,
        DType::F32 | DType::Flex32 => Dtype::F32,
        DType::F16 => Dtype::F16,
        DType::BF16 => Dtype::BF16,
        DType::I64 => Dtype::I64,
        DType::I32 => Dtype::I32,
        DType::I16 => Dtype::I16,
        DType::I8 => Dtype::I8,
        DType::U64 => Dtype::U64,
        DType::U32 => Dtype::U32,
        DType::U16 => Dtype::U16,
        DType::U8 => Dtype::U8,
        _ => return None,
    })
}

/// A JSON object without a name twice.
struct UniqueNames;

impl<'de> Deserialize<'de> for UniqueNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = UniqueNames;

            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueNames, A::Error> {
                let mut names = BTreeSet::new();
                while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    if let Some(name) = names.replace(name) {
                        return Err(A::Error::custom(format!("it names `{name}` twice")));
                    }
                }
                Ok(UniqueNames)
            }
        }
        deserializer.deserialize_map(Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;
    use proptest::prelude::*;

    fn linear(d_input: usize, d_output: usize) -> Linear {
        LinearConfig::new(d_input, d_output).init(&Device::flex())
    }

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let length = (header.len() as u64).to_le_bytes();
        [&length, header.as_bytes(), data].concat()
    }

    #[test]
    fn weights_come_back_and_equal_weights_are_equal_bytes() {
        let module = linear(3, 2);
        let bytes = weights_to_bytes(&module).unwrap();
        assert_eq!(weights_to_bytes(&module).unwrap(), bytes);
        let loaded = weights_from_bytes(linear(3, 2), bytes.clone()).unwrap();
        assert_eq!(loaded.weight.to_data(), module.weight.to_data());
        assert_eq!(weights_to_bytes(&loaded).unwrap(), bytes);
    }

    #[test]
    fn every_tensor_that_does_not_fit_is_named() {
        let bytes = weights_to_bytes(&linear(3, 2)).unwrap();
        let error = weights_from_bytes(linear(4, 5), bytes.clone()).unwrap_err();
        let message = error.to_string();
        for part in [
            "weight is [3, 2], expected [4, 5]",
            "bias is [2], expected [5]",
        ] {
            assert!(message.contains(part), "{message}");
        }
        let without_bias = LinearConfig::new(3, 2)
            .with_bias(false)
            .init(&Device::flex());
        let error = weights_from_bytes(without_bias.clone(), bytes).unwrap_err();
        assert_eq!(error.to_string(), "extra bias");
        let bytes = weights_to_bytes(&without_bias).unwrap();
        let error = weights_from_bytes(linear(3, 2), bytes).unwrap_err();
        assert_eq!(error.to_string(), "missing bias");
    }

    #[test]
    fn headers_that_lie_are_refused() {
        let tensor =
            |offsets: &str| format!(r#"{{"dtype":"F32","shape":[2],"data_offsets":{offsets}}}"#);
        let whole = format!(r#"{{"weight":{}}}"#, tensor("[0,8]"));
        assert!(check_safetensors(&file(&whole, &[0; 8])).is_ok());
        let twice = format!(r#"{{"weight":{0},"weight":{0}}}"#, tensor("[0,8]"));
        for (header, length) in [
            (whole.clone(), 7),
            (whole, 9),
            (twice, 8),
            (format!(r#"{{"weight":{}}}"#, tensor("[0,9000000000000000]")), 8),
            (format!(r#"{{"weight":{}}}"#, tensor("[8,0]")), 8),
            (r#"{"weight":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#.into(), 8),
            (r#"{"weight":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}"#.into(), 8),
            ("[]".into(), 0),
        ] {
            let error = check_safetensors(&file(&header, &vec![0; length])).unwrap_err();
            assert!(matches!(error, SavedWeightsError::Damaged(_)), "{header}: {error}");
        }
        for bytes in [&[][..], &[1, 2, 3], &[255; 8], &[255; 64]] {
            assert!(matches!(
                check_safetensors(bytes),
                Err(SavedWeightsError::Damaged(_))
            ));
        }
    }

    #[test]
    fn other_types_of_elements_are_named() {
        let header = r#"{"bias":{"dtype":"I16","shape":[2],"data_offsets":[0,4]},"weight":{"dtype":"F32","shape":[3,2],"data_offsets":[4,28]}}"#;
        let error = weights_from_bytes(linear(3, 2), file(header, &[0; 28])).unwrap_err();
        assert_eq!(error.to_string(), "bias is [2] of I16, expected [2]");
        let header = header.replace("I16", "F16").replace("[2]", "[1,2]");
        let error = weights_from_bytes(linear(3, 2), file(&header, &[0; 28])).unwrap_err();
        assert_eq!(error.to_string(), "bias is [1, 2] of F16, expected [2]");
    }

    /// The bits are those of IEEE 754 and of bfloat16, written by hand.
    #[test]
    fn half_precision_is_loaded_as_single() {
        let header = |dtype: &str| {
            format!(
                r#"{{"bias":{{"dtype":"{dtype}","shape":[2],"data_offsets":[0,4]}},"weight":{{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]}}}}"#
            )
        };
        // 1.5 and the smallest subnormal number, and 0.25 and 0.5 in single precision.
        for (dtype, bits, smallest) in [
            ("F16", [0x3e00_u16, 0x0001], 2.0_f32.powi(-24)),
            ("BF16", [0x3fc0, 0x0001], f32::from_bits(0x0001_0000)),
        ] {
            let halves = bits.iter().flat_map(|bits| bits.to_le_bytes());
            let singles = [0.25_f32, 0.5].into_iter().flat_map(f32::to_le_bytes);
            let data: Vec<u8> = halves.chain(singles).collect();
            let module = weights_from_bytes(linear(1, 2), file(&header(dtype), &data)).unwrap();
            let bias = module.bias.unwrap().to_data();
            assert_eq!(bias.as_slice::<f32>().unwrap(), [1.5, smallest], "{dtype}");
            let weight = module.weight.to_data();
            assert_eq!(weight.as_slice::<f32>().unwrap(), [0.25, 0.5], "{dtype}");
        }
    }

    #[test]
    fn half_precision_is_written_rounded_and_comes_back_as_it_was_written() {
        let module = linear(30, 20);
        let numbers = |module: &Linear| module.weight.to_data().try_to_vec::<f32>().unwrap();
        let whole = weights_to_bytes(&module).unwrap();
        for (dtype, bits) in [(FloatDType::F16, 11), (FloatDType::BF16, 8)] {
            let bytes = weights_to_bytes_as(&module, dtype).unwrap();
            assert!(bytes.len() < whole.len() * 6 / 10, "{dtype:?}");
            let loaded = weights_from_bytes(linear(30, 20), bytes.clone()).unwrap();
            // Rounding is by half of the last of the type's digits at most; below 2^-14 a number has fewer.
            let precision = 2.0_f32.powi(-bits);
            let mut rounded = 0;
            for (found, expected) in numbers(&loaded).into_iter().zip(numbers(&module)) {
                let most = precision * expected.abs().max(2.0_f32.powi(-14));
                assert!(
                    (found - expected).abs() <= most,
                    "{dtype:?}: {found}, {expected}"
                );
                rounded += usize::from(found != expected);
            }
            assert!(
                rounded > 500,
                "{dtype:?}: {rounded} of 600 numbers were rounded"
            );
            assert_eq!(weights_to_bytes_as(&loaded, dtype).unwrap(), bytes);
        }
        assert_eq!(
            weights_to_bytes_as(&module, FloatDType::F32).unwrap(),
            whole
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn whatever_is_changed_in_a_file_is_an_error(place in 0usize..4096, byte in any::<u8>(), cut in any::<bool>()) {
            let whole = weights_to_bytes(&linear(3, 2)).unwrap();
            let place = place % whole.len();
            let mut bytes = whole.clone();
            match cut {
                true => bytes.truncate(place),
                false => bytes[place] = byte,
            }
            let changed = bytes != whole;
            // White space in the header says nothing.
            let loaded = weights_from_bytes(linear(3, 2), bytes);
            if let Ok(loaded) = &loaded {
                prop_assert_eq!(weights_to_bytes(loaded).unwrap(), whole);
            }
            prop_assert!(changed || loaded.is_ok());
        }
    }
}
