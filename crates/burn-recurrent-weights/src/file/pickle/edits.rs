//! What is changed in a pickle so that a reader gets past what it does not know.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, Read, Write};

/// The most changes to a pickle. Beside weights there are vocabularies, of some ten thousand words or pairs of them.
const MOST: usize = 1 << 18;

/// Changes to the opcodes of a pickle, by their offset in the file.
///
/// An object of a class of its own that gets pairs or items, such as a `defaultdict`, a `deque` or a dictionary of a class of
/// its own, becomes a dictionary or a list: what would make it is taken off the stack. A key that is neither a text nor an
/// integer, such as a tuple, becomes a text.
#[derive(Debug, Default)]
pub(in crate::file) struct Edits {
    /// The opcodes that make an object.
    containers: BTreeMap<u64, (Made, Container)>,
    /// Where the key is on top of the stack.
    keys: BTreeSet<u64>,
}

/// An opcode that makes an object, at this offset, of so many values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Made {
    pub(super) at: u64,
    pub(super) values: u8,
}

/// What an object becomes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Container {
    Dictionary,
    List,
}

impl Edits {
    pub(in crate::file) fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.keys.is_empty()
    }

    /// Adds those of a later pickle of the same file.
    pub(in crate::file) fn add(&mut self, later: Self) {
        self.containers.extend(later.containers);
        self.keys.extend(later.keys);
    }

    /// Makes an object a container; whether it is not to be another one already.
    pub(super) fn make(&mut self, made: Made, container: Container) -> Result<bool, String> {
        let (_, becomes) = *self.containers.entry(made.at).or_insert((made, container));
        self.check()?;
        Ok(becomes == container)
    }

    /// Makes the key that is on top of the stack at this offset a text.
    pub(super) fn rename_key(&mut self, at: u64) -> Result<(), String> {
        self.keys.insert(at);
        self.check()
    }

    fn check(&self) -> Result<(), String> {
        match self.containers.len() + self.keys.len() > MOST {
            true => Err(format!(
                "beside its tensors it has more than {MOST} objects and keys that are no texts"
            )),
            false => Ok(()),
        }
    }

    /// Copies all that `read` has, with the changes.
    pub(in crate::file) fn apply(
        &self,
        read: &mut impl BufRead,
        write: &mut impl Write,
    ) -> io::Result<()> {
        let mut position = 0;
        let mut offsets: BTreeSet<u64> = self.keys.clone();
        offsets.extend(self.containers.keys());
        for offset in offsets {
            io::copy(&mut read.by_ref().take(offset - position), write)?;
            position = offset;
            if self.keys.contains(&offset) {
                write.write_all(&other_key(offset))?;
            }
            if let Some((made, container)) = self.containers.get(&offset) {
                // In place of the opcode.
                io::copy(&mut read.by_ref().take(1), &mut io::sink())?;
                position += 1;
                write.write_all(&b"0".repeat(usize::from(made.values)))?;
                write.write_all(match container {
                    Container::Dictionary => b"}",
                    Container::List => b"]",
                })?;
            }
        }
        io::copy(read, write).map(drop)
    }
}

/// The opcodes that put a text in the place of a key: each offset's is another one.
fn other_key(offset: u64) -> Vec<u8> {
    let text = format!("(key at byte {offset})");
    let length = u32::try_from(text.len()).unwrap_or_default();
    let mut bytes = b"0X".to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}
