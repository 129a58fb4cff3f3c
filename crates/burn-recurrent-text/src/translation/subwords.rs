//! Subwords learnt from text, by the crate `tokenizers`.

use std::collections::BTreeMap;
use std::error::Error;

use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::models::unigram::{Unigram, UnigramTrainer};
use tokenizers::{AddedToken, Model, Trainer};

use super::byte_characters;

type BoxedError = Box<dyn Error + Send + Sync>;

/// How long a word is of which subwords by the unigram model are learnt; longer ones are learnt from in parts.
const MAX_WORD: usize = 256;
/// What the scores of characters that the unigram model has no score of differ by.
const PENALTY: f64 = 0.0001;

/// Names of the special tokens that no text has, because a blank is none of the characters that stand for bytes.
fn special_names(num_specials: usize) -> Vec<String> {
    (0..num_specials)
        .map(|id| format!("special {id}"))
        .collect()
}

/// A model of subwords. Ids below the number of special tokens are never the result of [`encode`](Self::encode).
#[derive(Debug, Clone)]
pub(super) enum Subwords {
    Bpe(Box<BPE>),
    Unigram(Box<Unigram>),
}

impl Subwords {
    /// Byte pair encoding by these merges; tokens without the special ones.
    pub(super) fn bpe(
        num_specials: usize,
        tokens: &[String],
        merges: &[(u32, u32)],
    ) -> Result<Self, BoxedError> {
        let names = special_names(num_specials);
        let all: Vec<&String> = names.iter().chain(tokens).collect();
        let token = |id: u32| {
            let token = all.get(id as usize);
            token
                .map(|token| token.to_string())
                .ok_or_else(|| format!("a merge names token {id} of {}", all.len()))
        };
        let merges = merges
            .iter()
            .map(|&(left, right)| Ok((token(left)?, token(right)?)))
            .collect::<Result<Vec<_>, String>>()?;
        let ids = all.iter().map(|token| token.to_string()).zip(0..);
        let vocabulary: tokenizers::models::bpe::Vocab = ids.collect();
        let model = BPE::builder()
            .vocab_and_merges(vocabulary, merges)
            .build()?;
        Ok(Self::Bpe(Box::new(model)))
    }

    /// The unigram model with these scores; tokens without the special ones.
    pub(super) fn unigram(
        num_specials: usize,
        unknown: usize,
        tokens: &[String],
        scores: &[f32],
    ) -> Result<Self, BoxedError> {
        let names = special_names(num_specials).into_iter();
        let scored = tokens
            .iter()
            .cloned()
            .zip(scores.iter().copied().map(f64::from));
        let pieces = names.map(|name| (name, 0.0)).chain(scored).collect();
        let model = Unigram::from(pieces, Some(unknown), false)?;
        Ok(Self::Unigram(Box::new(model)))
    }

    /// The ids of a line's subwords.
    pub(super) fn encode(&self, line: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        for piece in byte_characters::pieces(line) {
            let tokens = match self {
                Self::Bpe(model) => model.tokenize(&piece),
                Self::Unigram(model) => model.tokenize(&piece),
            };
            let tokens = tokens.expect("every byte is a token, so that every piece has some");
            ids.extend(tokens.into_iter().map(|token| token.id));
        }
        ids
    }
}

/// Which ids are merged, in order.
pub(super) type Merges = Vec<(u32, u32)>;

/// Learns byte pair encoding: the tokens without the special ones, and which ids are merged, in order.
pub(super) fn train_bpe(
    lines: &[String],
    num_specials: usize,
    size: usize,
    min_count: u64,
) -> Result<(Vec<String>, Merges), BoxedError> {
    let specials = special_names(num_specials);
    let specials = specials
        .into_iter()
        .map(|name| AddedToken::from(name, true));
    let mut trainer = BpeTrainer::builder()
        .show_progress(false)
        .vocab_size(size)
        .min_frequency(min_count)
        .special_tokens(specials.collect())
        .initial_alphabet(byte_characters::alphabet().iter().copied().collect())
        .build();
    trainer.feed(lines.iter(), |line| Ok(byte_characters::pieces(line)))?;
    let mut model = BPE::default();
    trainer.train(&mut model)?;

    let ids = model.get_vocab();
    let mut tokens: Vec<(&u32, &String)> = ids.iter().map(|(token, id)| (id, token)).collect();
    tokens.sort_unstable();
    let tokens = tokens.into_iter().skip(num_specials);
    let tokens = tokens.map(|(_, token)| token.clone()).collect();
    // The merges can be had only as they are written.
    let mut written = serde_json::to_value(&model)?;
    let merges: Vec<(String, String)> = serde_json::from_value(written["merges"].take())?;
    let merges = merges.iter().map(|(left, right)| (ids[left], ids[right]));
    Ok((tokens, merges.collect()))
}

/// Learns the unigram model: the tokens without the special ones, and their scores.
///
/// Words counted less often than `min_count` are learnt from only as single bytes.
pub(super) fn train_unigram(
    lines: &[String],
    num_specials: usize,
    size: usize,
    min_count: u64,
) -> Result<(Vec<String>, Vec<f32>), BoxedError> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for piece in lines.iter().flat_map(|line| byte_characters::pieces(line)) {
        *counts.entry(piece).or_default() += 1;
    }
    let mut words: BTreeMap<String, u64> = BTreeMap::new();
    for (word, count) in counts {
        let characters: Vec<char> = word.chars().collect();
        let longest = if count < min_count { 1 } else { MAX_WORD };
        for part in characters.chunks(longest) {
            *words.entry(part.iter().collect()).or_default() += count;
        }
    }
    // In order, so that sums of probabilities are the same each time.
    let words = words
        .into_iter()
        .map(|(word, count)| (word, u32::try_from(count).unwrap_or(u32::MAX)))
        .collect();

    let trainer = UnigramTrainer::builder()
        .show_progress(false)
        .vocab_size(u32::try_from(size - num_specials)?)
        .initial_alphabet(byte_characters::alphabet().iter().copied().collect())
        .build()?;
    // With more threads the sums would depend on their number and on which is the first to be done.
    let thread = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut model = Unigram::default();
    thread.install(|| trainer.do_train(words, &mut model))?;

    let mut pieces: Vec<(String, f64)> = model.iter().cloned().collect();
    order_penalised(&mut pieces);
    // In single precision, which survives being written as decimal digits and read again.
    let mut pieces: Vec<(String, f32)> = pieces
        .into_iter()
        .map(|(token, score)| (token, score as f32))
        .collect();
    pieces.sort_by(|(one, a), (other, b)| b.total_cmp(a).then_with(|| one.cmp(other)));
    Ok(pieces.into_iter().unzip())
}

/// Gives the scores of characters that the trainer made up to them in the characters' order.
///
/// What the model has no score of gets the smallest score, the next one [`PENALTY`] more, and so on, in an order that is
/// another one each time.
fn order_penalised(pieces: &mut [(String, f64)]) {
    let Some(least) = pieces
        .iter()
        .map(|&(_, score)| score)
        .min_by(f64::total_cmp)
    else {
        return;
    };
    let (mut penalty, mut places, mut scores) = (0.0, Vec::new(), Vec::new());
    loop {
        let made_up = least + penalty;
        let is_one =
            |(token, score): &(String, f64)| *score == made_up && token.chars().nth(1).is_none();
        let before = places.len();
        places.extend((0..pieces.len()).filter(|&place| is_one(&pieces[place])));
        if places.len() == before {
            break;
        }
        scores.resize(places.len(), made_up);
        penalty += PENALTY;
    }
    places.sort_by(|&one, &other| pieces[one].0.cmp(&pieces[other].0));
    for (place, score) in places.into_iter().zip(scores) {
        pieces[place].1 = score;
    }
}
