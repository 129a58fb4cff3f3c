//! Which processors the threads of a call run on.
//!
//! Threads that wait for one another in turns look idle to the scheduler, which may leave two of
//! them on one processor for many calls, with another one idle beside it: measured, a call of 0.015 ms
//! takes 0.13 ms then. So a thread that finds its processor taken by another of the same call moves.

use std::sync::atomic::{AtomicU64, Ordering};

/// Processors that there is a place for; those beyond are never taken.
const PROCESSORS: usize = 1024;

/// The processors that the threads of a call were on when they began with it.
pub(super) struct Places([AtomicU64; PROCESSORS / 64]);

impl Places {
    pub(super) const fn new() -> Self {
        Self([const { AtomicU64::new(0) }; PROCESSORS / 64])
    }

    /// For the next call.
    pub(super) fn clear(&self) {
        for bits in &self.0 {
            bits.store(0, Ordering::Relaxed);
        }
    }

    /// Takes the processor that the calling thread is on. False where another thread took it.
    pub(super) fn take(&self) -> bool {
        let Some(processor) = system::current() else {
            return true;
        };
        let Some(bits) = self.0.get(processor / 64) else {
            return true;
        };
        let bit = 1 << (processor % 64);
        bits.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }

    fn is_taken(&self, processor: usize) -> bool {
        let bits = self.0.get(processor / 64);
        bits.is_some_and(|bits| bits.load(Ordering::Relaxed) >> (processor % 64) & 1 == 1)
    }

    /// Moves the calling thread to a processor that is not taken, takes it, and returns it. Nothing
    /// happens where there is none that the thread may use. Which ones it may use later is as it was
    /// before, or as somebody else said meanwhile.
    pub(super) fn move_on(&self) -> Option<usize> {
        let processor = system::move_to(|processor| !self.is_taken(processor));
        self.take();
        processor
    }
}

#[cfg(all(target_os = "linux", not(miri)))]
mod system {
    use super::PROCESSORS;

    /// Bytes of a set of processors.
    const SIZE: usize = size_of::<libc::cpu_set_t>();
    const _: () = assert!(SIZE * 8 >= PROCESSORS);

    /// The processor that the calling thread is on.
    pub(super) fn current() -> Option<usize> {
        // SAFETY: has no requirements.
        usize::try_from(unsafe { libc::sched_getcpu() }).ok()
    }

    /// Moves the calling thread to one of the `wanted` processors that it may use, and returns it.
    pub(super) fn move_to(wanted: impl Fn(usize) -> bool) -> Option<usize> {
        let stay = Stay::begin(wanted)?;
        let processor = current();
        stay.end();
        processor
    }

    /// The calling thread confined to some of the processors that it may use.
    pub(super) struct Stay {
        before: libc::cpu_set_t,
        during: libc::cpu_set_t,
    }

    impl Stay {
        /// Confines the thread to the `wanted` processors, if it may use one of them.
        pub(super) fn begin(wanted: impl Fn(usize) -> bool) -> Option<Self> {
            let before = allowed()?;
            // SAFETY: all-zero bits are an empty set, in which there is a place for each of the processors.
            let during = unsafe {
                let mut during: libc::cpu_set_t = core::mem::zeroed();
                for processor in 0..PROCESSORS {
                    if libc::CPU_ISSET(processor, &before) && wanted(processor) {
                        libc::CPU_SET(processor, &mut during);
                    }
                }
                during
            };
            // An empty set is refused.
            allow(&during).then_some(Self { before, during })
        }

        /// Lets the thread use what it could use before, unless somebody else has said meanwhile what it may use, as
        /// `taskset` does: that holds.
        pub(super) fn end(self) {
            // SAFETY: both are sets of the same size.
            let same = |now| unsafe { libc::CPU_EQUAL(&now, &self.during) };
            if allowed().is_some_and(same) {
                allow(&self.before);
            }
        }
    }

    /// What the calling thread may use.
    fn allowed() -> Option<libc::cpu_set_t> {
        // SAFETY: all-zero bits are an empty set, and the set is as large as is said.
        unsafe {
            let mut set: libc::cpu_set_t = core::mem::zeroed();
            (libc::sched_getaffinity(0, SIZE, &mut set) == 0).then_some(set)
        }
    }

    /// Says what the calling thread may use. False where that was refused.
    pub(super) fn allow(set: &libc::cpu_set_t) -> bool {
        // SAFETY: the set is as large as is said.
        unsafe { libc::sched_setaffinity(0, SIZE, set) == 0 }
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
mod system {
    pub(super) fn current() -> Option<usize> {
        None
    }

    pub(super) fn move_to(_wanted: impl Fn(usize) -> bool) -> Option<usize> {
        None
    }
}

#[cfg(all(test, target_os = "linux", not(miri)))]
mod tests {
    use super::*;

    fn allowed() -> Vec<usize> {
        // SAFETY: all-zero bits are an empty set, which has the size that is said.
        unsafe {
            let mut set: libc::cpu_set_t = core::mem::zeroed();
            let size = size_of_val(&set);
            assert_eq!(libc::sched_getaffinity(0, size, &mut set), 0);
            let all = 0..PROCESSORS;
            all.filter(|&i| libc::CPU_ISSET(i, &set)).collect()
        }
    }

    /// The thread may use what it could use before, and has been elsewhere where that is possible.
    #[test]
    fn a_thread_leaves_what_is_taken_and_is_free_to_come_back() {
        let before = allowed();
        for free in before.clone() {
            let places = Places::new();
            let bits = before.iter().filter(|&&processor| processor != free);
            for processor in bits {
                places.0[processor / 64].fetch_or(1 << (processor % 64), Ordering::Relaxed);
            }
            assert_eq!(places.move_on(), Some(free));
            assert_eq!(allowed(), before);
        }
    }

    /// As if `taskset` came in the moment between moving and coming back.
    #[test]
    fn what_somebody_else_says_meanwhile_holds() {
        let before = allowed();
        let [one, other, ..] = *before else {
            return;
        };
        // A thread of its own, which takes what it may use with it.
        std::thread::spawn(move || {
            let stay = system::Stay::begin(|processor| processor == one).unwrap();
            assert_eq!(allowed(), [one]);
            // SAFETY: all-zero bits are an empty set, in which there is a place for the processor.
            let set = unsafe {
                let mut set: libc::cpu_set_t = core::mem::zeroed();
                libc::CPU_SET(other, &mut set);
                set
            };
            assert!(system::allow(&set));
            stay.end();
            assert_eq!(allowed(), [other]);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn where_all_are_taken_nothing_changes() {
        let before = allowed();
        let places = Places([const { AtomicU64::new(u64::MAX) }; PROCESSORS / 64]);
        assert!(!places.take());
        assert_eq!(places.move_on(), None);
        assert_eq!(allowed(), before);
        places.clear();
        assert!(places.take());
    }
}
