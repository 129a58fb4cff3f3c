//! The cases of `translation.py`.

use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent_models::{
    EncoderDecoder, EncoderDecoderBatch, EncoderDecoderConfig, weights_from_bytes,
};
use safetensors::SafeTensors;
use safetensors::tensor::serialize;
use std::collections::HashMap;

const FILE: &[u8] = include_bytes!("../fixtures/translation.safetensors");

pub struct Case {
    pub name: String,
    pub config: EncoderDecoderConfig,
    file: SafeTensors<'static>,
}

/// All cases.
pub fn cases() -> Vec<Case> {
    let (_, metadata) = SafeTensors::read_metadata(FILE).unwrap();
    let cases: &HashMap<String, String> = metadata.metadata().as_ref().unwrap();
    let mut cases: Vec<Case> = cases
        .iter()
        .map(|(name, settings)| Case {
            name: name.clone(),
            config: serde_json::from_str(settings).unwrap(),
            file: SafeTensors::deserialize(FILE).unwrap(),
        })
        .collect();
    cases.sort_by(|left, right| left.name.cmp(&right.name));
    cases
}

impl Case {
    /// The model with PyTorch's weights.
    pub fn model(&self, device: &Device) -> EncoderDecoder {
        let prefix = format!("{}/param.", self.name);
        let params = self.file.iter().filter_map(|(name, tensor)| {
            let name = name.strip_prefix(&prefix)?;
            Some((name.to_owned(), tensor))
        });
        let bytes = serialize(params, None).unwrap();
        let model = self.config.init(device).unwrap();
        weights_from_bytes(model, bytes).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    pub fn batch(&self, device: &Device) -> EncoderDecoderBatch {
        EncoderDecoderBatch {
            source: self.tokens("source", device),
            source_lengths: self.lengths("source_lengths"),
            target: self.tokens("target", device),
            target_lengths: self.lengths("target_lengths"),
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.file.tensor(&self.key(name)).is_ok()
    }

    pub fn numbers(&self, name: &str) -> Vec<f64> {
        let tensor = self.file.tensor(&self.key(name)).unwrap();
        let numbers = tensor.data().as_chunks::<4>().0.iter();
        numbers.map(|b| f64::from(f32::from_le_bytes(*b))).collect()
    }

    fn integers(&self, name: &str) -> (Vec<i64>, Vec<usize>) {
        let tensor = self.file.tensor(&self.key(name)).unwrap();
        let numbers = tensor.data().as_chunks::<8>().0.iter();
        let numbers = numbers.map(|b| i64::from_le_bytes(*b)).collect();
        (numbers, tensor.shape().to_vec())
    }

    fn tokens(&self, name: &str, device: &Device) -> Tensor<2, Int> {
        let (tokens, shape) = self.integers(name);
        Tensor::from_data(TensorData::new(tokens, shape), device)
    }

    fn lengths(&self, name: &str) -> Vec<usize> {
        let (lengths, _) = self.integers(name);
        lengths.into_iter().map(|length| length as usize).collect()
    }

    fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.name)
    }
}
