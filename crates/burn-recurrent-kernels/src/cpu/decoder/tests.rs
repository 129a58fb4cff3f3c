//! The decoder by all instruction sets that this machine has, and by several threads.

use super::backward::{DecoderRecord, backward};
use super::forward::forward;
use super::{DecoderOperands, DecoderSizes};
use crate::cpu::kernels::Isa;
use crate::cpu::run::Run;
use crate::cpu::tests::numbers;
use crate::kind::KernelCell;

/// Everything that a decoder computes, forward and backward.
fn decode(isa: Isa, threads: usize, sizes: &DecoderSizes) -> Vec<Vec<f32>> {
    let DecoderSizes {
        batch,
        source,
        d_embedded,
        d_hidden,
        d_attended,
        d_key,
        d_value,
        ..
    } = *sizes;
    let (steps, columns) = (sizes.steps(), sizes.columns());
    let seed = &mut 11;
    let mut make = |count, scale| numbers(seed, count, scale);
    let operands = DecoderOperands {
        embedded: &make(steps * d_embedded, 1.0),
        w_ih: &make((d_embedded + d_attended) * columns, 0.3),
        w_hh: &make(d_hidden * columns, 0.3),
        bias: &make(columns, 0.3),
        bias_candidate: &make(d_hidden, 0.3),
        w_query: &make(d_hidden * d_key, 0.3),
        energy: &make(d_key, 1.0),
        keys: &make(batch * source * d_key, 1.0),
        values: &make(batch * source * d_value, 1.0),
        lengths: &(0..batch).map(|row| 1 + row % source).collect::<Vec<_>>(),
        w_attended: &make(sizes.joined() * d_attended, 0.3),
        b_attended: &make(d_attended, 0.3),
        hidden: &make(batch * d_hidden, 1.0),
        cell: &make(batch * d_hidden, 1.0),
        fed: &make(batch * d_attended, 1.0),
    };
    let d_output = make(steps * d_attended, 1.0);
    let run = Run {
        kernels: isa.kernels(),
        threads,
    };
    let result = forward(run, sizes, &operands);
    let record = DecoderRecord {
        attended: &result.attended,
        weights: &result.weights,
    };
    let g = backward(run, sizes, &operands, record, result.saved, &d_output);
    [
        result.attended,
        result.weights,
        result.last,
        g.embedded,
        g.w_ih,
        g.w_hh,
        g.bias,
        g.bias_candidate,
        g.w_query,
        g.energy,
        g.keys,
        g.values,
        g.w_attended,
        g.b_attended,
        g.hidden,
        g.cell,
        g.fed,
    ]
    .map(|numbers| numbers.to_vec())
    .to_vec()
}

#[test]
fn instruction_sets_agree_and_threads_do_not_matter() {
    for cell in [KernelCell::Lstm, KernelCell::GruResetAfter] {
        for additive in [true, false] {
            let small = DecoderSizes {
                cell,
                batch: 3,
                time: 2,
                source: 3,
                d_embedded: 3,
                d_hidden: 5,
                d_attended: 4,
                d_key: 5,
                d_value: 9,
                additive,
            };
            let large = DecoderSizes {
                batch: 7,
                time: 30,
                source: 12,
                d_embedded: 33,
                d_hidden: 40,
                d_attended: 17,
                d_key: 40,
                d_value: 65,
                ..small
            };
            for sizes in if cfg!(miri) {
                vec![small]
            } else {
                vec![small, large]
            } {
                let plain = decode(Isa::Scalar, 1, &sizes);
                for isa in Isa::available() {
                    let alone = decode(isa, 1, &sizes);
                    for (k, (ours, plain)) in alone.iter().zip(&plain).enumerate() {
                        assert_eq!(ours.len(), plain.len());
                        let size = plain.iter().fold(1e-2f32, |most, x| most.max(x.abs()));
                        for (ours, plain) in ours.iter().zip(plain) {
                            let difference = (ours - plain).abs() / size;
                            assert!(difference < 2e-5, "{isa:?} {sizes:?} result {k}");
                        }
                    }
                    for threads in if cfg!(miri) { 2..3 } else { 2..4 } {
                        assert!(alone == decode(isa, threads, &sizes), "{isa:?} {sizes:?}");
                    }
                }
            }
        }
    }
}
