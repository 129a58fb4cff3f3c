//! Text as one stream of tokens: its windows, and what a model makes of them.

mod boundary;
mod cross_entropy;
mod stream_batches;

pub use boundary::boundary;
pub use cross_entropy::CrossEntropy;
pub use stream_batches::{Remainder, StreamBatches, StreamBatchesError, Window, WindowIter};
