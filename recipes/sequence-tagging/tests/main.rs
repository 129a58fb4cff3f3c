//! The tests of the recipe, in one program.

mod bad_input;
mod columns;
mod common;
mod memory;
mod offsets;
mod recipe;
mod stream;
mod vectors;
mod words;
mod zoo;
