//! The picture of one length: gradients before training, after it, and the errors.

use crate::adding::BASELINE;
use crate::panel::{Entry, Line, Panel, draw as draw_panels};
use crate::study::{Flow, Study};
use plotters::style::RGBColor;

/// Norms below this are not drawn: a line that ends there has vanished.
const VANISHED: f64 = 1e-30;
/// Norms above this are drawn as this.
const EXPLODED: f64 = 1e10;
const GREY: RGBColor = RGBColor(140, 140, 140);

/// Draws the picture as SVG text.
pub fn draw(length: usize, studies: &[Study]) -> Result<String, Box<dyn std::error::Error>> {
    let before = gradients("Before training", studies, |study| &study.before);
    let after = gradients("After training", studies, |study| &study.after);
    draw_panels(&[before, after, errors(studies)], &legend(length, studies))
}

fn gradients(caption: &str, studies: &[Study], flow: impl Fn(&Study) -> &Flow) -> Panel {
    let lines = studies.iter().flat_map(|study| {
        let colour = study.architecture.colour();
        let parts = flow(study).iter().zip([false, true]);
        parts.map(move |(norms, dashed)| {
            let points = (0..).map(f64::from).zip(norms.iter().copied());
            Line {
                // Nothing reads the last memory cell.
                points: points.skip(usize::from(dashed)).collect(),
                colour,
                dashed,
            }
        })
    });
    Panel {
        caption: caption.to_string(),
        x: "steps before the end",
        y: "norm of the gradient",
        lowest: VANISHED,
        highest: EXPLODED,
        lines: lines.collect(),
    }
}

fn errors(studies: &[Study]) -> Panel {
    let mut lines: Vec<Line> = studies.iter().map(error).collect();
    let points = lines.iter().flat_map(|line| &line.points);
    let end = points.map(|(step, _)| *step).fold(0.0, f64::max);
    lines.push(Line {
        points: vec![(0.0, BASELINE), (end, BASELINE)],
        colour: GREY,
        dashed: true,
    });
    Panel {
        caption: "Error on unseen sequences".to_string(),
        x: "steps of training",
        y: "mean squared error",
        lowest: 1e-5,
        highest: 10.0,
        lines,
    }
}

fn error(study: &Study) -> Line {
    let points = study.errors.iter();
    Line {
        points: points.map(|(step, error)| (*step as f64, *error)).collect(),
        colour: study.architecture.colour(),
        dashed: false,
    }
}

fn legend(length: usize, studies: &[Study]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = vec![(format!("Adding problem, length {length}"), None)];
    for study in studies {
        let architecture = study.architecture;
        entries.push((
            architecture.name().to_string(),
            Some((architecture.colour(), false)),
        ));
    }
    let memory = studies.iter().find(|study| study.before.len() > 1);
    if let Some(study) = memory {
        let mark = Some((study.architecture.colour(), true));
        entries.push(("an LSTM's memory cells".to_string(), mark));
    }
    entries.push(("always answering 1".to_string(), Some((GREY, true))));
    entries
}
