//! The scores of additive attention.

use burn::tensor::Tensor;

use crate::path::{Operation, assert_fused};

/// How well each of a sentence's words answers each of its queries (Bahdanau et al. 2015, appendix A.1.2): `energy . tanh(key +
/// query)` for every pair, without a tensor of all pairs' vectors in memory.
///
/// It is for decoding, where no gradients are kept; a training's scores are part of
/// [`attention_decoder`](crate::attention_decoder()). A score is summed in an order that depends on the width alone, not on
/// how many sentences, queries or threads there are.
///
/// # Shapes
///
/// - query: `[batch, queries, d_attention]`
/// - keys: `[batch, words, d_attention]`
/// - energy: `[d_attention]`
/// - returns: `[batch, queries, words]`
///
/// # Panics
///
/// Where the shapes do not fit each other, or [`path`](crate::path()) says that there is no fused path, as on a device that
/// keeps gradients.
pub fn additive_scores(query: Tensor<3>, keys: Tensor<3>, energy: Tensor<1>) -> Tensor<3> {
    let [batch, _, width] = query.dims();
    let [sentences, _, key_width] = keys.dims();
    assert!(
        batch == sentences && width == key_width && energy.dims() == [width],
        "queries of shape {:?}, keys of shape {:?} and an energy of shape {:?} do not fit each other",
        query.dims(),
        keys.dims(),
        energy.dims()
    );
    assert_fused(
        Operation::AdditiveScores,
        &query.device(),
        &[query.dtype(), keys.dtype(), energy.dtype()],
    );
    imp::additive_scores(query, keys, energy)
}

#[cfg(feature = "flex")]
mod imp {
    use burn::tensor::Tensor;

    use crate::extension::{self, burn_tensor, flex_tensor};

    pub(super) fn additive_scores(
        query: Tensor<3>,
        keys: Tensor<3>,
        energy: Tensor<1>,
    ) -> Tensor<3> {
        burn_tensor(extension::additive_scores::additive_scores(
            flex_tensor(query),
            flex_tensor(keys),
            flex_tensor(energy),
        ))
    }
}

/// Nothing gets here: there is no fused path without the feature.
#[cfg(not(feature = "flex"))]
mod imp {
    use burn::tensor::Tensor;

    pub(super) fn additive_scores(_: Tensor<3>, _: Tensor<3>, _: Tensor<1>) -> Tensor<3> {
        unreachable!("there is no fused path")
    }
}
