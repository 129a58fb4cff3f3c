//! SHA-256, as catalogues, descriptions and result files write it.

use std::io;

use sha2::{Digest, Sha256};

/// The SHA-256 of some bytes, as 64 lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    let mut checksum = Checksum::new();
    checksum.update(bytes);
    checksum.finish()
}

/// The SHA-256 of bytes that come in pieces. It is a writer too: [`io::copy`] into it gives the size of what is read, and
/// the checksum is in it then.
///
/// ```
/// use burn_recurrent_files::{Checksum, sha256};
///
/// let mut checksum = Checksum::new();
/// checksum.update("a");
/// checksum.update("bc");
/// assert_eq!(checksum.finish(), sha256(b"abc"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Checksum(Sha256);

impl Checksum {
    /// Of no bytes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.update(bytes);
    }

    /// The SHA-256 of all bytes that were added, as 64 lower-case hexadecimal digits.
    pub fn finish(self) -> String {
        let digest = self.0.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl io::Write for Checksum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2, appendices B.1 and B.2.
    const PUBLISHED: [(&str, &str); 2] = [
        (
            "abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ];

    #[test]
    fn agrees_with_the_published_vectors_at_once_in_pieces_and_as_a_writer() {
        for (text, expected) in PUBLISHED {
            assert_eq!(sha256(text.as_bytes()), expected);
            let mut pieces = Checksum::new();
            for piece in text.as_bytes().chunks(3) {
                pieces.update(piece);
            }
            assert_eq!(pieces.finish(), expected);
            let mut written = Checksum::new();
            let size = io::copy(&mut text.as_bytes(), &mut written).unwrap();
            assert_eq!(size, text.len() as u64);
            assert_eq!(written.finish(), expected);
        }
    }
}
