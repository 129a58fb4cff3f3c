//! The largest of many numbers.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A number and its place; of equal numbers the first is the larger.
#[derive(Clone, Copy, PartialEq)]
struct Placed {
    number: f32,
    place: u32,
}

impl Eq for Placed {}

impl PartialOrd for Placed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Placed {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_number = self.number.total_cmp(&other.number);
        by_number.then(other.place.cmp(&self.place))
    }
}

/// The places of the `count` largest numbers above minus infinity, the largest first, of equals the
/// first.
pub(super) fn top(numbers: &[f32], count: usize) -> Vec<u32> {
    let mut heap: BinaryHeap<Reverse<Placed>> = BinaryHeap::with_capacity(count + 1);
    let mut floor = f32::NEG_INFINITY;
    for (place, number) in numbers.iter().enumerate() {
        if *number > floor {
            let placed = Placed {
                number: *number,
                place: place as u32,
            };
            heap.push(Reverse(placed));
            if heap.len() > count {
                heap.pop();
            }
            if heap.len() == count {
                floor = heap.peek().map_or(floor, |Reverse(least)| least.number);
            }
        }
    }
    let sorted = heap.into_sorted_vec();
    sorted
        .into_iter()
        .map(|Reverse(placed)| placed.place)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::top;

    #[test]
    fn it_finds_the_largest_in_order_and_of_equals_the_first() {
        let low = f32::NEG_INFINITY;
        let numbers = [0.5, 2.0, low, 2.0, -1.0, 2.0, 3.0];
        assert_eq!(top(&numbers, 3), [6, 1, 3]);
        assert_eq!(top(&numbers, 100), [6, 1, 3, 5, 0, 4]);
        assert_eq!(top(&numbers, 1), [6]);
        assert!(top(&[low, low], 2).is_empty());
    }

    #[test]
    fn it_agrees_with_sorting() {
        // Numbers of a linear congruential generator, many of them equal.
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 27) as f32
        };
        let numbers: Vec<f32> = (0..500).map(|_| next()).collect();
        let mut order: Vec<u32> = (0..500).collect();
        order.sort_by(|l, r| numbers[*r as usize].total_cmp(&numbers[*l as usize]));
        for count in [1, 7, 499, 500] {
            assert_eq!(top(&numbers, count), order[..count]);
        }
    }
}
