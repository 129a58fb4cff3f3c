//! Parts worked on at once. Alone in its process: the number of threads is the process's.
#![cfg(feature = "flex")]

use burn::tensor::Device;
use burn_recurrent_kernels::{parallel_map, set_threads, threads};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// How many were inside at once, at most; the first ones wait for `wanted` of them, not for ever.
struct Meeting {
    wanted: usize,
    met: Mutex<(usize, usize)>,
    came: Condvar,
}

impl Meeting {
    fn of(wanted: usize) -> Self {
        Self {
            wanted,
            met: Mutex::default(),
            came: Condvar::new(),
        }
    }

    fn visit(&self) {
        let mut met = self.met.lock().unwrap();
        met.0 += 1;
        met.1 = met.1.max(met.0);
        self.came.notify_all();
        let patience = Duration::from_secs(20);
        let too_few = |met: &mut (usize, usize)| met.1 < self.wanted;
        let (mut met, _) = self
            .came
            .wait_timeout_while(met, patience, too_few)
            .unwrap();
        met.0 -= 1;
    }

    fn most(&self) -> usize {
        self.met.lock().unwrap().1
    }
}

#[test]
fn parts_are_worked_on_at_once_each_by_one_thread_and_results_keep_their_order() {
    let device = Device::flex();
    for wanted in [1, 2, 5] {
        set_threads(wanted);
        for items in [0, 1, 2, 7, 100] {
            let at_once = wanted.min(items);
            let meeting = Meeting::of(at_once);
            let results = parallel_map(&device, (0..items).collect(), |item: usize| {
                meeting.visit();
                // Within a part nothing asks for a second thread, where there are several parts at once.
                let helpers = match at_once {
                    0 | 1 => 1,
                    _ => threads().max(rayon::current_num_threads()),
                };
                (item, helpers)
            });
            let expected: Vec<_> = (0..items).map(|item| (item, 1)).collect();
            assert_eq!(results, expected, "{wanted} threads");
            assert_eq!(meeting.most(), at_once, "{items} items");
            assert_eq!(threads(), wanted);
        }
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            parallel_map(&device, vec![1, 2, 3], |item| {
                assert_ne!(item, 2, "not two")
            });
        }));
        let panic = panicked.unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(message.contains("not two"), "{message}");
    }
    set_threads(0);
}
