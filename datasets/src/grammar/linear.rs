//! Sparse linear systems `x = c + M x` with non-negative `M`, solved component by component.
//!
//! Most grammars hardly recurse, so `I - M` is nearly triangular once the strongly connected
//! components are in order: only inside a component is there anything to eliminate.

/// A sparse matrix: for each row the columns and values, columns ascending and distinct.
pub(super) type Sparse = Vec<Vec<(usize, f64)>>;

/// The strongly connected components, each after all components it has edges to.
pub(super) fn components(matrix: &Sparse) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let n = matrix.len();
    let (mut order, mut low) = (vec![UNSEEN; n], vec![0; n]);
    let mut on_stack = vec![false; n];
    let (mut stack, mut components) = (Vec::new(), Vec::new());
    let mut clock = 0;
    for root in 0..n {
        if order[root] != UNSEEN {
            continue;
        }
        // Tarjan's algorithm with its call stack written out: a node and its next edge.
        let mut calls = vec![(root, 0)];
        while let Some((node, edge)) = calls.pop() {
            if edge == 0 {
                order[node] = clock;
                low[node] = clock;
                clock += 1;
                stack.push(node);
                on_stack[node] = true;
            } else {
                let child = matrix[node][edge - 1].0;
                low[node] = low[node].min(low[child]);
            }
            let mut descended = false;
            for (next, &(child, _)) in matrix[node].iter().enumerate().skip(edge) {
                if order[child] == UNSEEN {
                    calls.push((node, next + 1));
                    calls.push((child, 0));
                    descended = true;
                    break;
                } else if on_stack[child] {
                    low[node] = low[node].min(order[child]);
                }
            }
            if !descended && low[node] == order[node] {
                let mut component = Vec::new();
                loop {
                    let member = stack.pop().expect("the component's root is on the stack");
                    on_stack[member] = false;
                    component.push(member);
                    if member == node {
                        break;
                    }
                }
                components.push(component);
            }
        }
    }
    components
}

/// Solves `x = constant + matrix x`.
///
/// # Errors
/// The members of a component whose spectral radius is 1 or more: there the sum
/// `constant + matrix constant + matrix² constant + ...` has no finite value.
pub(super) fn solve(matrix: &Sparse, constant: &[f64]) -> Result<Vec<f64>, Vec<usize>> {
    let mut x = vec![0.0; matrix.len()];
    for component in components(matrix) {
        let inverse = Inverse::new(matrix, &component)?;
        let sides: Vec<f64> = component
            .iter()
            .map(|&row| {
                let outside = matrix[row].iter().filter(|(c, _)| !component.contains(c));
                constant[row] + outside.map(|&(c, value)| value * x[c]).sum::<f64>()
            })
            .collect();
        for (index, &row) in component.iter().enumerate() {
            x[row] = (0..component.len())
                .map(|k| inverse.at(index, k) * sides[k])
                .sum();
        }
    }
    Ok(x)
}

/// The rows of `I + M + M² + ... = (I - M)⁻¹`.
///
/// # Errors
/// As [`solve`].
pub(super) fn star(matrix: &Sparse) -> Result<Sparse, Vec<usize>> {
    let mut rows: Sparse = vec![Vec::new(); matrix.len()];
    for component in components(matrix) {
        let inverse = Inverse::new(matrix, &component)?;
        let leaving: Vec<Vec<(usize, f64)>> = component
            .iter()
            .map(|&row| {
                let mut entries = vec![(row, 1.0)];
                for &(column, value) in matrix[row].iter().filter(|(c, _)| !component.contains(c)) {
                    entries.extend(rows[column].iter().map(|&(c, v)| (c, v * value)));
                }
                entries
            })
            .collect();
        for (index, &row) in component.iter().enumerate() {
            let mut entries = Vec::new();
            for (k, leaving) in leaving.iter().enumerate() {
                let factor = inverse.at(index, k);
                if factor != 0.0 {
                    entries.extend(leaving.iter().map(|&(c, v)| (c, v * factor)));
                }
            }
            rows[row] = merge(entries);
        }
    }
    Ok(rows)
}

/// Sorts entries by column and adds up those of the same column.
pub(super) fn merge(mut entries: Vec<(usize, f64)>) -> Vec<(usize, f64)> {
    entries.sort_by_key(|&(column, _)| column);
    entries.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    entries
}

/// The dense `(I - M)⁻¹` of one component.
struct Inverse {
    size: usize,
    values: Vec<f64>,
}

impl Inverse {
    fn new(matrix: &Sparse, component: &[usize]) -> Result<Self, Vec<usize>> {
        let size = component.len();
        let position = |column: usize| component.iter().position(|&member| member == column);
        // Gauss-Jordan on [I - M | I] with partial pivoting.
        let width = 2 * size;
        let mut rows = vec![0.0; size * width];
        for (index, &row) in component.iter().enumerate() {
            rows[index * width + index] += 1.0;
            rows[index * width + size + index] = 1.0;
            for &(column, value) in &matrix[row] {
                if let Some(column) = position(column) {
                    rows[index * width + column] -= value;
                }
            }
        }
        for pivot in 0..size {
            let best = (pivot..size)
                .max_by(|&a, &b| {
                    let size_of = |row: usize| rows[row * width + pivot].abs();
                    size_of(a).total_cmp(&size_of(b))
                })
                .expect("there is a row left");
            if rows[best * width + pivot].abs() < 1e-12 {
                return Err(component.to_vec());
            }
            for column in 0..width {
                rows.swap(pivot * width + column, best * width + column);
            }
            let scale = 1.0 / rows[pivot * width + pivot];
            for column in 0..width {
                rows[pivot * width + column] *= scale;
            }
            for row in (0..size).filter(|&row| row != pivot) {
                let factor = rows[row * width + pivot];
                if factor != 0.0 {
                    for column in 0..width {
                        rows[row * width + column] -= factor * rows[pivot * width + column];
                    }
                }
            }
        }
        let values = (0..size * size)
            .map(|at| rows[at / size * width + size + at % size])
            .collect();
        let inverse = Self { size, values };
        // For a non-negative M: the spectral radius is below 1 exactly when (I - M)⁻¹ exists and
        // is non-negative. Rounding may leave a zero slightly below zero.
        if inverse.values.iter().all(|&value| value >= -1e-9) {
            Ok(inverse)
        } else {
            Err(component.to_vec())
        }
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.size + column]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_come_after_what_they_lead_to() {
        let matrix = vec![
            vec![(1, 1.0)],
            vec![(2, 1.0), (3, 1.0)],
            vec![(1, 1.0)],
            vec![],
        ];
        let mut found = components(&matrix);
        found.iter_mut().for_each(|component| component.sort());
        assert_eq!(found, vec![vec![3], vec![1, 2], vec![0]]);
    }

    #[test]
    fn a_cycle_is_summed_exactly() {
        // x0 = 1 + x1 / 2, x1 = 1 + x0 / 4 + x2, x2 = 3
        let matrix = vec![vec![(1, 0.5)], vec![(0, 0.25), (2, 1.0)], vec![]];
        let x = solve(&matrix, &[1.0, 1.0, 3.0]).unwrap();
        assert!((x[0] - 24.0 / 7.0).abs() < 1e-14, "{x:?}");
        assert!((x[1] - 34.0 / 7.0).abs() < 1e-14, "{x:?}");
        assert_eq!(x[2], 3.0);
        let rows = star(&matrix).unwrap();
        let total = |row: usize| rows[row].iter().map(|&(c, v)| v * [1.0, 1.0, 3.0][c]);
        assert!((total(0).sum::<f64>() - x[0]).abs() < 1e-14);
    }

    #[test]
    fn a_cycle_that_does_not_shrink_is_refused() {
        assert_eq!(solve(&vec![vec![(0, 1.0)]], &[1.0]), Err(vec![0]));
        assert!(solve(&vec![vec![(1, 2.0)], vec![(0, 1.5)]], &[1.0, 1.0]).is_err());
    }
}
