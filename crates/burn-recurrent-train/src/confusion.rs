//! A confusion matrix as a picture.

use std::io;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::drawing::{shortened, tint};

/// More labels than this are too small to read; the rarest are gathered in one row and column.
const MOST_LABELS: usize = 50;
/// Longer names of labels are cut.
const MOST_CHARACTERS: usize = 24;
/// Blue and vermilion of Okabe and Ito (2008), told apart by colour-blind readers.
const RIGHT: RGBColor = RGBColor(0, 114, 178);
const WRONG: RGBColor = RGBColor(213, 94, 0);
const LINE: RGBColor = RGBColor(205, 205, 205);
const MARGIN: i32 = 18;
const TITLE: i32 = 44;

/// Draws a confusion matrix as SVG text.
///
/// `counts[gold][predicted]` says how often the label `gold` was predicted as `predicted`, in the order of `labels`. A
/// cell's colour is its share of its row, blue where the prediction was right and orange where it was wrong, and its
/// number is the count. With more than 50 labels the rarest are one row and column, `other`.
///
/// # Errors
///
/// When the plotting library cannot draw.
///
/// # Panics
///
/// If `counts` does not have as many rows and columns as there are labels.
pub fn draw_confusion_matrix(
    title: &str,
    labels: &[String],
    counts: &[Vec<u64>],
) -> io::Result<String> {
    assert!(
        counts.len() == labels.len() && counts.iter().all(|row| row.len() == labels.len()),
        "a confusion matrix of {} labels has as many rows and columns, got {} rows of {:?}",
        labels.len(),
        counts.len(),
        counts.iter().map(Vec::len).collect::<Vec<_>>()
    );
    let matrix = Matrix::new(labels, counts);
    let mut svg = String::new();
    matrix
        .draw(&mut svg, title)
        .map_err(|error| io::Error::other(error.to_string()))?;
    Ok(svg)
}

/// What is drawn, and how large.
struct Matrix {
    labels: Vec<String>,
    counts: Vec<Vec<u64>>,
    /// The side of a cell.
    cell: i32,
    font: i32,
    /// The room for labels, left and above.
    names: i32,
}

impl Matrix {
    fn new(labels: &[String], counts: &[Vec<u64>]) -> Self {
        let (labels, counts) = gather(labels, counts);
        let (cell, font) = match labels.len() {
            0..=12 => (56, 15),
            13..=24 => (40, 13),
            _ => (30, 11),
        };
        let longest = labels.iter().map(|label| label.chars().count()).max();
        // A sans-serif letter is on average a little over half as wide as it is high.
        let names = longest.unwrap_or(0) as i32 * (font + 2) * 64 / 100 + 14;
        Self {
            labels,
            counts,
            cell,
            font,
            names,
        }
    }

    fn draw(&self, svg: &mut String, title: &str) -> Result<(), Box<dyn std::error::Error>> {
        let side = self.labels.len() as i32 * self.cell;
        let (left, top) = (MARGIN + 26 + self.names, MARGIN + TITLE + 22 + self.names);
        let width = (left + side + MARGIN).max(MARGIN * 2 + title.chars().count() as i32 * 11);
        let height = top + side + MARGIN;
        let root = SVGBackend::with_string(svg, (width.max(420) as u32, height as u32))
            .into_drawing_area();
        root.fill(&WHITE)?;
        let text = |size: i32| TextStyle::from(("sans-serif", size).into_font());
        let at = |h, v| Pos::new(h, v);
        root.draw(&Text::new(title, (MARGIN, MARGIN), text(22)))?;
        let middle = side / 2;
        root.draw(&Text::new(
            "predicted",
            (left + middle, MARGIN + TITLE),
            text(16).pos(at(HPos::Center, VPos::Center)),
        ))?;
        root.draw(&Text::new(
            "gold",
            (MARGIN, top + middle),
            text(16)
                .pos(at(HPos::Center, VPos::Top))
                .transform(FontTransform::Rotate270),
        ))?;
        for (number, label) in self.labels.iter().enumerate() {
            let centre = number as i32 * self.cell + self.cell / 2;
            let name = text(self.font + 2);
            root.draw(&Text::new(
                label.as_str(),
                (left - 7, top + centre),
                name.clone().pos(at(HPos::Right, VPos::Center)),
            ))?;
            root.draw(&Text::new(
                label.as_str(),
                (left + centre, top - 7),
                name.pos(at(HPos::Left, VPos::Center))
                    .transform(FontTransform::Rotate270),
            ))?;
        }
        self.draw_cells(&root, left, top)?;
        root.present()?;
        Ok(())
    }

    fn draw_cells(
        &self,
        root: &DrawingArea<SVGBackend<'_>, Shift>,
        left: i32,
        top: i32,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let side = self.labels.len() as i32 * self.cell;
        for (gold, row) in self.counts.iter().enumerate() {
            let total: u64 = row.iter().sum();
            for (predicted, &count) in row.iter().enumerate().filter(|(_, count)| **count > 0) {
                let x = left + predicted as i32 * self.cell;
                let y = top + gold as i32 * self.cell;
                let colour = if gold == predicted { RIGHT } else { WRONG };
                // A hundredth of a row is still to be seen, hence the root.
                let strength = (count as f64 / total as f64).sqrt();
                root.draw(&Rectangle::new(
                    [(x, y), (x + self.cell, y + self.cell)],
                    tint(colour, strength).filled(),
                ))?;
                let ink = if strength > 0.7 { WHITE } else { BLACK };
                root.draw(&Text::new(
                    abbreviated(count),
                    (x + self.cell / 2, y + self.cell / 2),
                    ("sans-serif", self.font)
                        .into_font()
                        .color(&ink)
                        .pos(Pos::new(HPos::Center, VPos::Center)),
                ))?;
            }
        }
        for number in 0..=self.labels.len() as i32 {
            let offset = number * self.cell;
            for line in [
                [(left, top + offset), (left + side, top + offset)],
                [(left + offset, top), (left + offset, top + side)],
            ] {
                root.draw(&PathElement::new(line, LINE))?;
            }
        }
        Ok(())
    }
}

/// The labels as they are drawn: short enough, and not too many.
fn gather(labels: &[String], counts: &[Vec<u64>]) -> (Vec<String>, Vec<Vec<u64>>) {
    let short = |label: &String| shortened(label, MOST_CHARACTERS);
    let number = labels.len();
    if number <= MOST_LABELS {
        return (labels.iter().map(short).collect(), counts.to_vec());
    }
    let weight = |label: usize| {
        let column: u64 = counts.iter().map(|row| row[label]).sum();
        counts[label].iter().sum::<u64>() + column
    };
    let mut order: Vec<usize> = (0..number).collect();
    order.sort_by_key(|label| std::cmp::Reverse(weight(*label)));
    order.truncate(MOST_LABELS - 1);
    order.sort_unstable();
    let mut place = vec![MOST_LABELS - 1; number];
    for (position, label) in order.iter().enumerate() {
        place[*label] = position;
    }
    let mut gathered = vec![vec![0; MOST_LABELS]; MOST_LABELS];
    for (gold, row) in counts.iter().enumerate() {
        for (predicted, count) in row.iter().enumerate() {
            gathered[place[gold]][place[predicted]] += count;
        }
    }
    let names = order.iter().map(|label| short(&labels[*label]));
    (names.chain(["other".to_string()]).collect(), gathered)
}

/// At most four characters.
fn abbreviated(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..9_950 => format!("{:.1}k", count as f64 / 1e3),
        9_950..999_500 => format!("{:.0}k", count as f64 / 1e3),
        _ => format!("{:.0}M", count as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(number: usize) -> (Vec<String>, Vec<Vec<u64>>) {
        let labels = (0..number).map(|label| format!("LABEL-{label}")).collect();
        let cell = |gold: usize, predicted: usize| match gold.abs_diff(predicted) {
            0 => 40 * (gold as u64 + 1) * (gold as u64 + 1),
            1 => 7 + gold as u64,
            distance if distance % 5 == 0 => 1,
            _ => 0,
        };
        let row = |gold| (0..number).map(|predicted| cell(gold, predicted)).collect();
        (labels, (0..number).map(row).collect())
    }

    #[test]
    fn every_label_and_count_is_in_the_picture() {
        for number in [1, 2, 17, 50] {
            let (labels, counts) = matrix(number);
            let svg = draw_confusion_matrix("UPOS", &labels, &counts).unwrap();
            assert!(svg.ends_with("</svg>\n"));
            for label in &labels {
                assert_eq!(svg.matches(&format!("\n{label}\n")).count(), 2, "{label}");
            }
            let shown = counts.iter().flatten().filter(|count| **count > 0).count();
            // A title, the names of the axes, and two names a label.
            assert_eq!(svg.matches("<text").count(), 3 + 2 * number + shown);
            // For a person to look at: `CURVES_TO=DIR cargo test`.
            if let Some(folder) = std::env::var_os("CURVES_TO") {
                let name = format!("confusion-{number}.svg");
                std::fs::write(std::path::Path::new(&folder).join(name), svg).unwrap();
            }
        }
    }

    #[test]
    fn the_rarest_of_too_many_labels_are_gathered_and_no_count_is_lost() {
        let (labels, counts) = matrix(80);
        let (names, gathered) = gather(&labels, &counts);
        assert_eq!(names.len(), 50);
        assert_eq!(names[49], "other");
        // The frequent ones are the last in this matrix.
        assert_eq!(names[0], "LABEL-31");
        let sum = |counts: &[Vec<u64>]| counts.iter().flatten().sum::<u64>();
        assert_eq!(sum(&gathered), sum(&counts));
        let own: u64 = counts[31..].iter().map(|row| row[40]).sum();
        let column: u64 = gathered[..49].iter().map(|row| row[9]).sum();
        assert_eq!(own, column);
    }

    #[test]
    fn counts_and_names_are_short_and_names_may_be_anything() {
        let shown = [999, 1_000, 9_949, 9_950, 123_456, 999_499, 4_000_000].map(abbreviated);
        assert_eq!(shown, ["999", "1.0k", "9.9k", "10k", "123k", "999k", "4M"]);
        let labels = vec!["<&\"ü>".to_string(), "long".repeat(20)];
        let svg = draw_confusion_matrix("<&>", &labels, &[vec![1, 0], vec![0, 0]]).unwrap();
        assert!(svg.contains("&lt;&amp;") && svg.contains("longlonglonglonglonglong…"));
        assert!(draw_confusion_matrix("none", &[], &[]).is_ok());
    }

    #[test]
    #[should_panic(expected = "2 labels")]
    fn a_matrix_that_is_not_square_is_refused() {
        let labels = vec!["a".to_string(), "b".to_string()];
        let _ = draw_confusion_matrix("t", &labels, &[vec![1], vec![1]]);
    }
}
