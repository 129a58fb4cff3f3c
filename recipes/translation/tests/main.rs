//! The tests of this recipe, in one program.

mod bad_input;
mod common;
mod recipe;
mod translate;
mod zoo;
