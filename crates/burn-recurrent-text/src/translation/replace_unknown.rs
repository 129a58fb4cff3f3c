//! Words for what a model had no word for.

/// Puts the source word with the most attention in place of each word of a translation that reads `unknown` (Luong et al. 2015,
/// "Addressing the rare word problem").
///
/// `attention` is `[translation, source_time]`, a row for each word of the translation. Only the first `source.len()`
/// weights of a row count, so that the mark that ends a source, and padding, may follow. Of equal weights the first counts,
/// and one that is not a number counts nothing. A word is left as it is where the source has no word.
///
/// # Panics
///
/// When there is not a row of attention for each word, or a row has fewer weights than the source has words.
pub fn replace_unknown<T: AsRef<str>, S: AsRef<str>>(
    translation: &[T],
    unknown: &str,
    source: &[S],
    attention: &[f32],
    source_time: usize,
) -> Vec<String> {
    assert!(
        source.len() <= source_time && attention.len() == translation.len() * source_time,
        "attention of {} weights for {} words, expected rows of {source_time}, at least {} each",
        attention.len(),
        translation.len(),
        source.len()
    );
    let words = translation.iter().enumerate();
    words
        .map(|(place, word)| {
            let row = &attention[place * source_time..][..source.len()];
            let word = word.as_ref();
            match (word == unknown).then(|| most_attended(row)).flatten() {
                Some(at) => source[at].as_ref().to_string(),
                None => word.to_string(),
            }
        })
        .collect()
}

/// Where the greatest weight is.
fn most_attended(weights: &[f32]) -> Option<usize> {
    let mut most = None;
    for (place, &weight) in weights.iter().enumerate() {
        if !weight.is_nan() && most.is_none_or(|(_, greatest)| weight > greatest) {
            most = Some((place, weight));
        }
    }
    most.map(|(place, _)| place)
}
