//! `tag`: labels for text, sentence by sentence, as it comes.

use crate::config::{Config, RECIPE};
use crate::json;
use crate::text::{InputSentence, TextSentences};
use crate::trained;
use crate::view;
use burn_recurrent_datasets::{
    ColumnFormat, ConlluColumn, SentenceError, SentenceFormat, SentenceProblem, SentenceReader,
    TagColumn, TextLines, TextSource, open_text,
};
use burn_recurrent_text::WordTokenizer;
use burn_recurrent_train::{Arrivals, Report, default_device};
use burn_recurrent_zoo::TrainedTagger;
use clap::{Args, ValueEnum};
use std::io::{BufReader, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

/// Sentences are tagged together up to so many words, and up to so many sentences: this bounds the memory.
const MOST_WORDS: usize = 16_000;
const MOST_SENTENCES: usize = 2_000;

const STANDARD_INPUT: &str = "standard input";

/// The arguments of `tag`.
#[derive(Debug, Args)]
pub struct TagArgs {
    /// The run directory of the model, or the name of one that `models` lists
    #[arg(long, value_name = "MODEL")]
    model: PathBuf,
    /// What to tag; without it, standard input
    file: Option<PathBuf>,
    /// How the input is written
    #[arg(long, value_enum, default_value_t = Input::Text)]
    input: Input,
    /// Lines of `--input conll` that begin with `#` are comments, as they are in CoNLL-U
    #[arg(long)]
    comments: bool,
    /// How lines of `--input text` are cut into words: `unicode`, `penn-treebank` or `english-web-treebank`; unless given, as
    /// the model's config says
    #[arg(long, value_name = "NAME")]
    tokenizer: Option<WordTokenizer>,
    /// How the labels are written
    #[arg(long, value_enum, default_value_t = Output::Conll)]
    format: Output,
}

/// How the input is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Input {
    /// A sentence a line, which is cut into words; punctuation is words of its own
    Text,
    /// A word a line, in the first column, and a blank line behind each sentence
    Conll,
    /// CoNLL-U
    Conllu,
}

impl Input {
    /// What a person is to type.
    fn asks_for(self) -> &'static str {
        match self {
            Self::Text => "a sentence a line",
            Self::Conll => "a word a line, and a blank line behind each sentence",
            Self::Conllu => "CoNLL-U",
        }
    }
}

/// How the labels are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// The input's columns and one more; in CoNLL-U, the column that the model was trained on
    Conll,
    /// A line of JSON for each sentence
    Json,
    /// Words and labels side by side, in colours on a terminal
    Terminal,
}

pub fn tag(args: &TagArgs) -> Result<(), Report> {
    if args.tokenizer.is_some() && args.input != Input::Text {
        let message = "`--tokenizer` cuts lines of text, and columns are cut into words already";
        return Err(Report::usage(message).with_help("leave it out, or give `--input text`"));
    }
    let run = RECIPE.open_model(&args.model)?;
    let config: Config = run.config()?;
    let tagger = trained::load(&run, &config, &default_device()?)?;

    let (source, path): (TextSource, PathBuf) = match &args.file {
        Some(path) => (open_text(path)?, path.clone()),
        None => {
            if std::io::stdin().is_terminal() {
                eprintln!("{}, then Ctrl-D:", args.input.asks_for());
            }
            let input = BufReader::with_capacity(1 << 16, std::io::stdin());
            (Box::new(input), STANDARD_INPUT.into())
        }
    };
    let tokenizer = args.tokenizer.unwrap_or(tagger.settings().tokenizer);
    let column = conllu_column(&tagger, &config)?;
    let format = match args.input {
        Input::Text | Input::Conll => SentenceFormat::Columns(ColumnFormat {
            tag: TagColumn::None,
            comments: args.comments,
            ..ColumnFormat::default()
        }),
        Input::Conllu => SentenceFormat::Conllu(column.unwrap_or(ConlluColumn::Upos)),
    };
    let mut tagging = Tagging {
        tagger,
        replaces: args.input == Input::Conllu && column.is_some(),
        output: args.format,
        out: match args.format {
            Output::Terminal => Box::new(anstream::stdout().lock()),
            Output::Conll | Output::Json => Box::new(BufWriter::new(std::io::stdout().lock())),
        },
        format: format.clone(),
        warned_of_mark: false,
    };
    match args.input {
        Input::Text => {
            let lines = TextLines::new(source, path);
            let mut sentences = Arrivals::new(TextSentences { lines, tokenizer });
            tagging.all(&mut sentences, Report::from)
        }
        Input::Conll | Input::Conllu => {
            let mut sentences = Arrivals::new(SentenceReader::new(source, path, format));
            tagging.all(&mut sentences, in_columns)?;
            let sentences = sentences.into_inner().expect("all sentences were read");
            // Comments behind the last sentence, and blank lines.
            if args.format == Output::Conll {
                sentences.write_trailing(&mut tagging.out)?;
            }
            tagging.out.flush()?;
            Ok(())
        }
    }
}

/// What `tag --format terminal` prints for lines of text, without colours.
pub fn example(tagger: &TrainedTagger, text: &str) -> Result<String, Report> {
    let mut out = anstream::StripStream::new(Vec::new());
    for line in text.lines() {
        let sentence = InputSentence::of_line(line, tagger.settings().tokenizer);
        let labels = tagger.tag_sentence(&sentence.tagged.words);
        view::write(&mut out, tagger.task(), &sentence, &labels)?;
    }
    Ok(String::from_utf8_lossy(&out.into_inner()).into_owned())
}

/// The column of CoNLL-U that the model's labels stand in, where it was trained on CoNLL-U. Runs of earlier versions say so
/// only in their config.
fn conllu_column(tagger: &TrainedTagger, config: &Config) -> Result<Option<ConlluColumn>, Report> {
    match &tagger.settings().column {
        Some(column) => Ok(Some(column.parse().map_err(Report::failure)?)),
        None => config.data.source.conllu_column(),
    }
}

/// A line of columns that is not as it should be, with what this program can do about it.
fn in_columns(error: SentenceError) -> Report {
    let comment = match &error {
        SentenceError::Line { problem, .. } => {
            matches!(**problem, SentenceProblem::LikelyComment { .. })
        }
        SentenceError::Read(_) => false,
    };
    let report = Report::from(error);
    match comment {
        true => report.with_help("to read such lines as comments, add `--comments`"),
        false => report,
    }
}

/// Sentences on their way from input to output.
struct Tagging {
    tagger: TrainedTagger,
    format: SentenceFormat,
    /// Whether labels replace those of the input's column.
    replaces: bool,
    output: Output,
    out: Box<dyn Write>,
    warned_of_mark: bool,
}

impl Tagging {
    /// Tags all sentences in order. What comes before an error is tagged and written all the same.
    fn all<I, S, E>(
        &mut self,
        sentences: &mut Arrivals<I>,
        report: impl Fn(E) -> Report,
    ) -> Result<(), Report>
    where
        I: Iterator<Item = Result<S, E>> + Send + 'static,
        S: Into<InputSentence> + Send,
        E: Send,
    {
        let mut waiting: Vec<InputSentence> = Vec::new();
        let mut words = 0;
        while let Some(sentence) = sentences.next() {
            match sentence {
                Ok(sentence) => {
                    let sentence = sentence.into();
                    words += sentence.tagged.len();
                    waiting.push(sentence);
                }
                Err(error) => {
                    self.write(&waiting)?;
                    return Err(report(error));
                }
            }
            let is_full = words >= MOST_WORDS || waiting.len() >= MOST_SENTENCES;
            if is_full || !sentences.is_near() {
                self.write(&waiting)?;
                waiting.clear();
                words = 0;
            }
        }
        self.write(&waiting)
    }

    fn write(&mut self, sentences: &[InputSentence]) -> Result<(), Report> {
        let words = sentences.iter().map(|s| s.tagged.words.as_slice());
        let labels = self.tagger.tag(&words.collect::<Vec<_>>());
        let mut words = sentences.iter().flat_map(|s| &s.tagged.words);
        if !self.warned_of_mark && words.any(|word| word.contains('\u{feff}')) {
            self.warned_of_mark = true;
            log::warn!(
                "a byte order mark inside the input: it is part of its word, as after files were put together; remove it"
            );
        }
        let (out, task) = (&mut self.out, self.tagger.task());
        for (sentence, labels) in sentences.iter().zip(&labels) {
            let tagged = &sentence.tagged;
            match self.output {
                Output::Conll if self.replaces => {
                    tagged.write_with_tags(out, &self.format, labels)?
                }
                Output::Conll => tagged.write_with_column(out, &self.format, labels)?,
                Output::Json => json::write(out, task, sentence, labels)?,
                Output::Terminal => view::write(out, task, sentence, labels)?,
            }
        }
        self.out.flush()?;
        Ok(())
    }
}
