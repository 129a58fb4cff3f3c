//! Rows that are read as their format says and are hardly meant so.

use std::fmt;
use std::path::PathBuf;

use super::format::ConlluColumn;
use super::reader::beginning;
use super::splits::TaggedPart;

/// Rows of a file that are read as their format says and are hardly meant so.
///
/// Displayed, they are a warning for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddRows {
    /// What is odd with them.
    pub kind: OddKind,
    /// The file.
    pub path: PathBuf,
    /// The line of the first, from 1.
    pub line: usize,
    /// The beginning of that line.
    pub text: String,
    /// How many there are.
    pub count: usize,
}

/// What is odd with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OddKind {
    /// Its tag is `_`, which stands for no tag in CoNLL-U.
    NoTag,
    /// There is a byte order mark in it.
    Mark,
    /// It looks like a comment of CoNLL-U, `# sent_id = 3`, and is a word.
    Comment,
}

impl fmt::Display for OddRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, count, .. } = self;
        write!(f, "{}, line {}: ", self.path.display(), self.line)?;
        match self.kind {
            OddKind::NoTag => write!(
                f,
                "the tag is `_`, that of {count} words in all, and is a tag like any other; where it stands for none, choose \
                 another column or leave these sentences out"
            ),
            OddKind::Mark => write!(
                f,
                "a byte order mark inside the file, in {count} lines in all; each is part of its word or tag, as after files \
                 were put together: remove them"
            ),
            OddKind::Comment => write!(
                f,
                "{text:?} is a word and its tag, as {count} lines like it are; if lines that begin with `#` are comments, set \
                 `comments = true` in the format"
            ),
        }
    }
}

impl TaggedPart {
    /// Rows with words that are read as their format says and are hardly meant so, by kind.
    pub fn odd_rows(&self) -> Vec<OddRows> {
        let mut odd: Vec<OddRows> = Vec::new();
        let mut note = |kind, line, text: &str| match odd.iter_mut().find(|odd| odd.kind == kind) {
            Some(odd) => odd.count += 1,
            None => odd.push(OddRows {
                kind,
                path: self.path.clone(),
                line,
                text: beginning(text),
                count: 1,
            }),
        };
        let tags = self.sentences.iter().flat_map(|sentence| &sentence.tags);
        // Of some columns of CoNLL-U it is a value, but not of every word.
        let nothing_else = tags.clone().all(|tag| tag == NO_TAG);
        for sentence in &self.sentences {
            for row in &sentence.rows {
                let Some(word) = row.word else { continue };
                let tag = sentence.tags.get(word).map(String::as_str);
                if tag == Some(NO_TAG) && (nothing_else || lacks_its_tag(&row.text)) {
                    note(OddKind::NoTag, row.line, &row.text);
                }
                if row.text.contains('\u{feff}') {
                    note(OddKind::Mark, row.line, &row.text);
                }
                if is_like_a_comment(&row.text) {
                    note(OddKind::Comment, row.line, &row.text);
                }
            }
        }
        odd
    }
}

const NO_TAG: &str = "_";

/// Whether a row with the tag `_` lacks one: in CoNLL-U where there is no universal part of speech either.
fn lacks_its_tag(row: &str) -> bool {
    let columns: Vec<&str> = row.split('\t').collect();
    columns.len() != ConlluColumn::ALL.len() || columns[ConlluColumn::Upos.index()] == NO_TAG
}

/// Whether a row looks like `# sent_id = 3` or `# newdoc`.
fn is_like_a_comment(row: &str) -> bool {
    let Some(rest) = row.strip_prefix("# ") else {
        return false;
    };
    let mut words = rest.split_whitespace();
    match (words.next(), words.next()) {
        (Some("newdoc" | "newpar"), _) => true,
        (Some(_), Some(sign)) => sign == "=",
        _ => false,
    }
}
