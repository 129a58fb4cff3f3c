//! The backward pass: the steps of each thread's rows, last step first, and then the gradients of weights as
//! large products.

use super::STEPS;
use super::backward_steps::Steps;
pub(crate) use super::gradients::DecoderGradients;
use super::gradients::{Kept, Results};
use super::operands::DecoderOperands;
use super::packed::PackedWeights;
pub(crate) use super::saved::DecoderRecord;
use super::saved::DecoderSaved;
use super::sizes::DecoderSizes;
use super::weight_gradients::{Lefts, weight_products};
use crate::cpu::pool::{Barrier, Team};
use crate::cpu::run::Run;
use crate::cpu::tasks::Queue;

/// Differentiates [`super::forward::forward`]: from `d_output`, `[batch, time, d_attended]`, the gradient of the attended
/// vectors, the gradients of all operands. Uses up `saved`.
pub(crate) fn backward(
    run: Run,
    sizes: &DecoderSizes,
    operands: &DecoderOperands,
    record: DecoderRecord,
    saved: DecoderSaved,
    d_output: &[f32],
) -> DecoderGradients {
    let kernels = run.kernels;
    operands.check(sizes);
    record.check(sizes);
    assert_eq!(d_output.len(), record.attended.len(), "d_output");
    let team = Team::take(sizes.threads(run.threads));
    let groups = sizes.groups(team.size());
    let packed = PackedWeights::new(kernels, sizes, sizes.batch / team.size(), true);
    let kept = Kept::new(sizes);
    let mut results = Results::new(sizes);
    let steps = Steps {
        kernels,
        sizes,
        operands,
        packed: &packed,
        record,
        d_output,
        saved: &saved,
        kept: &kept,
        results: results.row_places(),
    };
    let lefts = Lefts::new(kernels, sizes);
    let gradients = weight_products(sizes, &lefts, &saved, &kept, &mut results);
    let weight_parts = gradients.parts(kernels, team.size());
    let fills = packed.fills(sizes, operands);
    let fill_tasks = Queue::new(fills.len());
    let left_tasks = Queue::new(lefts.tasks());
    let row_tasks = Queue::new(groups.len());
    let weight_tasks = Queue::new(weight_parts.len());
    let embedded_tasks = Queue::new(sizes.steps().div_ceil(STEPS));
    let all = Barrier::new(team.size());
    let job = |_: usize| {
        // SAFETY: each panel, tile, row and part of a gradient is written by one thread; barriers separate
        // writing from reading by others. Sizes were checked above.
        unsafe {
            for task in fill_tasks.tasks() {
                fills[task].run();
            }
            for task in left_tasks.tasks() {
                lefts.fill(task, sizes, operands, record, &saved);
            }
            all.wait();
            for group in row_tasks.tasks() {
                steps.run(&groups[group]);
            }
            all.wait();
            for task in weight_tasks.tasks() {
                gradients.run(kernels, &weight_parts[task]);
            }
            for task in embedded_tasks.tasks() {
                steps.embedded(task);
            }
        }
    };
    team.run(&[&all], &job);
    // SAFETY: steps and products wrote every element.
    unsafe { results.finish() }
}
