//! A decoder that attends to a source and feeds what it attended to back (Luong et al. 2015), over whole
//! sequences. The rows of a batch do not need one another, so each thread takes some of them through all steps
//! without waiting for others; only packed weights and the gradients of weights are made together.

pub(crate) mod backward;
mod backward_steps;
pub(crate) mod forward;
mod forward_steps;
mod gradients;
mod lines;
mod operands;
mod packed;
mod saved;
mod sizes;
#[cfg(test)]
mod tests;
mod weight_gradients;

pub(crate) use operands::DecoderOperands;
pub(crate) use saved::DecoderSaved;
pub(crate) use sizes::DecoderSizes;

/// Steps of all rows whose large products are worked on together: they stay in the second cache while panels
/// pass by.
const STEPS: usize = 96;
