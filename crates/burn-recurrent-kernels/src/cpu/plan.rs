//! How a recurrence is split among threads: by rows of the batch, which need not wait for one
//! another, or by hidden units, which need a barrier a step but share the weights out.

use core::ops::Range;

use super::cache::{near_bytes, third_cache_is_near};
use super::parts::share;

/// Multiply-adds a core does in a nanosecond when all goes well, and the bytes of weights that it
/// gets from beyond its second cache meanwhile, where the third is near and where it is not. Only the
/// proportions matter.
const WORK_PER_NS: f64 = 60.0;
const NEAR_BYTES_PER_NS: f64 = 45.0;
const FAR_BYTES_PER_NS: f64 = 20.0;
/// Bytes that a core gets from another core's caches in a nanosecond, where it did not ask in time.
const OTHERS_BYTES_PER_NS: f64 = 4.0;
/// What a barrier costs.
const BARRIER_NS: f64 = 700.0;
/// What cores that wait for one another at every step lose, as a share of the work: they are never
/// equally fast.
const UNEVEN: f64 = 0.05;
/// Units are shared out in multiples of this.
const UNIT_GRAIN: usize = 4;

/// A grid of threads: groups of rows by groups of units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) row_groups: usize,
    /// The units of each group.
    pub(crate) units: Vec<Range<usize>>,
}

impl Plan {
    /// Chooses the grid for a recurrent product of `rows x k` with `k x columns` numbers, whose
    /// columns belong to `units` hidden units.
    pub(crate) fn new(rows: usize, k: usize, columns: usize, units: usize, threads: usize) -> Self {
        let mut best = (f64::INFINITY, 1, 1);
        for row_groups in 1..=threads.min(rows.max(1)) {
            for unit_groups in 1..=(threads / row_groups).min(units.div_ceil(UNIT_GRAIN)) {
                let cost = cost(rows.div_ceil(row_groups), k, columns, unit_groups);
                if cost < best.0 {
                    best = (cost, row_groups, unit_groups);
                }
            }
        }
        let (_, row_groups, unit_groups) = best;
        let units = (0..unit_groups)
            .map(|i| share(units, UNIT_GRAIN, i, unit_groups))
            .collect();
        Self { row_groups, units }
    }
}

/// Estimated nanoseconds a step.
fn cost(rows: usize, k: usize, columns: usize, unit_groups: usize) -> f64 {
    let numbers = (k * columns) as f64 / unit_groups as f64;
    // A tile of fewer than four rows waits for its weights or for its own sums.
    let work = numbers * rows.max(4) as f64 / WORK_PER_NS;
    let bytes = 4.0 * numbers;
    let rate = if third_cache_is_near() {
        NEAR_BYTES_PER_NS
    } else {
        FAR_BYTES_PER_NS
    };
    let stream = if bytes > near_bytes() as f64 {
        bytes / rate
    } else {
        0.0
    };
    let together = if unit_groups > 1 {
        // The others' part of the left operand, which they have just written.
        let others = (4 * rows * k) as f64 * (1.0 - 1.0 / unit_groups as f64);
        BARRIER_NS + UNEVEN * work + others / OTHERS_BYTES_PER_NS
    } else {
        0.0
    };
    work.max(stream) + 0.25 * stream + together
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_has_one_group_and_no_thread_is_without_work() {
        for rows in [0, 1, 2, 5, 20, 64] {
            for units in [1, 3, 4, 7, 64, 650] {
                for threads in 1..=5 {
                    for gates in [1, 4] {
                        let plan = Plan::new(rows, units, gates * units, units, threads);
                        let mut next = 0;
                        for group in &plan.units {
                            assert_eq!(group.start, next);
                            assert!(!group.is_empty(), "{rows} {units} {threads}");
                            next = group.end;
                        }
                        assert_eq!(next, units);
                        assert!(plan.row_groups * plan.units.len() <= threads);
                        assert!((1..=rows.max(1)).contains(&plan.row_groups));
                    }
                }
            }
        }
    }

    /// Two rows have their weights read twice for little work; at large widths sharing the units is best.
    #[test]
    fn few_rows_share_the_units() {
        let plan = Plan::new(2, 1024, 4096, 1024, 2);
        assert_eq!((plan.row_groups, plan.units.len()), (1, 2));
    }

    /// Where rows give each thread enough work, a barrier does not pay.
    #[test]
    fn many_rows_are_split() {
        let plan = Plan::new(64, 200, 800, 200, 2);
        assert_eq!((plan.row_groups, plan.units.len()), (2, 1));
    }
}
