//! The numeric core, on plain slices of `f32`.

pub(crate) mod attended;
pub(crate) mod attention;
pub(crate) mod backward;
pub(crate) mod backward_steps;
pub(crate) mod backward_weights;
pub(crate) mod cache;
pub(crate) mod cell;
pub(crate) mod cells;
pub(crate) mod copy;
pub(crate) mod cross_entropy;
pub(crate) mod cross_entropy_backward;
pub(crate) mod decoder;
pub(crate) mod dropout;
pub(crate) mod dropout_row;
pub(crate) mod embedding;
pub(crate) mod forward;
pub(crate) mod forward_steps;
pub(crate) mod grid;
pub(crate) mod join;
pub(crate) mod kernels;
pub(crate) mod math;
pub(crate) mod matrix;
pub(crate) mod pack;
pub(crate) mod parts;
pub(crate) mod plan;
pub(crate) mod pool;
pub(crate) mod product;
pub(crate) mod projection;
pub(crate) mod recycle;
pub(crate) mod rows;
pub(crate) mod run;
pub(crate) mod schedule;
pub(crate) mod scratch;
pub(crate) mod shared;
pub(crate) mod simd;
pub(crate) mod sizes;
pub(crate) mod softmax;
pub(crate) mod tasks;
pub(crate) mod tile;
pub(crate) mod tiled;
pub(crate) mod unpacked;
pub(crate) mod update;
pub(crate) mod update_row;
pub(crate) mod weight_product;

#[cfg(test)]
mod tests;
