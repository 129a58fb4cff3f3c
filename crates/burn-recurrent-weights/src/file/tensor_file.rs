//! A file of named tensors.

use super::element::ElementType;
use super::entry::{Data, Entry};
use super::{kind, npz, pytorch, safetensors};
use crate::error::{TensorProblem, WeightsError};
use burn_recurrent_files::write_atomically;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Named tensors: those of a safetensors, PyTorch or npz file, or those that are to become a safetensors or npz file.
///
/// ```
/// use burn_recurrent_weights::TensorFile;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("numbers.safetensors");
/// let mut file = TensorFile::new();
/// file.insert("numbers", &[2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// file.save(&path)?;
///
/// let file = TensorFile::open(&path)?;
/// assert_eq!(file.names().collect::<Vec<_>>(), ["numbers"]);
/// assert_eq!(file.shape("numbers"), Some(&[2, 3][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct TensorFile {
    path: PathBuf,
    /// The bytes of the whole file, where tensors are ranges of it.
    bytes: Vec<u8>,
    /// The length of the whole file.
    length: u64,
    tensors: BTreeMap<String, Entry>,
}

impl TensorFile {
    /// No tensors, to be filled and saved.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a file. Its first bytes tell the format, whatever its name: safetensors, whose header begins with `{` after its
    /// length, a pickle of PyTorch's, or a zip archive, which is an npz file if its name or that of an entry says so, and
    /// PyTorch's if not. The name's ending (`.npz`; `.pt`, `.pth`, `.bin`) decides what the bytes leave open.
    ///
    /// Whatever the file says about itself is checked against the file before anything of that size is allocated. A
    /// safetensors file is read into memory as a whole, an npz file is unpacked; of a PyTorch file only the names and
    /// shapes are read, and a tensor's numbers when they are asked for.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is not sound: [`WeightsError::Read`] or [`WeightsError::Malformed`]; if it is of a kind
    /// that is known but not read (a Git LFS pointer, an HTML page, HDF5, a model of Keras, ONNX, ..):
    /// [`WeightsError::Unusable`], which says what it is and how to get from it to a file that is read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, WeightsError> {
        let path = path.as_ref().to_owned();
        let read = |source| WeightsError::Read {
            path: path.clone(),
            source,
        };
        let metadata = fs::metadata(&path).map_err(read)?;
        // A pipe or a device has no length to check claims against.
        if !metadata.is_file() {
            return Err(read(io::Error::other("it is not a regular file")));
        }
        let length = metadata.len();
        if let Some(what) = what_else(&path).map_err(read)? {
            let message = what.to_string();
            return Err(WeightsError::Unusable { path, message });
        }
        let format = Format::of(&path).map_err(read)?;
        let mut bytes = Vec::new();
        let parsed = match format {
            Format::Safetensors => {
                bytes = fs::read(&path).map_err(read)?;
                safetensors::parse(&bytes)
            }
            Format::Pytorch => pytorch::parse(&path),
            Format::Npz => npz::parse(&path),
        };
        let tensors = parsed.map_err(|message| WeightsError::Malformed {
            path: path.clone(),
            format: format.name(),
            message,
        })?;
        Ok(Self {
            path,
            bytes,
            length,
            tensors,
        })
    }

    /// The file's path; empty for one that is being made.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The tensors' names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// A tensor's shape, outermost axis first; `None` where there is no such tensor.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|entry| entry.shape.as_slice())
    }

    /// A tensor's element type; `None` where there is no such tensor.
    pub fn element_type(&self, name: &str) -> Option<&ElementType> {
        self.tensors.get(name).map(|entry| &entry.element)
    }

    /// A tensor's numbers row by row, as f32 whatever floating-point type the file has.
    ///
    /// # Errors
    ///
    /// If there is no such tensor, its elements are not floating-point numbers, or the file cannot be read.
    pub fn floats(&self, name: &str) -> Result<Vec<f32>, WeightsError> {
        let entry = self.entry(name)?;
        if let Data::Floats(values) = &entry.data {
            return Ok(values.clone());
        }
        let values = match entry.element.is_float() {
            true => entry.element.floats(&self.bytes_of(entry)?),
            false => None,
        };
        values.ok_or_else(|| self.wrong_type(name, entry))
    }

    /// A tensor's numbers row by row, where the file has 64-bit integers.
    ///
    /// # Errors
    ///
    /// If there is no such tensor, its elements are not 64-bit integers, or the file cannot be read.
    pub fn integers(&self, name: &str) -> Result<Vec<i64>, WeightsError> {
        let entry = self.entry(name)?;
        let values = match entry.element {
            ElementType::I64 => entry.element.integers(&self.bytes_of(entry)?),
            _ => None,
        };
        values
            .ok_or_else(|| self.unusable(format!("{name}: expected i64, found {}", entry.element)))
    }

    /// Adds a tensor of f32.
    ///
    /// # Errors
    ///
    /// [`WeightsError::Duplicate`] if there is a tensor of that name.
    ///
    /// # Panics
    ///
    /// If the shape does not hold as many numbers as there are.
    pub fn insert(
        &mut self,
        name: impl Into<String>,
        shape: &[usize],
        values: Vec<f32>,
    ) -> Result<(), WeightsError> {
        let name = name.into();
        assert!(
            shape.iter().product::<usize>() == values.len(),
            "{name}: the shape {shape:?} does not hold {} numbers",
            values.len(),
        );
        if self.tensors.contains_key(&name) {
            return Err(WeightsError::Duplicate {
                path: self.path.clone(),
                name,
            });
        }
        let entry = Entry {
            element: ElementType::F32,
            shape: shape.to_vec(),
            data: Data::Floats(values),
        };
        self.tensors.insert(name, entry);
        Ok(())
    }

    /// Writes all tensors as f32, in the format that the name's ending says: `.safetensors` or `.npz`. The file is
    /// written under a temporary name and renamed, so it is there as a whole or not at all.
    ///
    /// # Errors
    ///
    /// If the name has another ending, a tensor's numbers cannot be read as floating-point ones, or the file cannot be
    /// written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), WeightsError> {
        let path = path.as_ref();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let serialize = match extension {
            Some("safetensors") => safetensors::serialize,
            Some("npz") => npz::serialize,
            _ => {
                return Err(WeightsError::UnknownExtension {
                    path: path.to_owned(),
                });
            }
        };
        let tensors = self
            .tensors
            .iter()
            .map(|(name, entry)| Ok((name.as_str(), entry.shape.as_slice(), self.floats(name)?)));
        let tensors: Vec<_> = tensors.collect::<Result<_, WeightsError>>()?;
        let write = |source| WeightsError::Write {
            path: path.to_owned(),
            source,
        };
        let bytes = serialize(&tensors).map_err(|message| write(io::Error::other(message)))?;
        write_atomically(path, &bytes).map_err(write)
    }

    /// Moves another file's tensors here: several modules in one file.
    ///
    /// # Errors
    ///
    /// [`WeightsError::Duplicate`] if both have a tensor of one name; those before it have been moved then.
    ///
    /// # Panics
    ///
    /// If the other was opened, not made.
    pub fn append(&mut self, other: Self) -> Result<(), WeightsError> {
        for (name, entry) in other.tensors {
            let Data::Floats(values) = entry.data else {
                panic!("only a file that was made, not one that was opened, can be appended");
            };
            self.insert(name, &entry.shape, values)?;
        }
        Ok(())
    }

    /// Gives tensors other names: each pair is a new name, such as a module of this crate looks for, and the name that the
    /// file has. All others keep theirs.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use burn_recurrent::Gru;
    /// use burn_recurrent_weights::{TensorFile, TorchWeights};
    ///
    /// // As another library may have written it, with the layout of PyTorch.
    /// let mut file = TensorFile::new();
    /// file.insert("enc_w_ih", &[6, 3], vec![0.1; 18])?;
    /// file.insert("enc_w_hh", &[6, 2], vec![0.1; 12])?;
    /// file.insert("enc_b_ih", &[6], vec![0.1; 6])?;
    /// file.insert("enc_b_hh", &[6], vec![0.1; 6])?;
    ///
    /// file.rename([
    ///     ("encoder.weight_ih_l0", "enc_w_ih"),
    ///     ("encoder.weight_hh_l0", "enc_w_hh"),
    ///     ("encoder.bias_ih_l0", "enc_b_ih"),
    ///     ("encoder.bias_hh_l0", "enc_b_hh"),
    /// ])?;
    /// let gru = Gru::from_torch(&file, "encoder", &Device::default())?;
    /// assert_eq!((gru.d_input(), gru.d_output()), (3, 2));
    /// # Ok::<(), burn_recurrent_weights::WeightsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file has no tensor of a name, or two would have the same: [`WeightsError::Unusable`] and
    /// [`WeightsError::Duplicate`]. All tensors have the names that they had then.
    pub fn rename<'a>(
        &mut self,
        names: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), WeightsError> {
        let mut new_names: BTreeMap<&str, &str> = BTreeMap::new();
        for (new, old) in names {
            self.entry(old)?;
            if let Some(other) = new_names.insert(old, new) {
                let message = format!("{old:?} was to be both {other:?} and {new:?}");
                return Err(self.unusable(message));
            }
        }
        let mut seen = std::collections::HashSet::new();
        for old in self.names() {
            let new = new_names.get(old).copied().unwrap_or(old);
            if !seen.insert(new) {
                return Err(WeightsError::Duplicate {
                    path: self.path.clone(),
                    name: new.to_owned(),
                });
            }
        }
        let tensors = std::mem::take(&mut self.tensors).into_iter();
        self.tensors = tensors
            .map(|(old, entry)| match new_names.get(old.as_str()) {
                Some(new) => ((*new).to_owned(), entry),
                None => (old, entry),
            })
            .collect();
        Ok(())
    }

    pub(crate) fn entry(&self, name: &str) -> Result<&Entry, WeightsError> {
        self.get(name)
            .ok_or_else(|| self.unusable(format!("it has no tensor {name:?}")))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Entry> {
        self.tensors.get(name)
    }

    /// The bytes of the whole file: no tensor that is read is larger.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn unusable(&self, message: String) -> WeightsError {
        WeightsError::Unusable {
            path: self.path.clone(),
            message,
        }
    }

    /// Why a tensor of a PyTorch file could not be read: the file is at fault, unless the system is.
    fn unread(&self, source: io::Error) -> WeightsError {
        match source.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => WeightsError::Malformed {
                path: self.path.clone(),
                format: Format::Pytorch.name(),
                message: source.to_string(),
            },
            _ => WeightsError::Read {
                path: self.path.clone(),
                source,
            },
        }
    }

    fn wrong_type(&self, name: &str, entry: &Entry) -> WeightsError {
        WeightsError::Mismatch {
            path: self.path.clone(),
            problems: vec![TensorProblem::ElementType {
                name: name.to_owned(),
                found: entry.element.to_string(),
            }],
        }
    }

    fn bytes_of<'a>(&'a self, entry: &'a Entry) -> Result<Cow<'a, [u8]>, WeightsError> {
        match &entry.data {
            Data::Range(range) => Ok(Cow::Borrowed(&self.bytes[range.clone()])),
            Data::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Data::Floats(values) => Ok(Cow::Owned(
                values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            )),
            Data::Pytorch(tensor) => {
                // A view may repeat its storage: `expand` makes any number of elements from one.
                if tensor.byte_len() as u64 > self.length {
                    return Err(self.unusable(format!(
                        "{}: it takes {} bytes of a file of {}: {CONTIGUOUS}",
                        tensor.name,
                        tensor.byte_len(),
                        self.length,
                    )));
                }
                let bytes = tensor.read().map_err(|source| self.unread(source))?;
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

/// What helps where tensors are views of storages that are smaller.
pub(crate) const CONTIGUOUS: &str = "save `{k: v.clone() for k, v in state_dict.items()}`";

/// A format of files of tensors.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    Safetensors,
    Pytorch,
    Npz,
}

impl Format {
    /// The format, by the file's first bytes, and by its name's ending where these could be anything.
    fn of(path: &Path) -> io::Result<Self> {
        let mut head = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(fs::File::open(path)?, 9), &mut head)?;
        let extension = path.extension().and_then(|extension| extension.to_str());
        let is_named = |names: &[&str]| extension.is_some_and(|name| names.contains(&name));
        Ok(if head.starts_with(b"PK") {
            match is_named(&["npz"]) || (!is_named(&PYTORCH) && npz::is_npz(path)) {
                true => Self::Npz,
                false => Self::Pytorch,
            }
        } else if is_safetensors(&head) {
            Self::Safetensors
        } else if is_named(&["npz"]) {
            Self::Npz
        } else if is_named(&PYTORCH) || head.first() == Some(&0x80) {
            Self::Pytorch
        } else {
            Self::Safetensors
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Safetensors => "safetensors",
            Self::Pytorch => "PyTorch",
            Self::Npz => "npz",
        }
    }
}

/// What a file is where it is of a kind that is known and not read.
fn what_else(path: &Path) -> io::Result<Option<&'static str>> {
    let mut head = Vec::new();
    let file = fs::File::open(path)?;
    io::Read::read_to_end(&mut io::Read::take(file, kind::LOOKED_AT as u64), &mut head)?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    if !head.starts_with(b"PK") {
        return Ok(kind::of(&head, extension));
    }
    if kind::is_keras(extension) {
        return Ok(Some(kind::KERAS));
    }
    let archive = fs::File::open(path)
        .ok()
        .and_then(|file| zip::ZipArchive::new(io::BufReader::new(file)).ok());
    // What is no sound archive is refused where it is read.
    Ok(archive.and_then(|archive| {
        let names: Vec<_> = archive.file_names().filter_map(Result::ok).collect();
        kind::of_archive(names.iter().map(|name| &**name))
    }))
}

/// Whether a file begins with the length of a header and that header; of a length that is believable, which no text is.
fn is_safetensors(head: &[u8]) -> bool {
    const LONGEST: u64 = 1 << 40;
    head.first_chunk()
        .is_some_and(|length| u64::from_le_bytes(*length) < LONGEST)
        && head.get(8) == Some(&b'{')
}

/// What the names of PyTorch's files end in.
const PYTORCH: [&str; 3] = ["pt", "pth", "bin"];
