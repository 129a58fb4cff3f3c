//! Trained translators: lines in, lines out.

mod error;
mod files;
mod settings;
mod trained_translator;
mod translated;

pub use error::TranslatorError;
pub use files::save_translator;
pub use settings::TranslatorSettings;
pub use trained_translator::TrainedTranslator;
pub use translated::Translation;
