//! The threads themselves, and the handing over of a call's work to them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use super::barrier::Breakable;
use super::place::Places;
use super::signal::Signal;

/// How long a thread that has moved to another processor puts up with where it is.
const MOVES_APART: Duration = Duration::from_millis(1);
type Job = *const (dyn Fn(usize) + Sync);

/// What a worker and its caller share.
struct Slot {
    /// Number of jobs handed over so far.
    given: Signal,
    job: Mutex<Option<SendJob>>,
}

#[derive(Clone, Copy)]
struct SendJob(Job, usize);

// SAFETY: the closure behind the pointer is `Sync`, and `Team::run` does not return before every
// worker is done with it.
unsafe impl Send for SendJob {}

/// The workers, and how many of them still work.
#[derive(Default)]
struct Workers {
    slots: Vec<Arc<Slot>>,
}

struct Pool {
    workers: Mutex<Workers>,
    working: Signal,
    panicked: AtomicBool,
    places: Places,
}

fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| Pool {
        workers: Mutex::default(),
        working: Signal::new(0),
        panicked: AtomicBool::new(false),
        places: Places::new(),
    })
}

/// The body of a worker thread.
fn work(slot: &Slot) {
    let mut taken = 0;
    let mut moved: Option<Instant> = None;
    loop {
        slot.given.wait_while(|given| given == taken);
        taken += 1;
        let job = slot
            .job
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(SendJob(job, index)) = job {
            // Two threads on one processor would take turns at every barrier.
            let places = &pool().places;
            let long_ago = |then: Instant| then.elapsed() > MOVES_APART;
            if !places.take() && moved.is_none_or(long_ago) {
                places.move_on();
                moved = Some(Instant::now());
            }
            // SAFETY: `Team::run` keeps the closure alive until `working` is back at zero.
            let outcome = catch_unwind(AssertUnwindSafe(|| unsafe { (*job)(index) }));
            if outcome.is_err() {
                pool().panicked.store(true, Ordering::Relaxed);
            }
        }
        pool().working.update(|value| {
            value.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

/// The threads of one call.
pub(crate) struct Team {
    workers: Option<MutexGuard<'static, Workers>>,
    size: usize,
}

impl Team {
    /// Takes at most `wanted` threads, the calling one included: all of them where they are free,
    /// else only the calling one.
    pub(crate) fn take(wanted: usize) -> Self {
        let alone = Self {
            workers: None,
            size: 1,
        };
        let helpers = wanted.clamp(1, 256) - 1;
        if helpers == 0 {
            return alone;
        }
        let mut workers = match pool().workers.try_lock() {
            Ok(workers) => workers,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return alone,
        };
        while workers.slots.len() < helpers {
            let slot = Arc::new(Slot {
                given: Signal::new(0),
                job: Mutex::new(None),
            });
            let name = format!("burn-recurrent-{}", workers.slots.len() + 1);
            let body = Arc::clone(&slot);
            if std::thread::Builder::new()
                .name(name)
                .spawn(move || work(&body))
                .is_err()
            {
                break;
            }
            workers.slots.push(slot);
        }
        let size = helpers.min(workers.slots.len()) + 1;
        Self {
            workers: Some(workers),
            size,
        }
    }

    /// How many threads take part.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Runs `job(0)` to `job(size - 1)`, each on a thread of its own, and returns when all are done.
    pub(crate) fn run(&self, waits: &[&dyn Breakable], job: &(dyn Fn(usize) + Sync)) {
        let guarded = |index: usize| {
            let outcome = catch_unwind(AssertUnwindSafe(|| job(index)));
            if let Err(panic) = outcome {
                waits.iter().for_each(|wait| wait.give_up());
                std::panic::resume_unwind(panic);
            }
        };
        let Some(workers) = &self.workers else {
            return guarded(0);
        };
        let shared: &(dyn Fn(usize) + Sync) = &guarded;
        // SAFETY: only the lifetime changes. This function does not return, nor unwind, before
        // `working` is zero, after which no worker touches the closure.
        let shared: Job = unsafe { std::mem::transmute(shared) };
        let pool = pool();
        pool.places.clear();
        pool.places.take();
        pool.working.reset(self.size - 1);
        for (i, slot) in workers.slots[..self.size - 1].iter().enumerate() {
            *slot.job.lock().unwrap_or_else(PoisonError::into_inner) = Some(SendJob(shared, i + 1));
            slot.given.update(|value| {
                value.fetch_add(1, Ordering::SeqCst);
            });
        }
        let mine = catch_unwind(AssertUnwindSafe(|| guarded(0)));
        pool.working.wait_while(|working| working > 0);
        // Whatever happens here, the next call starts with a clean record.
        let theirs = pool.panicked.swap(false, Ordering::Relaxed);
        if let Err(panic) = mine {
            std::panic::resume_unwind(panic);
        }
        assert!(!theirs, "a worker thread panicked");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;

    use super::super::barrier::Barrier;
    use super::super::signal::BUSY_UNTIL;
    use super::*;

    /// Three threads; other tests may have them for a while.
    fn team() -> Team {
        let start = Instant::now();
        loop {
            let team = Team::take(3);
            if team.size() == 3 {
                return team;
            }
            drop(team);
            assert!(start.elapsed() < Duration::from_secs(60), "no threads");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Runs `body` and fails where it takes longer than anything but a deadlock does.
    fn in_time(body: impl FnOnce() + Send + 'static) {
        let (done, waits) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            body();
            let _ = done.send(());
        });
        match waits.recv_timeout(Duration::from_secs(90)) {
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("deadlock"),
            _ => thread.join().unwrap(),
        }
    }

    fn works(team: &Team) {
        let barrier = Barrier::new(3);
        let count = AtomicUsize::new(0);
        team.run(&[&barrier], &|_| {
            for round in 1..=10 {
                count.fetch_add(1, Ordering::Relaxed);
                barrier.wait();
                assert_eq!(count.load(Ordering::Relaxed), 3 * round);
                barrier.wait();
            }
        });
        assert_eq!(count.into_inner(), 30);
    }

    #[test]
    fn a_panic_reaches_threads_that_arrive_later() {
        for first in 0..3 {
            in_time(move || {
                let team = team();
                let barrier = Barrier::new(3);
                let start = Instant::now();
                let outcome = catch_unwind(AssertUnwindSafe(|| {
                    team.run(&[&barrier], &|index| {
                        assert_ne!(index, first, "on purpose");
                        std::thread::sleep(Duration::from_millis(50));
                        barrier.wait();
                    });
                }));
                assert!(outcome.is_err());
                // Far more than the 50 ms that it takes, for machines with much else to do.
                assert!(start.elapsed() < Duration::from_secs(10));
                works(&team);
            });
        }
    }

    #[test]
    fn threads_that_sleep_at_every_barrier_are_woken() {
        in_time(|| {
            let team = team();
            BUSY_UNTIL.store(u64::MAX, Ordering::Relaxed);
            works(&team);
            BUSY_UNTIL.store(0, Ordering::Relaxed);
        });
    }

    #[test]
    fn a_panic_reaches_the_caller_but_not_the_next_call() {
        // A worker's, the caller's, and those of all.
        for panics in [[false, true, false], [true, false, false], [true; 3]] {
            in_time(move || {
                let team = team();
                let outcome = catch_unwind(AssertUnwindSafe(|| {
                    team.run(&[], &|index| assert!(!panics[index], "on purpose"));
                }));
                assert!(outcome.is_err());
                works(&team);
            });
        }
    }
}
