//! Translation: scores against sacreBLEU, tokenisers, examples and batches.

mod examples;
mod scores;
mod tokenizers;
