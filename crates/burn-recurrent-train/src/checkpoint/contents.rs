//! The contents of a checkpoint.

use std::path::PathBuf;

use burn::module::Module;
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::store::{ModuleRecord, RecordError, burn_pack};
use burn::tensor::{Bytes, TensorData};

use super::CheckpointError;
use crate::loop_state::LoopState;

/// What a checkpoint gives back, verified against its checksums.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    pub(super) path: PathBuf,
    pub(super) model: Vec<u8>,
    pub(super) optimizer: Vec<u8>,
    pub(super) carried: Vec<u8>,
    pub(crate) state: LoopState,
}

impl Checkpoint {
    /// `model` with the checkpoint's weights and parameter ids.
    pub(crate) fn load_model<M: Module>(&self, model: M) -> Result<M, CheckpointError> {
        ModuleRecord::from_bytes(Bytes::from_bytes_vec(self.model.clone()))
            .and_then(|record| model.try_load_record(record))
            .map_err(|error| self.does_not_fit(error))
    }

    /// `optimizer` with the checkpoint's state.
    pub(crate) fn load_optimizer(
        &self,
        optimizer: ModuleOptimizer,
    ) -> Result<ModuleOptimizer, CheckpointError> {
        let record = OptimizerRecord::from_bytes(Bytes::from_bytes_vec(self.optimizer.clone()))
            .map_err(|error| self.does_not_fit(error))?;
        Ok(optimizer.load_record(record))
    }

    /// The state carried between batches.
    pub(crate) fn carried(&self) -> Result<Vec<TensorData>, CheckpointError> {
        let decode = || -> Result<Vec<TensorData>, burn_pack::Error> {
            burn_pack::Reader::from_bytes(Bytes::from_bytes_vec(self.carried.clone()))?
                .into_tensors()?
                .into_iter()
                .map(|tensor| {
                    let (_, dtype, shape, _, bytes) = tensor.into_parts()?;
                    Ok(TensorData::from_bytes(bytes, shape, dtype))
                })
                .collect()
        };
        decode().map_err(|error| self.does_not_fit(error.into()))
    }

    fn does_not_fit(&self, error: RecordError) -> CheckpointError {
        CheckpointError::DoesNotFit {
            path: self.path.clone(),
            message: error.to_string(),
        }
    }
}
