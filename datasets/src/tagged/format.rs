//! Formats of tagged sentences: columns and CoNLL-U.

use std::fmt;
use std::str::FromStr;

/// The format of a file of tagged sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SentenceFormat {
    /// Columns as in the CoNLL shared tasks up to 2003.
    Columns(ColumnFormat),
    /// CoNLL-U, as the Universal Dependencies have it, with this column for the tags.
    Conllu(ConlluColumn),
}

/// A line a word, columns in it, and a blank line behind each sentence.
///
/// A line whose first column is `-DOCSTART-` begins a document and holds no word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnFormat {
    /// The separator between columns.
    pub separator: Separator,
    /// How many columns every line must have; `None` for as many as the file's first line has.
    pub columns: Option<usize>,
    /// Which column holds the words, from 0.
    pub word: usize,
    /// The column of the tags.
    pub tag: TagColumn,
    /// Whether lines that begin with `#` are comments. Where they are not, `#` is a word like any other.
    pub comments: bool,
}

/// The separator between columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separator {
    /// Any number of spaces and tabs. No column is empty and no word has a space in it.
    #[default]
    Blank,
    /// One tab. Words may have spaces in them.
    Tab,
}

/// The column of the tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TagColumn {
    /// None: there are only words to be tagged.
    None,
    /// The last one.
    #[default]
    Last,
    /// This one, from 0.
    At(usize),
}

/// A column of CoNLL-U.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConlluColumn {
    /// The word's number in its sentence.
    Id,
    /// The word.
    Form,
    /// Its lemma.
    Lemma,
    /// The universal part of speech.
    Upos,
    /// The language's own part of speech.
    Xpos,
    /// Morphological features, such as `Number=Sing`.
    Feats,
    /// The word that it depends on.
    Head,
    /// How it depends on it.
    Deprel,
    /// The enhanced dependencies.
    Deps,
    /// Anything else, such as `SpaceAfter=No`.
    Misc,
}

impl ConlluColumn {
    /// All columns, in the order of the format.
    pub const ALL: [Self; 10] = [
        Self::Id,
        Self::Form,
        Self::Lemma,
        Self::Upos,
        Self::Xpos,
        Self::Feats,
        Self::Head,
        Self::Deprel,
        Self::Deps,
        Self::Misc,
    ];

    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Form => "form",
            Self::Lemma => "lemma",
            Self::Upos => "upos",
            Self::Xpos => "xpos",
            Self::Feats => "feats",
            Self::Head => "head",
            Self::Deprel => "deprel",
            Self::Deps => "deps",
            Self::Misc => "misc",
        }
    }

    /// Its place in a line, from 0.
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for ConlluColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ConlluColumn {
    type Err = String;

    /// The column of this name, in upper or lower case.
    fn from_str(name: &str) -> Result<Self, String> {
        let lower = name.to_lowercase();
        Self::ALL
            .into_iter()
            .find(|column| column.name() == lower)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("`{name}` is no column of CoNLL-U; it has {names}")
            })
    }
}

impl Default for ColumnFormat {
    /// Words in the first column, tags in the last, blanks between columns, no comments.
    fn default() -> Self {
        Self {
            separator: Separator::Blank,
            columns: None,
            word: 0,
            tag: TagColumn::Last,
            comments: false,
        }
    }
}

impl SentenceFormat {
    /// [`ColumnFormat::default`].
    pub fn columns_by_default() -> Self {
        Self::Columns(ColumnFormat::default())
    }

    /// Columns of words that are to be tagged: words in the first one, and no tags.
    pub fn words() -> Self {
        Self::Columns(ColumnFormat {
            tag: TagColumn::None,
            ..ColumnFormat::default()
        })
    }

    /// The columns of a line.
    pub(super) fn columns<'t>(&self, text: &'t str) -> Columns<'t> {
        match self.split() {
            Separator::Tab => Columns::Tab(text.split('\t')),
            Separator::Blank => Columns::Blank(text.split([' ', '\t'])),
        }
    }

    /// Which of a line's columns holds the tag, if any does.
    pub(super) fn tag_column(&self, columns: usize) -> Option<usize> {
        let column = match self {
            Self::Conllu(column) => Some(column.index()),
            Self::Columns(format) => match format.tag {
                TagColumn::None => None,
                TagColumn::Last => columns.checked_sub(1).filter(|last| *last != format.word),
                TagColumn::At(column) => Some(column),
            },
        };
        column.filter(|column| *column < columns)
    }

    /// What a line that is written again has between its columns.
    pub(super) fn separator(&self, text: &str) -> &'static str {
        match self.split() {
            Separator::Tab => "\t",
            Separator::Blank if text.contains('\t') => "\t",
            Separator::Blank => " ",
        }
    }

    fn split(&self) -> Separator {
        match self {
            Self::Columns(format) => format.separator,
            Self::Conllu(_) => Separator::Tab,
        }
    }
}

/// The columns of a line.
pub(super) enum Columns<'t> {
    Tab(std::str::Split<'t, char>),
    Blank(std::str::Split<'t, [char; 2]>),
}

impl<'t> Iterator for Columns<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        match self {
            Columns::Tab(split) => split.next(),
            Columns::Blank(split) => split.find(|column| !column.is_empty()),
        }
    }
}
