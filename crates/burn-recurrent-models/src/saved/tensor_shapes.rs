//! The tensor shapes of a configuration's model, without making the model.

use crate::{AnyRecurrentConfig, CellKind};
use core::fmt;

/// The tensors of a module, by the names and with the shapes that Burn gives them, said without making the module.
///
/// A description may be wrong, by accident or by intent, and a model of its sizes may not fit into memory. The header of
/// the weights is compared with this list first, so that nothing is made but what the file has numbers for. So that the
/// list itself needs no memory either, it is gone through and never stored: its length may depend on a number of layers
/// that somebody made up. Sizes that are computed from others must saturate
/// ([`saturating_mul`](usize::saturating_mul)).
///
/// Lists are put together as modules are, [`within`](Self::within) the name of a module's field:
///
/// ```
/// use burn_recurrent_models::TensorShapes;
///
/// let shapes = TensorShapes::embedding(100, 16)
///     .within("words")
///     .and(TensorShapes::linear(16, 3).within("output"));
/// let shapes: Vec<_> = shapes.collect();
/// assert_eq!(shapes[0], ("words.weight".to_string(), vec![100, 16]));
/// assert_eq!(shapes[2], ("output.bias".to_string(), vec![3]));
/// ```
pub struct TensorShapes(Box<dyn Iterator<Item = (String, Vec<usize>)>>);

impl TensorShapes {
    /// Of a module without any.
    pub fn none() -> Self {
        Self::from_iter([])
    }

    /// A single one.
    pub fn of(name: &str, shape: impl Into<Vec<usize>>) -> Self {
        Self::from_iter([(name.to_string(), shape.into())])
    }

    /// Those of a [`Linear`](burn::nn::Linear) with a bias.
    pub fn linear(d_input: usize, d_output: usize) -> Self {
        Self::of("weight", [d_input, d_output]).and(Self::of("bias", [d_output]))
    }

    /// That of an [`Embedding`](burn::nn::Embedding).
    pub fn embedding(rows: usize, width: usize) -> Self {
        Self::of("weight", [rows, width])
    }

    /// Those of the [`Rnn`](burn_recurrent::Rnn), [`Gru`](burn_recurrent::Gru) or [`Lstm`](burn_recurrent::Lstm) that an
    /// [`AnyRecurrent`](crate::AnyRecurrent) of this config holds; those of the `AnyRecurrent` itself are
    /// [`AnyRecurrentConfig::tensors`].
    pub fn recurrent(config: &AnyRecurrentConfig) -> Self {
        let (d_first, d_hidden) = (config.d_input, config.d_hidden);
        let (is_gru, gates) = match config.cell {
            CellKind::Rnn => (false, 1),
            CellKind::Gru => (true, 3),
            CellKind::Lstm => (false, 4),
        };
        let width = d_hidden.saturating_mul(gates);
        let directions: &'static [&'static str] = match config.bidirectional {
            true => &["forward", "backward"],
            false => &["forward"],
        };
        let d_output = config.d_output();
        let layers = (0..config.num_layers).flat_map(move |layer| {
            let d_input = if layer == 0 { d_first } else { d_output };
            directions.iter().flat_map(move |direction| {
                let cell = Self::of("weight_input", [d_input, width])
                    .and(Self::of("weight_hidden", [d_hidden, width]))
                    .and(Self::of("bias", [width]))
                    .and_where(is_gru, || Self::of("bias_candidate", [d_hidden]));
                cell.within(&format!("layers.{layer}.{direction}"))
            })
        });
        Self::from_iter(layers)
    }

    /// The same as those of a module's field of this name. An enum's field is its variant's name.
    pub fn within(self, name: &str) -> Self {
        let module = name.to_string();
        Self::from_iter(
            self.0
                .map(move |(name, shape)| (format!("{module}.{name}"), shape)),
        )
    }

    /// These and others.
    pub fn and(self, others: Self) -> Self {
        Self::from_iter(self.0.chain(others.0))
    }

    /// These, and others where a module has them.
    pub fn and_where(self, has: bool, others: impl FnOnce() -> Self) -> Self {
        match has {
            true => self.and(others()),
            false => self,
        }
    }

    fn from_iter<I>(shapes: I) -> Self
    where
        I: IntoIterator<Item = (String, Vec<usize>)>,
        I::IntoIter: 'static,
    {
        Self(Box::new(shapes.into_iter()))
    }
}

impl Iterator for TensorShapes {
    type Item = (String, Vec<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

impl fmt::Debug for TensorShapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TensorShapes(..)")
    }
}
