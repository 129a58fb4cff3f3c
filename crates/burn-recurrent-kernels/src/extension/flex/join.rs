//! Two tensors side by side.

use burn_flex::FlexTensor;

use super::tensors::{contiguous, last, numbers, shaped, with_last};
use crate::cpu::join;
use crate::cpu::run::Run;

/// Both side by side in the last dimension.
pub(super) fn join(left: FlexTensor, right: FlexTensor) -> FlexTensor {
    let sides = [left, right].map(contiguous);
    let [left, right] = sides.each_ref().map(last);
    let output = join::join(
        Run::selected(),
        sides.each_ref().map(numbers),
        [left, right],
    );
    shaped(output, with_last(&sides[0], left + right))
}

/// What was joined, with the last dimensions `widths`.
pub(super) fn split(joined: FlexTensor, widths: [usize; 2]) -> [FlexTensor; 2] {
    let joined = contiguous(joined);
    assert_eq!(last(&joined), widths[0] + widths[1], "gradient of a join");
    let sides = join::split(Run::selected(), numbers(&joined), widths);
    let mut widths = widths.into_iter();
    sides.map(|side| {
        let width = widths.next().expect("a width for each side");
        shaped(side, with_last(&joined, width))
    })
}
