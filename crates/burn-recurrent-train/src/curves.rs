//! `curves.svg`: training and validation over the epochs.

use plotters::coord::combinators::BindKeyPoints;
use plotters::prelude::*;

use crate::EpochRecord;

const WIDTH: u32 = 900;
const HEIGHT: u32 = 540;
/// Blue and orange of Okabe and Ito (2008), told apart by colour-blind readers and in print.
const TRAINING: RGBColor = RGBColor(0, 114, 178);
const VALIDATION: RGBColor = RGBColor(213, 94, 0);

/// Values above this are drawn as this: a diverged run must not stretch the axis beyond what can be divided.
const CEILING: f64 = 1e9;

/// Draws the curves as SVG text.
///
/// Where the first epoch's loss is at least one nat a token, perplexity says more than the loss, and its range calls
/// for a logarithmic axis; below that the loss itself is drawn on a linear one.
pub(crate) fn draw_curves(history: &[EpochRecord]) -> Result<String, String> {
    let mut svg = String::new();
    draw(&mut svg, history).map_err(|error| error.to_string())?;
    Ok(svg)
}

type Curve = Vec<(f64, f64)>;

fn draw(svg: &mut String, history: &[EpochRecord]) -> Result<(), Box<dyn std::error::Error>> {
    let as_perplexity = history
        .first()
        .is_some_and(|record| record.valid_nats_per_token >= 1.0);
    let curve = |figure: fn(&EpochRecord) -> (f64, f64)| -> Curve {
        history
            .iter()
            .map(|record| {
                let (nats, perplexity) = figure(record);
                let value = if as_perplexity { perplexity } else { nats };
                (record.epoch as f64, value.min(CEILING))
            })
            .collect()
    };
    let training = curve(|record| (record.train_nats_per_token, record.train_perplexity));
    let validation = curve(|record| (record.valid_nats_per_token, record.valid_perplexity));
    let values = || training.iter().chain(&validation).map(|point| point.1);
    let lowest = values().fold(f64::INFINITY, f64::min);
    let highest = values().fold(f64::NEG_INFINITY, f64::max);
    // Half an epoch of air on both sides, so that the first and last points are not on the frame.
    let epochs = 0.5..(history.len() as f64 + 0.5);

    let root = SVGBackend::with_string(svg, (WIDTH, HEIGHT)).into_drawing_area();
    root.fill(&WHITE)?;
    let best = history
        .iter()
        .zip(&validation)
        .filter(|(record, _)| record.best)
        .map(|(_, point)| *point)
        .next_back();
    let mut builder = ChartBuilder::on(&root);
    builder
        .margin(18)
        .x_label_area_size(52)
        .y_label_area_size(78)
        .caption(
            if as_perplexity {
                "Perplexity by epoch"
            } else {
                "Loss by epoch"
            },
            ("sans-serif", 22),
        );
    // The two axes are of different types, so what is the same about them is a macro and not a function.
    macro_rules! chart {
        ($range:expr, $label:expr, $format:expr) => {{
            let mut chart = builder.build_cartesian_2d(epochs, $range)?;
            chart
                .configure_mesh()
                .x_desc("epoch")
                .y_desc($label)
                .x_labels(history.len().clamp(2, 15))
                .y_labels(10)
                .max_light_lines(0)
                .x_label_formatter(&|epoch| whole(*epoch))
                .y_label_formatter($format)
                .axis_desc_style(("sans-serif", 18))
                .label_style(("sans-serif", 15))
                .light_line_style(RGBColor(238, 238, 238))
                .bold_line_style(RGBColor(205, 205, 205))
                .draw()?;
            for (name, colour, curve) in [
                ("training", TRAINING, &training),
                ("validation", VALIDATION, &validation),
            ] {
                chart
                    .draw_series(
                        LineSeries::new(curve.clone(), colour.stroke_width(2)).point_size(3),
                    )?
                    .label(name)
                    .legend(move |(x, y)| {
                        PathElement::new(vec![(x, y), (x + 22, y)], colour.stroke_width(2))
                    });
            }
            if let Some((epoch, value)) = best {
                let text = format!("best: {} (epoch {epoch})", short(value));
                chart
                    .draw_series([Circle::new((epoch, value), 7, VALIDATION.stroke_width(2))])?
                    .label(text)
                    .legend(|(x, y)| Circle::new((x + 11, y), 6, VALIDATION.stroke_width(2)));
            }
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperRight)
                .margin(14)
                .background_style(WHITE)
                .border_style(RGBColor(150, 150, 150))
                .label_font(("sans-serif", 16))
                .draw()?;
        }};
    }
    if as_perplexity {
        let (bottom, top) = (lowest / 1.08, highest * 1.08);
        chart!(
            (bottom..top)
                .log_scale()
                .with_key_points(log_ticks(bottom, top)),
            "perplexity (log scale)",
            &|value: &f64| short(*value)
        );
    } else {
        let air = ((highest - lowest) * 0.08)
            .max(highest.abs() * 0.01)
            .max(1e-6);
        chart!(
            (lowest - air).max(0.0)..(highest + air),
            "nats per token",
            &|value: &f64| short(*value)
        );
    }
    root.present()?;
    Ok(())
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
    use crate::LossSum;

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
                best: losses[..number].iter().all(|(_, earlier)| valid < *earlier),
                seconds: 1.0,
                tokens_per_second: 1.0,
            })
            .collect()
    }

    #[test]
    fn high_losses_are_drawn_as_perplexity_and_low_ones_as_they_are() {
        let language =
            draw_curves(&history(&[(6.0, 5.5), (5.2, 5.1), (4.9, 5.0), (4.7, 5.05)])).unwrap();
        assert!(language.contains("perplexity (log scale)"));
        assert!(language.contains("best: 148 (epoch 3)"));
        let tagging = draw_curves(&history(&[(0.6, 0.5), (0.2, 0.3)])).unwrap();
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
            std::fs::write(
                folder.join("long.svg"),
                draw_curves(&history(&long)).unwrap(),
            )
            .unwrap();
            std::fs::write(
                folder.join("one.svg"),
                draw_curves(&history(&[(6.2, 5.9)])).unwrap(),
            )
            .unwrap();
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
            assert!(draw_curves(&history(losses)).unwrap().ends_with("</svg>\n"));
        }
    }
}
