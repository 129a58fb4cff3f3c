//! Data sets for recurrent models: a catalogue of public texts with verified downloads, and samples
//! drawn from grammars whose exact probabilities are known.
//!
//! # Stories from a grammar
//!
//! A weighted grammar knows the probability of every text it gives. A language model trained on
//! its samples can therefore be held against the best that any model could reach.
//!
//! ```
//! use burn_recurrent_datasets::{StoryCorpus, sample_rng, stories};
//!
//! // One story, always the same for seed 7.
//! println!("{}", stories().sample(&mut sample_rng(7, 0)).text());
//!
//! // A corpus of 1,000 training, 100 validation and 100 test stories, one a line.
//! let corpus = StoryCorpus::generate(7, 1_000, 100, 100);
//! println!(
//!     "the best reachable test perplexity is {:.2}",
//!     corpus.source.perplexity()
//! );
//! # assert!(corpus.splits.train.lines().count() == 1_000);
//! ```
//!
//! The format of a grammar file is described at [`grammar`].
//!
//! # Public texts
//!
//! ```no_run
//! use burn_recurrent_datasets::TextSplits;
//!
//! let ptb = TextSplits::from_catalog("ptb")?;
//! println!("{} training lines", ptb.train.lines().count());
//! # Ok::<(), burn_recurrent_datasets::LoadError>(())
//! ```
//!
//! The files are downloaded once into the folder that `BURN_RECURRENT_DATA` names (else the
//! platform's cache folder) and verified by size and SHA-256. A file that is already there is used
//! as it is, so an offline machine works by copying files to `<folder>/<data set>/<file>`.
//!
//! # Own texts
//!
//! [`TextSplits::from_files`] takes a file for each part, [`TextSplits::from_file`] cuts one file.
//!
//! # Tagged sentences
//!
//! [`TaggedSplits`] loads CoNLL columns and CoNLL-U from the catalogue or from files, [`SentenceReader`] reads them a
//! sentence at a time in bounded memory, and [`RequestCorpus`] draws requests with slots from a grammar:
//!
//! ```
//! use burn_recurrent_datasets::RequestCorpus;
//!
//! let corpus = RequestCorpus::generate(7, 1_000, 100, 100);
//! for sentence in &corpus.splits.train.sentences[..3] {
//!     println!("{:?} {:?}", sentence.words, sentence.tags);
//! }
//! # assert_eq!(corpus.splits.train.sentences.len(), 1_000);
//! ```
#![forbid(unsafe_code)]

mod archive;
mod cache;
mod catalog;
mod download;
mod file_kind;
mod folder;
pub mod grammar;
mod load_error;
mod parallel;
mod pronunciation_error;
mod pronunciations;
mod read;
mod read_error;
mod requests;
mod splits;
mod stories;
mod tagged;
mod text_lines;
mod translations;
mod word_vectors;

pub use archive::ArchiveError;
pub use cache::{Cache, CacheError};
pub use catalog::{Catalog, CatalogError, Dataset, Format, Member, RemoteFile, SplitRule};
pub use download::{DownloadError, Retry};
pub use file_kind::FileKind;
pub use folder::CACHE_VARIABLE;
pub use grammar::{
    Grammar, GrammarError, GrammarProblem, PairSample, Sample, SampleSpan, SynchronousGrammar,
    sample_rng,
};
pub use load_error::LoadError;
pub use parallel::{
    EmptyPairs, ParallelError, ParallelFiles, ParallelPart, ParallelReader, ParallelSplits,
    SentencePair,
};
pub use pronunciation_error::{PronunciationError, PronunciationProblem};
pub use pronunciations::{DictionaryCounts, Part, Pronounced, Pronunciations, Stress, WordShares};
pub use read::{lines, read_bytes, read_text};
pub use read_error::ReadError;
pub use requests::{RequestCorpus, RequestPart, requests};
pub use splits::{Fractions, SplitUnit, TextSplits};
pub use stories::{SourceScore, StoryCorpus, stories};
pub use tagged::{
    ColumnFormat, ConlluColumn, OddKind, OddRows, SentenceError, SentenceFormat, SentenceProblem,
    SentenceReader, SentenceRow, Separator, TagColumn, TaggedPart, TaggedSentence, TaggedSplits,
    UnseenTag, read_sentences,
};
pub use text_lines::{TextLines, TextSource, open_text};
pub use translations::{TranslationCorpus, translations};
pub use word_vectors::{VectorProblem, VectorsError, WordVectors};
