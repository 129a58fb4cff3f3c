#![doc = include_str!("../README.md")]

mod additive_scores;
mod attention_decoder;
mod cross_entropy;
mod dropout;
mod embedding;
mod extension;
mod join;
mod kind;
mod parallel;
mod path;
mod sequence;
mod update;

#[cfg(feature = "flex")]
mod cpu;

pub use additive_scores::additive_scores;
pub use attention_decoder::{
    AttentionDecoderOutput, AttentionDecoderState, AttentionDecoderWeights, AttentionScore,
    AttentionSource, attention_decoder,
};
#[cfg(feature = "flex")]
pub use cpu::kernels::Isa;
#[cfg(feature = "flex")]
pub use cpu::pool::{set_threads, threads};
pub use cross_entropy::linear_cross_entropy;
pub use dropout::dropout;
pub use embedding::embedding;
pub use join::join;
pub use kind::{KernelCell, Layout};
pub use parallel::{parallel_map, parallelism};
pub use path::{ComputePath, Operation, PortableReason, path};
pub use sequence::{
    SequenceOptions, SequenceOutput, SequenceState, SequenceWeights, lstm_sequence, sequence,
};
pub use update::{AdamRates, adam_update, scale, sgd_update, sum_of_squares};
