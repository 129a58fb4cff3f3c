//! Work that is not dealt out beforehand: threads take the next task when they are done with the
//! last one. Cores are seldom equally fast: one has another program on it, shares its units with a
//! neighbour, or is of the slower kind.
//!
//! Tasks write to places of their own, so that no result depends on who took which.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::pool::{Breakable, Signal};

/// Tasks `0..count`, each of which one thread takes.
pub(crate) struct Queue {
    next: AtomicUsize,
    count: usize,
}

impl Queue {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            next: AtomicUsize::new(0),
            count,
        }
    }

    /// The next task, if any is left.
    pub(crate) fn take(&self) -> Option<usize> {
        // Looks first, so that asking again and again does not write to what all threads share.
        if self.next.load(Ordering::Relaxed) >= self.count {
            return None;
        }
        let task = self.next.fetch_add(1, Ordering::Relaxed);
        (task < self.count).then_some(task)
    }

    /// The tasks that this thread gets hold of.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = usize> {
        core::iter::from_fn(|| self.take())
    }
}

/// Lets threads wait until some number of tasks is done, by whomever.
pub(crate) struct Latch {
    left: Signal,
    broken: AtomicBool,
}

impl Latch {
    pub(crate) fn new(tasks: usize) -> Self {
        Self {
            left: Signal::new(tasks),
            broken: AtomicBool::new(false),
        }
    }

    /// One more is done.
    pub(crate) fn done(&self) {
        self.left.update(|left| {
            left.fetch_sub(1, Ordering::SeqCst);
        });
    }

    /// Whether all are done; what the tasks wrote can be read then.
    pub(crate) fn is_open(&self) -> bool {
        self.left.value() == 0
    }

    /// Returns once all are done.
    ///
    /// # Panics
    ///
    /// Where a thread of the same operation panicked, since its task will never be done.
    pub(crate) fn wait(&self) {
        self.left
            .wait_while(|left| left != 0 && !self.broken.load(Ordering::SeqCst));
        assert!(
            !self.broken.load(Ordering::SeqCst),
            "a thread of the same operation panicked"
        );
    }
}

impl Breakable for Latch {
    fn give_up(&self) {
        self.left
            .update(|_| self.broken.store(true, Ordering::SeqCst));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_gives_each_task_once() {
        let queue = Queue::new(1000);
        let mut all: Vec<usize> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| queue.tasks().collect::<Vec<_>>()))
                .collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>());
        assert_eq!(queue.take(), None);
    }

    #[test]
    fn a_latch_opens_after_the_last_task_or_gives_up() {
        let latch = Latch::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| latch.wait());
            latch.done();
            assert!(!latch.is_open());
            latch.done();
        });
        assert!(latch.is_open());
        let latch = Latch::new(1);
        let outcome = std::thread::scope(|scope| {
            let waits = scope.spawn(|| latch.wait());
            std::thread::sleep(std::time::Duration::from_millis(20));
            latch.give_up();
            waits.join()
        });
        assert!(outcome.is_err());
    }
}
