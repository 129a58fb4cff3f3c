//! English contractions, which treebanks cut in two.

/// Negation at the end of a word.
const NOT: [&str; 2] = ["n't", "n’t"];

/// What stands behind an apostrophe where a verb or the genitive is joined to a word.
const CLITICS: [&str; 6] = ["s", "re", "ve", "ll", "d", "m"];

/// Words in one, with the length of the first.
const JOINED: [(&str, usize); 7] = [
    ("cannot", 3),
    ("gonna", 3),
    ("gotta", 3),
    ("wanna", 3),
    ("lemme", 3),
    ("gimme", 3),
    ("dunno", 2),
];

/// Verbs before `nt` in writing that leaves out apostrophes.
const NEGATED: [&str; 16] = [
    "do", "did", "does", "is", "was", "are", "were", "ca", "could", "would", "should", "wo",
    "have", "has", "had", "ai",
];

/// Pronouns and verbs in one in writing that leaves out apostrophes, with the length of the first. None of them is a word
/// of its own.
const WITHOUT_APOSTROPHE: [(&str, usize); 7] = [
    ("im", 1),
    ("ive", 1),
    ("youre", 3),
    ("youve", 3),
    ("theyre", 4),
    ("thats", 4),
    ("whats", 4),
];

/// Whether this character is an apostrophe.
pub(super) fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '’')
}

/// Whether this is what stands behind the apostrophe of a verb or a genitive.
pub(super) fn is_clitic(word: &str) -> bool {
    CLITICS.iter().any(|c| c.eq_ignore_ascii_case(word))
}

/// Where the last word begins that is joined to the one before it, in bytes: behind `ca` in `can't`, behind `dog` in
/// `dog's` and in `dogs'`.
pub(super) fn cut(word: &str) -> Option<usize> {
    let not = NOT.iter().find_map(|not| start_of_ending(word, not));
    not.or_else(|| {
        let (apostrophe, mark) = word.char_indices().rfind(|(_, c)| is_apostrophe(*c))?;
        let clitic = &word[apostrophe + mark.len_utf8()..];
        (apostrophe > 0 && (clitic.is_empty() || is_clitic(clitic))).then_some(apostrophe)
    })
    .or_else(|| joined(word, &JOINED))
}

/// The same for writing that leaves out apostrophes: behind `do` in `dont`.
pub(super) fn cut_without_apostrophe(word: &str) -> Option<usize> {
    let verb = start_of_ending(word, "nt").filter(|verb| {
        NEGATED
            .iter()
            .any(|v| v.eq_ignore_ascii_case(&word[..*verb]))
    });
    verb.or_else(|| joined(word, &WITHOUT_APOSTROPHE))
}

/// Where an ending of ASCII letters and apostrophes begins that a word has in any case, unless it is the whole word.
fn start_of_ending(word: &str, ending: &str) -> Option<usize> {
    let start = word.len().checked_sub(ending.len())?;
    let found = word.get(start..)?;
    (start > 0 && found.eq_ignore_ascii_case(ending)).then_some(start)
}

fn joined(word: &str, table: &[(&str, usize)]) -> Option<usize> {
    let found = table.iter().find(|(w, _)| w.eq_ignore_ascii_case(word));
    found.map(|(_, first)| *first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_joined_is_cut_from_behind() {
        for (word, first, rest) in [
            ("can't", "ca", "n't"),
            ("DON’T", "DO", "N’T"),
            ("shouldn't've", "shouldn't", "'ve"),
            ("O'Neil's", "O'Neil", "'s"),
            ("dogs'", "dogs", "'"),
            ("Cannot", "Can", "not"),
            ("gonna", "gon", "na"),
        ] {
            let cut = cut(word).unwrap();
            assert_eq!((&word[..cut], &word[cut..]), (first, rest));
        }
        for whole in ["O'Neil", "n't", "'s", "'", "ant", "", "’", "é", "it"] {
            assert_eq!(cut(whole), None, "{whole}");
        }
    }

    #[test]
    fn what_lacks_its_apostrophe_is_cut_where_it_is_no_other_word() {
        for (word, first) in [("dont", 2), ("Couldnt", 5), ("Im", 1), ("youre", 3)] {
            assert_eq!(cut_without_apostrophe(word), Some(first), "{word}");
        }
        for whole in ["want", "its", "well", "ill", "nt", "were", "id"] {
            assert_eq!(cut_without_apostrophe(whole), None, "{whole}");
        }
    }
}
