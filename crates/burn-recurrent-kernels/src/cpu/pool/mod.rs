//! A few persistent threads that work on one call at a time, and what they wait at for one another.
//!
//! A call that finds the threads taken by another one runs alone, and so does everything on a
//! machine with one core. Nothing that is computed depends on how many threads took part.

mod barrier;
mod limit;
mod place;
mod signal;
mod team;

pub(crate) use barrier::{Barrier, Breakable};
pub(crate) use limit::alone;
pub use limit::{set_threads, threads};
pub(crate) use signal::Signal;
pub(crate) use team::Team;
