//! A config that was edited so that the checkpoint does not fit it.

use burn::tensor::TensorData;

use super::error::TrainError;
use super::training_loop::TrainSource;
use crate::RecurrentLearner;
use crate::config::InvalidValue;
use crate::loop_state::LoopState;
use crate::run_directory::{BEGUN, RunDirectory};

/// Refuses a checkpoint that the batches cannot go on from.
///
/// What a run began with tells every edited setting before. Runs of earlier versions did not keep that: theirs are told by the
/// rows of the carried state and by the number of steps.
pub(super) fn check_edits<M: RecurrentLearner>(
    run: &RunDirectory,
    model: &M,
    carried: &[TensorData],
    state: &LoopState,
    train: &TrainSource<M>,
) -> Result<(), TrainError> {
    let edited = |source| TrainError::Edited {
        run: run.path().to_path_buf(),
        source,
    };
    let steps = |message| edited(InvalidValue::new("batches", message));
    if state.step > 0 {
        let device = model.devices().into_iter().next().unwrap_or_default();
        model.check_carried(carried, &device).map_err(edited)?;
    }
    let last = state.history.last();
    if let Some(last) = last.filter(|_| !run.file(BEGUN).exists()) {
        let (epoch, done, now) = (last.epoch, last.steps, train.num_batches(last.epoch));
        if done != now {
            let message =
                format!("makes {now} steps of epoch {epoch} and made {done} when it was trained");
            return Err(steps(message));
        }
    }
    let (epoch, done) = (state.epochs + 1, state.step);
    match train.num_batches(epoch) {
        now if done > now => {
            let message = format!("makes {now} steps of epoch {epoch}, of which {done} were done");
            Err(steps(message))
        }
        _ => Ok(()),
    }
}
