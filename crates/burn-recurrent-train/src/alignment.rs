//! Attention weights as a picture: which words of a sentence each word of its translation looked at.

use std::io;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::drawing::{shortened, tint};

/// More tokens than this on a side are too many to draw; the rest is left out, and the picture says so.
const MOST_TOKENS: usize = 120;
/// Longer tokens are cut.
const MOST_CHARACTERS: usize = 24;
/// Blue of Okabe and Ito (2008).
const COLOUR: RGBColor = RGBColor(0, 114, 178);
const LINE: RGBColor = RGBColor(224, 224, 224);
const MARGIN: i32 = 18;
const TITLE: i32 = 44;

/// Draws attention weights as SVG text: a column for each token of the sentence, a row for each token of its translation,
/// the darker the more weight, as in figure 3 of Bahdanau et al. 2015. Weights of 0.05 and more are written as percent.
///
/// `weights` is `[target.len()][source.len()]`, each from 0 to 1. Of more than 120 tokens on a side the first 120 are drawn.
///
/// # Errors
///
/// When the drawing library fails.
///
/// # Panics
///
/// If `weights` does not have a row for each target token and a column for each source token.
pub fn draw_alignment(
    title: &str,
    source: &[String],
    target: &[String],
    weights: &[Vec<f32>],
) -> io::Result<String> {
    assert!(
        weights.len() == target.len() && weights.iter().all(|row| row.len() == source.len()),
        "an alignment of {} source and {} target tokens has as many columns and rows, got {} rows of {:?}",
        source.len(),
        target.len(),
        weights.len(),
        weights.iter().map(Vec::len).collect::<Vec<_>>()
    );
    let alignment = Alignment::new(source, target, weights);
    let mut svg = String::new();
    alignment
        .draw(&mut svg, title)
        .map_err(|error| io::Error::other(error.to_string()))?;
    Ok(svg)
}

/// What is drawn, and how large.
struct Alignment<'a> {
    source: Vec<String>,
    target: Vec<String>,
    weights: &'a [Vec<f32>],
    /// The side of a cell.
    cell: i32,
    font: i32,
    /// What is not drawn.
    left_out: Option<String>,
}

impl<'a> Alignment<'a> {
    fn new(source: &[String], target: &[String], weights: &'a [Vec<f32>]) -> Self {
        let shown = |tokens: &[String]| {
            let tokens = tokens.iter().take(MOST_TOKENS);
            tokens
                .map(|token| shortened(token, MOST_CHARACTERS))
                .collect()
        };
        let (cell, font) = match source.len().max(target.len()) {
            0..=24 => (38, 14),
            25..=48 => (26, 11),
            _ => (18, 9),
        };
        let cut = source.len() > MOST_TOKENS || target.len() > MOST_TOKENS;
        Self {
            left_out: cut.then(|| {
                format!(
                    "the first {MOST_TOKENS} tokens of {} and {}",
                    source.len(),
                    target.len()
                )
            }),
            source: shown(source),
            target: shown(target),
            weights,
            cell,
            font,
        }
    }

    fn draw(&self, svg: &mut String, title: &str) -> Result<(), Box<dyn std::error::Error>> {
        let title = match &self.left_out {
            Some(left_out) => format!("{title} ({left_out})"),
            None => title.to_string(),
        };
        let (columns, rows) = (self.source.len() as i32, self.target.len() as i32);
        let (left, top) = (
            MARGIN + self.room(&self.target),
            MARGIN + TITLE + self.room(&self.source),
        );
        let width = left + columns * self.cell + MARGIN;
        let width = width.max(MARGIN * 2 + title.chars().count() as i32 * 11);
        let height = top + rows * self.cell + MARGIN;
        let root = SVGBackend::with_string(svg, (width as u32, height as u32)).into_drawing_area();
        root.fill(&WHITE)?;
        let text = |size: i32| TextStyle::from(("sans-serif", size).into_font());
        root.draw(&Text::new(title, (MARGIN, MARGIN), text(20)))?;
        let name = text(self.font + 2);
        for (number, token) in self.source.iter().enumerate() {
            let centre = left + number as i32 * self.cell + self.cell / 2;
            let place = Pos::new(HPos::Left, VPos::Center);
            let name = name.clone().pos(place).transform(FontTransform::Rotate270);
            root.draw(&Text::new(token.as_str(), (centre, top - 7), name))?;
        }
        for (number, token) in self.target.iter().enumerate() {
            let centre = top + number as i32 * self.cell + self.cell / 2;
            let name = name.clone().pos(Pos::new(HPos::Right, VPos::Center));
            root.draw(&Text::new(token.as_str(), (left - 7, centre), name))?;
        }
        for (row, weights) in self.weights.iter().take(self.target.len()).enumerate() {
            for (column, &weight) in weights.iter().take(self.source.len()).enumerate() {
                let corner = (
                    left + column as i32 * self.cell,
                    top + row as i32 * self.cell,
                );
                let opposite = (corner.0 + self.cell, corner.1 + self.cell);
                let area =
                    Rectangle::new([corner, opposite], tint(COLOUR, f64::from(weight)).filled());
                root.draw(&area)?;
                root.draw(&Rectangle::new([corner, opposite], LINE))?;
                if weight >= 0.05 && self.cell >= 26 {
                    let ink = if weight > 0.5 { WHITE } else { BLACK };
                    let centre = (corner.0 + self.cell / 2, corner.1 + self.cell / 2);
                    let number = ("sans-serif", self.font - 1).into_font().color(&ink);
                    let number = number.pos(Pos::new(HPos::Center, VPos::Center));
                    let percent = format!("{:.0}", 100.0 * weight);
                    root.draw(&Text::new(percent, centre, number))?;
                }
            }
        }
        root.present()?;
        Ok(())
    }

    /// How much room tokens take that stand beside or above their cells.
    fn room(&self, tokens: &[String]) -> i32 {
        let longest = tokens.iter().map(|token| token.chars().count()).max();
        // A sans-serif letter is on average a little over half as wide as it is high.
        longest.unwrap_or(0) as i32 * (self.font + 2) * 64 / 100 + 14
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(prefix: &str, number: usize) -> Vec<String> {
        (0..number).map(|n| format!("{prefix}{n}")).collect()
    }

    #[test]
    fn every_token_and_every_large_weight_is_in_the_picture() {
        let (source, target) = (tokens("<s>", 3), tokens("t&", 2));
        let weights = vec![vec![0.9, 0.08, 0.02], vec![0.0, 0.5, 0.5]];
        let svg = draw_alignment("de-en", &source, &target, &weights).unwrap();
        for text in ["&lt;s&gt;2", "t&amp;1", "de-en", "90", "8", "50"] {
            assert!(svg.contains(&format!("\n{text}\n")), "{text}: {svg}");
        }
        assert!(!svg.contains("\n2\n"), "{svg}");
        // The background, and an area and a frame for each cell.
        assert_eq!(svg.matches("<rect").count(), 1 + 2 * 6);
    }

    #[test]
    fn what_is_too_long_is_cut_and_said() {
        let (source, target) = (tokens("s", 500), tokens("t", 130));
        let weights = vec![vec![0.002; 500]; 130];
        let svg = draw_alignment("long", &source, &target, &weights).unwrap();
        assert!(svg.contains("the first 120 tokens of 500 and 130"));
        assert!(svg.contains("\ns119\n") && !svg.contains("\ns120\n"));
        assert!(draw_alignment("none", &[], &[], &[]).is_ok());
    }

    #[test]
    #[should_panic(expected = "2 source and 1 target tokens")]
    fn weights_of_other_sizes_are_refused() {
        let _ = draw_alignment("t", &tokens("s", 2), &tokens("t", 1), &[vec![1.0]]);
    }
}
