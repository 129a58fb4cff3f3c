//! Trainings of a toy model, in this process and on `flex`.

mod metrics;
mod outcome;
mod resume;
mod toy;
