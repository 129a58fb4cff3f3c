//! Reading a text line by line, in bounded memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::file_kind::FileKind;
use crate::read_error::ReadError;

/// The longest line that is read, in bytes. A file with longer ones is hardly text, and must not fill the memory.
const MAX_LINE: usize = 1 << 24;

/// A text that is read as it is needed.
pub type TextSource = Box<dyn BufRead + Send>;

/// Opens a text file; one that begins as gzip does is unpacked while it is read.
///
/// # Errors
/// A file that is missing or cannot be read.
pub fn open_text(path: impl AsRef<Path>) -> Result<TextSource, ReadError> {
    let path = path.as_ref();
    let open = || -> io::Result<TextSource> {
        let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
        if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
            let unpacked = Unpacked(MultiGzDecoder::new(file));
            return Ok(Box::new(BufReader::new(unpacked)));
        }
        Ok(Box::new(file))
    };
    open().map_err(|cause| ReadError::io(path, cause))
}

/// gzip that is unpacked while it is read, and says so where that goes wrong.
struct Unpacked<R>(MultiGzDecoder<R>);

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|cause| match cause.kind() {
            io::ErrorKind::Interrupted => cause,
            kind => {
                let what = format!("its gzip data is cut off or damaged ({cause})");
                io::Error::new(kind, what)
            }
        })
    }
}

/// The lines of a text, one at a time, with their numbers.
///
/// A line ends with LF or CR LF, neither of which is part of it, or with the end of the text, where a CR alone is
/// dropped too. A CR anywhere else is an error, for it is the line end of a text that would be read as one line. No other
/// character ends a line: not U+2028, U+0085, or a form feed. A byte order mark at the beginning of the text is not
/// part of its first line. Memory is bounded by the longest line, for which there is a limit of 16 MiB.
#[derive(Debug)]
pub struct TextLines<R> {
    read: R,
    path: PathBuf,
    line: usize,
    /// How many bytes come before the line that is read next.
    offset: usize,
    buffer: Vec<u8>,
}

impl<R: BufRead> TextLines<R> {
    /// The lines of `read`; `path` stands for it in messages.
    pub fn new(read: R, path: impl Into<PathBuf>) -> Self {
        Self {
            read,
            path: path.into(),
            line: 0,
            offset: 0,
            buffer: Vec::new(),
        }
    }

    /// What stands for the text in messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of the line that was read last, from 1; 0 before the first.
    pub fn line(&self) -> usize {
        self.line
    }

    /// How many bytes were read.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// Text that cannot be read, is not UTF-8 (named as what it is where that can be told), has a CR inside a line, or a
    /// line without end.
    pub fn next_line(&mut self) -> Result<Option<&str>, ReadError> {
        if self.line == 0 {
            self.check_kind()?;
        }
        self.buffer.clear();
        let read = (&mut self.read)
            .take(MAX_LINE as u64 + 1)
            .read_until(b'\n', &mut self.buffer)
            .map_err(|cause| ReadError::io(&self.path, cause))?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        if read > MAX_LINE {
            return Err(ReadError::LineTooLong {
                path: self.path.clone(),
                line: self.line,
                limit: MAX_LINE,
            });
        }
        let begin = self.offset;
        self.offset += read;
        let line = std::str::from_utf8(&self.buffer).map_err(|error| ReadError::InvalidUtf8 {
            path: self.path.clone(),
            line: self.line,
            offset: begin + error.valid_up_to(),
            byte: self.buffer[error.valid_up_to()],
        })?;
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.contains('\r') {
            return Err(ReadError::CarriageReturn {
                path: self.path.clone(),
                line: self.line,
            });
        }
        if self.line == 1 {
            return Ok(Some(line.strip_prefix('\u{feff}').unwrap_or(line)));
        }
        Ok(Some(line))
    }

    /// Refuses what is no text, from as much of its beginning as the reader has at hand.
    fn check_kind(&mut self) -> Result<(), ReadError> {
        let beginning = loop {
            match self.read.fill_buf() {
                Ok(beginning) => break beginning,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(ReadError::io(&self.path, cause)),
            }
        };
        match FileKind::of(beginning) {
            None => Ok(()),
            Some(kind) => Err(ReadError::NotText {
                path: self.path.clone(),
                kind,
            }),
        }
    }
}
