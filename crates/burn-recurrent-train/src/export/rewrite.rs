//! `card`: the card of a model that is exported already, written again.

use std::path::PathBuf;

use clap::Args;

use super::{CardText, ModelCard, ModelExport};
use crate::report::Report;

/// The arguments of `card`.
#[derive(Debug, Clone, Args)]
pub struct CardArgs {
    /// The folder of an exported model, or the name of one that `models` lists
    #[arg(long, value_name = "MODEL")]
    pub model: PathBuf,
    /// What a person adds to it, in place of what was added before.
    #[command(flatten)]
    pub text: CardText,
}

impl CardArgs {
    /// Writes `zoo.json` and `README.md` of an exported model again. Figures, data and training stay as they are in
    /// `zoo.json`; examples, published figures and notes are those of the arguments and no others, and what the model does and how
    /// it is used is as the recipe says now.
    ///
    /// # Errors
    ///
    /// When it is no exported model of the recipe, a published figure is of none of its figures, an example cannot be made, or
    /// a file not be written.
    pub fn rewrite<X: ModelExport>(&self) -> Result<ModelCard, Report> {
        let exported = X::RECIPE.open_model(&self.model)?;
        let config: X::Config = exported.config()?;
        let before = ModelCard::read(&exported)?;
        let facts = X::facts(&config);
        let card = self
            .text
            .on::<X>(before.clone().with_facts(facts), &exported, &config)?;
        card.write(&exported)?;
        for (what, before, after) in [
            ("examples", before.examples.len(), card.examples.len()),
            (
                "published figures",
                before.published.len(),
                card.published.len(),
            ),
            ("notes", before.notes.len(), card.notes.len()),
        ] {
            if before > 0 {
                eprintln!("{what} on the card: {after}, in place of {before}");
            }
        }
        eprintln!("written to {}", exported.path().display());
        Ok(card)
    }
}
