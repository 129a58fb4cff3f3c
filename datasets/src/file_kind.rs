//! What a file is that is no UTF-8 text, told from its first bytes.

use std::fmt;

/// Something that is not UTF-8 text. Displayed, it says what it is and how to get text from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// UTF-16, with its byte order mark or without.
    Utf16,
    /// UTF-32, with its byte order mark.
    Utf32,
    /// gzip, where it is not unpacked while it is read, or inside another gzip.
    Gzip,
    /// A zip archive; also a spreadsheet or document of an office program.
    Zip,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// Zstandard.
    Zstandard,
    /// 7-Zip.
    SevenZip,
    /// A tar archive.
    Tar,
    /// PDF.
    Pdf,
    /// What Git keeps in place of a large file.
    GitLfsPointer,
    /// Something else with zero bytes in it, and no text.
    Binary,
}

/// The first bytes of kinds of files.
const SIGNATURES: [(&[u8], FileKind); 11] = [
    (&[0xff, 0xfe, 0, 0], FileKind::Utf32),
    (&[0, 0, 0xfe, 0xff], FileKind::Utf32),
    (&[0xff, 0xfe], FileKind::Utf16),
    (&[0xfe, 0xff], FileKind::Utf16),
    (&[0x1f, 0x8b], FileKind::Gzip),
    (b"PK\x03\x04", FileKind::Zip),
    (b"\xfd7zXZ\0", FileKind::Xz),
    (&[0x28, 0xb5, 0x2f, 0xfd], FileKind::Zstandard),
    (b"7z\xbc\xaf\x27\x1c", FileKind::SevenZip),
    (b"%PDF-", FileKind::Pdf),
    (
        b"version https://git-lfs.github.com/spec/",
        FileKind::GitLfsPointer,
    ),
];

/// How many of the first bytes are looked at.
const LOOKED_AT: usize = 4096;

impl FileKind {
    /// What a file that begins like this is; `None` where it may be UTF-8 text.
    pub fn of(beginning: &[u8]) -> Option<Self> {
        let beginning = &beginning[..beginning.len().min(LOOKED_AT)];
        if let Some((_, kind)) = SIGNATURES
            .iter()
            .find(|(signature, _)| beginning.starts_with(signature))
        {
            return Some(*kind);
        }
        // "BZh", a block size, and the first half of pi: a text may well begin with the first three.
        if beginning.starts_with(b"BZh") && beginning.get(4..8) == Some(b"1AY&") {
            return Some(FileKind::Bzip2);
        }
        if !beginning.contains(&0) {
            return None;
        }
        if beginning.get(257..262) == Some(b"ustar") {
            return Some(FileKind::Tar);
        }
        // In UTF-16, half of the bytes of a text in Latin letters are zero: all on the same side.
        let zeros = |from| {
            let side = beginning.iter().skip(from).step_by(2);
            side.filter(|byte| **byte == 0).count()
        };
        let (even, odd) = (zeros(0), zeros(1));
        let pairs = beginning.len() / 2;
        if pairs > 0 && even.min(odd) == 0 && even.max(odd) * 4 >= pairs * 3 {
            return Some(FileKind::Utf16);
        }
        // A text may have a stray zero byte; what is no UTF-8 besides, or mostly zeros, is none.
        let text = match std::str::from_utf8(beginning) {
            Ok(_) => true,
            // The last character may be cut in two.
            Err(error) => error.error_len().is_none(),
        };
        let mostly = (even + odd) * 2 >= beginning.len();
        (!text || mostly).then_some(FileKind::Binary)
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, remedy) = match self {
            FileKind::Utf16 => (
                "text in UTF-16",
                "convert it, for example with `iconv -f utf-16 -t utf-8` (`-f utf-16le` where it has no byte order mark)",
            ),
            FileKind::Utf32 => (
                "text in UTF-32",
                "convert it, for example with `iconv -f utf-32 -t utf-8`",
            ),
            FileKind::Gzip => ("compressed with gzip", "unpack it with `gunzip`"),
            FileKind::Zip => (
                "a zip archive or an office document",
                "unpack it with `unzip`, or save the document as plain text",
            ),
            FileKind::Bzip2 => ("compressed with bzip2", "unpack it with `bunzip2`"),
            FileKind::Xz => ("compressed with xz", "unpack it with `unxz`"),
            FileKind::Zstandard => ("compressed with Zstandard", "unpack it with `unzstd`"),
            FileKind::SevenZip => ("a 7-Zip archive", "unpack it with `7z x`"),
            FileKind::Tar => ("a tar archive", "unpack it with `tar -xf`"),
            FileKind::Pdf => ("a PDF", "get its text, for example with `pdftotext`"),
            FileKind::GitLfsPointer => (
                "a Git LFS pointer, which stands for the file",
                "get the file itself with `git lfs pull`",
            ),
            FileKind::Binary => ("binary, with zero bytes in it", "give a text file in UTF-8"),
        };
        write!(f, "{what}, expected UTF-8 text; {remedy}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text_whatever_it_begins_with() {
        for text in [
            "",
            "BZh is no word",
            "PK",
            "\u{feff}word",
            "7z",
            "version 1",
        ] {
            assert_eq!(FileKind::of(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn utf16_is_known_without_a_mark() {
        let encode = |text: &str, big: bool| -> Vec<u8> {
            text.encode_utf16()
                .flat_map(|unit| {
                    if big {
                        unit.to_be_bytes()
                    } else {
                        unit.to_le_bytes()
                    }
                })
                .collect()
        };
        for big in [false, true] {
            let text = encode("Der Hund schläft.\n", big);
            assert_eq!(FileKind::of(&text), Some(FileKind::Utf16));
        }
        assert_eq!(FileKind::of(b"a\0\0b\0c"), Some(FileKind::Binary));
        assert_eq!(FileKind::of(b"some\xff\0more"), Some(FileKind::Binary));
        assert_eq!(FileKind::of(b"one stray\0byte"), None);
    }
}
