//! Initialisation of the weights outside the recurrent layers.

use burn::module::Param;
use burn::nn::{Embedding, Linear};
use burn::tensor::{Device, Distribution, Tensor};

/// Embeddings from uniform(±√(3/width)), which gives every row a length of about one (Ma and Hovy
/// 2016, section 3.1, after He et al. 2015).
pub(crate) fn draw_embedding(rows: usize, width: usize, device: &Device) -> Embedding {
    Embedding {
        weight: uniform([rows, width], (3.0 / width as f64).sqrt(), device),
    }
}

/// A linear layer with weights from uniform(±√(6/(inputs + outputs))) (Glorot and Bengio 2010) and
/// a bias of zero.
pub(crate) fn draw_linear(d_input: usize, d_output: usize, device: &Device) -> Linear {
    let bound = (6.0 / (d_input + d_output) as f64).sqrt();
    let bias = Param::from_tensor(Tensor::zeros([d_output], device));
    Linear {
        weight: uniform([d_input, d_output], bound, device),
        bias: Some(bias),
    }
}

fn uniform(shape: [usize; 2], bound: f64, device: &Device) -> Param<Tensor<2>> {
    let range = Distribution::Uniform(-bound, bound);
    Param::from_tensor(Tensor::random(shape, range, device))
}
