//! Work that is not dealt out beforehand: threads take the next task when they are done with the
//! last one. Cores are seldom equally fast: one has another program on it, shares its units with a
//! neighbour, or is of the slower kind.
//!
//! Tasks write to places of their own, so that no result depends on who took which.

use core::ops::Range;
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

/// Parts of `0..total` in multiples of `grain`, for a queue: large ones of up to `most` first, while there
/// is time to even them out, then smaller ones.
pub(crate) fn guided(total: usize, grain: usize, most: usize, threads: usize) -> Vec<Range<usize>> {
    assert!(grain > 0 && most > 0 && most.is_multiple_of(grain));
    let mut parts = Vec::new();
    let mut first = 0;
    while first < total {
        let left = total - first;
        let part = if threads == 1 {
            left
        } else {
            (left / (2 * threads)).next_multiple_of(grain).max(grain)
        };
        let part = part.min(most);
        parts.push(first..(first + part).min(total));
        first += part;
    }
    parts
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
    fn guided_parts_cover_everything_once_and_shrink() {
        for total in [0, 1, 7, 8, 9, 100, 800, 2600] {
            for threads in 1..=5 {
                let parts = guided(total, 8, 96, threads);
                let mut next = 0;
                let mut last = usize::MAX;
                for part in &parts {
                    assert_eq!(part.start, next);
                    assert!(!part.is_empty() && part.len() <= last.min(96));
                    assert!(part.len().is_multiple_of(8) || part.end == total);
                    (next, last) = (part.end, part.len());
                }
                assert_eq!(next, total);
                assert!(parts.len() <= total.div_ceil(96) || threads > 1);
            }
        }
    }

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
