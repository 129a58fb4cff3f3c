//! Charts with a logarithmic upright axis side by side, and a legend beside them.

use plotters::coord::Shift;
use plotters::coord::combinators::BindKeyPoints;
use plotters::prelude::*;

/// The width of a chart.
const WIDTH: u32 = 520;
const HEIGHT: u32 = 470;
/// The width of the legend.
const LEGEND: u32 = 240;
/// The height of a line of the legend.
const ROW: i32 = 24;
/// The most labels of the upright axis.
const LABELS: i32 = 8;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// A chart.
pub struct Panel {
    /// What is above it.
    pub caption: String,
    /// The lower axis.
    pub x: &'static str,
    /// The upright axis.
    pub y: &'static str,
    /// Values below this are not drawn, nor what comes after one on its line.
    pub lowest: f64,
    /// Values above this are drawn as this.
    pub highest: f64,
    /// The lines.
    pub lines: Vec<Line>,
}

/// A line of a chart.
pub struct Line {
    /// Its points; it ends before one that is not finite.
    pub points: Vec<(f64, f64)>,
    /// Its colour.
    pub colour: RGBColor,
    /// Whether it is dashed.
    pub dashed: bool,
}

/// A line of the legend: its words, and unless it is only words the colour and whether it is dashed.
pub type Entry = (String, Option<(RGBColor, bool)>);

/// Draws charts and their legend as SVG text.
pub fn draw(panels: &[Panel], legend: &[Entry]) -> Result<String, Box<dyn std::error::Error>> {
    let mut svg = String::new();
    {
        let width = panels.len() as u32 * WIDTH;
        let root = SVGBackend::with_string(&mut svg, (width + LEGEND, HEIGHT)).into_drawing_area();
        root.fill(&WHITE)?;
        let (charts, side) = root.split_horizontally(width);
        for (panel, area) in panels.iter().zip(charts.split_evenly((1, panels.len()))) {
            panel.draw(&area)?;
        }
        draw_legend(&side, legend)?;
        root.present()?;
    }
    Ok(svg)
}

impl Panel {
    fn draw(&self, area: &Area<'_>) -> Drawn {
        let lines: Vec<Vec<(f64, f64)>> = self.lines.iter().map(|line| self.seen(line)).collect();
        let points = || lines.iter().flatten();
        let right = points().map(|(x, _)| *x).fold(1.0, f64::max);
        let bottom = points().map(|(_, y)| *y).fold(self.highest, f64::min);
        let top = points().map(|(_, y)| *y).fold(self.lowest, f64::max);
        // Whole decades, at least one.
        let bottom = bottom.log10().floor() as i32;
        let top = (top.log10().ceil() as i32).max(bottom + 1);
        let power = |exponent: i32| 10f64.powi(exponent);
        let apart = (top - bottom + LABELS - 1) / LABELS;
        let ticks = (bottom..=top).filter(|exponent| exponent % apart == 0);

        let mut chart = ChartBuilder::on(area)
            .margin(14)
            .x_label_area_size(48)
            .y_label_area_size(72)
            .caption(self.caption.as_str(), ("sans-serif", 20))
            .build_cartesian_2d(
                0.0..right,
                (power(bottom)..power(top))
                    .log_scale()
                    .with_key_points(ticks.map(power).collect()),
            )?;
        chart
            .configure_mesh()
            .x_desc(self.x)
            .y_desc(self.y)
            .max_light_lines(0)
            .x_labels(6)
            .y_labels(LABELS as usize + 1)
            .x_label_formatter(&|x| format!("{x:.0}"))
            .y_label_formatter(&|y| label(*y))
            .axis_desc_style(("sans-serif", 16))
            .label_style(("sans-serif", 14))
            .bold_line_style(RGBColor(215, 215, 215))
            .draw()?;
        for (line, points) in self.lines.iter().zip(lines) {
            let style = line.colour.stroke_width(2);
            if line.dashed {
                chart.draw_series(DashedLineSeries::new(points, 5, 4, style))?;
            } else {
                chart.draw_series(LineSeries::new(points, style))?;
            }
        }
        Ok(())
    }

    /// What is drawn of a line.
    fn seen(&self, line: &Line) -> Vec<(f64, f64)> {
        let seen = |(_, y): &&(f64, f64)| y.is_finite() && *y >= self.lowest;
        let points = line.points.iter().take_while(seen);
        points.map(|(x, y)| (*x, y.min(self.highest))).collect()
    }
}

/// A power of ten.
fn label(value: f64) -> String {
    match value.log10().round() as i32 {
        exponent @ -2..=3 => format!("{}", 10f64.powi(exponent)),
        exponent => format!("1e{exponent}"),
    }
}

fn draw_legend(area: &Area<'_>, entries: &[Entry]) -> Drawn {
    for (entry, row) in entries.iter().zip(1..) {
        let (words, mark) = entry;
        let y = 24 + row * ROW;
        if let Some((colour, dashed)) = mark {
            // A dashed one is three short strokes.
            let strokes: &[(i32, i32)] = match dashed {
                true => &[(8, 14), (18, 24), (28, 34)],
                false => &[(8, 34)],
            };
            for (from, to) in strokes {
                let ends = vec![(*from, y), (*to, y)];
                area.draw(&PathElement::new(ends, colour.stroke_width(2)))?;
            }
        }
        let x = if mark.is_some() { 42 } else { 8 };
        area.draw(&Text::new(
            words.clone(),
            (x, y - 8),
            ("sans-serif", 15).into_font(),
        ))?;
    }
    Ok(())
}
