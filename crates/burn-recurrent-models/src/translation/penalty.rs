//! Length and coverage penalties of beam search.

/// What a log-probability is divided by (Wu et al. 2016, equation 14):
/// `((5 + tokens) / 6)^alpha`, the end counted as a token.
///
/// Each token makes a translation less probable; with an `alpha` above zero a longer one is
/// forgiven some of that.
pub fn length_penalty(tokens: usize, alpha: f64) -> f64 {
    ((5.0 + tokens as f64) / 6.0).powf(alpha)
}

/// What is added to the score of a translation (Wu et al. 2016, equation 14):
/// `beta Σ_words log(min(attention on the word over all tokens, 1))`, which is below zero where a
/// word of the source was left out.
///
/// A word that no token looked at at all counts as one looked at by a millionth, so that scores
/// stay numbers.
pub fn coverage_penalty(coverage: &[f64], beta: f64) -> f64 {
    match beta == 0.0 {
        true => 0.0,
        false => {
            beta * coverage
                .iter()
                .map(|c| c.clamp(1e-6, 1.0).ln())
                .sum::<f64>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn penalties_are_the_papers() {
        assert_eq!(length_penalty(7, 0.0), 1.0);
        assert_eq!(length_penalty(7, 1.0), 2.0);
        assert!((length_penalty(19, 0.5) - 2.0).abs() < 1e-12);
        assert_eq!(coverage_penalty(&[0.2, 0.7], 0.0), 0.0);
        // A word covered more than once costs nothing.
        let expected = 0.4 * (0.5_f64.ln() + 0.25_f64.ln());
        assert!((coverage_penalty(&[0.5, 1.7, 0.25], 0.4) - expected).abs() < 1e-12);
        assert!(coverage_penalty(&[0.0], 1.0).is_finite());
    }
}
