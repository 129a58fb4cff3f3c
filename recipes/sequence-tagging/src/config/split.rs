//! A table whose keys are of two kinds.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess};

/// The rest of a table from which some keys are read elsewhere.
///
/// serde's `flatten` does the same, but then a key that nobody knows is passed over, and what is wrong with a value is said
/// without its line.
pub struct SplitMap<'a, A, F> {
    map: A,
    own: &'a [&'a str],
    read: F,
}

impl<'a, A, F> SplitMap<'a, A, F> {
    /// `read` is given each of the keys `own` that the table has, and the table to take its value from.
    pub fn new<'de>(map: A, own: &'a [&'a str], read: F) -> Self
    where
        A: MapAccess<'de>,
        F: FnMut(&str, &mut A) -> Result<(), A::Error>,
    {
        Self { map, own, read }
    }
}

impl<'de, A, F> MapAccess<'de> for SplitMap<'_, A, F>
where
    A: MapAccess<'de>,
    F: FnMut(&str, &mut A) -> Result<(), A::Error>,
{
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        mut seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let own = self.own;
        loop {
            match self.map.next_key_seed(Key { seed, own })? {
                None => return Ok(None),
                Some(Found::Rest(key)) => return Ok(Some(key)),
                Some(Found::Own(key, unused)) => {
                    (self.read)(&key, &mut self.map)?;
                    seed = unused;
                }
            }
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

struct Key<'a, K> {
    seed: K,
    own: &'a [&'a str],
}

enum Found<T, K> {
    Own(String, K),
    Rest(T),
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<'_, K> {
    type Value = Found<K::Value, K>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let key = String::deserialize(deserializer)?;
        match self.own.contains(&key.as_str()) {
            true => Ok(Found::Own(key, self.seed)),
            false => {
                let key: serde::de::value::StringDeserializer<D::Error> = key.into_deserializer();
                self.seed.deserialize(key).map(Found::Rest)
            }
        }
    }
}
