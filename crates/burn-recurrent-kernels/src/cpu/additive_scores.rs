//! The additive scores of all queries of all sentences.

use super::attention::AdditiveRow;
use super::parts::share;
use super::run::Run;
use super::scratch::{Numbers, Output};
use super::shared::Shared;

/// What the scores are computed from.
pub(crate) struct Operands<'a> {
    /// `[batch, queries, width]`
    pub(crate) query: &'a [f32],
    /// `[batch, words, width]`
    pub(crate) keys: &'a [f32],
    /// `[width]`
    pub(crate) energy: &'a [f32],
}

/// The scores, `[batch, queries, words]`, of operands of these sizes: batch, queries, words and width.
///
/// # Panics
///
/// Where an operand does not have these sizes.
pub(crate) fn additive_scores(
    run: Run,
    [batch, queries, words, width]: [usize; 4],
    operands: &Operands<'_>,
) -> Numbers {
    assert_eq!(operands.query.len(), batch * queries * width, "queries");
    assert_eq!(operands.keys.len(), batch * words * width, "keys");
    assert_eq!(operands.energy.len(), width, "energy");
    let rows = batch * queries;
    let mut scores = Output::new(rows * words);
    let (query, keys) = (Shared::read(operands.query), Shared::read(operands.keys));
    let (energy, out) = (Shared::read(operands.energy), scores.ptr());
    // A tanh is some twenty multiply-adds.
    let team = run.team(20 * rows * words * width);
    team.run(&[], &|thread| {
        for row in share(rows, 1, thread, team.size()) {
            // SAFETY: the row's query and its sentence's keys are inside the operands, whose sizes were looked at, and its scores
            // inside the result, this thread's alone.
            unsafe {
                (run.kernels.additive_scores)(&AdditiveRow {
                    steps: words,
                    width,
                    keys: keys.at(row / queries * words * width),
                    query: query.at(row * width),
                    energy: energy.at(0),
                    scores: out.at(row * words),
                    d_keys: core::ptr::null_mut(),
                    d_query: core::ptr::null_mut(),
                    d_energy: core::ptr::null_mut(),
                });
            }
        }
    });
    drop(team);
    // SAFETY: the threads' rows are all rows, and a row's scores are one for each word.
    unsafe { scores.finish() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::kernels::Isa;
    use crate::cpu::tests::{numbers, shapes};

    #[test]
    fn every_query_is_scored_with_its_own_sentence() {
        let all = [
            [1, 1, 1, 1],
            [3, 5, 7, 33],
            [2, 1, 9, 16],
            [4, 3, 1, 129],
            [70, 5, 12, 64],
            [0, 5, 7, 8],
            [2, 0, 7, 8],
            [2, 5, 0, 8],
            [2, 5, 7, 0],
        ];
        let miri = [[3, 2, 2, 5], [2, 0, 7, 8], [2, 5, 0, 8]];
        for isa in Isa::available() {
            for sizes in shapes(&all, &miri) {
                let [batch, queries, words, width] = sizes;
                let (query, keys, energy) = (
                    numbers(&mut 1, batch * queries * width, 1.0),
                    numbers(&mut 2, batch * words * width, 1.0),
                    numbers(&mut 3, width, 1.0),
                );
                let operands = Operands {
                    query: &query,
                    keys: &keys,
                    energy: &energy,
                };
                let run = |threads| Run {
                    kernels: isa.kernels(),
                    threads,
                };
                let scores = additive_scores(run(1), sizes, &operands);
                for sentence in 0..batch {
                    for q in 0..queries {
                        for word in 0..words {
                            let exact: f64 = (0..width)
                                .map(|a| {
                                    let query = query[(sentence * queries + q) * width + a];
                                    let key = keys[(sentence * words + word) * width + a];
                                    f64::from(energy[a])
                                        * (f64::from(query) + f64::from(key)).tanh()
                                })
                                .sum();
                            let ours = scores[(sentence * queries + q) * words + word];
                            let error = (f64::from(ours) - exact).abs();
                            assert!(error < 1e-5, "{isa:?}, {sizes:?}: {ours}, not {exact}");
                        }
                    }
                }
                let shared = additive_scores(run(3), sizes, &operands);
                assert_eq!(*shared, *scores, "{isa:?}, {sizes:?}, three threads");
            }
        }
    }
}
