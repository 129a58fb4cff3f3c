//! The kinds of cells and the layout of sequences.

/// A recurrent cell that there are kernels for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KernelCell {
    /// Elman's network with tanh.
    RnnTanh,
    /// Elman's network with the rectifier.
    RnnRelu,
    /// Gated recurrent unit, reset gate after the recurrent product.
    GruResetAfter,
    /// Gated recurrent unit, reset gate before the recurrent product.
    GruResetBefore,
    /// Long short-term memory.
    Lstm,
}

impl KernelCell {
    /// How many blocks of `d_hidden` columns the weights have.
    pub fn gates(self) -> usize {
        match self {
            KernelCell::RnnTanh | KernelCell::RnnRelu => 1,
            KernelCell::GruResetAfter | KernelCell::GruResetBefore => 3,
            KernelCell::Lstm => 4,
        }
    }

    /// Whether [`attention_decoder`](crate::attention_decoder()) has such cells.
    pub(crate) fn has_decoder(self) -> bool {
        matches!(self, KernelCell::Lstm | KernelCell::GruResetAfter)
    }
}

/// The order of the two outer dimensions of inputs and outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `[batch, time, features]`
    BatchFirst,
    /// `[time, batch, features]`
    TimeFirst,
}
