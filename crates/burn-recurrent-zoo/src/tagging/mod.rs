//! Trained taggers: words in, labels out.

mod error;
mod files;
mod settings;
mod trained_tagger;

pub use error::TaggerError;
pub use files::{describe_tagger, save_tagger};
pub use settings::TaggerSettings;
pub use trained_tagger::TrainedTagger;
