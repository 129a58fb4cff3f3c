//! Tests of what a seed gives. The generator is the whole process's, so they are apart from the tests that draw without a
//! seed, and take turns.

mod finite_differences;
mod gradient_flow;
mod seeds;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The generator, for one test at a time.
fn generator() -> MutexGuard<'static, ()> {
    static GENERATOR: Mutex<()> = Mutex::new(());
    GENERATOR.lock().unwrap_or_else(PoisonError::into_inner)
}
