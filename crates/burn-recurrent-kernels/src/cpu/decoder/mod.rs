//! A decoder that attends to a source and feeds what it attended to back (Luong et al. 2015), over whole
//! sequences. The rows of a batch do not need one another, so each thread takes some of them through all steps
//! without waiting for others; only packed weights and the gradients of weights are made together.

pub(crate) mod backward;
mod backward_steps;
pub(crate) mod forward;
mod forward_steps;
mod weight_gradients;

use core::ops::Range;

use super::kernels::Kernels;
use super::pack::{Packed, Panel, Source};
use super::pool::share;
use super::product::{Left, Target, multiply_to};
use super::scratch::Scratch;
use super::shared::{ALONE, Shared};
use crate::kind::Cell;

/// Steps of all rows whose large products are worked on together: they stay in the second cache while panels
/// pass by.
const STEPS: usize = 96;

/// The sizes of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DecoderSizes {
    /// `Lstm` or `GruResetAfter`.
    pub(crate) cell: Cell,
    pub(crate) batch: usize,
    pub(crate) time: usize,
    /// Steps of the source.
    pub(crate) source: usize,
    pub(crate) d_embedded: usize,
    pub(crate) d_hidden: usize,
    pub(crate) d_attended: usize,
    /// Width of keys and queries; `d_hidden` where scores are dot products.
    pub(crate) d_key: usize,
    pub(crate) d_value: usize,
    /// Whether scores are additive.
    pub(crate) additive: bool,
}

impl DecoderSizes {
    /// Columns of the gates.
    fn columns(&self) -> usize {
        self.cell.gates() * self.d_hidden
    }

    /// Width of a hidden state and a context side by side.
    fn joined(&self) -> usize {
        self.d_hidden + self.d_value
    }

    /// Steps of all rows.
    fn steps(&self) -> usize {
        self.batch * self.time
    }

    /// How many threads a call of these sizes should have.
    fn threads(&self, wanted: usize) -> usize {
        let products = self.columns() * (self.d_embedded + self.d_attended + self.d_hidden);
        let work = self.steps() * (products + self.joined() * self.d_attended);
        if work < ALONE {
            1
        } else {
            wanted.min(self.batch)
        }
    }

    /// Rows in `parts` neighbouring groups.
    fn groups(&self, parts: usize) -> Vec<Range<usize>> {
        let parts = parts.min(self.batch);
        (0..parts).map(|i| share(self.batch, 1, i, parts)).collect()
    }
}

/// What a call reads; all as in [`crate::attention_decoder`].
#[derive(Clone, Copy)]
pub(crate) struct DecoderOperands<'a> {
    /// `[batch, time, d_embedded]`
    pub(crate) embedded: &'a [f32],
    /// `[d_embedded + d_attended, columns]`
    pub(crate) w_ih: &'a [f32],
    /// `[d_hidden, columns]`
    pub(crate) w_hh: &'a [f32],
    /// `[columns]`
    pub(crate) bias: &'a [f32],
    /// `[d_hidden]`, for a GRU.
    pub(crate) bias_candidate: &'a [f32],
    /// `[d_hidden, d_key]`, for additive scores.
    pub(crate) w_query: &'a [f32],
    /// `[d_key]`, for additive scores.
    pub(crate) energy: &'a [f32],
    /// `[batch, source, d_key]`
    pub(crate) keys: &'a [f32],
    /// `[batch, source, d_value]`
    pub(crate) values: &'a [f32],
    /// Source steps that exist, at least one, by row.
    pub(crate) lengths: &'a [usize],
    /// `[d_hidden + d_value, d_attended]`
    pub(crate) w_attended: &'a [f32],
    /// `[d_attended]`
    pub(crate) b_attended: &'a [f32],
    /// `[batch, d_hidden]`
    pub(crate) hidden: &'a [f32],
    /// `[batch, d_hidden]`, for an LSTM.
    pub(crate) cell: &'a [f32],
    /// `[batch, d_attended]`
    pub(crate) fed: &'a [f32],
}

impl DecoderOperands<'_> {
    /// Panics where one does not have the size that it must have: the passes read through pointers.
    fn check(&self, sizes: &DecoderSizes) {
        let DecoderSizes {
            cell,
            batch,
            source,
            d_hidden,
            d_attended,
            d_key,
            ..
        } = *sizes;
        let columns = sizes.columns();
        let only = |len, condition| if condition { len } else { 0 };
        let lstm = cell == Cell::Lstm;
        assert!(
            lstm || cell == Cell::GruResetAfter,
            "no decoder of {cell:?}"
        );
        assert!(sizes.additive || d_key == d_hidden, "keys of dot products");
        let embedded = sizes.steps() * sizes.d_embedded;
        for (name, found, expected) in [
            ("embedded", self.embedded.len(), embedded),
            (
                "w_ih",
                self.w_ih.len(),
                (sizes.d_embedded + d_attended) * columns,
            ),
            ("w_hh", self.w_hh.len(), d_hidden * columns),
            ("bias", self.bias.len(), columns),
            ("keys", self.keys.len(), batch * source * d_key),
            ("values", self.values.len(), batch * source * sizes.d_value),
            ("lengths", self.lengths.len(), batch),
            (
                "w_attended",
                self.w_attended.len(),
                sizes.joined() * d_attended,
            ),
            ("b_attended", self.b_attended.len(), d_attended),
            ("hidden", self.hidden.len(), batch * d_hidden),
            ("fed", self.fed.len(), batch * d_attended),
        ] {
            assert_eq!(found, expected, "{name}");
        }
        for (name, found, least) in [
            (
                "bias_candidate",
                self.bias_candidate.len(),
                only(d_hidden, !lstm),
            ),
            (
                "w_query",
                self.w_query.len(),
                only(d_hidden * d_key, sizes.additive),
            ),
            ("energy", self.energy.len(), only(d_key, sizes.additive)),
            ("cell", self.cell.len(), only(batch * d_hidden, lstm)),
        ] {
            assert!(found >= least, "{name}: {found} numbers of {least}");
        }
        let exist = |&length: &usize| (1..=source).contains(&length);
        assert!(self.lengths.iter().all(exist), "source lengths");
    }
}

/// What the backward pass needs of the forward pass, for all steps of all rows.
#[derive(Debug)]
pub(crate) struct DecoderSaved {
    /// Activated gates, `[batch, time, columns]`.
    gates: Scratch,
    /// GRU: the candidate's recurrent part, `[batch, time, d_hidden]`.
    extra: Scratch,
    /// LSTM: cell states, `[batch, time, d_hidden]`.
    cells: Scratch,
    /// `[batch, time, d_hidden]`
    hidden: Scratch,
    /// `[batch, time, d_value]`
    contexts: Scratch,
    /// Additive scores: `[batch, time, d_key]`.
    queries: Scratch,
}

impl DecoderSaved {
    fn new(sizes: &DecoderSizes) -> Self {
        let steps = sizes.steps();
        let room = |width, condition| Scratch::new(if condition { steps * width } else { 0 });
        let lstm = sizes.cell == Cell::Lstm;
        Self {
            gates: room(sizes.columns(), true),
            extra: room(sizes.d_hidden, !lstm),
            cells: room(sizes.d_hidden, lstm),
            hidden: room(sizes.d_hidden, true),
            contexts: room(sizes.d_value, true),
            queries: room(sizes.d_key, sizes.additive),
        }
    }
}

/// A panel to be filled, and from where: element `(k, column)` is at `data + k * row + column * col`.
struct Fill<'a> {
    packed: &'a Packed,
    panel: &'a Panel,
    data: Shared,
    row: usize,
    col: usize,
}

impl Fill<'_> {
    /// # Safety
    ///
    /// As [`Packed::fill`].
    unsafe fn run(&self) {
        let source = Source {
            data: self.data.at(0),
            row: self.row,
            col: self.col,
        };
        // SAFETY: passed on.
        unsafe { self.packed.fill(self.panel, source) };
    }
}

/// The panels of a matrix.
fn fills<'a>(packed: &'a Packed, data: &[f32], row: usize, col: usize) -> Vec<Fill<'a>> {
    let data = Shared::read(data);
    let fill = |panel| Fill {
        packed,
        panel,
        data,
        row,
        col,
    };
    packed.panels.iter().map(fill).collect()
}

/// `target = left * packed` for some rows, or `+=` where `accumulate`.
///
/// # Safety
///
/// `left` covers `rows` rows of `packed.k` numbers, and `target` as many rows of its columns.
unsafe fn product(
    kernels: &Kernels,
    left: Left,
    packed: &Packed,
    rows: usize,
    target: Target,
    accumulate: bool,
) {
    for panel in &packed.panels {
        let depth = 0..packed.k;
        // SAFETY: passed on.
        unsafe {
            multiply_to(
                kernels, left, packed, panel, rows, depth, target, accumulate,
            )
        };
    }
}

/// A buffer of one thread: rows of numbers, `row` apart.
struct Lines {
    data: Scratch,
    row: usize,
}

impl Lines {
    /// Zeros for `rows` rows of `width` numbers.
    fn zeros(rows: usize, width: usize) -> Self {
        let row = super::shared::padded(width);
        Self {
            data: Scratch::zeros(rows * row),
            row,
        }
    }

    /// Where a row starts.
    fn at(&self, row: usize) -> *mut f32 {
        self.data.ptr().wrapping_add(row * self.row)
    }

    /// As the left operand of a product, from `column` on.
    fn left(&self, column: usize) -> Left {
        Left {
            data: self.at(0).wrapping_add(column),
            row: self.row,
            k: 1,
        }
    }

    /// As the place of a product of `columns` columns, from `column` on.
    fn target(&self, column: usize, columns: usize) -> Target {
        Target {
            data: self.at(0).wrapping_add(column),
            row: self.row,
            columns,
        }
    }
}
