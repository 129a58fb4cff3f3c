//! Windows of a stream: each prediction in one of them, in the order that carried states need.

use burn_recurrent_text::{Remainder, StreamBatches, StreamBatchesError, Window};
use proptest::prelude::*;

/// A stream in which a token is its place.
fn places(length: usize) -> Vec<u32> {
    (0..length as u32).collect()
}

/// The inputs and targets of a lane in one window.
fn row(window: &Window, lane: usize) -> Vec<(u32, u32)> {
    let from = lane * window.time;
    let range = from..from + window.lengths[lane];
    let inputs = window.inputs[range.clone()].iter().copied();
    inputs.zip(window.targets[range].iter().copied()).collect()
}

#[test]
fn lanes_differ_by_one_and_the_last_window_is_shorter() {
    // Ten predictions in three lanes of 4, 3 and 3, two at a time.
    let batches = StreamBatches::new(places(11), 3, 2).unwrap();
    assert_eq!((batches.len(), batches.predictions()), (2, 10));
    assert_eq!(
        batches.window(0),
        Window {
            inputs: vec![0, 1, 4, 5, 7, 8],
            targets: vec![1, 2, 5, 6, 8, 9],
            lanes: 3,
            time: 2,
            lengths: vec![2, 2, 2],
            index: 0,
        }
    );
    assert_eq!(
        batches.window(1),
        Window {
            inputs: vec![2, 3, 6, 0, 9, 0],
            targets: vec![3, 4, 7, 0, 10, 0],
            lanes: 3,
            time: 2,
            lengths: vec![2, 1, 1],
            index: 1,
        }
    );
}

#[test]
fn a_lane_may_have_nothing_in_the_last_window() {
    // Five predictions in lanes of 3 and 2, two at a time.
    let batches = StreamBatches::new(places(6), 2, 2).unwrap();
    let last = batches.window(1);
    assert_eq!((last.time, last.lengths.clone()), (1, vec![1, 0]));
    assert_eq!((last.inputs, last.targets), (vec![2, 0], vec![3, 0]));
}

#[test]
fn dropping_the_remainder_gives_the_batches_of_zaremba() {
    // 26 tokens in 3 lanes are 8 a lane, which make 7 predictions, which are 2 windows of 3.
    let batches = StreamBatches::new(places(26), 3, 3)
        .unwrap()
        .with_remainder(Remainder::Drop)
        .unwrap();
    assert_eq!((batches.len(), batches.predictions()), (2, 18));
    let second = batches.window(1);
    assert_eq!(second.inputs, [3, 4, 5, 11, 12, 13, 19, 20, 21]);
    assert_eq!(second.targets, [4, 5, 6, 12, 13, 14, 20, 21, 22]);
    assert_eq!(second.lengths, [3, 3, 3]);
}

#[test]
fn the_penn_treebank_in_the_batches_of_zaremba_has_2323_windows() {
    // 929,589 tokens, batch 20, 20 steps: (46,479 - 1) / 20.
    let batches = StreamBatches::new(vec![0; 929_589], 20, 20).unwrap();
    assert_eq!(batches.predictions(), 929_588);
    let batches = batches.with_remainder(Remainder::Drop).unwrap();
    assert_eq!(batches.len(), 2_323);
}

#[test]
fn streams_that_are_too_short_are_refused() {
    let new = |tokens, lanes, steps| StreamBatches::new(places(tokens), lanes, steps);
    assert_eq!(
        new(10, 0, 5).unwrap_err(),
        StreamBatchesError::Zero { lanes: 0, steps: 5 }
    );
    assert_eq!(
        new(10, 5, 0).unwrap_err(),
        StreamBatchesError::Zero { lanes: 5, steps: 0 }
    );
    for (tokens, lanes) in [(0, 1), (1, 1), (3, 3), (3, usize::MAX)] {
        assert!(matches!(
            new(tokens, lanes, 2),
            Err(StreamBatchesError::TooShort { .. })
        ));
    }
    assert!(new(4, 3, usize::MAX).is_ok());
    assert_eq!(
        new(3, 3, 2).unwrap_err().to_string(),
        "3 tokens make too few predictions for 3 lanes, expected at least 4 tokens"
    );
    // Not one full window: two lanes of 3 tokens predict 2 each.
    let dropped = |tokens| new(tokens, 2, 3).unwrap().with_remainder(Remainder::Drop);
    assert!(matches!(
        dropped(7),
        Err(StreamBatchesError::TooShort { needed: 8, .. })
    ));
    assert_eq!(dropped(8).unwrap().len(), 1);
}

#[test]
#[should_panic(expected = "window 2 of a stream of 2 windows")]
fn a_window_beyond_the_last_panics() {
    StreamBatches::new(places(11), 3, 2).unwrap().window(2);
}

proptest! {
    #[test]
    fn every_prediction_is_made_once_and_lanes_go_on(
        (tokens, lanes) in (2usize..200).prop_flat_map(|tokens| (Just(tokens), 1..tokens)),
        steps in 1usize..30,
    ) {
        let batches = StreamBatches::new(places(tokens), lanes, steps).unwrap();
        let windows: Vec<Window> = batches.iter().collect();
        prop_assert_eq!(windows.len(), batches.len());

        let mut predictions = Vec::new();
        for lane in 0..lanes {
            let first = predictions.len();
            for window in &windows {
                predictions.extend(row(window, lane));
            }
            let length = predictions.len() - first;
            prop_assert!(length == (tokens - 1) / lanes || length == (tokens - 1).div_ceil(lanes));
        }
        // Lane after lane, window after window, this is the stream.
        let expected: Vec<_> = (0..tokens as u32 - 1).map(|i| (i, i + 1)).collect();
        prop_assert_eq!(predictions, expected);
        prop_assert_eq!(batches.predictions(), tokens - 1);

        for (index, window) in windows.iter().enumerate() {
            prop_assert_eq!(window.index, index);
            prop_assert_eq!(window.inputs.len(), lanes * window.time);
            prop_assert_eq!(window.targets.len(), lanes * window.time);
            prop_assert_eq!(window.lengths.iter().max(), Some(&window.time));
            let is_last = index + 1 == windows.len();
            if !is_last {
                prop_assert!(window.lengths.iter().all(|&length| length == steps));
            }
        }
    }

    #[test]
    fn dropping_keeps_full_windows_of_contiguous_lanes(
        lanes in 1usize..8,
        steps in 1usize..12,
        more in 0usize..100,
    ) {
        let tokens = lanes * (steps + 1) + more;
        let batches = StreamBatches::new(places(tokens), lanes, steps).unwrap()
            .with_remainder(Remainder::Drop).unwrap();
        let each = tokens / lanes;
        prop_assert_eq!(batches.len(), (each - 1) / steps);
        for window in &batches {
            for lane in 0..lanes {
                let begin = (lane * each + window.index * steps) as u32;
                let expected: Vec<_> = (begin..begin + steps as u32).map(|i| (i, i + 1)).collect();
                prop_assert_eq!(row(&window, lane), expected);
            }
        }
    }
}
