//! Writing translations of many sentences token by token.

use super::batch::pad;
use super::{DecoderState, EncodedSource, NeuralTranslator, SpecialTokens};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData};

/// Writes translations of sentences of one length, token by token, as many at a time for each.
pub(super) struct Stepper<'a> {
    translator: &'a NeuralTranslator,
    source: EncodedSource,
    state: DecoderState,
    beams: usize,
    forbidden: Vec<u32>,
    attention: bool,
}

/// What may come next.
pub(super) struct Step {
    /// Row by row the log-probability of each token; minus infinity for those that are never
    /// written.
    log_probabilities: Vec<f32>,
    vocabulary: usize,
    weights: Vec<f32>,
    words: usize,
}

impl Step {
    pub(super) fn log_probabilities(&self, row: usize) -> &[f32] {
        &self.log_probabilities[row * self.vocabulary..][..self.vocabulary]
    }

    /// How much each word of the source counts; empty where it was not asked for.
    pub(super) fn weights(&self, row: usize) -> &[f32] {
        match self.weights.is_empty() {
            true => &[],
            false => &self.weights[row * self.words..][..self.words],
        }
    }
}

/// A product of two matrices of which the second is transposed, as the output layer's is, is
/// computed in another order where the result has no more numbers than this.
const FEW_PRODUCTS: usize = 256;

impl<'a> Stepper<'a> {
    /// Before the first tokens; `beams` rows a sentence, side by side.
    pub(super) fn new(
        translator: &'a NeuralTranslator,
        sentences: &[&[u32]],
        beams: usize,
        forbid_unknown: bool,
        attention: bool,
    ) -> Self {
        let model = translator.model();
        let tokens = model.tokens();
        let mut forbidden = vec![tokens.padding, tokens.begin];
        forbidden.extend(forbid_unknown.then_some(tokens.unknown));
        let source = read(translator, sentences, tokens);
        let rows: Vec<usize> = (0..sentences.len()).collect();
        let mut stepper = Self {
            translator,
            state: source.start.clone(),
            source,
            beams,
            forbidden,
            attention: attention && model.decoder.attention.is_some(),
        };
        let all: Vec<usize> = rows.iter().flat_map(|row| vec![*row; beams]).collect();
        stepper.keep(&rows, &all);
        stepper
    }

    /// Reads the last token of each row.
    pub(super) fn step(&mut self, last: &[u32]) -> Step {
        let model = self.translator.model();
        let device = self.translator.device();
        let rows = self.source.lengths.len() * self.beams;
        // The rows that fill up repeat the last one.
        let last = (0..rows).map(|row| i64::from(last[row.min(last.len() - 1)]));
        let last = TensorData::new(last.collect::<Vec<i64>>(), [rows, 1]);
        let last = Tensor::<2, Int>::from_data(last, device);
        let decoded = model.decode(last, None, self.state.clone(), &self.source);
        self.state = decoded.state;
        let vocabulary = model.target_vocabulary_size();
        let output = match FEW_PRODUCTS / vocabulary {
            few if few < rows => decoded.output,
            few => decoded.output.repeat_dim(0, few / rows + 1),
        };
        let logits = model.logits(output).narrow(0, 0, rows).squeeze_dim::<2>(1);
        let mut log_probabilities = numbers(log_softmax(logits, 1).into_data());
        for row in log_probabilities.chunks_exact_mut(vocabulary) {
            for token in &self.forbidden {
                row[*token as usize] = f32::NEG_INFINITY;
            }
        }
        let [_, words, _] = self.source.values.dims();
        let weights = decoded.weights.filter(|_| self.attention);
        Step {
            log_probabilities,
            vocabulary,
            weights: weights.map_or(Vec::new(), |weights| numbers(weights.into_data())),
            words,
        }
    }

    /// Goes on with these of the sentences, and with these of the rows for them.
    ///
    /// At least two rows are kept, the last one twice if need be: products with one row are
    /// computed in another order, and a translation must not depend on how many others there are.
    pub(super) fn keep(&mut self, sentences: &[usize], rows: &[usize]) {
        let (mut sentences, mut rows) = (sentences.to_vec(), rows.to_vec());
        if rows.len() == 1 {
            sentences.push(sentences[0]);
            rows.push(rows[0]);
        }
        let same = |kept: &[usize], all: usize| kept.iter().copied().eq(0..all);
        let before = self.source.lengths.len();
        let [_, states, _] = self.state_dims();
        if !same(&rows, states) {
            let index: Vec<i64> = rows.iter().map(|row| *row as i64).collect();
            let device = self.translator.device();
            let index = Tensor::<1, Int>::from_data(index.as_slice(), device);
            self.state = self.state.clone().select(index);
        }
        if !same(&sentences, before) {
            self.source = self.source.clone().select(&sentences);
        }
    }

    fn state_dims(&self) -> [usize; 3] {
        match &self.state.recurrent {
            crate::AnyState::Hidden(state) => state.hidden.dims(),
            crate::AnyState::Lstm(state) => state.hidden.dims(),
        }
    }
}

/// Reads sentences of one length, at least two of them, the last one twice if need be.
pub(super) fn read(
    translator: &NeuralTranslator,
    sentences: &[&[u32]],
    tokens: SpecialTokens,
) -> EncodedSource {
    let mut rows = sentences.to_vec();
    if rows.len() == 1 {
        rows.push(rows[0]);
    }
    let (words, lengths) = pad(&rows, tokens.padding, translator.device());
    translator.model().encode(words, &lengths)
}

/// A tensor's numbers on the host.
pub(super) fn numbers(data: TensorData) -> Vec<f32> {
    let data = data.convert::<f32>();
    data.try_into_vec()
        .expect("the numbers are of the type just converted to")
}
