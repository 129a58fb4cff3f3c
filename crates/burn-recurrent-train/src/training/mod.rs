//! Training a model in a run directory, from the beginning or from where it stopped.
//!
//! [`Training`] is what a program sees; burn-train runs it by [`strategy`], which runs the [`training_loop`], whose parts
//! each have a file: [`step`], [`validation`], [`epoch_end`] and [`saving`].

mod average;
mod clock;
mod dashboard;
mod edits;
mod epoch_end;
pub(crate) mod error;
mod evaluate;
mod in_place;
mod interrupt;
mod launch;
mod outcome;
mod saving;
mod step;
mod strategy;
mod training_loop;
mod valid_metrics;
mod validation;

pub use error::TrainError;
pub use evaluate::evaluate;
pub use launch::Training;
pub use outcome::TrainingOutcome;
