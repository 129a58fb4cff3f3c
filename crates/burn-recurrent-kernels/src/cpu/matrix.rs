//! Where the matrices of a product lie. Memory is row-major and distances count numbers, not bytes.

/// Left operand, `[rows, k]`: element `(row, i)` is at `data + row * self.row + i * self.k`. Rows in memory have
/// `k` 1, tiles (see [`super::tiled`]) have `row` 1.
#[derive(Clone, Copy)]
pub(crate) struct Left {
    pub(crate) data: *const f32,
    pub(crate) row: usize,
    pub(crate) k: usize,
}

/// The number one in every place: with it as left operand a product is the sum of each column.
static ONE: f32 = 1.0;

impl Left {
    /// Rows of neighbouring numbers, `row` apart.
    pub(crate) fn rows(data: *const f32, row: usize) -> Self {
        Self { data, row, k: 1 }
    }

    /// A row of ones, of any length.
    pub(crate) fn ones() -> Self {
        Self {
            data: &raw const ONE,
            row: 0,
            k: 0,
        }
    }
}

/// Right operand, `[k, columns]`: element `(i, column)` is at `data + i * row + column * col`. One of `row` and `col`
/// is 1, the latter where the matrix is read as it lies, the former where it is read transposed.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    pub(crate) data: *const f32,
    pub(crate) row: usize,
    pub(crate) col: usize,
}

impl Source {
    /// A matrix as it lies, with rows `row` apart.
    pub(crate) fn rows(data: *const f32, row: usize) -> Self {
        Self { data, row, col: 1 }
    }

    /// The transpose of a matrix whose rows are `row` apart.
    pub(crate) fn transposed(data: *const f32, row: usize) -> Self {
        Self {
            data,
            row: 1,
            col: row,
        }
    }
}

/// Result, `[rows, columns]`: element `(i, column)` is at `data + i * row + column`.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) data: *mut f32,
    pub(crate) row: usize,
    /// Columns that exist; the last panel of a product may be wider.
    pub(crate) columns: usize,
}
