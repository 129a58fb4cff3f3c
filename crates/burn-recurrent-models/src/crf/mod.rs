//! Linear-chain conditional random fields.

mod chain;
mod constraints;
mod decode;
mod error;
mod linear_chain;
mod on_device;
mod path;

use chain::{Chain, Counts};

pub use constraints::TransitionConstraints;
pub use error::CrfError;
pub use linear_chain::{LinearChainCrf, LinearChainCrfConfig};
pub use path::CrfPath;
