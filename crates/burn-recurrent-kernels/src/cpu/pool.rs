//! A few persistent threads that work on one call at a time, and the barrier between their steps.
//!
//! A call that finds the threads taken by another one runs alone, and so does everything on a
//! machine with one core. Nothing that is computed depends on how many threads took part. Waiting
//! threads spin for some microseconds, then give their time slice away for some milliseconds, and then
//! sleep: at once where the machine has other things to do.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use super::place::Places;

/// Checks of a condition before a waiting thread yields.
const SPINS: usize = 2_000;
/// How long it yields before it sleeps: longer than what usually lies between two calls, since a thread
/// that is woken may be put on the processor of the one that woke it.
const PATIENCE: Duration = Duration::from_millis(5);
/// A yield that takes longer has let somebody else work: the machine has much to do.
const LONG: Duration = Duration::from_micros(200);
/// Milliseconds for which threads sleep sooner then: who yields gives a whole time slice away, at every
/// barrier, where who is woken comes first.
const BUSY_MS: u64 = 200;
/// How long a thread that has moved to another processor puts up with where it is.
const MOVES_APART: Duration = Duration::from_millis(1);

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

/// When the machine may have less to do, in the milliseconds of [`since_start`].
static BUSY_UNTIL: AtomicU64 = AtomicU64::new(0);

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
pub(super) struct Signal {
    value: AtomicUsize,
    sleepers: AtomicUsize,
    lock: Mutex<()>,
    wake: Condvar,
}

impl Signal {
    pub(super) fn new(value: usize) -> Self {
        Self {
            value: AtomicUsize::new(value),
            sleepers: AtomicUsize::new(0),
            lock: Mutex::new(()),
            wake: Condvar::new(),
        }
    }

    /// The value; what was written before it was changed to this can be read.
    pub(super) fn value(&self) -> usize {
        self.value.load(Ordering::Acquire)
    }

    /// Changes the value and wakes whoever sleeps. Sequentially consistent, like the sleeper's two
    /// accesses in [`Signal::wait_while`]: one of the two sides sees what the other wrote.
    pub(super) fn update(&self, change: impl FnOnce(&AtomicUsize)) {
        change(&self.value);
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.wake.notify_all();
        }
    }

    /// Waits until the value no longer meets `condition`.
    pub(super) fn wait_while(&self, condition: impl Fn(usize) -> bool) {
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
        let round = self.round.value.load(Ordering::Acquire);
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
        pool.working.value.store(self.size - 1, Ordering::SeqCst);
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

/// The part of `0..total` that thread `index` of `count` takes, in whole multiples of `grain`.
pub(crate) fn share(
    total: usize,
    grain: usize,
    index: usize,
    count: usize,
) -> std::ops::Range<usize> {
    let blocks = total.div_ceil(grain);
    let at = |i: usize| (blocks * i / count * grain).min(total);
    at(index)..at(index + 1)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

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
