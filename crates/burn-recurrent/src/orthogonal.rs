//! Random matrices with orthonormal rows or columns.

use burn::tensor::{Device, Distribution, Tensor, TensorData};

/// A random `[rows, cols]` matrix with orthonormal rows (columns, where there are fewer of them),
/// drawn uniformly (Saxe et al. 2013, <https://arxiv.org/abs/1312.6120>).
///
/// The Gaussian draw is the device's; its orthonormalisation (modified Gram-Schmidt, in f64) is
/// done on the host, because on a device it is `rows` dependent steps of tiny kernels.
pub(crate) fn orthogonal(rows: usize, cols: usize, device: &Device) -> Tensor<2> {
    let (short, long) = (rows.min(cols), rows.max(cols));
    let draw = Tensor::<2>::random([short, long], Distribution::Normal(0.0, 1.0), device);
    let mut matrix: Vec<f64> = draw.into_data().iter::<f64>().collect();
    orthonormalize_rows(&mut matrix, short, long);
    let values: Vec<f32> = matrix.into_iter().map(|value| value as f32).collect();
    let tensor = Tensor::<2>::from_data(TensorData::new(values, [short, long]), device);
    if rows <= cols {
        tensor
    } else {
        tensor.transpose()
    }
}

fn orthonormalize_rows(matrix: &mut [f64], rows: usize, cols: usize) {
    for row in 0..rows {
        let (done, rest) = matrix.split_at_mut(row * cols);
        let current = &mut rest[..cols];
        for earlier in done.chunks_exact(cols) {
            let shared = dot(earlier, current);
            for (value, other) in current.iter_mut().zip(earlier) {
                *value -= shared * other;
            }
        }
        let norm = dot(current, current).sqrt();
        for value in current.iter_mut() {
            *value /= norm;
        }
    }
}

/// A dot product in eight running sums, which the compiler can vectorise.
fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (left_blocks, right_blocks) = (left.chunks_exact(8), right.chunks_exact(8));
    let tail: f64 = left_blocks
        .remainder()
        .iter()
        .zip(right_blocks.remainder())
        .map(|(l, r)| l * r)
        .sum();
    for (l, r) in left_blocks.zip(right_blocks) {
        for lane in 0..8 {
            sums[lane] += l[lane] * r[lane];
        }
    }
    sums.iter().sum::<f64>() + tail
}
