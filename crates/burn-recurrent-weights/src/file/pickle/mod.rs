//! Pickles, followed and weighed before a reader believes them.

mod edits;
mod input;
mod scan;
mod tag;
mod text;
mod value;

pub(super) use edits::Edits;
pub(super) use input::Input;
pub(super) use scan::{Seen, scan};
