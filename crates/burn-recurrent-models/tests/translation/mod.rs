//! The translator: what it computes, what it learns from, and what it finds.

mod config;
mod fixtures;
mod gradients;
mod padding;
mod pytorch;
mod saved;
mod search;
mod support;
mod training;
