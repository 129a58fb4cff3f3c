//! The kernels compiled for each instruction set, and the choice between them at run time.

use std::sync::OnceLock;

use super::attended::{AttendedBackwardFn, AttendedBackwardRow, AttendedFn, AttendedRow};
use super::attention::{AdditiveFn, AdditiveRow, DotsFn, DotsRow, WeightedSum, WeightedSumFn};
use super::cells::{BackwardFn, BackwardRow, ForwardFn, ForwardRow};
use super::copy::{CopyArgs, CopyFn, TransposeArgs, TransposeFn};
use super::dropout_row::{DropoutFn, DropoutRow};
use super::rows::{RowsArgs, RowsFn};
use super::simd::{Simd, scalar::Scalar};
use super::softmax::{GroupFn, GroupRow};
use super::tile::{TileArgs, TileFn};
use super::update_row::{UpdateFn, UpdateRow};

/// An instruction set with kernels of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// AVX-512 (F, VL and DQ) with AVX2 and FMA, x86-64.
    Avx512,
    /// AVX2 with FMA, x86-64.
    Avx2,
    /// NEON, AArch64.
    Neon,
    /// Whatever the build target has.
    Scalar,
}

/// The kernels of one instruction set.
pub(crate) struct Kernels {
    pub(crate) lanes: usize,
    /// Tiles of 1, 2, 4 and 8 vectors; in each list those of 1, 2, 3... rows.
    tiles: [&'static [TileFn]; 4],
    /// Products of 1, 2, 3... rows with a matrix where it is.
    pub(crate) rows: &'static [RowsFn],
    pub(crate) copy: CopyFn,
    pub(crate) transpose: TransposeFn,
    pub(crate) lstm_forward: ForwardFn,
    pub(crate) lstm_forward_save: ForwardFn,
    pub(crate) lstm_backward: BackwardFn,
    pub(crate) gru_after_forward: ForwardFn,
    pub(crate) gru_after_backward: BackwardFn,
    pub(crate) gru_before_reset: ForwardFn,
    pub(crate) gru_before_forward: ForwardFn,
    pub(crate) gru_before_update: BackwardFn,
    pub(crate) gru_before_backward: BackwardFn,
    pub(crate) rnn_tanh_forward: ForwardFn,
    pub(crate) rnn_tanh_backward: BackwardFn,
    pub(crate) rnn_relu_forward: ForwardFn,
    pub(crate) rnn_relu_backward: BackwardFn,
    pub(crate) exponentials: GroupFn,
    pub(crate) scale: GroupFn,
    pub(crate) additive_scores: AdditiveFn,
    pub(crate) additive_backward: AdditiveFn,
    pub(crate) dots: DotsFn,
    pub(crate) weighted_sum: WeightedSumFn,
    pub(crate) attended_forward: AttendedFn,
    pub(crate) attended_backward: AttendedBackwardFn,
    pub(crate) dropout: DropoutFn,
    pub(crate) sgd: UpdateFn,
    pub(crate) adam: UpdateFn,
    pub(crate) scale_all: UpdateFn,
    pub(crate) squares: UpdateFn,
}

impl Kernels {
    /// The tiles that are `vectors` wide, by their rows less one.
    pub(crate) fn tiles(&self, vectors: usize) -> &'static [TileFn] {
        self.tiles[vectors.trailing_zeros() as usize]
    }
}

/// One function of a cell, compiled for an instruction set.
macro_rules! instance {
    ([$($attribute:meta)?], $name:ident, $args:ty, $($function:tt)*) => {
        $(#[$attribute])?
        unsafe fn $name(args: &$args) {
            // SAFETY: passes the caller's promise on; `Isa::kernels` checked the instruction set.
            unsafe { crate::cpu::$($function)*(args) }
        }
    };
}

/// All kernels of an instruction set, and the shapes of its tiles.
macro_rules! kernels {
    ($module:ident, $simd:ty, [$($attribute:meta)?], $($vectors:literal: [$($rows:literal)*]),*) => {
        mod $module {
            use super::*;

            $(#[$attribute])?
            unsafe fn tile<const R: usize, const C: usize>(args: &TileArgs) {
                // SAFETY: passes the caller's promise on; `available` checked the instruction set.
                unsafe { crate::cpu::tile::tile::<$simd, R, C>(args) }
            }

            instance!([$($attribute)?], one_row, RowsArgs, rows::rows::<$simd, 1, 8>);
            instance!([$($attribute)?], two_rows, RowsArgs, rows::rows::<$simd, 2, 4>);
            instance!([$($attribute)?], three_rows, RowsArgs, rows::rows::<$simd, 3, 4>);
            instance!([$($attribute)?], four_rows, RowsArgs, rows::rows::<$simd, 4, 4>);
            instance!([$($attribute)?], copy, CopyArgs, copy::copy::<$simd>);
            instance!([$($attribute)?], transpose, TransposeArgs, copy::transpose::<$simd>);
            instance!([$($attribute)?], lstm_forward, ForwardRow, cells::lstm::forward::<$simd, false>);
            instance!([$($attribute)?], lstm_forward_save, ForwardRow, cells::lstm::forward::<$simd, true>);
            instance!([$($attribute)?], lstm_backward, BackwardRow, cells::lstm::backward::<$simd>);
            instance!([$($attribute)?], gru_after_forward, ForwardRow, cells::gru::after_forward::<$simd>);
            instance!([$($attribute)?], gru_after_backward, BackwardRow, cells::gru::after_backward::<$simd>);
            instance!([$($attribute)?], gru_before_reset, ForwardRow, cells::gru::before_reset::<$simd>);
            instance!([$($attribute)?], gru_before_forward, ForwardRow, cells::gru::before_forward::<$simd>);
            instance!([$($attribute)?], gru_before_update, BackwardRow, cells::gru::before_update::<$simd>);
            instance!([$($attribute)?], gru_before_backward, BackwardRow, cells::gru::before_backward::<$simd>);
            instance!([$($attribute)?], rnn_tanh_forward, ForwardRow, cells::rnn::forward::<$simd, false>);
            instance!([$($attribute)?], rnn_tanh_backward, BackwardRow, cells::rnn::backward::<$simd, false>);
            instance!([$($attribute)?], rnn_relu_forward, ForwardRow, cells::rnn::forward::<$simd, true>);
            instance!([$($attribute)?], rnn_relu_backward, BackwardRow, cells::rnn::backward::<$simd, true>);
            instance!([$($attribute)?], exponentials, GroupRow, softmax::exponentials::<$simd>);
            instance!([$($attribute)?], scale, GroupRow, softmax::scale::<$simd>);
            instance!([$($attribute)?], additive_scores, AdditiveRow, attention::additive_scores::<$simd>);
            instance!([$($attribute)?], additive_backward, AdditiveRow, attention::additive_backward::<$simd>);
            instance!([$($attribute)?], dots, DotsRow, attention::dots::<$simd>);
            instance!([$($attribute)?], weighted_sum, WeightedSum, attention::weighted_sum::<$simd>);
            instance!([$($attribute)?], attended_forward, AttendedRow, attended::forward::<$simd>);
            instance!([$($attribute)?], attended_backward, AttendedBackwardRow, attended::backward::<$simd>);
            instance!([$($attribute)?], dropout, DropoutRow, dropout_row::apply);
            instance!([$($attribute)?], sgd, UpdateRow, update_row::sgd::<$simd>);
            instance!([$($attribute)?], adam, UpdateRow, update_row::adam::<$simd>);
            instance!([$($attribute)?], scale_all, UpdateRow, update_row::scale_all::<$simd>);
            instance!([$($attribute)?], squares, UpdateRow, update_row::squares::<$simd>);

            pub(super) static KERNELS: Kernels = Kernels {
                lanes: <$simd>::LANES,
                tiles: [$(&[$(tile::<$rows, $vectors>),*]),*],
                rows: &[one_row, two_rows, three_rows, four_rows],
                copy,
                transpose,
                lstm_forward,
                lstm_forward_save,
                lstm_backward,
                gru_after_forward,
                gru_after_backward,
                gru_before_reset,
                gru_before_forward,
                gru_before_update,
                gru_before_backward,
                rnn_tanh_forward,
                rnn_tanh_backward,
                rnn_relu_forward,
                rnn_relu_backward,
                exponentials,
                scale,
                additive_scores,
                additive_backward,
                dots,
                weighted_sum,
                attended_forward,
                attended_backward,
                dropout,
                sgd,
                adam,
                scale_all,
                squares,
            };
        }
    };
}

#[cfg(target_arch = "x86_64")]
use super::simd::{avx2::Avx2, avx512::Avx512};

#[cfg(target_arch = "x86_64")]
kernels!(avx512, Avx512, [target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")],
    1: [1 2 3 4 5 6 7 8 9 10 11 12 13 14], 2: [1 2 3 4 5 6 7 8 9 10 11 12], 4: [1 2 3 4 5 6], 8: [1 2 3]);
#[cfg(target_arch = "x86_64")]
kernels!(avx2, Avx2, [target_feature(enable = "avx2,fma")],
    1: [1 2 3 4 5 6 7 8], 2: [1 2 3 4 5 6], 4: [1 2 3], 8: [1]);
#[cfg(target_arch = "aarch64")]
kernels!(neon, super::super::simd::neon::Neon, [target_feature(enable = "neon")],
    1: [1 2 3 4 5 6 7 8 9 10 11 12 13 14], 2: [1 2 3 4 5 6 7 8 9 10 11 12], 4: [1 2 3 4 5 6], 8: [1 2 3]);
kernels!(scalar, Scalar, [], 1: [1 2 3 4], 2: [1 2 3], 4: [1 2], 8: [1]);

impl Isa {
    /// The instruction sets with kernels that this processor can run, best first.
    pub fn available() -> Vec<Isa> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
            {
                found.push(Isa::Avx512);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                found.push(Isa::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            found.push(Isa::Neon);
        }
        found.push(Isa::Scalar);
        found
    }

    /// The name that `BURN_RECURRENT_ISA` takes.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Avx512 => "avx512",
            Isa::Avx2 => "avx2",
            Isa::Neon => "neon",
            Isa::Scalar => "scalar",
        }
    }

    /// The instruction set in use: the best one, or the one that the environment variable
    /// `BURN_RECURRENT_ISA` names (`avx512`, `avx2`, `neon` or `scalar`) where it is available.
    pub fn selected() -> Isa {
        static SELECTED: OnceLock<Isa> = OnceLock::new();
        *SELECTED.get_or_init(|| {
            let available = Isa::available();
            let wanted = std::env::var("BURN_RECURRENT_ISA").unwrap_or_default();
            match available.iter().find(|isa| isa.name() == wanted) {
                Some(isa) => *isa,
                None => {
                    if !wanted.is_empty() {
                        log::warn!(
                            "BURN_RECURRENT_ISA={wanted} is not available here; using {}",
                            available[0].name()
                        );
                    }
                    available[0]
                }
            }
        })
    }

    /// The kernels of this instruction set.
    ///
    /// # Panics
    ///
    /// Where the processor does not have it: running such kernels would be unsound.
    pub(crate) fn kernels(self) -> &'static Kernels {
        static AVAILABLE: OnceLock<Vec<Isa>> = OnceLock::new();
        let available = AVAILABLE.get_or_init(Isa::available);
        assert!(
            available.contains(&self),
            "this processor has no {}",
            self.name()
        );
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => &avx512::KERNELS,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => &avx2::KERNELS,
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => &neon::KERNELS,
            _ => &scalar::KERNELS,
        }
    }
}
