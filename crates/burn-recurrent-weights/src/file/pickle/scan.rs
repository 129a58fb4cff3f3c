//! A pickle's weight, found without building what it says.
//!
//! A reader of pickles copies a value whenever the pickle names it again, so a small pickle can make a large object. Here its
//! opcodes are followed, but for every value only some numbers are kept: how large it would be, how deep, and how long the
//! names of its tensors. What state dicts and checkpoints have no need of is refused before a reader sees it.
//! The opcodes: <https://github.com/python/cpython/blob/main/Lib/pickletools.py>.

use super::edits::{Container, Edits, Made};
use super::input::Input;
use super::tag::Tag;
use super::value::{Kind, Value};
use std::collections::{HashMap, HashSet};
use std::io::BufRead;

/// What a pickle may copy of itself, in bytes: so much for any pickle, and so much for each of its own bytes. A state dict
/// copies about 80 bytes for each, a list of the same short texts about 140.
const MAX_COPIED: Limit = Limit {
    any: 16 << 20,
    each: 256,
};
/// The same for the names of the tensors, which join the keys of the dictionaries around them.
const MAX_NAMES: Limit = Limit {
    any: 4 << 20,
    each: 16,
};
/// How deep values may be nested. A module within a module takes two levels.
const MAX_DEPTH: u32 = 128;

struct Limit {
    any: u64,
    each: u64,
}

impl Limit {
    fn is_exceeded(&self, found: u64, length: u64) -> bool {
        found > self.any.saturating_add(self.each.saturating_mul(length))
    }
}

/// Follows one pickle to its end; what comes after it remains to be read.
///
/// What is refused here is that, or a pickle that no reader can follow.
pub(in crate::file) fn scan(input: &mut Input<impl BufRead>) -> Result<Seen, String> {
    let mut scan = Scan::default();
    scan.run(input)
        .map_err(|message| format!("at byte {} of its pickle: {message}", input.position()))?;
    Ok(scan.seen)
}

/// What a pickle has that tells a person what it is.
#[derive(Debug, Default)]
pub(in crate::file) struct Seen {
    /// The class of the first object that gets items and can be made neither a dictionary nor a list.
    pub(in crate::file) filled: Option<String>,
    /// What a reader needs to have changed.
    pub(in crate::file) edits: Edits,
    /// Whether there is something of NumPy's in it.
    pub(in crate::file) numpy: bool,
}

impl Seen {
    /// Adds what was seen in a later pickle of the same file.
    pub(in crate::file) fn add(&mut self, later: Self) {
        self.filled = self.filled.take().or(later.filled);
        self.numpy |= later.numpy;
        self.edits.add(later.edits);
    }
}

#[derive(Default)]
struct Scan {
    stack: Vec<Value>,
    /// The stack's heights at the marks, innermost last.
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    copied: u64,
    dictionaries: u32,
    /// The keys of all dictionaries, by the dictionary's number and the key's hash.
    keys: HashSet<(u32, u64)>,
    /// What stands under the keys that make a dictionary a module's, by its number.
    modules: HashMap<u32, Module>,
    /// The names of the classes that stand in lines of their own, as they came.
    classes: Vec<String>,
    seen: Seen,
}

/// The three dictionaries in which a module of PyTorch's keeps all that its state dict has.
#[derive(Default)]
struct Module {
    found: [bool; 3],
    sum: Value,
}

impl Scan {
    fn run(&mut self, input: &mut Input<impl BufRead>) -> Result<(), String> {
        loop {
            // The value on top, if it is one, is there up to here.
            if !self.is_mark_on_top()
                && let Some(top) = self.stack.last_mut()
            {
                top.end = input.position();
            }
            let at = input.position();
            match input.byte()? {
                0x80 => input.skip(1)?,
                0x95 => input.skip(8)?,
                b'.' => {
                    let root = self.pop()?;
                    return match MAX_NAMES.is_exceeded(root.names, input.position()) {
                        true => {
                            Err("the names of its tensors are longer than all of it".to_owned())
                        }
                        false => Ok(()),
                    };
                }
                // None, True, False.
                b'N' | 0x88 | 0x89 => self.push(Value::default())?,
                b'I' | b'L' | b'F' => {
                    let line = input.line()?;
                    self.push(Value::number(line.length, line.integer))?;
                }
                b'J' => self.number(i64::from(i32::from_le_bytes(input.bytes()?)))?,
                b'K' => self.number(i64::from(input.byte()?))?,
                b'M' => self.number(i64::from(u16::from_le_bytes(input.bytes()?)))?,
                b'G' => {
                    input.skip(8)?;
                    self.push(Value::default())?;
                }
                0x8a => self.long(u64::from(input.byte()?), input)?,
                0x8b => self.long(input.length_u32()?, input)?,
                b'V' => {
                    let text = input.line()?.with_escapes();
                    self.push(Value::text(text))?;
                }
                // Texts, then bytes, by the width of their length.
                0x8c | b'U' | b'C' => {
                    let length = u64::from(input.byte()?);
                    self.text(length, input)?;
                }
                b'X' | b'T' | b'B' => {
                    let length = input.length_u32()?;
                    self.text(length, input)?;
                }
                0x8d | 0x8e | 0x96 => {
                    let length = u64::from_le_bytes(input.bytes()?);
                    self.text(length, input)?;
                }
                b'(' => self.marks.push(self.stack.len()),
                b')' | b']' | 0x8f => self.push(Value::default())?,
                b'}' => {
                    let empty = self.empty_dictionary();
                    self.push(empty)?;
                }
                b't' | b'l' | 0x91 => {
                    let items = self.pop_to_mark()?;
                    self.push(Value::sequence(&items))?;
                }
                0x85 => self.tuple::<1>()?,
                0x86 => self.tuple::<2>()?,
                0x87 => self.tuple::<3>()?,
                b'a' => {
                    let item = self.pop()?;
                    self.append(&[item])?;
                }
                b'e' | 0x90 => {
                    let items = self.pop_to_mark()?;
                    self.append(&items)?;
                }
                b'd' => {
                    let items = self.pop_to_mark()?;
                    let empty = self.empty_dictionary();
                    self.push(empty)?;
                    self.set_items(&items)?;
                }
                b's' => {
                    let value = self.pop()?;
                    let key = self.pop()?;
                    self.set_items(&[key, value])?;
                }
                b'u' => {
                    let items = self.pop_to_mark()?;
                    self.set_items(&items)?;
                }
                b'0' if self.is_mark_on_top() => drop(self.marks.pop()),
                b'0' => drop(self.pop()?),
                b'1' => drop(self.pop_to_mark()?),
                b'2' => {
                    let top = *self.top()?;
                    self.copy(top, input)?;
                    self.push(top)?;
                }
                b'g' => {
                    let index = input.line()?.index()?;
                    self.get(index, input)?;
                }
                b'h' => {
                    let index = u32::from(input.byte()?);
                    self.get(index, input)?;
                }
                b'j' => {
                    let index = u32::from_le_bytes(input.bytes()?);
                    self.get(index, input)?;
                }
                b'p' => {
                    let index = input.line()?.index()?;
                    self.put(index, input)?;
                }
                b'q' => {
                    let index = u32::from(input.byte()?);
                    self.put(index, input)?;
                }
                b'r' => {
                    let index = u32::from_le_bytes(input.bytes()?);
                    self.put(index, input)?;
                }
                0x94 => {
                    let index = u32::try_from(self.memo.len()).map_err(|_| "its memo is full")?;
                    self.put(index, input)?;
                }
                b'c' => {
                    let [module, name] = [input.line()?, input.line()?];
                    let number = self.name_class(&format!("{}.{}", module.shown(), name.shown()));
                    let class = self.class(Value::text(module), Value::text(name));
                    self.push(class.named(number))?;
                }
                0x93 => {
                    let name = self.pop()?;
                    let module = self.pop()?;
                    let class = self.class(module, name);
                    self.push(class)?;
                }
                b'P' => {
                    let id = input.line()?;
                    self.push(Value::text(id).opaque())?;
                }
                b'Q' => {
                    let id = self.pop()?;
                    self.push(id.opaque())?;
                }
                b'R' => {
                    let arguments = self.pop()?;
                    let callable = self.pop()?;
                    let result = self.reduce(callable, arguments);
                    self.push(result.made_by(Made { at, values: 2 }, &arguments))?;
                }
                // An object of a class, made with arguments, and with named ones.
                0x81 => {
                    let arguments = self.pop()?;
                    let object = self.pop()?.opaque();
                    self.push(object.made_by(Made { at, values: 2 }, &arguments))?;
                }
                0x92 => {
                    let mut arguments = self.pop()?;
                    arguments.absorb(&self.pop()?);
                    let object = self.pop()?.opaque();
                    self.push(object.made_by(Made { at, values: 3 }, &arguments))?;
                }
                b'b' => self.build(input)?,
                other => return Err(format!("{other:#04x} is not an opcode of a state dict's")),
            }
        }
    }

    fn push(&mut self, value: Value) -> Result<(), String> {
        self.stack.push(value);
        check_depth(value)
    }

    fn class(&mut self, module: Value, name: Value) -> Value {
        self.seen.numpy |= matches!(module.kind, Kind::Text(Tag::Numpy, _));
        Value::class(module, name)
    }

    /// The number of a class's name; of a few, for a message.
    fn name_class(&mut self, name: &str) -> Option<u32> {
        const NAMED: usize = 1000;
        let known = self.classes.iter().position(|class| class == name);
        let number = known.or_else(|| {
            (self.classes.len() < NAMED).then(|| {
                self.classes.push(name.to_owned());
                self.classes.len() - 1
            })
        });
        number.and_then(|number| u32::try_from(number).ok())
    }

    /// Notes that the object on top gets items, and is to be a container for them.
    fn note_filled(&mut self, container: Container) -> Result<(), String> {
        let Some(Value {
            kind: Kind::Opaque,
            class,
            made,
            ..
        }) = self.stack.last()
        else {
            return Ok(());
        };
        if let Some(made) = *made
            && self.seen.edits.make(made, container)?
        {
            return Ok(());
        }
        let name = class.and_then(|class| self.classes.get(class as usize));
        let name = name.map_or("object of a class of its own", String::as_str);
        self.seen.filled.get_or_insert_with(|| name.to_owned());
        Ok(())
    }

    fn number(&mut self, number: i64) -> Result<(), String> {
        self.push(Value::number(0, Some(number)))
    }

    /// An integer of so many bytes; one that is a key is shorter than 8, for the others its value is not needed.
    fn long(&mut self, length: u64, input: &mut Input<impl BufRead>) -> Result<(), String> {
        let number = input.small_integer(length)?;
        self.push(Value::number(0, number))
    }

    fn text(&mut self, length: u64, input: &mut Input<impl BufRead>) -> Result<(), String> {
        let text = input.text(length)?;
        self.push(Value::text(text))
    }

    fn is_mark_on_top(&self) -> bool {
        self.marks.last() == Some(&self.stack.len())
    }

    fn pop(&mut self) -> Result<Value, String> {
        match self.is_mark_on_top() {
            true => None,
            false => self.stack.pop(),
        }
        .ok_or_else(|| NO_VALUE.to_owned())
    }

    fn top(&mut self) -> Result<&mut Value, String> {
        match self.is_mark_on_top() {
            true => None,
            false => self.stack.last_mut(),
        }
        .ok_or_else(|| NO_VALUE.to_owned())
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self.marks.pop().ok_or("there is no mark on its stack")?;
        Ok(self.stack.split_off(mark))
    }

    fn tuple<const N: usize>(&mut self) -> Result<(), String> {
        let mut items = [Value::default(); N];
        for item in &mut items {
            *item = self.pop()?;
        }
        self.push(Value::sequence(&items))
    }

    fn append(&mut self, items: &[Value]) -> Result<(), String> {
        self.note_filled(Container::List)?;
        let top = self.top()?;
        for item in items {
            top.add_item(item);
        }
        check_depth(*top)
    }

    fn set_items(&mut self, items: &[Value]) -> Result<(), String> {
        self.note_filled(Container::Dictionary)?;
        for pair in items.chunks_exact(2) {
            let [key, value] = [&pair[0], &pair[1]];
            if !key.is_key() {
                self.seen.edits.rename_key(key.end)?;
            }
            let kind = self.top()?.kind;
            if let (Kind::Dictionary(number), Some(hash)) = (kind, key.key_hash()) {
                if !self.keys.insert((number, hash)) {
                    return Err("a dictionary has a key twice".to_owned());
                }
                if let Kind::Text(Tag::ModuleTable(table), _) = key.kind {
                    let module = self.modules.entry(number).or_default();
                    module.found[usize::from(table)] = true;
                    module.sum.absorb(value);
                }
            }
            let top = self.top()?;
            top.add_pair(key, value);
            if let Kind::Text(Tag::Escaped, _) = key.kind {
                // Its keys are not known any more.
                top.kind = Kind::Other;
            }
        }
        check_depth(*self.top()?)
    }

    fn empty_dictionary(&mut self) -> Value {
        self.dictionaries += 1;
        Value::dictionary(self.dictionaries)
    }

    /// Counts a copy, before anybody makes it.
    fn copy(&mut self, value: Value, input: &Input<impl BufRead>) -> Result<(), String> {
        self.copied = self.copied.saturating_add(value.size());
        match MAX_COPIED.is_exceeded(self.copied, input.position()) {
            true => Err("it repeats more of itself than a state dict does".to_owned()),
            false => Ok(()),
        }
    }

    fn get(&mut self, index: u32, input: &Input<impl BufRead>) -> Result<(), String> {
        let value = *self
            .memo
            .get(&index)
            .ok_or_else(|| format!("there is no value {index} in its memo"))?;
        self.copy(value, input)?;
        self.push(value)
    }

    fn put(&mut self, index: u32, input: &Input<impl BufRead>) -> Result<(), String> {
        let top = self.top()?;
        *top = top.in_memo(index);
        let value = *top;
        self.copy(value, input)?;
        self.memo.insert(index, value);
        Ok(())
    }

    /// A call of what a reader knows, or one that it keeps by its name alone.
    fn reduce(&mut self, callable: Value, arguments: Value) -> Value {
        match callable.kind {
            Kind::Class(Tag::RebuildTensor) => arguments.tensor(),
            Kind::Class(Tag::OrderedDict) if arguments.is_empty() => self.empty_dictionary(),
            Kind::Class(Tag::OrderedDict | Tag::Wrapper) => arguments.unwrapped(),
            _ => callable.opaque(),
        }
    }

    /// A value that gets its state: a dictionary of a kind of its own, a module, or an object of no interest.
    fn build(&mut self, input: &Input<impl BufRead>) -> Result<(), String> {
        let state = self.pop()?;
        let object = self.pop()?;
        let module = match (object.kind, state.kind) {
            (Kind::Opaque, Kind::Dictionary(number)) => self
                .modules
                .get(&number)
                .filter(|module| module.found == [true; 3]),
            _ => None,
        };
        let built = match module {
            // No deeper than the attributes that it comes from.
            Some(module) => {
                let mut built = module.sum;
                built.absorb(&object);
                built.depth = state.depth;
                built
            }
            None => object.merged(&state),
        };
        if let Some(index) = object.memo {
            self.copy(built, input)?;
            self.memo.insert(index, built.in_memo(index));
        }
        self.push(built)
    }
}

const NO_VALUE: &str = "there is no value on its stack";

fn check_depth(value: Value) -> Result<(), String> {
    match value.depth > MAX_DEPTH {
        true => Err(format!("its values are nested more than {MAX_DEPTH} deep")),
        false => Ok(()),
    }
}
