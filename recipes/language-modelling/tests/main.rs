//! The tests of the recipe, in one program.

mod bad_input;
mod common;
mod files;
mod memory;
mod messages;
mod mixture;
mod recipe;
mod resume;
mod score;
mod zoo;
