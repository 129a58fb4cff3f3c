//! What the tests share.

use burn::tensor::Tensor;
use burn_recurrent_weights::TensorFile;
use std::path::{Path, PathBuf};

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

pub fn open(name: &str) -> TensorFile {
    TensorFile::open(fixture(name)).unwrap()
}

/// Asserts that two tensors agree to `tolerance` relative to the largest magnitude expected.
pub fn assert_close(found: Tensor<3>, expected: Tensor<3>, tolerance: f32, what: &str) {
    assert_eq!(found.dims(), expected.dims(), "{what}: shapes");
    let found: Vec<f32> = found.into_data().iter::<f32>().collect();
    let expected: Vec<f32> = expected.into_data().iter::<f32>().collect();
    let scale = expected.iter().fold(1e-3_f32, |m, v| m.max(v.abs()));
    for (index, (f, e)) in found.iter().zip(&expected).enumerate() {
        let difference = (f - e).abs();
        assert!(
            difference <= tolerance * scale,
            "{what}: element {index} is {f}, expected {e} (scale {scale})"
        );
    }
}
