//! `translate`: lines of text into lines of another language, as they come.

use crate::config::RECIPE;
use crate::progress::TranslationProgress;
use crate::trained;
use burn_recurrent_datasets::{TextLines, TextSource, open_text};
use burn_recurrent_models::BeamConfig;
use burn_recurrent_train::{Arrivals, Report, default_device, draw_alignment};
use burn_recurrent_zoo::{TrainedTranslator, Translation};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{BufReader, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Lines are translated together up to so many: this bounds the memory, and is enough to sort by length.
const MOST_LINES: usize = 1_000;
/// And up to so many bytes of them, whatever the number: lines may be long.
const MOST_BYTES: usize = 1 << 20;

/// So many tokens that are not in the vocabulary are kept: one more than are named, to know whether there are others.
const MOST_UNKNOWN: usize = 6;

const STANDARD_INPUT: &str = "standard input";

/// How translations are searched for, on the command line.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// How many hypotheses are followed; 1 is greedy search
    #[arg(long, value_name = "N")]
    beam: Option<usize>,
    /// The exponent of the length normalisation (Wu et al. 2016): 0 prefers short translations
    #[arg(long, value_name = "ALPHA")]
    length_penalty: Option<f64>,
    /// The weight of the coverage penalty (Wu et al. 2016), for models with attention
    #[arg(long, value_name = "BETA")]
    coverage_penalty: Option<f64>,
}

impl SearchArgs {
    /// A translator that searches as the command line says, where it says something: in any case with as many hypotheses
    /// as translations are asked for.
    pub fn apply(
        &self,
        translator: TrainedTranslator,
        nbest: usize,
    ) -> Result<TrainedTranslator, Report> {
        let mut search = translator.search().clone();
        if let Some(beam) = self.beam {
            search.beam = within("--beam", beam)
                .map_err(|report| report.with_help("5 is usual; 1 is the fastest"))?;
            if nbest > beam {
                return Err(Report::usage(format!(
                    "`--nbest` must be from 1 to the number of hypotheses that are followed, {beam}, got {nbest}"
                ))
                .with_help("raise `--beam`"));
            }
        }
        search.beam = search.beam.max(nbest);
        for (penalty, value) in [
            (&mut search.length_penalty, self.length_penalty),
            (&mut search.coverage_penalty, self.coverage_penalty),
        ] {
            *penalty = value.unwrap_or(*penalty);
        }
        let searching = translator.with_search(search);
        searching.map_err(|error| Report::from(error).with_exit_code(2))
    }
}

/// A number of hypotheses or translations, as an option gives it.
fn within(option: &str, number: usize) -> Result<usize, Report> {
    let most = BeamConfig::MOST;
    match (1..=most).contains(&number) {
        true => Ok(number),
        false => Err(Report::usage(format!(
            "`{option}` must be from 1 to {most}, got {number}"
        ))),
    }
}

/// The arguments of `translate`.
#[derive(Debug, Args)]
pub struct TranslateArgs {
    /// The run directory of the model, or the name of one that `models` lists
    #[arg(long, value_name = "MODEL")]
    model: PathBuf,
    /// What to translate, a sentence a line; without it, standard input
    file: Option<PathBuf>,
    #[command(flatten)]
    search: SearchArgs,
    /// Write the N best translations of each line, as `line ||| translation ||| score`
    #[arg(long, value_name = "N")]
    nbest: Option<usize>,
    /// Put the source word with the most attention in place of each word that reads `<unk>`
    #[arg(long)]
    replace_unknown: bool,
    /// Draw which source words each word of the translation looked at, as SVG; of several lines the first that has words
    #[arg(long, value_name = "FILE.svg")]
    attention: Option<PathBuf>,
    /// Write a line of JSON for each line: its translations with tokens and scores
    #[arg(long)]
    json: bool,
}

pub fn translate(args: &TranslateArgs) -> Result<(), Report> {
    let run = RECIPE.open_model(&args.model)?;
    let translator = trained::load(&run, &default_device()?)?;
    let nbest = within("--nbest", args.nbest.unwrap_or(1))?;
    let translator = args.search.apply(translator, nbest)?;
    for (asked, option) in [
        (args.attention.is_some(), "--attention"),
        (args.replace_unknown, "--replace-unknown"),
    ] {
        if asked && !translator.has_attention() {
            let message = format!("this model has no attention, which `{option}` needs");
            return Err(Report::usage(message));
        }
    }
    let (source, path): (TextSource, PathBuf) = match &args.file {
        Some(path) => (open_text(path)?, path.clone()),
        None => {
            let input = BufReader::with_capacity(1 << 16, std::io::stdin());
            (Box::new(input), STANDARD_INPUT.into())
        }
    };
    let typed = args.file.is_none() && std::io::stdin().is_terminal();
    if typed {
        eprintln!("a sentence a line, then Ctrl-D:");
    }
    let translating = Translating {
        translator: translator.with_replace_unknown(args.replace_unknown),
        nbest,
        listed: args.nbest.is_some(),
        json: args.json,
        attention: args.attention.clone(),
        drawn: false,
        typed,
        out: BufWriter::new(std::io::stdout().lock()),
        progress: TranslationProgress::new(!typed),
        line: 0,
        unknown: BTreeSet::new(),
    };
    translating.all(TextLines::new(source, path))
}

/// Lines on their way from input to output.
struct Translating<W: Write> {
    translator: TrainedTranslator,
    nbest: usize,
    /// Whether translations stand in a list with numbers and scores.
    listed: bool,
    json: bool,
    attention: Option<PathBuf>,
    /// Whether an alignment was drawn.
    drawn: bool,
    /// Whether a person types the lines.
    typed: bool,
    out: BufWriter<W>,
    progress: TranslationProgress,
    /// How many lines were written.
    line: usize,
    /// The tokens that the model does not know, up to [`MOST_UNKNOWN`].
    unknown: BTreeSet<String>,
}

/// A line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    line: usize,
    source: &'a str,
    translations: &'a [Translation],
}

impl<W: Write> Translating<W> {
    /// Translates all lines in order. What comes before an error is translated and written all the same.
    fn all(mut self, mut lines: TextLines<TextSource>) -> Result<(), Report> {
        let mut waiting: Vec<String> = Vec::new();
        let mut bytes = 0;
        let next = move || Some(lines.next_line().transpose()?.map(str::to_string));
        let mut lines = Arrivals::new(std::iter::from_fn(next));
        let read = loop {
            match lines.next() {
                Some(Ok(line)) => {
                    bytes += line.len();
                    waiting.push(line);
                }
                Some(Err(error)) => break Err(error),
                None => break Ok(()),
            }
            let is_full = waiting.len() >= MOST_LINES || bytes >= MOST_BYTES;
            if is_full || !lines.is_near() {
                self.write(&waiting)?;
                waiting.clear();
                bytes = 0;
            }
        };
        self.write(&waiting)?;
        self.progress.finish();
        self.warn_of_unknown();
        read?;
        match &self.attention {
            Some(path) if !self.drawn => Err(Report::failure(format!(
                "{} was not written: no line has words and is translated in one piece",
                path.display()
            ))),
            _ => Ok(()),
        }
    }

    /// Says which tokens the model has read as `<unk>`.
    fn warn_of_unknown(&mut self) {
        let unknown = std::mem::take(&mut self.unknown);
        let shown = unknown.iter().take(MOST_UNKNOWN - 1);
        let shown: Vec<String> = shown.map(|token| format!("{token:?}")).collect();
        let others = match unknown.len() < MOST_UNKNOWN {
            true => "",
            false => " and others",
        };
        if !shown.is_empty() {
            log::warn!(
                "{}{others} not in the source's vocabulary, read as <unk>",
                shown.join(", ")
            );
        }
    }

    fn write(&mut self, lines: &[String]) -> Result<(), Report> {
        for line in lines {
            if self.unknown.len() < MOST_UNKNOWN {
                self.unknown.extend(self.translator.unknown_tokens(line));
            }
        }
        let progress = &self.progress;
        let translations = self
            .translator
            .translate_nbest(lines, self.nbest, |done| progress.add(done));
        for (source, translations) in lines.iter().zip(&translations) {
            self.line += 1;
            if self.json {
                let line = Line {
                    line: self.line,
                    source,
                    translations,
                };
                serde_json::to_writer(&mut self.out, &line).map_err(std::io::Error::from)?;
                writeln!(self.out)?;
                continue;
            }
            for translation in translations {
                match self.listed {
                    true => writeln!(
                        self.out,
                        "{} ||| {} ||| {:.4}",
                        self.line, translation.text, translation.score
                    )?,
                    false => writeln!(self.out, "{}", translation.text)?,
                }
            }
        }
        self.out.flush()?;
        if self.typed {
            self.warn_of_unknown();
        }
        let Some(path) = &self.attention else {
            return Ok(());
        };
        for best in translations.iter().filter_map(|of_line| of_line.first()) {
            // One line is drawn, and on a terminal each, as it is typed.
            if let Some(attention) = &best.attention
                && (!self.drawn || self.typed)
            {
                draw(path, best, attention)?;
                self.drawn = true;
            }
        }
        Ok(())
    }
}

fn draw(path: &Path, translation: &Translation, attention: &[Vec<f32>]) -> Result<(), Report> {
    // The marks by which words are joined again are for the tokeniser, and few fonts have them.
    let label = |token: &String| token.replace('￭', "");
    let labels = |tokens: &[String]| tokens.iter().map(label).collect::<Vec<_>>();
    let (source, target) = (
        labels(&translation.source_tokens),
        labels(&translation.tokens),
    );
    let picture = draw_alignment("attention", &source, &target, attention)?;
    burn_recurrent_files::write_atomically(path, picture.as_bytes())
        .map_err(|error| Report::failure(format!("cannot write {}: {error}", path.display())))
}
