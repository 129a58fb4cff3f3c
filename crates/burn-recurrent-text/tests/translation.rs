//! Translation: scores against sacreBLEU, tokenisers, examples and batches.

#[path = "translation/examples.rs"]
mod examples;
#[path = "translation/scores.rs"]
mod scores;
#[path = "translation/tokenizers.rs"]
mod tokenizers;
