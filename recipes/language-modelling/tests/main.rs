//! The tests of the recipe, in one program.

mod bad_input;
mod common;
mod recipe;
mod zoo;
