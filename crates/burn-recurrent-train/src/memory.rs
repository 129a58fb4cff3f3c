//! Whether what a config asks for can be in memory, said before it is made.

use burn::tensor::Device;
use burn_recurrent_models::SavedModule;
use indicatif::DecimalBytes;
use serde_json::Value;

use crate::device::device_name;
use crate::optimizer::OptimizerConfig;

/// The bytes of a number.
const NUMBER: u128 = 4;

/// What a config asks for cannot be in memory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} asks for {} of memory or more {purpose}, and {} are free", shown(*.needed), DecimalBytes(*.free))]
pub struct MemoryError {
    /// The setting that asks for most of it, and its value.
    pub setting: String,
    /// What for, to be read after the amount.
    pub purpose: &'static str,
    /// How many bytes are needed, at the least.
    pub needed: u128,
    /// How many bytes are free.
    pub free: u64,
}

impl MemoryError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some("lower it, or train on a machine with more memory".to_string())
    }
}

/// Checks that a model of this config can be trained in the memory that is free: its weights, their gradients and what the
/// optimiser keeps. On a GPU nothing is checked: its memory is its own.
///
/// The settings are named as under `[model]`; `within` is the part of the config's own keys that is left out there.
///
/// # Errors
///
/// Names the setting that asks for most.
pub fn check_model<M: SavedModule>(
    config: &M::Config,
    within: &str,
    optimizer: &OptimizerConfig,
    device: &Device,
) -> Result<(), MemoryError> {
    match free_memory(device) {
        Some(free) => check_model_in::<M>(config, within, optimizer, free),
        None => Ok(()),
    }
}

/// Checks that what a training step makes of a batch can be in the memory that is free: of `tokens` tokens, at least `width`
/// numbers each. `setting` is what made the batch so large, in words.
///
/// # Errors
///
/// When it cannot.
pub fn check_batch(
    setting: &str,
    tokens: usize,
    width: usize,
    device: &Device,
) -> Result<(), MemoryError> {
    let Some(free) = free_memory(device) else {
        return Ok(());
    };
    let needed = NUMBER
        .saturating_mul(tokens as u128)
        .saturating_mul(width as u128);
    match needed > u128::from(free) {
        true => Err(MemoryError {
            setting: setting.to_string(),
            purpose: "for a batch",
            needed,
            free,
        }),
        false => Ok(()),
    }
}

fn check_model_in<M: SavedModule>(
    config: &M::Config,
    within: &str,
    optimizer: &OptimizerConfig,
    free: u64,
) -> Result<(), MemoryError> {
    let settings = serde_json::to_value(config).unwrap_or_default();
    let copies = NUMBER * u128::from(2 + optimizer.numbers_kept());
    let needed = |settings: Value| Some(numbers::<M>(settings)?.saturating_mul(copies));
    let Some(all) = needed(settings.clone()).filter(|all| *all > u128::from(free)) else {
        return Ok(());
    };
    // The setting without which least is left; 2 is the least of what may be halved between two directions.
    let left = counts(&settings).into_iter().filter_map(|pointer| {
        let left = needed(with(&settings, &pointer, 2))?;
        Some((left, pointer))
    });
    let setting = match left.min() {
        Some((_, pointer)) => name(&settings, &pointer, within),
        None => "`model`".to_string(),
    };
    Err(MemoryError {
        setting,
        purpose: "for the weights, their gradients and the optimiser's state",
        needed: all,
        free,
    })
}

/// How many numbers the tensors of a model of these settings have; `None` where they are none of such a model.
fn numbers<M: SavedModule>(settings: Value) -> Option<u128> {
    // Of more layers than these, all are alike.
    const LAYERS: u64 = 1000;
    let deep = counts(&settings)
        .into_iter()
        .filter(|pointer| pointer.ends_with("layers"))
        .find_map(|pointer| {
            let layers = settings.pointer(&pointer)?.as_u64()?;
            (layers > LAYERS).then_some((pointer, layers))
        });
    if let Some((pointer, layers)) = deep {
        let of = |layers| numbers::<M>(with(&settings, &pointer, layers));
        let (few, more) = (of(2)?, of(3)?);
        let others = u128::from(layers - 3).saturating_mul(more.saturating_sub(few));
        return Some(more.saturating_add(others));
    }
    let config = serde_json::from_value::<M::Config>(settings).ok()?;
    let numbers = M::tensors(&config).map(|(_, shape)| {
        let axes = shape.iter().map(|axis| *axis as u128);
        axes.fold(1_u128, u128::saturating_mul)
    });
    Some(numbers.fold(0, u128::saturating_add))
}

/// The settings with another value of the one at this pointer.
fn with(settings: &Value, pointer: &str, value: u64) -> Value {
    let mut settings = settings.clone();
    if let Some(place) = settings.pointer_mut(pointer) {
        *place = Value::from(value);
    }
    settings
}

/// Where the counts above 1 are in a config, as JSON pointers.
fn counts(settings: &Value) -> Vec<String> {
    fn gather(value: &Value, pointer: &str, counts: &mut Vec<String>) {
        match value {
            Value::Object(table) => {
                for (key, value) in table {
                    gather(value, &format!("{pointer}/{key}"), counts);
                }
            }
            Value::Number(number) if number.as_u64().is_some_and(|number| number > 1) => {
                counts.push(pointer.to_string());
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    gather(settings, "", &mut found);
    found
}

/// A setting as it is written in a config file, and its value.
fn name(settings: &Value, pointer: &str, within: &str) -> String {
    let value = settings.pointer(pointer).unwrap_or(&Value::Null);
    let key = pointer.trim_start_matches('/').replace('/', ".");
    let key = match key.strip_prefix(within) {
        Some(rest) => rest.trim_start_matches('.'),
        None => &key,
    };
    match key.ends_with("vocabulary_size") {
        true => format!("a vocabulary of {value}"),
        false => format!("`model.{key} = {value}`"),
    }
}

/// The bytes of memory that this process may still take; `None` where the device has memory of its own or the system does not
/// say.
fn free_memory(device: &Device) -> Option<u64> {
    if !device_name(device).ends_with("(CPU)") {
        return None;
    }
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let free = system.available_memory().saturating_add(system.free_swap());
    let free = match system.cgroup_limits() {
        // What is cached counts as free.
        Some(group) => {
            let own = group.total_memory.saturating_sub(group.rss);
            free.min(own.saturating_add(group.free_swap))
        }
        None => free,
    };
    (free > 0).then_some(free)
}

/// A number of bytes for a person; what is beyond counting is the most that can be counted.
fn shown(bytes: u128) -> DecimalBytes {
    DecimalBytes(u64::try_from(bytes).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_recurrent_models::{
        RecurrentLanguageModel, RecurrentLanguageModelConfig, SequenceTagger, SequenceTaggerConfig,
        TokenEncoderConfig,
    };

    /// Of an LSTM, ten words and embeddings of width 8.
    fn model(d_hidden: usize, num_layers: usize) -> RecurrentLanguageModelConfig {
        RecurrentLanguageModelConfig::new(10, 8, d_hidden).with_num_layers(num_layers)
    }

    fn check(
        config: &RecurrentLanguageModelConfig,
        optimizer: &OptimizerConfig,
        free: u64,
    ) -> Result<(), MemoryError> {
        check_model_in::<RecurrentLanguageModel>(config, "", optimizer, free)
    }

    #[test]
    fn what_fits_is_no_error_and_a_byte_less_is() {
        // Embeddings, the cell's two matrices and bias, the output's matrix and bias.
        let numbers = 10 * 8 + (8 + 4) * 16 + 16 + 4 * 10 + 10;
        for (optimizer, copies) in [(OptimizerConfig::sgd(), 2), (OptimizerConfig::adam(), 4)] {
            let needed = 4 * copies * numbers;
            check(&model(4, 1), &optimizer, needed).unwrap();
            let error = check(&model(4, 1), &optimizer, needed - 1).unwrap_err();
            assert_eq!((error.needed, error.free), (needed.into(), needed - 1));
        }
    }

    #[test]
    fn the_setting_that_asks_for_most_is_named() {
        let free = 1 << 30;
        let sgd = OptimizerConfig::sgd();
        let setting =
            |config: &RecurrentLanguageModelConfig| check(config, &sgd, free).unwrap_err();
        let wide = setting(&model(1_000_000, 1));
        assert_eq!(wide.setting, "`model.d_hidden = 1000000`");
        assert!(
            wide.to_string()
                .starts_with("`model.d_hidden = 1000000` asks for 32.00 TB of memory"),
            "{wide}"
        );
        assert!(wide.to_string().ends_with("and 1.07 GB are free"), "{wide}");
        // A list of a thousand million layers is not gone through.
        let deep = setting(&model(8, 1_000_000_000));
        assert_eq!(deep.setting, "`model.num_layers = 1000000000`");
        let words = setting(&model(8, 1).with_vocabulary_size(1_000_000_000));
        assert_eq!(words.setting, "a vocabulary of 1000000000");
        // Beyond what can be counted.
        let endless = setting(&model(usize::MAX, 1));
        assert!(endless.setting.contains("d_hidden"), "{endless}");

        let encoder = TokenEncoderConfig::new(10, 8, 100_000);
        let tagger = SequenceTaggerConfig::new(encoder, 3);
        let error = check_model_in::<SequenceTagger>(&tagger, "encoder", &sgd, free).unwrap_err();
        assert_eq!(error.setting, "`model.d_hidden = 100000`");
    }

    #[test]
    fn layers_that_are_not_gone_through_are_counted_all_the_same() {
        let count = |layers| {
            let settings = serde_json::to_value(model(4, layers)).unwrap();
            numbers::<RecurrentLanguageModel>(settings).unwrap()
        };
        // The first layer reads embeddings, all others hidden vectors.
        assert_eq!(count(1001) - count(1000), 2 * 4 * 16 + 16);
    }

    #[test]
    fn this_machine_has_memory_and_not_without_end() {
        let free = free_memory(&Device::flex()).unwrap();
        assert!((1 << 20..1 << 50).contains(&free), "{free}");
        check_batch("`batches.tokens`", 1000, 1000, &Device::flex()).unwrap();
        let error = check_batch(
            "`batches.tokens = 9`",
            usize::MAX,
            usize::MAX,
            &Device::flex(),
        );
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("`batches.tokens = 9` asks for")
        );
    }
}
