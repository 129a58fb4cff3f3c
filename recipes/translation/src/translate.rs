//! `translate`: lines of text into lines of another language, as they come.

use crate::config::RECIPE;
use crate::progress::TranslationProgress;
use crate::trained;
use burn_recurrent_datasets::{TextLines, TextSource, open_text};
use burn_recurrent_models::BeamConfig;
use burn_recurrent_train::{Report, RunDirectory, default_device, draw_alignment};
use burn_recurrent_zoo::{TrainedTranslator, Translation};
use clap::Args;
use serde::Serialize;
use std::io::{BufReader, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

/// Lines are translated together up to so many: this bounds the memory, and is enough to sort by length.
const MOST_LINES: usize = 1_000;
/// The most hypotheses that are followed for a sentence; more take memory and make translations worse.
const MOST_BEAMS: usize = 1_000;

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
    /// A config with what the command line says in place of its own.
    pub fn apply(&self, mut config: BeamConfig) -> Result<BeamConfig, Report> {
        if let Some(beam) = self.beam {
            if !(1..=MOST_BEAMS).contains(&beam) {
                return Err(Report::usage(format!(
                    "`--beam` must be from 1 to {MOST_BEAMS}, got {beam}"
                ))
                .with_help("5 is usual; 1 is the fastest"));
            }
            config.beam = beam;
        }
        if let Some(alpha) = self.length_penalty {
            config.length_penalty = alpha;
        }
        if let Some(beta) = self.coverage_penalty {
            config.coverage_penalty = beta;
        }
        config.validate()?;
        Ok(config)
    }
}

/// The arguments of `translate`.
#[derive(Debug, Args)]
pub struct TranslateArgs {
    /// The run directory of the model
    #[arg(long, value_name = "DIR")]
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
    /// Draw which source words each word of the translation looked at, as SVG; of several lines the first
    #[arg(long, value_name = "FILE.svg")]
    attention: Option<PathBuf>,
    /// Write a line of JSON for each line: its translations with tokens and scores
    #[arg(long)]
    json: bool,
}

pub fn translate(args: &TranslateArgs) -> Result<(), Report> {
    let run = RunDirectory::open(RECIPE.name, &args.model)?;
    let translator = trained::load(&run, &default_device()?)?;
    let mut search = translator.search().clone();
    if let (Some(nbest), None) = (args.nbest, args.search.beam) {
        search.beam = search.beam.max(nbest.min(MOST_BEAMS));
    }
    let search = args.search.apply(search)?;
    let nbest = args.nbest.unwrap_or(1);
    if !(1..=search.beam).contains(&nbest) {
        return Err(Report::usage(format!(
            "`--nbest` must be from 1 to the number of hypotheses that are followed, {}, got {nbest}",
            search.beam
        ))
        .with_help("raise `--beam`"));
    }
    if args.attention.is_some() && !translator.has_attention() {
        return Err(Report::usage("this model has no attention to draw"));
    }
    let (source, path): (TextSource, PathBuf) = match &args.file {
        Some(path) => (open_text(path)?, path.clone()),
        None => {
            let input = BufReader::with_capacity(1 << 16, std::io::stdin());
            (Box::new(input), STANDARD_INPUT.into())
        }
    };
    // A person waits for each sentence's translation.
    let typed = args.file.is_none() && std::io::stdin().is_terminal();
    if typed {
        eprintln!("a sentence a line, then Ctrl-D:");
    }
    let translating = Translating {
        translator: translator
            .with_search(search)?
            .with_replace_unknown(args.replace_unknown),
        nbest,
        listed: args.nbest.is_some(),
        json: args.json,
        attention: args.attention.clone(),
        most_lines: if typed { 1 } else { MOST_LINES },
        out: BufWriter::new(std::io::stdout().lock()),
        progress: TranslationProgress::new(!typed),
        line: 0,
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
    most_lines: usize,
    out: BufWriter<W>,
    progress: TranslationProgress,
    /// How many lines were written.
    line: usize,
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
        loop {
            match lines.next_line() {
                Ok(Some(line)) => waiting.push(line.to_string()),
                Ok(None) => break,
                Err(error) => {
                    self.write(&waiting)?;
                    return Err(error.into());
                }
            }
            if waiting.len() >= self.most_lines {
                self.write(&waiting)?;
                waiting.clear();
            }
        }
        self.write(&waiting)?;
        self.progress.finish();
        Ok(())
    }

    fn write(&mut self, lines: &[String]) -> Result<(), Report> {
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
        if let (Some(path), Some(translations)) = (&self.attention, translations.first()) {
            draw(path, &translations[0])?;
            // The first line is drawn, and on a terminal each, as it is typed.
            if self.most_lines > 1 {
                self.attention = None;
            }
        }
        Ok(())
    }
}

fn draw(path: &std::path::Path, translation: &Translation) -> Result<(), Report> {
    let Some(attention) = &translation.attention else {
        return Ok(());
    };
    let (source, target) = (&translation.source_tokens, &translation.tokens);
    let picture = draw_alignment("attention", source, target, attention)?;
    burn_recurrent_files::write_atomically(path, picture.as_bytes())
        .map_err(|error| Report::failure(format!("cannot write {}: {error}", path.display())))
}
