//! The number of threads of a call.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Threads that a call may use; zero means not set.
static LIMIT: AtomicUsize = AtomicUsize::new(0);

/// Sets how many threads a call may use, the calling one included; zero returns to the default,
/// which is the environment variable `BURN_RECURRENT_THREADS` where it is set and one thread a core
/// elsewhere. Results do not depend on it.
///
/// The threads work on one call at a time: a call made while another one has them runs on the
/// calling thread alone.
pub fn set_threads(threads: usize) {
    LIMIT.store(threads, Ordering::Relaxed);
}

/// How many threads a call may use.
pub fn threads() -> usize {
    static DEFAULT: OnceLock<usize> = OnceLock::new();
    match LIMIT.load(Ordering::Relaxed) {
        0 => *DEFAULT.get_or_init(|| {
            let wanted = std::env::var("BURN_RECURRENT_THREADS").ok();
            wanted
                .and_then(|text| text.parse().ok())
                .filter(|&n| n > 0)
                .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
        }),
        limit => limit,
    }
}
