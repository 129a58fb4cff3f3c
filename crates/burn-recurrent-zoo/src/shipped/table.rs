//! Models as lines for a person.

use super::ZooModel;
use std::fmt;

/// Models as lines for a person: name, size, the figure that it is judged by, and what it does.
#[derive(Clone, Copy, Debug)]
pub struct ModelTable<'a>(pub &'a [ZooModel]);

impl fmt::Display for ModelTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 4]> = self.0.iter().map(row).collect();
        let head = ["name", "size", "figure", "task"].map(String::from);
        let width = |column: usize| {
            let cells = rows
                .iter()
                .chain([&head])
                .map(|row| row[column].chars().count());
            cells.max().unwrap_or_default()
        };
        let [name, size, figure] = [0, 1, 2].map(width);
        for [a, b, c, d] in [&head].into_iter().chain(&rows) {
            writeln!(f, "{a:name$}  {b:>size$}  {c:figure$}  {d}")?;
        }
        Ok(())
    }
}

fn row(model: &ZooModel) -> [String; 4] {
    let figure = model.figure().map_or_else(String::new, |(name, value)| {
        format!("{} {value:.4}", name.replace('_', " "))
    });
    let size = format!("{:.1} MB", model.bytes as f64 / 1e6);
    [model.name.clone(), size, figure, model.task.clone()]
}
