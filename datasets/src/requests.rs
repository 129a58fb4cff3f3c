//! The bundled sample for taggers: requests to an assistant, from a grammar that labels slots.

use std::sync::LazyLock;

use crate::grammar::{Grammar, sample_rng};
use crate::tagged::{TaggedPart, TaggedSentence, TaggedSplits};

/// What all requests share; each part adds names of its own.
const RULES: &str = include_str!("../samples/requests.grammar");

/// A part of the request corpus. Each has names, places and titles that the others have not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestPart {
    /// For training.
    Train,
    /// For validation.
    Valid,
    /// For the test.
    Test,
}

impl RequestPart {
    fn name(self) -> &'static str {
        match self {
            RequestPart::Train => "train",
            RequestPart::Valid => "valid",
            RequestPart::Test => "test",
        }
    }

    fn names(self) -> &'static str {
        match self {
            RequestPart::Train => include_str!("../samples/requests-train.grammar"),
            RequestPart::Valid => include_str!("../samples/requests-valid.grammar"),
            RequestPart::Test => include_str!("../samples/requests-test.grammar"),
        }
    }
}

/// The grammar of requests, `samples/requests.grammar` with the names of a part.
///
/// A text is one request in lower case, such as `wake me at six thirty tomorrow`. No request has two derivations, so
/// none has two right labellings, and [`Grammar::entropy`] is the requests' own.
pub fn requests(part: RequestPart) -> &'static Grammar {
    static GRAMMARS: [LazyLock<Grammar>; 3] = [
        LazyLock::new(|| parse(RequestPart::Train)),
        LazyLock::new(|| parse(RequestPart::Valid)),
        LazyLock::new(|| parse(RequestPart::Test)),
    ];
    &GRAMMARS[part as usize]
}

fn parse(part: RequestPart) -> Grammar {
    let name = format!("requests.grammar + requests-{}.grammar", part.name());
    Grammar::parse(&name, &format!("{RULES}\n{}", part.names()))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Requests drawn from [`requests`], with slots as BIO tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestCorpus {
    /// The requests. Those without a name may be the same in two parts; names never are.
    pub splits: TaggedSplits,
}

impl RequestCorpus {
    /// Draws a corpus. The parts come from separate streams of the seed: asking for more requests of one part extends it
    /// and changes nothing else.
    ///
    /// # Panics
    /// If a part would have no request.
    ///
    /// # Example
    /// ```
    /// use burn_recurrent_datasets::RequestCorpus;
    ///
    /// let corpus = RequestCorpus::generate(1, 100, 10, 10);
    /// let first = &corpus.splits.train.sentences[0];
    /// assert_eq!(first.words.len(), first.tags.len());
    /// ```
    pub fn generate(seed: u64, train: usize, valid: usize, test: usize) -> Self {
        assert!(
            train > 0 && valid > 0 && test > 0,
            "each part of a request corpus needs at least one request, got {train} train, {valid} valid, {test} test"
        );
        Self {
            splits: TaggedSplits {
                train: draw(seed, RequestPart::Train, train),
                valid: draw(seed, RequestPart::Valid, valid),
                test: Some(draw(seed, RequestPart::Test, test)),
            },
        }
    }
}

fn draw(seed: u64, part: RequestPart, count: usize) -> TaggedPart {
    let mut rng = sample_rng(seed, part as u64);
    let grammar = requests(part);
    let sentences = (0..count).map(|_| {
        let sample = grammar.sample(&mut rng);
        let words = sample.tokens.iter().map(|token| token.to_string());
        TaggedSentence::new(words.collect(), sample.tags())
    });
    TaggedPart {
        path: format!("requests ({})", part.name()).into(),
        sentences: sentences.collect(),
    }
}
