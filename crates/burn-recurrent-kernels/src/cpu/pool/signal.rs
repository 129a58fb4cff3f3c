//! A number that threads wait to see changed.
//!
//! Waiting threads spin for some microseconds, then give their time slice away for some milliseconds, and
//! then sleep: at once where the machine has other things to do.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Checks of a condition before a waiting thread yields.
const SPINS: usize = if cfg!(miri) { 5 } else { 2_000 };
/// How long it yields before it sleeps: longer than what usually lies between two calls, since a thread
/// that is woken may be put on the processor of the one that woke it.
const PATIENCE: Duration = Duration::from_millis(5);
/// A yield that takes longer has let somebody else work: the machine has much to do.
const LONG: Duration = Duration::from_micros(200);
/// Milliseconds for which threads sleep sooner then: who yields gives a whole time slice away, at every
/// barrier, where who is woken comes first.
const BUSY_MS: u64 = 200;
/// When the machine may have less to do, in the milliseconds of [`since_start`].
pub(super) static BUSY_UNTIL: AtomicU64 = AtomicU64::new(0);

/// Milliseconds since the first call.
fn since_start(now: Instant) -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = *START.get_or_init(|| now);
    u64::try_from(now.saturating_duration_since(start).as_millis()).unwrap_or(u64::MAX)
}

/// Whether the machine had much to do a short while ago.
fn is_busy(now: Instant) -> bool {
    since_start(now) < BUSY_UNTIL.load(Ordering::Relaxed)
}

/// A number that threads wait to see changed.
pub(crate) struct Signal {
    value: AtomicUsize,
    sleepers: AtomicUsize,
    lock: Mutex<()>,
    wake: Condvar,
}

impl Signal {
    pub(crate) fn new(value: usize) -> Self {
        Self {
            value: AtomicUsize::new(value),
            sleepers: AtomicUsize::new(0),
            lock: Mutex::new(()),
            wake: Condvar::new(),
        }
    }

    /// The value; what was written before it was changed to this can be read.
    pub(crate) fn value(&self) -> usize {
        self.value.load(Ordering::Acquire)
    }

    /// Sets the value where nobody can be waiting for it to change.
    pub(super) fn reset(&self, value: usize) {
        self.value.store(value, Ordering::SeqCst);
    }

    /// Changes the value and wakes whoever sleeps. Sequentially consistent, like the sleeper's two
    /// accesses in [`Signal::wait_while`]: one of the two sides sees what the other wrote.
    pub(crate) fn update(&self, change: impl FnOnce(&AtomicUsize)) {
        change(&self.value);
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.wake.notify_all();
        }
    }

    /// Waits until the value no longer meets `condition`.
    pub(crate) fn wait_while(&self, condition: impl Fn(usize) -> bool) {
        for _ in 0..SPINS {
            if !condition(self.value.load(Ordering::Acquire)) {
                return;
            }
            std::hint::spin_loop();
        }
        let start = Instant::now();
        let mut now = start;
        while now - start < PATIENCE && !is_busy(now) {
            if !condition(self.value.load(Ordering::Acquire)) {
                return;
            }
            std::thread::yield_now();
            let before = now;
            now = Instant::now();
            if now - before > LONG {
                BUSY_UNTIL.store(since_start(now) + BUSY_MS, Ordering::Relaxed);
            }
        }
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        while condition(self.value.load(Ordering::SeqCst)) {
            guard = self
                .wake
                .wait(guard)
                .unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }
}
