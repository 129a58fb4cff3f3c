//! How a call is computed.

use super::kernels::{Isa, Kernels};
use super::pool::{Team, threads};

/// Multiply-adds below which a second thread costs more than it brings. Miri, which takes a minute for as many, looks at
/// threads.
pub(crate) const ALONE: usize = if cfg!(miri) { 0 } else { 100_000 };

/// By which kernels, and by how many threads at most, of which the results do not depend on the latter.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub(crate) kernels: &'static Kernels,
    pub(crate) threads: usize,
}

impl Run {
    /// By the instruction set and the threads in use.
    pub(crate) fn selected() -> Self {
        Self {
            kernels: Isa::selected().kernels(),
            threads: threads(),
        }
    }

    /// Takes the threads for some number of multiply-adds.
    pub(crate) fn team(&self, work: usize) -> Team {
        Team::take(if work < ALONE { 1 } else { self.threads })
    }
}
