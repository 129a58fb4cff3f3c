//! The zoo: trained models in folders of their own, found by name.

mod error;
mod find;
mod model;
mod table;

pub use error::ZooError;
pub use find::{ZOO_VARIABLE, find, models, resolve};
pub use model::ZooModel;
pub use table::ModelTable;
