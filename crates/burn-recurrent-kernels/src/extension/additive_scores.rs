//! Additive scores of Flex tensors.

use burn::backend::TensorMetadata;
use burn_flex::FlexTensor;

use super::flex::tensors::{contiguous, numbers, tensor};
use crate::cpu::additive_scores::{self, Operands};
use crate::cpu::run::Run;

/// `[batch, queries, words]`, of a query `[batch, queries, width]`, keys `[batch, words, width]` and an energy `[width]`.
pub(crate) fn additive_scores(
    query: FlexTensor,
    keys: FlexTensor,
    energy: FlexTensor,
) -> FlexTensor {
    let [query, keys, energy] = [query, keys, energy].map(contiguous);
    let [batch, queries, width] = query.shape().dims::<3>();
    let [_, words, _] = keys.shape().dims::<3>();
    let operands = Operands {
        query: numbers(&query),
        keys: numbers(&keys),
        energy: numbers(&energy),
    };
    let sizes = [batch, queries, words, width];
    tensor(
        additive_scores::additive_scores(Run::selected(), sizes, &operands),
        [batch, queries, words],
    )
}
