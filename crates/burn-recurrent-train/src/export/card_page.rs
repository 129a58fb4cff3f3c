//! `README.md`: a model's card for people.

use std::fmt;

use super::command::quoted;
use super::{CardExample, ModelCard, WeightsType};

impl ModelCard {
    fn is_rounded(&self) -> bool {
        self.weights_type
            .is_some_and(|numbers| numbers != WeightsType::F32)
    }

    /// Where the figures are from, in a sentence.
    fn about_figures(&self) -> String {
        let numbers = self.weights_type.map_or("", WeightsType::name);
        match (self.is_rounded(), self.measured_as_shipped.is_empty()) {
            (false, _) => "What is shipped is what was trained and measured.".into(),
            (true, true) => format!(
                "The figures are those of the f32 weights, before they were rounded to {numbers}: the data was not at hand \
                 when the model was exported."
            ),
            (true, false) => format!(
                "The weights were rounded to {numbers}; the figures as shipped were measured with them after that, and \
                 what has none was measured only before."
            ),
        }
    }

    fn write_figures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let two = self.is_rounded() && !self.measured_as_shipped.is_empty();
        let (mut head, mut rule) = match two {
            true => (
                "| figure | as shipped | before rounding |".to_string(),
                "| --- | ---: | ---: |".to_string(),
            ),
            false => ("| figure | |".to_string(), "| --- | ---: |".to_string()),
        };
        if !self.published.is_empty() {
            head.push_str(" published |");
            rule.push_str(" --- |");
        }
        writeln!(f, "{head}\n{rule}")?;
        for (name, value) in &self.figures {
            let before = self
                .run_figures
                .get(name)
                .copied()
                .map_or_else(String::new, figure);
            let words = match Some(name) == self.main_figure.as_ref() {
                true => format!("**{}**", name.replace('_', " ")),
                false => name.replace('_', " "),
            };
            let mut cells = vec![words];
            match (two, self.measured_as_shipped.contains(name)) {
                (true, true) => cells.extend([figure(*value), before]),
                (true, false) => cells.extend([String::new(), before]),
                (false, _) => cells.push(figure(*value)),
            }
            if !self.published.is_empty() {
                let published = self.published.get(name).map_or("", String::as_str);
                // A bar would begin another column.
                cells.push(in_a_line(published).replace('|', "\\|"));
            }
            write!(f, "|")?;
            for cell in cells {
                match cell.as_str() {
                    "" => write!(f, " |")?,
                    cell => write!(f, " {cell} |")?,
                }
            }
            writeln!(f)?;
        }
        for (name, signature) in &self.signatures {
            writeln!(
                f,
                "\nSignature of {}: `{signature}`",
                name.replace('_', " ")
            )?;
        }
        Ok(())
    }
}

impl ModelCard {
    /// The commands of the examples, and what they print.
    fn write_examples(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.examples.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "\n## Examples\n\nWhat the model that is shipped makes of some inputs."
        )?;
        for CardExample { input, output } in &self.examples {
            let command = self.example.replace("NAME", &self.name);
            let command = command.replace("INPUT", &quoted(input));
            let output = output.trim_end_matches('\n');
            // Whatever the model writes does not end the block.
            let fence = match output.contains("```") {
                true => "~~~~",
                false => "```",
            };
            writeln!(
                f,
                "\n```sh\n{command}\n```\n\n{fence}text\n{output}\n{fence}"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for ModelCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            training,
            data,
            ..
        } = self;
        writeln!(f, "# {name}\n\n{}\n\n```sh", self.task)?;
        for usage in &self.usage {
            writeln!(f, "{}", usage.replace("NAME", name))?;
        }
        writeln!(f, "```")?;
        self.write_examples(f)?;
        writeln!(f, "\n## Figures\n\n{}\n", self.about_figures())?;
        self.write_figures(f)?;
        if !self.notes.is_empty() {
            writeln!(f, "\n## Notes\n")?;
        }
        for note in &self.notes {
            writeln!(f, "- {}", in_a_line(note))?;
        }

        writeln!(f, "\n## Model\n")?;
        writeln!(f, "- kind: {}", self.kind)?;
        match (self.parameters, self.weights_type) {
            (Some(parameters), Some(numbers)) => {
                writeln!(
                    f,
                    "- parameters: {}, in {}",
                    thousands(parameters),
                    numbers.name()
                )?;
            }
            _ => writeln!(f, "- counts of n-grams")?,
        }
        writeln!(
            f,
            "- size: {} bytes ({:.1} MB)",
            thousands(self.bytes),
            self.bytes as f64 / 1e6
        )?;

        writeln!(f, "\n## Data\n\n- {}", data.title)?;
        for (label, value) in [
            ("page", &data.home),
            ("licence", &data.licence),
            ("cite", &data.citation),
        ] {
            if let Some(value) = value {
                // A citation may have several lines.
                writeln!(f, "- {label}: {}", in_a_line(value))?;
            }
        }
        for (part, sha256) in &data.sha256 {
            writeln!(f, "- SHA-256 of {part}: `{sha256}`")?;
        }

        writeln!(f, "\n## Training\n\n```sh\n{}\n```\n", training.command)?;
        writeln!(f, "- seed: {}", training.seed)?;
        if training.epochs > 0 {
            let kept = training.best_epoch;
            let kept = kept.map_or_else(String::new, |epoch| format!(", the best was {epoch}"));
            let stopped = if training.early_stopped {
                ", then stopped early"
            } else {
                ""
            };
            writeln!(f, "- epochs: {}{kept}{stopped}", training.epochs)?;
        }
        writeln!(f, "- time: {}", duration(training.wall_seconds))?;
        writeln!(f, "- device: {}", training.device)?;
        writeln!(
            f,
            "- source: version {}, git revision {}",
            training.crate_version, training.git_revision
        )
    }
}

/// A text without its line ends.
fn in_a_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A figure with four digits behind the point.
fn figure(value: f64) -> String {
    format!("{value:.4}")
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = digits.as_str();
    while rest.len() > 3 {
        let (before, last) = rest.split_at(rest.len() - 3);
        parts.push(last);
        rest = before;
    }
    parts.push(rest);
    parts.reverse();
    parts.join(",")
}

fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, _) => format!("{seconds:.1} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1234), "1,234");
        assert_eq!(thousands(1_000_007), "1,000,007");
        assert_eq!(duration(3.25), "3.2 s");
        assert_eq!(duration(75.4), "1 min 15 s");
        assert_eq!(duration(3660.0), "1 h 1 min");
    }
}
