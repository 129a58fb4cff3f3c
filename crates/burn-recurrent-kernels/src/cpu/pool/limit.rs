//! The number of threads of a call.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Threads that a call may use; zero means not set.
static LIMIT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether this thread's calls take no other one.
    static ALONE: Cell<bool> = const { Cell::new(false) };
}

/// Sets how many threads a call may use, the calling one included; zero returns to the default,
/// which is the environment variable `BURN_RECURRENT_THREADS` where it is set and one thread a core
/// elsewhere. Results do not depend on it.
///
/// The threads work on one call at a time: a call made while another one has them runs on the
/// calling thread alone. It is also how many items [`parallel_map`](crate::parallel_map) works on at once.
pub fn set_threads(threads: usize) {
    LIMIT.store(threads, Ordering::Relaxed);
}

/// How many threads a call may use.
pub fn threads() -> usize {
    if ALONE.get() {
        return 1;
    }
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

/// Works so that every call that is made meanwhile runs on the calling thread alone.
pub(crate) fn alone<R>(work: impl FnOnce() -> R) -> R {
    /// Sets what was before, in a panic too.
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            ALONE.set(self.0);
        }
    }
    let _before = Before(ALONE.replace(true));
    work()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_works_alone_has_one_thread_and_others_keep_theirs() {
        let before = threads();
        let within = alone(|| {
            assert_eq!(alone(threads), 1);
            let elsewhere = std::thread::spawn(threads).join().unwrap();
            (threads(), elsewhere)
        });
        assert_eq!(within, (1, before));
        assert_eq!(threads(), before);
        let panicked = std::panic::catch_unwind(|| alone(|| panic!("of its own")));
        assert!(panicked.is_err());
        assert_eq!(threads(), before);
    }
}
