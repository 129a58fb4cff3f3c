//! n-gram language models: the baseline that trains by counting.
//!
//! An n-gram model of order `n` predicts a token from the `n - 1` tokens before it. It is made in two steps: the
//! n-grams of a stream of token ids are counted ([`NgramConfig::train`]), and a [`Smoothing`] turns the counts into
//! probabilities that leave something for what was never seen.
//!
//! A stream either has sentences, each ended by an `eos` token, or it is one endless run of tokens (characters, say).
//! With sentences, the first word of each is predicted from a boundary that stands for the start of a sentence. The
//! boundary is never predicted and is not in the vocabulary; `eos` is in it, and is predicted like any word. In a
//! context, `eos` stands for the boundary: `[eos]` is the context of a sentence's first word.
//!
//! ```
//! use burn_recurrent_models::ngram::{NgramConfig, Smoothing};
//!
//! // Three types, 0 `<eos>`, 1 "a", 2 "b"; three sentences.
//! let stream = [1, 2, 0, 1, 1, 2, 0, 2, 0];
//! let model = NgramConfig::new(3, Smoothing::KneserNey).train(&stream, 3, Some(0))?;
//!
//! let next = model.distribution(&[0, 1]);
//! assert!((next.iter().sum::<f64>() - 1.0).abs() < 1e-12);
//! assert_eq!(next[2], model.probability(&[0, 1], 2));
//!
//! let score = model.cross_entropy(&[1, 2, 0])?;
//! assert_eq!(score.tokens, 3);
//! assert!(score.perplexity().unwrap() < 3.0);
//! # Ok::<(), burn_recurrent_models::ngram::NgramError>(())
//! ```
//!
//! # References
//!
//! - S. M. Katz, *Estimation of Probabilities from Sparse Data for the Language Model Component of a Speech
//!   Recognizer*, IEEE Transactions on Acoustics, Speech and Signal Processing 35(3), 1987.
//! - R. Kneser and H. Ney, *Improved Backing-off for M-gram Language Modeling*, ICASSP 1995.
//! - S. F. Chen and J. Goodman, *An Empirical Study of Smoothing Techniques for Language Modeling*, Computer Speech and
//!   Language 13(4), 1999.
//! - T. Brants, A. C. Popat, P. Xu, F. J. Och and J. Dean, *Large Language Models in Machine Translation*, EMNLP-CoNLL
//!   2007.

mod add_k;
mod binary;
mod config;
mod error;
mod katz;
mod kneser_ney;
mod model;
mod record;
mod score;
mod stupid_backoff;
mod trie;
mod weights;

pub use config::{MAX_ORDER, NgramConfig, Smoothing};
pub use error::NgramError;
pub use model::NgramModel;
pub use record::{NgramRecord, OrderRecord};
pub use score::StreamScore;
