//! The encoder of sentences: tokens to vectors, in context.

mod characters;
mod draw;
mod input;
mod token_encoder;

pub(crate) use draw::{draw_embedding, draw_linear};

pub use characters::{CharacterEncoder, CharacterFeatures, CharacterNetwork};
pub use input::{CharacterInput, TaggerInput};
pub use token_encoder::{ShapeFeatures, TokenEncoder, TokenEncoderConfig};
