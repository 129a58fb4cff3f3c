//! The sources of batches of the training loop.

use std::sync::Arc;

use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::data::dataset::DatasetError;
use burn::tensor::Device;

/// Why a batch could not be made.
pub type BatchError = Box<dyn std::error::Error + Send + Sync>;

/// The batches of an epoch, as an iterator.
pub type BatchIterator<'a, B> = Box<dyn Iterator<Item = Result<B, BatchError>> + 'a>;

/// A data set cut into batches, the same way every time it is asked.
///
/// What `batches` yields must depend on its arguments and the value itself only (a shuffling source keeps a seed and mixes
/// the epoch into it, see [`mix_seed`](crate::mix_seed)): a run resumed in the middle of an epoch asks for the rest of
/// that epoch, and must get the batches that it would have got.
pub trait Batches: Send + Sync + 'static {
    /// One batch, as the model's step takes it.
    type Batch: Send + 'static;

    /// The number of batches in `epoch` (from 1).
    fn num_batches(&self, epoch: usize) -> usize;

    /// The batches of `epoch` (from 1), leaving out those before number `first` (from 0), on `device`.
    fn batches<'a>(
        &'a self,
        epoch: usize,
        first: usize,
        device: &Device,
    ) -> BatchIterator<'a, Self::Batch>;
}

/// A fixed list of batches, the same in every epoch, taken as they are.
impl<B: Clone + Send + Sync + 'static> Batches for Vec<B> {
    type Batch = B;

    fn num_batches(&self, _epoch: usize) -> usize {
        self.len()
    }

    fn batches<'a>(
        &'a self,
        _epoch: usize,
        first: usize,
        _device: &Device,
    ) -> BatchIterator<'a, B> {
        Box::new(self.iter().skip(first).cloned().map(Ok))
    }
}

impl<T: Batches + ?Sized> Batches for Arc<T> {
    type Batch = T::Batch;

    fn num_batches(&self, epoch: usize) -> usize {
        (**self).num_batches(epoch)
    }

    fn batches<'a>(
        &'a self,
        epoch: usize,
        first: usize,
        device: &Device,
    ) -> BatchIterator<'a, T::Batch> {
        (**self).batches(epoch, first, device)
    }
}

/// `Batches` as the data loader that burn-train's builder asks for. The training loop knows epochs and asks the
/// batches themselves; this only has to be a truthful first epoch.
pub(crate) struct FirstEpoch<B: 'static> {
    pub(crate) batches: Arc<dyn Batches<Batch = B>>,
    pub(crate) device: Device,
}

struct FirstEpochIterator<'a, B> {
    batches: BatchIterator<'a, B>,
    progress: Progress,
}

impl<B> Iterator for FirstEpochIterator<'_, B> {
    type Item = Result<B, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.batches.next()?;
        self.progress.items_processed += 1;
        Some(batch.map_err(|error| DatasetError::new(std::io::Error::other(error))))
    }
}

impl<B> DataLoaderIterator<B> for FirstEpochIterator<'_, B> {
    fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl<B: Send + 'static> DataLoader<B> for FirstEpoch<B> {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<B> + 'a> {
        Box::new(FirstEpochIterator {
            batches: self.batches.batches(1, 0, &self.device),
            progress: Progress::new(0, self.num_items(), Some("batches".to_string())),
        })
    }

    fn num_items(&self) -> usize {
        self.batches.num_batches(1)
    }

    fn to_device(&self, device: &Device) -> Arc<dyn DataLoader<B>> {
        Arc::new(Self {
            batches: self.batches.clone(),
            device: device.clone(),
        })
    }

    fn slice(&self, _start: usize, _end: usize) -> Arc<dyn DataLoader<B>> {
        unimplemented!(
            "batches that carry state from one to the next cannot be dealt to several devices"
        )
    }
}
