//! Work of which the parts do not depend on each other.

use burn::tensor::Device;

/// How many items [`parallel_map`] works on at once for a device: as many as [`threads`](crate::threads) says for a Flex
/// device, one for any other.
pub fn parallelism(device: &Device) -> usize {
    #[cfg(feature = "flex")]
    if crate::path::is_flex(device.as_dispatch()) {
        return crate::cpu::pool::threads();
    }
    let _ = device;
    1
}

/// Calls `work` with each of `items` and returns what it returned, in their order.
///
/// So many items are worked on at once as [`parallelism`] says, each by one thread alone, its products and fused
/// operations included: many small operations keep all processors busy in this way, of which each is too small to be
/// shared. Where that is one, or there is one item, the calling thread does all, and its operations are shared as they
/// are elsewhere. Results of fused operations do not depend on it.
///
/// # Panics
///
/// As `work` does, once the items that the other threads take are done.
pub fn parallel_map<T: Send, R: Send>(
    device: &Device,
    items: Vec<T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let threads = parallelism(device).min(items.len());
    #[cfg(feature = "flex")]
    if threads > 1 {
        return flex::parallel_map(threads, items, work);
    }
    debug_assert!(threads < 2);
    items.into_iter().map(work).collect()
}

#[cfg(feature = "flex")]
mod flex {
    use std::panic::resume_unwind;
    use std::sync::{Mutex, PoisonError};
    use std::thread;

    use crate::cpu::pool::alone;

    pub(super) fn parallel_map<T: Send, R: Send>(
        threads: usize,
        items: Vec<T>,
        work: impl Fn(T) -> R + Sync,
    ) -> Vec<R> {
        let done = Mutex::new(Vec::with_capacity(items.len()));
        let items = Mutex::new(items.into_iter().enumerate());
        let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
        let until_done = || {
            while let Some((place, item)) = next() {
                let result = work(item);
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.push((place, result));
            }
        };
        thread::scope(|scope| {
            // A thread that cannot be had is one less.
            let helper = |_| {
                let thread = thread::Builder::new();
                thread.spawn_scoped(scope, || by_itself(&until_done)).ok()
            };
            let helpers: Vec<_> = (1..threads).filter_map(helper).collect();
            by_itself(&until_done);
            for helper in helpers {
                if let Err(panic) = helper.join() {
                    resume_unwind(panic);
                }
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(place, _)| *place);
        done.into_iter().map(|(_, result)| result).collect()
    }

    /// Works where neither the fused operations nor Flex's own find a second thread: the latter take those of the rayon
    /// pool that they are called in.
    fn by_itself(work: &(impl Fn() + Sync)) {
        match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
            Ok(pool) => pool.install(|| alone(work)),
            Err(_) => alone(work),
        }
    }
}
