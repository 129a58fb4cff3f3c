//! A trained translator: lines in, lines out.

use super::files::{check_search, check_sizes, load_tokenizers};
use super::{Translation, TranslatorError, TranslatorSettings};
use burn::tensor::Device;
use burn_recurrent_kernels::parallelism;
use burn_recurrent_models::{
    BeamConfig, EncoderDecoder, Hypothesis, ModelDescription, NeuralTranslator, SavedModel,
};
use burn_recurrent_text::{TranslationTokenizer, TranslationTokenizers, replace_unknown};
use std::path::Path;
use std::sync::Arc;

/// A longer line is translated in pieces of so many tokens, so that memory and time have a bound.
const MOST_TOKENS: usize = 250;

/// How many sentences are given to the model at once for each thread; progress is told behind each such lot.
const LOT: usize = 100;

/// A trained translator and its tokenisers.
///
/// ```no_run
/// use burn::tensor::Device;
/// use burn_recurrent_zoo::TrainedTranslator;
///
/// let translator = TrainedTranslator::load("runs/c", &Device::default())?;
/// println!("{}", translator.translate_line("Ein Hund läuft über die Wiese."));
/// for translation in &translator.translate_nbest(&["Guten Tag."], 3, |_| {})[0] {
///     println!("{:.2} {}", translation.score, translation.text);
/// }
/// # Ok::<(), burn_recurrent_zoo::TranslatorError>(())
/// ```
#[derive(Debug)]
pub struct TrainedTranslator {
    model: NeuralTranslator,
    tokenizers: Arc<TranslationTokenizers>,
    settings: TranslatorSettings,
    replace_unknown: bool,
}

/// A piece of a line: the whole line, but for very long ones.
struct Piece {
    /// The line's place.
    line: usize,
    /// With the mark at the end.
    tokens: Vec<u32>,
    /// The same without the mark, as they stand in the line, known or not.
    words: Vec<String>,
}

impl TrainedTranslator {
    /// Loads a translator from its run directory, or from any folder with its `model.json`, weights
    /// and the folder `vocabulary`.
    ///
    /// # Errors
    ///
    /// When a file is missing, damaged, of another version or kind, or does not fit the others; the
    /// message names the file and says what to do.
    pub fn load(folder: impl AsRef<Path>, device: &Device) -> Result<Self, TranslatorError> {
        let folder = folder.as_ref();
        Self::load_described(&ModelDescription::read(folder)?, folder, device)
    }

    /// Loads the weights and the tokenisers of a folder, with a description that is at hand already.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn load_described(
        description: &ModelDescription,
        folder: impl AsRef<Path>,
        device: &Device,
    ) -> Result<Self, TranslatorError> {
        let folder = folder.as_ref();
        description.check_kind::<EncoderDecoder>(folder)?;
        let (tokenizers, settings) = load_tokenizers(description, folder)?;
        let model = EncoderDecoder::load_described(description, folder, device)?;
        Self::new(model, settings, Arc::new(tokenizers)).map_err(|error| error.in_folder(folder))
    }

    /// A translator of a model that is at hand.
    ///
    /// # Errors
    ///
    /// When the model has another number of tokens than the tokenisers or other special ones, or the
    /// search is none that the model can do.
    pub fn new(
        model: EncoderDecoder,
        settings: TranslatorSettings,
        tokenizers: Arc<TranslationTokenizers>,
    ) -> Result<Self, TranslatorError> {
        check_sizes(&model, &tokenizers)?;
        let search = settings.search.clone();
        let translator = Self {
            model: NeuralTranslator::new(model),
            tokenizers,
            settings,
            replace_unknown: false,
        };
        translator.with_search(search)
    }

    /// Sets how translations are searched for. How many are returned is each call's own matter.
    ///
    /// # Errors
    ///
    /// When it is no search, or penalises the attention of a model without any.
    pub fn with_search(mut self, search: BeamConfig) -> Result<Self, TranslatorError> {
        check_search(self.model.model(), &search)?;
        self.settings.search = search;
        Ok(self)
    }

    /// Sets whether the source word with the most attention takes the place of each `<unk>` (Luong et
    /// al. 2015, "Addressing the rare word problem"); a model without attention writes `<unk>` still.
    pub fn with_replace_unknown(mut self, replace_unknown: bool) -> Self {
        self.replace_unknown = replace_unknown;
        self
    }

    /// How translations are searched for.
    pub fn search(&self) -> &BeamConfig {
        &self.settings.search
    }

    /// Whether the model has attention.
    pub fn has_attention(&self) -> bool {
        self.model.model().decoder.attention.is_some()
    }

    /// The model: token ids in, token ids out.
    pub fn model(&self) -> &NeuralTranslator {
        &self.model
    }

    /// The tokenisers of both languages.
    pub fn tokenizers(&self) -> &Arc<TranslationTokenizers> {
        &self.tokenizers
    }

    /// The translation of a line.
    pub fn translate_line(&self, line: &str) -> String {
        self.translate(&[line]).pop().unwrap_or_default()
    }

    /// The translation of each line. Many lines at once go faster than one after the other, on the Flex
    /// backend by all threads, and no line's translation depends on the others.
    ///
    /// A line without a token has an empty translation. One of more than 250 tokens is translated in
    /// pieces of so many, so that time and memory have a bound.
    pub fn translate<L: AsRef<str>>(&self, lines: &[L]) -> Vec<String> {
        let best = self.translate_nbest(lines, 1, |_| {}).into_iter();
        best.map(|mut translations| translations.swap_remove(0).text)
            .collect()
    }

    /// The best `nbest` translations of each line, at least one, the best first; of a line that is
    /// translated in pieces the best one alone. `progress` is told how many more lines are done.
    ///
    /// # Panics
    ///
    /// If `nbest` is 0 or more than [`BeamConfig::MOST`].
    pub fn translate_nbest<L: AsRef<str>>(
        &self,
        lines: &[L],
        nbest: usize,
        mut progress: impl FnMut(usize),
    ) -> Vec<Vec<Translation>> {
        let mut search = self.search().clone();
        search.nbest = nbest;
        search.beam = search.beam.max(nbest);
        search.options.attention = self.has_attention();
        let pieces = self.pieces(lines);
        let mut left = vec![0; lines.len()];
        for piece in &pieces {
            left[piece.line] += 1;
        }
        let empty = left.iter().filter(|pieces| **pieces == 0).count();
        if empty > 0 {
            progress(empty);
        }
        let mut order: Vec<usize> = (0..pieces.len()).collect();
        order.sort_by_key(|&piece| pieces[piece].tokens.len());
        let mut hypotheses: Vec<Vec<Hypothesis>> = vec![Vec::new(); pieces.len()];
        for lot in order.chunks(LOT * parallelism(self.model.device())) {
            let tokens: Vec<&[u32]> = lot.iter().map(|&p| pieces[p].tokens.as_slice()).collect();
            let found = self.model.beam(&tokens, &search);
            let found = found.unwrap_or_else(|error| panic!("{error}"));
            let mut done = 0;
            for (&piece, found) in lot.iter().zip(found) {
                hypotheses[piece] = found;
                let left = &mut left[pieces[piece].line];
                *left -= 1;
                done += usize::from(*left == 0);
            }
            progress(done);
        }
        let mut of_lines: Vec<Vec<(Piece, Vec<Hypothesis>)>> =
            lines.iter().map(|_| Vec::new()).collect();
        for (piece, found) in pieces.into_iter().zip(hypotheses) {
            of_lines[piece.line].push((piece, found));
        }
        of_lines
            .into_iter()
            .map(|pieces| self.translations(pieces))
            .collect()
    }

    /// The tokens of a line that the source's vocabulary does not have, so that the model reads each as `<unk>`.
    pub fn unknown_tokens(&self, line: &str) -> Vec<String> {
        let source = &self.tokenizers.source;
        let ids = source.encode(line).into_iter();
        let tokens = ids.zip(source.split(line));
        let unknown = tokens.filter(|(id, _)| *id == TranslationTokenizer::UNKNOWN);
        unknown.map(|(_, token)| token).collect()
    }

    /// The natural logarithm of the probability of each token of given translations of lines, their
    /// ends included.
    ///
    /// # Panics
    ///
    /// If there are more of the one than of the other.
    pub fn score<L: AsRef<str>, T: AsRef<str>>(
        &self,
        lines: &[L],
        translations: &[T],
    ) -> Vec<Vec<f64>> {
        let sources: Vec<Vec<u32>> = lines.iter().map(|l| self.source(l.as_ref())).collect();
        let target = &self.tokenizers.target;
        let targets: Vec<Vec<u32>> = translations
            .iter()
            .map(|translation| target.encode(translation.as_ref()))
            .collect();
        let scores = self.model.log_probabilities(&sources, &targets, LOT);
        scores.unwrap_or_else(|error| panic!("{error}"))
    }

    fn source(&self, line: &str) -> Vec<u32> {
        let mut tokens = self.tokenizers.source.encode(line);
        tokens.push(TranslationTokenizer::END);
        tokens
    }

    fn pieces<L: AsRef<str>>(&self, lines: &[L]) -> Vec<Piece> {
        let source = &self.tokenizers.source;
        let pieces = lines.iter().enumerate().flat_map(|(line, text)| {
            let text = text.as_ref();
            let (tokens, words) = (source.encode(text), source.split(text));
            let pieces = tokens.chunks(MOST_TOKENS).zip(words.chunks(MOST_TOKENS));
            let pieces = pieces.map(|(tokens, words)| Piece {
                line,
                tokens: [tokens, &[TranslationTokenizer::END]].concat(),
                words: words.to_vec(),
            });
            pieces.collect::<Vec<_>>()
        });
        pieces.collect()
    }

    /// A line's translations from those of its pieces.
    fn translations(&self, pieces: Vec<(Piece, Vec<Hypothesis>)>) -> Vec<Translation> {
        if let [(piece, hypotheses)] = pieces.as_slice() {
            let translations = hypotheses.iter();
            return translations
                .map(|hypothesis| self.translation(piece, hypothesis))
                .collect();
        }
        let mut whole = Translation {
            text: String::new(),
            score: 0.0,
            log_probability: 0.0,
            tokens: Vec::new(),
            source_tokens: Vec::new(),
            attention: None,
        };
        for (piece, hypotheses) in &pieces {
            let part = self.translation(piece, &hypotheses[0]);
            if !whole.text.is_empty() && !part.text.is_empty() {
                whole.text.push(' ');
            }
            whole.text.push_str(&part.text);
            whole.score += part.score;
            whole.log_probability += part.log_probability;
            whole.tokens.extend(part.tokens);
            whole.source_tokens.extend(part.source_tokens);
        }
        vec![whole]
    }

    fn translation(&self, piece: &Piece, hypothesis: &Hypothesis) -> Translation {
        let TranslationTokenizers { source, target } = &*self.tokenizers;
        let shown = |tokenizer: &TranslationTokenizer, tokens: &[String]| -> Vec<String> {
            let tokens = tokens.iter();
            tokens.map(|token| tokenizer.shown(token)).collect()
        };
        let words = shown(source, &piece.words);
        let tokens = target.tokens_of(&hypothesis.tokens);
        let mut tokens = tokens.expect("the model's tokens are the tokeniser's");
        // The weights on the line's end, and those of the translation's end, are left out.
        let attention: Option<Vec<Vec<f32>>> = hypothesis.attention.as_ref().map(|rows| {
            let rows = rows.iter().take(tokens.len());
            rows.map(|row| row[..words.len()].to_vec()).collect()
        });
        if let (true, Some(attention)) = (self.replace_unknown, &attention) {
            let unknown = &target.tokens()[TranslationTokenizer::UNKNOWN as usize];
            let weights = attention.concat();
            // A subword as the text that it is, without the marks of its tokeniser.
            let text = |word: &String| match source.unit().is_subword() {
                true => source.join(&[word]).trim().to_string(),
                false => word.clone(),
            };
            let texts: Vec<String> = piece.words.iter().map(text).collect();
            tokens = replace_unknown(&tokens, unknown, &texts, &weights, texts.len());
        }
        Translation {
            text: target.join(&tokens),
            score: hypothesis.score,
            log_probability: hypothesis.log_probability,
            tokens: shown(target, &tokens),
            source_tokens: words,
            attention,
        }
    }
}
