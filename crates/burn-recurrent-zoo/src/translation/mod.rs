//! Trained translators: lines in, lines out.

mod error;
mod files;
mod settings;
mod trained_translator;
mod translation;

pub use error::TranslatorError;
pub use files::save_translator;
pub use settings::TranslatorSettings;
pub use trained_translator::TrainedTranslator;
pub use translation::Translation;
