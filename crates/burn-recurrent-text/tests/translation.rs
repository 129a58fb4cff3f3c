//! Translation: scores against sacreBLEU, tokenisers, examples and batches.

#[path = "translation/scores.rs"]
mod scores;
