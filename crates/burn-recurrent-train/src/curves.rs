//! `curves.svg`: training and validation over the epochs.

use plotters::coord::Shift;
use plotters::coord::combinators::BindKeyPoints;
use plotters::prelude::*;

use crate::{EpochRecord, MonitorConfig};

const WIDTH: u32 = 900;
const HEIGHT: u32 = 540;
/// The colours of Okabe and Ito (2008), told apart by colour-blind readers and in print. Training is the first,
/// validation the second; the recipe's own figures have the others.
const TRAINING: RGBColor = RGBColor(0, 114, 178);
const VALIDATION: RGBColor = RGBColor(213, 94, 0);
const FIGURES: [RGBColor; 4] = [
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
];

/// The most labels of the upright axis.
const LABELS: usize = 10;

/// Values above this are drawn as this: a diverged run must not stretch the axis beyond what can be divided.
const CEILING: f64 = 1e9;

/// Draws the curves as SVG text: the losses, and below them the recipe's own figures where it has any.
///
/// Where the first epoch's loss is at least one nat a token, perplexity says more than the loss, and its range calls
/// for a logarithmic axis; below that the loss itself is drawn on a linear one.
pub(crate) fn draw_curves(
    history: &[EpochRecord],
    monitor: &MonitorConfig,
) -> Result<String, String> {
    let mut svg = String::new();
    draw(&mut svg, history, monitor).map_err(|error| error.to_string())?;
    Ok(svg)
}

/// One chart of the picture.
struct Panel {
    caption: &'static str,
    axis: &'static str,
    logarithmic: bool,
    curves: Vec<Curve>,
    legend: SeriesLabelPosition,
    epochs: usize,
}

struct Curve {
    name: String,
    colour: RGBColor,
    points: Vec<(f64, f64)>,
    /// The best epoch's point, on the curve that chose it.
    best: Option<(f64, f64)>,
}

impl Curve {
    fn new(
        name: &str,
        colour: RGBColor,
        history: &[EpochRecord],
        value: impl Fn(&EpochRecord) -> Option<f64>,
        chooses: bool,
    ) -> Self {
        let point = |record: &EpochRecord| {
            value(record).map(|value| (record.epoch as f64, value.clamp(-CEILING, CEILING)))
        };
        Self {
            name: name.to_string(),
            colour,
            points: history.iter().filter_map(point).collect(),
            best: history
                .iter()
                .rfind(|record| chooses && record.best)
                .and_then(point),
        }
    }
}

fn draw(
    svg: &mut String,
    history: &[EpochRecord],
    monitor: &MonitorConfig,
) -> Result<(), Box<dyn std::error::Error>> {
    let losses = losses(history, monitor);
    match figures(history, monitor) {
        None => {
            let root = SVGBackend::with_string(svg, (WIDTH, HEIGHT)).into_drawing_area();
            root.fill(&WHITE)?;
            losses.draw(&root)?;
            root.present()?;
        }
        Some(figures) => {
            let root = SVGBackend::with_string(svg, (WIDTH, 2 * HEIGHT)).into_drawing_area();
            root.fill(&WHITE)?;
            let (above, below) = root.split_vertically(HEIGHT);
            losses.draw(&above)?;
            figures.draw(&below)?;
            root.present()?;
        }
    }
    Ok(())
}

fn losses(history: &[EpochRecord], monitor: &MonitorConfig) -> Panel {
    let as_perplexity = history
        .first()
        .is_some_and(|record| record.valid_nats_per_token >= 1.0);
    let either = |nats: f64, perplexity: f64| Some(if as_perplexity { perplexity } else { nats });
    let training =
        |record: &EpochRecord| either(record.train_nats_per_token, record.train_perplexity);
    let validation =
        |record: &EpochRecord| either(record.valid_nats_per_token, record.valid_perplexity);
    Panel {
        caption: if as_perplexity {
            "Perplexity by epoch"
        } else {
            "Loss by epoch"
        },
        axis: if as_perplexity {
            "perplexity (log scale)"
        } else {
            "nats per token"
        },
        logarithmic: as_perplexity,
        curves: vec![
            Curve::new("training", TRAINING, history, training, false),
            Curve::new(
                "validation",
                VALIDATION,
                history,
                validation,
                monitor.is_loss(),
            ),
        ],
        legend: SeriesLabelPosition::UpperRight,
        epochs: history.len(),
    }
}

/// The recipe's own figures; `None` where it has none.
fn figures(history: &[EpochRecord], monitor: &MonitorConfig) -> Option<Panel> {
    let names = history.first()?.valid_metrics.keys();
    let curves: Vec<Curve> = names
        .zip(FIGURES.into_iter().cycle())
        .map(|(name, colour)| {
            let value = |record: &EpochRecord| record.valid_metrics.get(name).copied();
            let shown = name.trim_start_matches("valid_").replace('_', " ");
            Curve::new(&shown, colour, history, value, *name == monitor.metric)
        })
        .collect();
    (!curves.is_empty()).then_some(Panel {
        caption: "Validation figures by epoch",
        axis: "validation",
        logarithmic: false,
        curves,
        legend: SeriesLabelPosition::LowerRight,
        epochs: history.len(),
    })
}

impl Panel {
    fn draw(
        &self,
        area: &DrawingArea<SVGBackend<'_>, Shift>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let values = || {
            let points = self.curves.iter().flat_map(|curve| &curve.points);
            points.map(|point| point.1)
        };
        let lowest = values().fold(f64::INFINITY, f64::min);
        let highest = values().fold(f64::NEG_INFINITY, f64::max);
        // Half an epoch of air on both sides, so that the first and last points are not on the frame.
        let epochs = 0.5..(self.epochs as f64 + 0.5);
        let mut builder = ChartBuilder::on(area);
        builder
            .margin(18)
            .x_label_area_size(52)
            .y_label_area_size(78)
            .caption(self.caption, ("sans-serif", 22));
        // The two axes are of different types, so what is the same about them is a macro and not a function.
        macro_rules! chart {
            ($range:expr, $label:expr) => {{
                let mut chart = builder.build_cartesian_2d(epochs, $range)?;
                chart
                    .configure_mesh()
                    .x_desc("epoch")
                    .y_desc(self.axis)
                    .x_labels(self.epochs.clamp(2, 15))
                    .y_labels(LABELS)
                    .max_light_lines(0)
                    .x_label_formatter(&|epoch| whole(*epoch))
                    .y_label_formatter(&$label)
                    .axis_desc_style(("sans-serif", 18))
                    .label_style(("sans-serif", 15))
                    .light_line_style(RGBColor(238, 238, 238))
                    .bold_line_style(RGBColor(205, 205, 205))
                    .draw()?;
                for curve in &self.curves {
                    let colour = curve.colour;
                    let line = LineSeries::new(curve.points.clone(), colour.stroke_width(2));
                    chart
                        .draw_series(line.point_size(3))?
                        .label(curve.name.as_str())
                        .legend(move |(x, y)| {
                            PathElement::new(vec![(x, y), (x + 22, y)], colour.stroke_width(2))
                        });
                }
                for curve in &self.curves {
                    let colour = curve.colour;
                    if let Some((epoch, value)) = curve.best {
                        let text = format!("best: {} (epoch {epoch})", short(value));
                        chart
                            .draw_series([Circle::new((epoch, value), 7, colour.stroke_width(2))])?
                            .label(text)
                            .legend(move |(x, y)| {
                                Circle::new((x + 11, y), 6, colour.stroke_width(2))
                            });
                    }
                }
                chart
                    .configure_series_labels()
                    .position(self.legend.clone())
                    .margin(14)
                    .background_style(WHITE)
                    .border_style(RGBColor(150, 150, 150))
                    .label_font(("sans-serif", 16))
                    .draw()?;
            }};
        }
        if self.logarithmic {
            let (bottom, top) = (lowest / 1.08, highest * 1.08);
            chart!(
                (bottom..top)
                    .log_scale()
                    .with_key_points(log_ticks(bottom, top)),
                |value: &f64| short(*value)
            );
        } else {
            let air = ((highest - lowest) * 0.08)
                .max(highest.abs() * 0.01)
                .max(1e-6);
            let bottom = if lowest >= 0.0 {
                (lowest - air).max(0.0)
            } else {
                lowest - air
            };
            let top = highest + air;
            let digits = digits_of_step((top - bottom) / LABELS as f64);
            chart!(bottom..top, |value: &f64| format!("{value:.digits$}"));
        }
        Ok(())
    }
}

/// Round numbers to label a logarithmic axis from `bottom` to `top` with: the coarsest set that has at least four there.
fn log_ticks(bottom: f64, top: f64) -> Vec<f64> {
    const STEPS: [&[f64]; 4] = [
        &[1.0, 10.0],
        &[1.0, 2.0, 5.0],
        &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0],
        &[
            1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.25, 2.5, 2.75, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0,
            9.0,
        ],
    ];
    let decades = (bottom.log10().floor() as i32)..=(top.log10().ceil() as i32);
    for steps in STEPS {
        let ticks: Vec<f64> = decades
            .clone()
            .flat_map(|decade| steps.iter().map(move |step| step * 10f64.powi(decade)))
            .filter(|tick| (bottom..=top).contains(tick))
            .collect();
        if ticks.len() >= 4 {
            return ticks;
        }
    }
    // Over so short a range a logarithm is nearly a straight line.
    (0..=4)
        .map(|part| bottom + (top - bottom) * f64::from(part) / 4.0)
        .collect()
}

/// The digits behind the point that tell labels so far apart from one another; all labels of an axis have as many.
fn digits_of_step(step: f64) -> usize {
    (-step.log10().floor()).clamp(0.0, 6.0) as usize
}

/// Epochs are whole numbers; a label between two of them is left out.
fn whole(epoch: f64) -> String {
    if (epoch - epoch.round()).abs() < 1e-6 {
        format!("{epoch:.0}")
    } else {
        String::new()
    }
}

/// Three significant digits or all of the whole part.
fn short(value: f64) -> String {
    let digits = if value >= 100.0 || (value >= 10.0 && value.fract() == 0.0) {
        0
    } else if value >= 10.0 {
        1
    } else if value >= 1.0 {
        2
    } else {
        3
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Direction, LossSum};
    use std::collections::BTreeMap;

    fn history(losses: &[(f64, f64)]) -> Vec<EpochRecord> {
        let sum = |nats| LossSum { nats, tokens: 1 };
        losses
            .iter()
            .enumerate()
            .map(|(number, &(train, valid))| EpochRecord {
                epoch: number + 1,
                learning_rate: 1.0,
                steps: 1,
                train_nats_per_token: train,
                train_perplexity: sum(train).perplexity(),
                train_tokens: 1,
                valid_nats_per_token: valid,
                valid_perplexity: sum(valid).perplexity(),
                valid_tokens: 1,
                valid_metrics: BTreeMap::new(),
                best: losses[..number].iter().all(|(_, earlier)| valid < *earlier),
                seconds: 1.0,
                tokens_per_second: 1.0,
            })
            .collect()
    }

    fn draw_losses(losses: &[(f64, f64)]) -> String {
        draw_curves(&history(losses), &MonitorConfig::default()).unwrap()
    }

    #[test]
    fn high_losses_are_drawn_as_perplexity_and_low_ones_as_they_are() {
        let language = draw_losses(&[(6.0, 5.5), (5.2, 5.1), (4.9, 5.0), (4.7, 5.05)]);
        assert!(language.contains("perplexity (log scale)"));
        assert!(language.contains("best: 148 (epoch 3)"));
        let tagging = draw_losses(&[(0.6, 0.5), (0.2, 0.3)]);
        assert!(tagging.contains("nats per token"));
        // For a person to look at: `CURVES_TO=DIR cargo test`.
        if let Some(folder) = std::env::var_os("CURVES_TO") {
            let folder = std::path::Path::new(&folder);
            std::fs::write(folder.join("language.svg"), language).unwrap();
            std::fs::write(folder.join("tagging.svg"), tagging).unwrap();
            let long: Vec<_> = (0..40)
                .map(|epoch| {
                    let epoch = f64::from(epoch);
                    (
                        4.2 + 2.2 * (-epoch / 6.0).exp(),
                        4.7 + 1.4 * (-epoch / 5.0).exp() + 0.004 * epoch,
                    )
                })
                .collect();
            std::fs::write(folder.join("long.svg"), draw_losses(&long)).unwrap();
            std::fs::write(folder.join("one.svg"), draw_losses(&[(6.2, 5.9)])).unwrap();
        }
    }

    #[test]
    fn any_history_can_be_drawn() {
        for losses in [
            &[(3.0, 3.0)] as &[(f64, f64)],
            &[(0.0, 0.0), (0.0, 0.0)],
            &[(2.0, 2.0), (1e30, 1e300)],
            &[(0.5, 0.5), (1e30, 1e300)],
            &[(1e-12, 1e-12); 300],
        ] {
            assert!(draw_losses(losses).ends_with("</svg>\n"));
        }
    }

    #[test]
    fn the_recipes_own_figures_are_drawn_below_and_the_best_epoch_on_the_one_that_chose_it() {
        let mut history = history(&[(0.6, 0.5), (0.3, 0.3), (0.1, 0.35)]);
        for (record, (f1, accuracy)) in
            history
                .iter_mut()
                .zip([(0.7, 0.9), (0.92, 0.97), (0.93, 0.96)])
        {
            record.valid_metrics.insert("valid_f1".into(), f1);
            record
                .valid_metrics
                .insert("valid_accuracy".into(), accuracy);
        }
        history[2].best = true;
        let monitor = MonitorConfig {
            metric: "valid_f1".into(),
            direction: Direction::Maximize,
        };
        let svg = draw_curves(&history, &monitor).unwrap();
        // All labels of an axis have as many digits.
        assert!(
            svg.contains("\n0.90\n") && svg.contains("\n0.70\n"),
            "{svg}"
        );
        for text in ["f1", "accuracy", "training", "best: 0.930 (epoch 3)"] {
            assert!(svg.contains(text), "{text}");
        }
        assert_eq!(svg.matches("best:").count(), 1);
        if let Some(folder) = std::env::var_os("CURVES_TO") {
            std::fs::write(std::path::Path::new(&folder).join("figures.svg"), svg).unwrap();
        }
        // Figures may be anything finite.
        for record in &mut history {
            record.valid_metrics.insert("valid_f1".into(), -1e300);
        }
        assert!(draw_curves(&history, &monitor).is_ok());
    }
}
