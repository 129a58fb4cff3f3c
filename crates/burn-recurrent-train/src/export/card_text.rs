//! What a person adds to a model's card.

use std::str::FromStr;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{ModelCard, ModelExport};
use crate::report::Report;
use crate::run_directory::RunDirectory;

/// What a person adds to a model's card.
#[derive(Debug, Clone, Default, Args)]
pub struct CardText {
    /// An input that stands on the model's card with what the exported model makes of it; may be repeated
    #[arg(long, value_name = "TEXT")]
    pub example: Vec<String>,
    /// What has been published beside a figure of the card, as in `--published "test_f1: 94.13 (Huang et al. 2015)"`; may be
    /// repeated
    #[arg(long, value_name = "FIGURE: TEXT")]
    pub published: Vec<Published>,
    /// A remark for the card; may be repeated
    #[arg(long, value_name = "TEXT")]
    pub note: Vec<String>,
}

/// A published figure beside one of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The name of the card's figure, such as `test_f1`.
    pub figure: String,
    /// The published one, and whose it is.
    pub text: String,
}

impl FromStr for Published {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (figure, text) = text
            .split_once(':')
            .map(|(figure, text)| (figure.trim(), text.trim()))
            .filter(|(figure, text)| !figure.is_empty() && !text.is_empty())
            .ok_or("expected a figure's name, a colon and what has been published")?;
        Ok(Self {
            // As it is in `zoo.json`, also where it is given as the card shows it.
            figure: figure.replace(' ', "_"),
            text: text.to_string(),
        })
    }
}

/// An input, and what the model made of it when the card was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardExample {
    /// The input.
    pub input: String,
    /// What the model made of it.
    pub output: String,
}

impl CardText {
    /// A card with this text and no other; the examples' outputs are those of the model in the folder.
    pub(super) fn on<X: ModelExport>(
        &self,
        mut card: ModelCard,
        exported: &RunDirectory,
        config: &X::Config,
    ) -> Result<ModelCard, Report> {
        card.published.clear();
        for Published { figure, text } in &self.published {
            if !card.figures.contains_key(figure) {
                let known: Vec<&str> = card.figures.keys().map(String::as_str).collect();
                let message = format!("the card has no figure `{figure}` to be published beside");
                let help = format!("its figures are {}", known.join(", "));
                return Err(Report::usage(message).with_help(help));
            }
            card.published.insert(figure.clone(), text.clone());
        }
        card.notes.clone_from(&self.note);
        let outputs = match self.example.is_empty() {
            true => Vec::new(),
            false => X::outputs(exported, config, &self.example)?,
        };
        let examples = self.example.iter().cloned().zip(outputs);
        card.examples = examples
            .map(|(input, output)| CardExample { input, output })
            .collect();
        Ok(card)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_figure_is_a_name_and_a_text() {
        let published: Published = "test f1: 94.13: Huang".parse().unwrap();
        assert_eq!(
            (published.figure.as_str(), published.text.as_str()),
            ("test_f1", "94.13: Huang")
        );
        for wrong in ["94.13", ": 94.13", "test_f1:", "test_f1: "] {
            let error = wrong.parse::<Published>().unwrap_err();
            assert!(error.contains("a colon"), "{wrong}: {error}");
        }
    }
}
