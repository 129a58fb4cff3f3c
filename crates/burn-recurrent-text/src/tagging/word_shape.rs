//! Word shapes: the case features that are kept where words are lower-cased.

/// The shape of a word. The ids of shapes begin with 1; 0 is for padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WordShape {
    /// Letters, none of them upper-case: `word`, `don't`, `日本`.
    Lower = 1,
    /// The first letter is upper-case, no other one is, and there are others: `Word`, `O'clock`.
    InitialUpper,
    /// One letter, upper-case: `I`, `A.`.
    SingleUpper,
    /// Two letters or more, all of them upper-case: `NATO`, `U.S.`.
    AllUpper,
    /// Any other mixture of upper and lower case: `McDonald`, `iPhone`.
    Mixed,
    /// Letters and digits: `B2B`, `1990s`.
    HasDigit,
    /// Digits and no letter: `1990`, `6:30`, `1,000.5`, `$3`.
    Numeric,
    /// Neither letters nor digits: `,`, `--`.
    Other,
}

impl WordShape {
    /// How many ids there are, padding included.
    pub const NUM_IDS: usize = 9;

    /// The shape of a word. Letters and digits are those of Unicode.
    ///
    /// ```
    /// use burn_recurrent_text::WordShape;
    ///
    /// assert_eq!(WordShape::of("Paris"), WordShape::InitialUpper);
    /// assert_eq!(WordShape::of("6:30"), WordShape::Numeric);
    /// ```
    pub fn of(word: &str) -> Self {
        let (mut letters, mut upper, mut digits) = (0usize, 0usize, 0usize);
        let mut first_upper = false;
        for character in word.chars() {
            if character.is_alphabetic() {
                let is_upper = character.is_uppercase();
                first_upper |= is_upper && letters == 0;
                letters += 1;
                upper += usize::from(is_upper);
            } else if character.is_numeric() {
                digits += 1;
            }
        }
        match (letters, upper, digits) {
            (0, _, 0) => WordShape::Other,
            (0, _, _) => WordShape::Numeric,
            (_, _, 1..) => WordShape::HasDigit,
            (_, 0, _) => WordShape::Lower,
            (1, _, _) => WordShape::SingleUpper,
            _ if letters == upper => WordShape::AllUpper,
            (_, 1, _) if first_upper => WordShape::InitialUpper,
            _ => WordShape::Mixed,
        }
    }

    /// The shape's id, from 1 to [`NUM_IDS`](Self::NUM_IDS) - 1.
    pub fn id(self) -> i32 {
        self as i32
    }
}
