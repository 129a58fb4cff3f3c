//! The adding problem (Hochreiter and Schmidhuber 1997): a sequence of random numbers, two of them marked; their sum is asked for
//! after the last one.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt};

/// The mean squared error of always answering 1, which is the variance of the sum of two numbers from uniform(0, 1). Le et al.
/// 2015 print 0.1767.
pub const BASELINE: f64 = 1.0 / 6.0;

/// Sequences and what is to be answered.
pub struct Sequences {
    /// `[batch, length, 2]`: the numbers, uniform in [0, 1), and the marks, 1 at two places and 0 elsewhere. One mark is in each
    /// half, as in Arjovsky et al. 2016, so that the first has to be remembered.
    pub input: Tensor<3>,
    /// `[batch, 1]`: the sums of the marked numbers.
    pub targets: Tensor<2>,
}

impl Sequences {
    /// Draws sequences.
    ///
    /// # Panics
    ///
    /// Where the length is below 2.
    pub fn draw(batch: usize, length: usize, rng: &mut impl Rng, device: &Device) -> Self {
        assert!(length >= 2, "two marks need a length of at least 2");
        let mut input = Vec::with_capacity(batch * length * 2);
        let mut targets = Vec::with_capacity(batch);
        for _ in 0..batch {
            let marks = [
                rng.random_range(0..length / 2),
                rng.random_range(length / 2..length),
            ];
            let mut sum = 0.0;
            for place in 0..length {
                let number: f32 = rng.random();
                let marked = marks.contains(&place);
                if marked {
                    sum += number;
                }
                input.extend([number, f32::from(u8::from(marked))]);
            }
            targets.push(sum);
        }
        Self {
            input: Tensor::from_data(TensorData::new(input, [batch, length, 2]), device),
            targets: Tensor::from_data(TensorData::new(targets, [batch, 1]), device),
        }
    }
}
