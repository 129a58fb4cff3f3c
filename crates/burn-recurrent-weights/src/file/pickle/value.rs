//! What is kept of a pickle's value while its pickle is weighed.

use super::edits::Made;
use super::tag::Tag;
use super::text::Text;

/// What a reader takes for a value beside the bytes of its texts: more than any takes.
const NODE: u64 = 256;

/// A value's size, never below the size of what Burn's reader builds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub(super) kind: Kind,
    /// How many values it is, its parts and their keys counted.
    nodes: u32,
    /// The length of all its texts.
    bytes: u64,
    /// The length of the longest.
    longest: u32,
    /// How many tensors it has, at the most.
    tensors: u32,
    /// The length of their names, the keys within this value.
    pub(super) names: u64,
    pub(super) depth: u32,
    /// Where the memo has it.
    pub(super) memo: Option<u32>,
    /// The number of its class's name, if it has one.
    pub(super) class: Option<u32>,
    /// What made it, if it is an object of a class.
    pub(super) made: Option<Made>,
    /// How far the pickle was read when it came onto the stack or was last kept in the memo.
    pub(super) end: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Other,
    Integer(i64),
    /// Of this hash.
    Text(Tag, u64),
    Class(Tag),
    /// Of this number; its items are added by the pickle, one by one or all at once.
    Dictionary(u32),
    /// An object that is known by its class alone.
    Opaque,
}

/// An empty sequence, or what has no parts.
impl Default for Value {
    fn default() -> Self {
        Self {
            kind: Kind::Other,
            nodes: 1,
            bytes: 0,
            longest: 0,
            tensors: 0,
            names: 0,
            depth: 0,
            memo: None,
            class: None,
            made: None,
            end: 0,
        }
    }
}

impl Value {
    /// A number, and if it is an integer, which.
    pub(super) fn number(bytes: u64, integer: Option<i64>) -> Self {
        Self {
            kind: integer.map_or(Kind::Other, Kind::Integer),
            bytes,
            ..Self::default()
        }
    }

    /// A text; in the oldest protocol its letters take up to twice their bytes.
    pub(super) fn text(text: Text) -> Self {
        let bytes = text.length.saturating_mul(2);
        Self {
            kind: Kind::Text(text.tag, text.hash),
            bytes,
            longest: u32::try_from(bytes).unwrap_or(u32::MAX),
            ..Self::default()
        }
    }

    pub(super) fn class(module: Self, name: Self) -> Self {
        let tag = match (module.kind, name.kind) {
            (Kind::Text(module, _), Kind::Text(name, _)) => match (module, name) {
                (Tag::TorchUtils, Tag::RebuildTensor) | (Tag::Collections, Tag::OrderedDict) => {
                    name
                }
                (Tag::TorchUtils, Tag::RebuildParameter)
                | (Tag::TorchTensor, Tag::RebuildFromType)
                | (Tag::Builtins, Tag::Set)
                | (Tag::Escaped, _)
                | (_, Tag::Escaped) => Tag::Wrapper,
                _ => Tag::None,
            },
            _ => Tag::None,
        };
        Self {
            kind: Kind::Class(tag),
            bytes: module.bytes.saturating_add(name.bytes),
            longest: module.longest.saturating_add(name.longest),
            ..Self::default()
        }
    }

    pub(super) fn dictionary(number: u32) -> Self {
        Self {
            kind: Kind::Dictionary(number),
            ..Self::default()
        }
    }

    pub(super) fn sequence(items: &[Self]) -> Self {
        let mut sequence = Self {
            depth: 1,
            ..Self::default()
        };
        for item in items {
            sequence.add_item(item);
        }
        sequence
    }

    pub(super) fn add_item(&mut self, item: &Self) {
        // An index takes a place in a name as a key does.
        const INDEX: u64 = 10;
        self.absorb(item);
        self.add_names(INDEX, item);
        self.depth = self.depth.max(item.depth + 1);
    }

    pub(super) fn add_pair(&mut self, key: &Self, value: &Self) {
        // The decimal digits of an integer, and a dot.
        const INTEGER: u64 = 20;
        self.absorb(key);
        self.absorb(value);
        self.add_names(key.bytes.max(INTEGER) + 1, value);
        self.depth = self.depth.max(key.depth.max(value.depth) + 1);
    }

    fn add_names(&mut self, key: u64, value: &Self) {
        let keys = key.saturating_mul(u64::from(value.tensors));
        self.names = self.names.saturating_add(keys);
    }

    /// Adds another's size to this one's.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.nodes = self.nodes.saturating_add(other.nodes);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.longest = self.longest.max(other.longest);
        self.tensors = self.tensors.saturating_add(other.tensors);
        self.names = self.names.saturating_add(other.names);
    }

    /// An object of this class, this storage, or whatever else is known by name alone.
    pub(super) fn opaque(self) -> Self {
        // A storage or a type without a text has a short one.
        const NAME: u64 = 64;
        Self {
            kind: Kind::Opaque,
            bytes: self.bytes.saturating_add(NAME),
            longest: self.longest,
            class: self.class,
            ..Self::default()
        }
    }

    /// This object, made by an opcode of these arguments; tensors among them would be lost with the object.
    pub(super) fn made_by(self, made: Made, arguments: &Self) -> Self {
        match self.kind {
            Kind::Opaque if arguments.tensors == 0 => Self {
                made: Some(made),
                ..self
            },
            _ => self,
        }
    }

    /// Whether it is a key that a reader takes.
    pub(super) fn is_key(&self) -> bool {
        matches!(self.kind, Kind::Text(..) | Kind::Integer(_))
    }

    /// This class, by the number of its name.
    pub(super) fn named(self, class: Option<u32>) -> Self {
        Self { class, ..self }
    }

    /// A tensor, made from these arguments: its shape and strides are among them.
    pub(super) fn tensor(self) -> Self {
        // Every number stands in the shape twice or in the strides.
        const NUMBER: u64 = 24;
        let numbers = NUMBER.saturating_mul(u64::from(self.nodes));
        Self {
            bytes: self.bytes.saturating_add(numbers),
            tensors: 1,
            depth: self.depth,
            ..Self::default()
        }
    }

    /// What is among these arguments: a tensor, or items under names of their own.
    pub(super) fn unwrapped(self) -> Self {
        let mut value = Self {
            kind: Kind::Other,
            memo: None,
            tensors: self.tensors.max(1),
            ..self
        };
        let within = value;
        value.add_names(u64::from(self.longest) + 1, &within);
        value
    }

    /// This value with a state: the items of both.
    pub(super) fn merged(self, state: &Self) -> Self {
        let mut merged = Self {
            kind: match self.kind {
                Kind::Opaque => Kind::Opaque,
                _ => Kind::Other,
            },
            memo: None,
            ..self
        };
        merged.absorb(state);
        merged.depth = self.depth.max(state.depth);
        merged
    }

    /// This value, of which the memo has a copy at a place.
    pub(super) fn in_memo(self, place: u32) -> Self {
        Self {
            memo: Some(place),
            ..self
        }
    }

    /// What a copy of it takes.
    pub(super) fn size(&self) -> u64 {
        NODE.saturating_mul(u64::from(self.nodes))
            .saturating_add(self.bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes == 1
    }

    /// The hash of a dictionary's key; integers are keys by their digits.
    pub(super) fn key_hash(&self) -> Option<u64> {
        match self.kind {
            Kind::Text(_, hash) => Some(hash),
            Kind::Integer(integer) => Some(Text::of(integer.to_string().as_bytes()).hash),
            _ => None,
        }
    }
}
