//! White space as Python sees it, because that is how the scores here were defined.

/// Whether Python's `str.isspace` holds: Unicode's white space and the four separators of ASCII.
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\x1c'..='\x1f').contains(&character)
}

/// What stands between white space.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// The text without white space at its end.
pub(super) fn trim_end(text: &str) -> &str {
    text.trim_end_matches(is_space)
}

/// The characters that are not white space.
pub(super) fn visible_characters(text: &str) -> Vec<char> {
    text.chars().filter(|&c| !is_space(c)).collect()
}
