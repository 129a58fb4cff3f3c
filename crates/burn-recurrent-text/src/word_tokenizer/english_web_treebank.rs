//! Words as in the English Web Treebank.

use super::contractions::cut_without_apostrophe;
use super::treebank_line::{self, Next, first_character};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Addresses of the web, which end with no punctuation, of mail, and hosts and files by their endings: one token wherever
/// they stand between two white spaces.
const ADDRESSES: [&str; 3] = [
    r#"(?i:(?:https?|ftp)://|\bwww\.)[^\s<>"]*[^\s<>".,;:!?()\[\]'’]/?"#,
    r"\w[\w.+%-]*@\w[\w-]*(?:\.\w[\w-]*)+",
    r#"(?i:\w[\w-]*(?:\.\w[\w-]*)*\.(?:com|org|net|edu|gov|info|html?)\b)(?:/[^\s<>"]*[^\s<>".,;:!?()\[\]])?"#,
];

/// What else is one token whatever is in it; the first pattern that fits counts.
const WHOLE: [&str; 17] = [
    // Endings of files.
    r"(?i:\.(?:doc|xls|pdf|txt|jpg|zip|ppt|html?)\b)",
    // Emoticons.
    r"[:;=][-']?(?:[()|\\]+|[DPp]+\b)|:-?/|:\]|<3\b|\^_+\^",
    // Initials and abbreviations.
    r"(?:\p{L}\.){2,}",
    r"(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|Inc|Corp|Ltd|Co|Gen|Sen|Rep|Gov|Lt|Col|Capt|Sgt|Rev|Hon|Ft|Mt)\.",
    r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Ave|Blvd|Rd|[Dd]ept|vs)\.",
    // Prefixes that keep their hyphen.
    r"(?i:e|co|non|re|pre|anti|ex|mid|semi|pro|multi|post|neo|micro|mini|ultra)-\p{L}+\b",
    // Words and clitics with an apostrophe in front, and decades.
    r"(?i:['’](?:s|re|ve|ll|d|m|em|til|cause|bout|tis|twas)\b)",
    r"['’]\d\ds?\b",
    r"\d+['’]?s\b",
    // Currencies.
    r"[A-Z]{1,3}\$",
    // Numbers: of telephones, with an ordinal's ending, dates, times, with separators.
    r"\(?\d{3}\)?-\d{3}-\d{4}\b|\d{3}-\d{4}\b",
    r"\d+(?i:st|nd|rd|th)\b",
    r"\d+(?:-\d+){2,}\b",
    r"\d+(?:[.,:/]\d+)+|\.\d+",
    r"\d+",
    // A mark as often as it stands.
    r"\.{2,}|-{2,}|[!?]+|=+|\*+|_{2,}|~+|<+|>+|#+|\++",
    r"''|``|‘‘|’’",
];

/// A single capital with a full stop behind it: an initial, unless the line ends there or it is a pronoun.
const INITIAL: &str = r"[\p{Lu}--I]\.";

/// Letters and digits, with apostrophes and one `&` in them.
const WORD: &str = r"[\p{L}\p{M}\p{N}_]+(?:&\p{L}+)?(?:['’]\p{L}+)*['’]?";

/// So many bytes are enough for all of [`WHOLE`]. What a regular expression is given costs time, whether it is read or not.
const MOST_BYTES: usize = 256;

/// Where the words of a line stand in it, in bytes.
pub(super) fn ranges(line: &str) -> Vec<Range<usize>> {
    static PATTERNS: LazyLock<[Regex; 4]> = LazyLock::new(|| {
        let at_start = |pattern: &str| format!("^(?:{pattern})");
        let [whole, initial, word] = [&WHOLE.join("|"), INITIAL, WORD].map(at_start);
        [ADDRESSES.join("|"), whole, initial, word]
            .map(|pattern| Regex::new(&pattern).expect("the patterns are well-formed"))
    });
    let [addresses, whole, initial, word] = &*PATTERNS;
    let next = |text: &str, is_last: bool| {
        let near = &text[..text.floor_char_boundary(MOST_BYTES)];
        let initial = initial
            .find(near)
            .filter(|initial| !is_last || initial.end() < text.len());
        match whole.find(near).or(initial) {
            Some(found) => Next::Whole(found.end()),
            None => match word.find(text) {
                Some(found) => Next::Word(found.end()),
                None => Next::Whole(first_character(text)),
            },
        }
    };
    treebank_line::ranges(line, Some(addresses), next, cut_without_apostrophe)
}

#[cfg(test)]
mod tests {
    use super::super::WordTokenizer;
    use std::time::{Duration, Instant};

    #[test]
    fn mail_and_the_web_are_cut_as_the_treebank_cuts_them() {
        for (line, words) in [
            (
                "I can't say... it's well-known, isn't it?!",
                "I ca n't say ... it 's well - known , is n't it ?!",
            ),
            (
                "Dont mail me@example.com :) see http://example.com/a-b/c.html, or call 713-853-3989.",
                "Do nt mail me@example.com :) see http://example.com/a-b/c.html , or call 713-853-3989 .",
            ),
            (
                "Mr. W. Bush's e-mail of 11/17/2000, 10:30 a.m., cost US$3.50!!!",
                "Mr. W. Bush 's e-mail of 11/17/2000 , 10:30 a.m. , cost US$ 3.50 !!!",
            ),
            (
                "So did I. The 1970s' 'best' -- and/or the 3rd",
                "So did I . The 1970s ' ' best ' -- and / or the 3rd",
            ),
            ("Re:Dave, note:please :D", "Re : Dave , note : please :D"),
            ("So did I.", "So did I ."),
            ("the cat sat .", "the cat sat ."),
        ] {
            let cut = WordTokenizer::EnglishWebTreebank.words(line);
            assert_eq!(cut.join(" "), words);
        }
    }

    /// The time for a line must not grow with its square.
    #[test]
    fn a_long_line_without_a_blank_takes_no_longer_than_its_length() {
        for piece in ["ab-", "a's", "a.b", "'", "(", "x@"] {
            let line = piece.repeat(200_000);
            let started = Instant::now();
            let words = WordTokenizer::EnglishWebTreebank.ranges(&line);
            assert_eq!(words.last().unwrap().end, line.len());
            let words = WordTokenizer::PennTreebank.ranges(&line);
            assert_eq!(words.last().unwrap().end, line.len());
            // It is half a second; where the time grew with the square, it was minutes.
            assert!(started.elapsed() < Duration::from_secs(15), "{piece}");
        }
    }
}
