//! The device, chosen as Burn chooses it, with an error where Burn would panic.

use std::panic;

use burn::tensor::{Device, Tensor};

use crate::panic_message::panic_message;

/// The device cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("no device to compute on: {message}")]
pub struct DeviceError {
    message: String,
}

impl DeviceError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match compiled_backends().as_slice() {
            [] => {
                "this program was built without any backend; build it with `--features flex`, say"
                    .into()
            }
            backends => format!(
                "set BURN_DEVICE to one of the backends that this program was built with ({}), or do not set it",
                backends.join(", ")
            ),
        })
    }
}

/// `Device::default()`, which `BURN_DEVICE` overrides, as Burn has it.
///
/// Burn panics where `BURN_DEVICE` is unknown or not compiled in, and at the first tensor where the machine has no such
/// device. Here both are errors.
///
/// # Errors
///
/// [`DeviceError`], which says what `BURN_DEVICE` may be or what the machine lacks.
pub fn default_device() -> Result<Device, DeviceError> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let device = panic::catch_unwind(|| {
        let device = Device::default();
        // A GPU is only opened when it is first used.
        Tensor::<1>::zeros([1], &device).into_data();
        device
    });
    panic::set_hook(hook);
    device.map_err(|payload| DeviceError {
        message: panic_message(&*payload).to_string(),
    })
}

/// The names that `BURN_DEVICE` may have in this build.
fn compiled_backends() -> Vec<&'static str> {
    [
        ("flex", cfg!(feature = "flex")),
        ("ndarray", cfg!(feature = "ndarray")),
        ("wgpu", cfg!(feature = "wgpu")),
        ("vulkan", cfg!(feature = "vulkan")),
        ("metal", cfg!(feature = "metal")),
        ("cuda", cfg!(feature = "cuda")),
        ("rocm", cfg!(feature = "rocm")),
    ]
    .into_iter()
    .filter_map(|(name, compiled)| compiled.then_some(name))
    .collect()
}

/// The device in words, for `result.json`: `Flex (CPU)`, or for a GPU what Burn calls it.
pub fn device_name(device: &Device) -> String {
    let name = format!("{:?}", device.clone().inner());
    // Debug text is `Device<Flex(Cpu)>`.
    let name = name
        .strip_prefix("Device<")
        .and_then(|name| name.strip_suffix('>'))
        .unwrap_or(&name);
    match name {
        name if name.starts_with("Flex") => "Flex (CPU)".to_string(),
        name if name.starts_with("NdArray") => "NdArray (CPU)".to_string(),
        name => name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flex_is_named_with_and_without_gradients() {
        assert_eq!(device_name(&Device::flex()), "Flex (CPU)");
        assert_eq!(device_name(&Device::flex().autodiff()), "Flex (CPU)");
    }

    #[test]
    fn there_is_help_with_any_set_of_backends() {
        let error = DeviceError {
            message: "no".into(),
        };
        let help = error.help().unwrap();
        assert!(compiled_backends().iter().all(|name| help.contains(name)));
    }
}
