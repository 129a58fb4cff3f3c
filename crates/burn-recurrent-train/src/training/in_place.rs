//! A model that is replaced by what becomes of it.

use std::ops::Deref;

/// Holds a model and gives it away for an update, so that the update may use its memory again: a clone kept aside would
/// hold on to all parameters.
pub(super) struct InPlace<M>(Option<M>);

impl<M> InPlace<M> {
    pub(super) fn new(model: M) -> Self {
        Self(Some(model))
    }

    /// Puts what `update` makes of the model in its place.
    pub(super) fn update(&mut self, update: impl FnOnce(M) -> M) {
        self.0 = self.0.take().map(update);
    }

    pub(super) fn into_inner(self) -> M {
        self.0.expect("a model is only away while it is updated")
    }
}

impl<M> Deref for InPlace<M> {
    type Target = M;

    fn deref(&self) -> &M {
        self.0
            .as_ref()
            .expect("a model is only away while it is updated")
    }
}
