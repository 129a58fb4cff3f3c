//! The lengths of the rows of a padded batch.

use burn::tensor::{Bool, DType, Device, Int, Tensor};

/// Checks the lengths against the `[batch, time]` of what they belong to.
pub(crate) fn check_lengths(lengths: &[usize], batch: usize, time: usize) {
    assert!(
        lengths.len() == batch,
        "expected one length a row: the input has {batch} rows, but {} lengths were given",
        lengths.len(),
    );
    if let Some((row, length)) = lengths.iter().enumerate().find(|(_, l)| **l > time) {
        panic!("row {row} has length {length}, but the input has only {time} time steps");
    }
}

/// True past the end of a row, `[batch, time]`; `None` where every row fills the whole time.
pub(crate) fn padding(lengths: &[usize], time: usize, device: &Device) -> Option<Tensor<2, Bool>> {
    if lengths.iter().all(|length| *length == time) {
        return None;
    }
    let batch = lengths.len();
    let lengths: Vec<i64> = lengths.iter().map(|length| *length as i64).collect();
    let lengths = Tensor::<1, Int>::from_data(lengths.as_slice(), device)
        .reshape([batch, 1])
        .expand([batch, time]);
    let steps = Tensor::<1, Int>::arange(0..time as i64, device)
        .reshape([1, time])
        .expand([batch, time]);
    Some(steps.greater_equal(lengths))
}

/// Fills the padding of `[batch, time, width]` with a number.
pub(crate) fn fill_padding(input: Tensor<3>, lengths: &[usize], value: f32) -> Tensor<3> {
    let [batch, time, width] = input.dims();
    match padding(lengths, time, &input.device()) {
        Some(padding) => {
            let mask = padding.unsqueeze_dim::<3>(2).expand([batch, time, width]);
            input.mask_fill(mask, value)
        }
        None => input,
    }
}

/// A number below every score and every number of a vector, finite in this element type: what is padding alone has a softmax
/// too.
pub(crate) fn never(dtype: DType) -> f32 {
    match dtype {
        // Its largest number is 65504.
        DType::F16 => -6e4,
        _ => -1e30,
    }
}
