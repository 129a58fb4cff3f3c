//! How ranges are cut into parts for threads.

use core::ops::Range;

/// The part of `0..total` that thread `index` of `count` takes, in whole multiples of `grain`.
pub(crate) fn share(total: usize, grain: usize, index: usize, count: usize) -> Range<usize> {
    let blocks = total.div_ceil(grain);
    let at = |i: usize| (blocks * i / count * grain).min(total);
    at(index)..at(index + 1)
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

/// Cuts a range into pieces.
pub(crate) fn blocks_of(range: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range
        .step_by(size)
        .map(move |first| first..(first + size).min(end))
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
}
