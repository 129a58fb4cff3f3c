//! The numeric core of `burn-recurrent-kernels`, by itself.
#![allow(
    dead_code,
    unused_imports,
    reason = "Burn's side uses them, which is not here"
)]

#[path = "../../src/cpu/mod.rs"]
mod cpu;
#[path = "../../src/kind.rs"]
mod kind;
