//! From text to ids and back.

use crate::special::Special;
use crate::text_error::{TextError, line_and_column, utf8};
use crate::tokens::{Token, Tokens};
use crate::unit::Unit;
use crate::vocabulary::Vocabulary;

impl Vocabulary {
    /// The ids of a whole text. Every line of words ends with `<eos>`, if the vocabulary has it.
    ///
    /// # Errors
    ///
    /// [`TextError::Empty`] when there is nothing in the text (no word, if the tokens are words), and [`TextError::UnknownToken`] when one is not in the
    /// vocabulary and there is no `<unk>` to take its place.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TextError> {
        let content = match self.unit() {
            Unit::Word => text.trim_start_matches('\u{feff}').trim_start(),
            Unit::Character => text.trim_start_matches('\u{feff}'),
            Unit::Byte => text,
        };
        if content.is_empty() {
            return Err(TextError::Empty);
        }
        self.encode_tokens(text, self.unit().tokens(text))
    }

    /// The ids of a part of a text, a prompt for example: a line of words has its `<eos>` only where there is a line
    /// feed, and no token at all is no error.
    ///
    /// # Errors
    ///
    /// [`TextError::UnknownToken`], as [`encode`](Self::encode).
    pub fn encode_fragment(&self, text: &str) -> Result<Vec<u32>, TextError> {
        self.encode_tokens(text, self.unit().fragment_tokens(text))
    }

    /// The tokens of a text that are not in the vocabulary, each once, in the order of the text: what
    /// [`encode_fragment`](Self::encode_fragment) reads as `<unk>` where there is one.
    ///
    /// ```
    /// use burn_recurrent_text::{Special, Unit, VocabularyBuilder};
    ///
    /// let vocabulary = VocabularyBuilder::new(Unit::Word).with_special(Special::Unknown).count("the cat").build()?;
    /// assert_eq!(vocabulary.unknown_tokens("the zebra and the zebra"), ["zebra", "and"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unknown_tokens<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut unknown = Vec::new();
        for (_, token) in self.unit().fragment_tokens(text) {
            if let Token::Text(token) = token
                && self.id(token).is_none()
                && !unknown.contains(&token)
            {
                unknown.push(token);
            }
        }
        unknown
    }

    /// The ids of a whole file. A byte vocabulary takes any file, others take UTF-8.
    ///
    /// # Errors
    ///
    /// [`TextError::InvalidUtf8`], and as [`encode`](Self::encode).
    pub fn encode_bytes(&self, bytes: &[u8]) -> Result<Vec<u32>, TextError> {
        match self.unit() {
            Unit::Byte if bytes.is_empty() => Err(TextError::Empty),
            Unit::Byte => Ok(bytes.iter().map(|&byte| u32::from(byte)).collect()),
            Unit::Character | Unit::Word => self.encode(utf8(bytes)?),
        }
    }

    /// The text of ids: characters and bytes one after the other, words with a space between them, `<eos>` of words as
    /// a line feed, other special tokens by their names. Bytes that are not UTF-8 become U+FFFD.
    ///
    /// What was encoded is decoded to the text it was, but for unknown tokens, and for white space between words, of
    /// which one space or the line feed is left.
    ///
    /// # Errors
    ///
    /// [`TextError::UnknownId`] when an id is not in the vocabulary.
    pub fn decode(&self, ids: &[u32]) -> Result<String, TextError> {
        match self.unit() {
            Unit::Character | Unit::Word => self.decode_text(ids),
            Unit::Byte => {
                let bytes = self.decode_bytes(ids)?;
                Ok(String::from_utf8(bytes)
                    .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
            }
        }
    }

    /// The bytes of ids: as [`decode`](Self::decode), but bytes are left as they are.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_bytes(&self, ids: &[u32]) -> Result<Vec<u8>, TextError> {
        if self.unit() != Unit::Byte {
            return self.decode_text(ids).map(String::into_bytes);
        }
        let mut bytes = Vec::with_capacity(ids.len());
        for (position, &id) in ids.iter().enumerate() {
            let token = self.known(id, position)?;
            match u8::try_from(id) {
                Ok(byte) => bytes.push(byte),
                Err(_) => bytes.extend_from_slice(token.as_bytes()),
            }
        }
        Ok(bytes)
    }

    fn encode_tokens(&self, text: &str, tokens: Tokens<'_>) -> Result<Vec<u32>, TextError> {
        let unknown = self.special(Special::Unknown);
        let line_end = self.special(Special::EndOfSentence);
        // Words are around five characters long; a guess that is too low costs little.
        let bytes_per_token = if self.unit() == Unit::Word { 5 } else { 1 };
        let mut ids = Vec::with_capacity(text.len() / bytes_per_token);
        for (offset, token) in tokens {
            match token {
                Token::Byte(byte) => ids.push(u32::from(byte)),
                Token::LineEnd => ids.extend(line_end),
                Token::Text(token) => match self.id(token).or(unknown) {
                    Some(id) => ids.push(id),
                    None => {
                        let (line, column) = line_and_column(text, offset);
                        let token = token.to_string();
                        return Err(TextError::UnknownToken {
                            token,
                            line,
                            column,
                        });
                    }
                },
            }
        }
        Ok(ids)
    }

    fn decode_text(&self, ids: &[u32]) -> Result<String, TextError> {
        let is_word = self.unit() == Unit::Word;
        let line_end = self.special(Special::EndOfSentence).filter(|_| is_word);
        let mut text = String::with_capacity(ids.len() * if is_word { 6 } else { 1 });
        for (position, &id) in ids.iter().enumerate() {
            let token = self.known(id, position)?;
            if Some(id) == line_end {
                text.push('\n');
                continue;
            }
            if is_word && !text.is_empty() && !text.ends_with('\n') {
                text.push(' ');
            }
            text.push_str(token);
        }
        Ok(text)
    }

    fn known(&self, id: u32, position: usize) -> Result<&str, TextError> {
        self.token(id).ok_or(TextError::UnknownId {
            id,
            position,
            size: self.len(),
        })
    }
}
