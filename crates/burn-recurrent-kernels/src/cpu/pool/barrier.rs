//! Threads that wait for one another, and how a panic of one of them reaches the others.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::signal::Signal;

/// Something that threads wait at for one another.
pub(crate) trait Breakable: Sync {
    /// Lets all threads that wait or will wait go, into a panic.
    fn give_up(&self);
}

/// Makes a fixed number of threads wait for one another, again and again.
pub(crate) struct Barrier {
    size: usize,
    arrived: AtomicUsize,
    round: Signal,
    broken: AtomicBool,
}

impl Barrier {
    pub(crate) fn new(size: usize) -> Self {
        Self {
            size,
            arrived: AtomicUsize::new(0),
            round: Signal::new(0),
            broken: AtomicBool::new(false),
        }
    }

    /// How many threads wait for one another.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Returns once all threads have called it.
    ///
    /// # Panics
    ///
    /// Where another of the threads panicked, since it will never arrive.
    pub(crate) fn wait(&self) {
        if self.size == 1 {
            return;
        }
        // In this order: who reads the round that `give_up` left also reads that it gave up, and who
        // reads an earlier one is let go by the change.
        let round = self.round.value();
        if !self.broken.load(Ordering::Acquire) {
            if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.size {
                self.arrived.store(0, Ordering::Relaxed);
                self.round.update(|value| {
                    value.fetch_add(1, Ordering::SeqCst);
                });
            } else {
                self.round.wait_while(|value| value == round);
            }
        }
        assert!(
            !self.broken.load(Ordering::Acquire),
            "a thread of the same operation panicked"
        );
    }
}

impl Breakable for Barrier {
    fn give_up(&self) {
        self.broken.store(true, Ordering::Release);
        self.round.update(|value| {
            value.fetch_add(1, Ordering::SeqCst);
        });
    }
}
