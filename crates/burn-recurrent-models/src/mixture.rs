//! Two language models as one: their probabilities interpolated.

/// A model that gives each token `weight * p + (1 - weight) * q`, where one model gives it the probability `p` and another one
/// `q` (Jelinek and Mercer 1980). The weight is chosen on text that neither was trained on and is not tested on.
///
/// ```
/// use burn_recurrent_models::Mixture;
///
/// // The first model is too sure of itself, the second one knows nothing.
/// let first = [0.8_f64.ln(), 0.1_f64.ln()];
/// let second = [0.5_f64.ln(), 0.5_f64.ln()];
/// let mixture = Mixture::fit(&first, &second);
/// assert_eq!(mixture.weight, 0.0);
/// assert_eq!(mixture.log_probabilities(&first, &second), second);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixture {
    /// How much of the first model there is, from 0 to 1.
    pub weight: f64,
}

/// Halvings of where the weight can be; after them it is known to the last bit.
const HALVINGS: usize = 60;

impl Mixture {
    /// The mixture that makes a text likeliest, of what two models say of it: the natural logarithms of the probabilities of
    /// its tokens.
    ///
    /// The logarithm of the text's probability is concave in the weight, so that there is one best weight (where the models
    /// agree on every token, any is, and it is 1/2): where the derivative is zero, or else 0 or 1. Halving finds it. Tokens
    /// that both models find impossible have no part in it.
    ///
    /// # Panics
    ///
    /// If there is not one number of each model for every token.
    pub fn fit(first: &[f64], second: &[f64]) -> Self {
        check(first, second);
        // p/q - 1, of which the derivative is made.
        let tokens = first.iter().zip(second);
        let possible = tokens.filter(|(p, q)| p.max(**q) > f64::NEG_INFINITY);
        let gains: Vec<f64> = possible.map(|(p, q)| (p - q).exp_m1()).collect();
        let slope = |weight: f64| -> f64 {
            let slope = |gain: &f64| match gain.is_infinite() {
                // The second model finds the token impossible, or nearly.
                true => 1.0 / weight,
                false => gain / (1.0 + weight * gain),
            };
            gains.iter().map(slope).sum()
        };
        if gains.iter().all(|gain| *gain == 0.0) {
            return Self { weight: 0.5 };
        }
        let (mut low, mut high) = (0.0, 1.0);
        if slope(low) <= 0.0 {
            return Self { weight: low };
        }
        if slope(high) >= 0.0 {
            return Self { weight: high };
        }
        for _ in 0..HALVINGS {
            let middle = (low + high) / 2.0;
            match slope(middle) > 0.0 {
                true => low = middle,
                false => high = middle,
            }
        }
        Self {
            weight: (low + high) / 2.0,
        }
    }

    /// The natural logarithms of the mixture's probabilities of some tokens, of those of the two models.
    ///
    /// # Panics
    ///
    /// If there is not one number of each model for every token.
    pub fn log_probabilities(&self, first: &[f64], second: &[f64]) -> Vec<f64> {
        check(first, second);
        let weights = [self.weight.ln(), (-self.weight).ln_1p()];
        let tokens = first.iter().zip(second);
        tokens
            .map(|(p, q)| sum_in_logarithms(weights[0] + p, weights[1] + q))
            .collect()
    }
}

/// `ln(exp(a) + exp(b))`, whatever their size.
fn sum_in_logarithms(a: f64, b: f64) -> f64 {
    let (larger, smaller) = (a.max(b), a.min(b));
    match smaller == f64::NEG_INFINITY {
        true => larger,
        false => larger + (smaller - larger).exp().ln_1p(),
    }
}

fn check(first: &[f64], second: &[f64]) {
    assert!(
        first.len() == second.len(),
        "a mixture needs both models' probabilities of every token, but there are {} of the first and {} of the second",
        first.len(),
        second.len(),
    );
}
