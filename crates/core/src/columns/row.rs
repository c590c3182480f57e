//! One JSON object, read into the columns of a table without building a tree.

use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::growing::{Cell, Columns};

/// What a row is that is not an object.
pub(super) struct NotAnObject(pub(super) &'static str);

/// Reads the next value as a row; the caller then keeps or drops the row.
pub(super) struct Row<'a>(pub(super) &'a mut Columns);

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = Result<(), NotAnObject>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = Result<(), NotAnObject>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(key) = map.next_key_seed(Key { columns: self.0, outer: true })? {
            map.next_value_seed(Value { columns: self.0, key })?;
        }
        Ok(Ok(()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Err(NotAnObject("an array")))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Err(NotAnObject("a boolean")))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Err(NotAnObject("a number")))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Err(NotAnObject("a number")))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Err(NotAnObject("a number")))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Err(NotAnObject("a text")))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Err(NotAnObject("null")))
    }
}

/// Where a value goes.
enum Place {
    /// A column, by its place.
    Column(usize),
    /// The row itself when it is an object, else the column `properties`.
    Properties,
}

/// Reads a key as the place of its value.
struct Key<'a> {
    columns: &'a mut Columns,
    outer: bool,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Place;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Place, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Place;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Place, E> {
        if self.outer && key == "properties" {
            return Ok(Place::Properties);
        }
        Ok(Place::Column(self.columns.place(key)))
    }
}

/// Reads a value into its column of the current row.
struct Value<'a> {
    columns: &'a mut Columns,
    key: Place,
}

impl Value<'_> {
    fn put(self, cell: Cell<'_>) {
        let place = match self.key {
            Place::Column(place) => place,
            Place::Properties => self.columns.place("properties"),
        };
        self.columns.put(place, cell);
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.put(Cell::Bool(value));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.put(Cell::from(value));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.put(Cell::from(value));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.put(Cell::Number(value));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.put(Cell::Text(value));
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.put(Cell::Missing);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if matches!(self.key, Place::Properties) {
            while let Some(key) = map.next_key_seed(Key { columns: self.columns, outer: false })? {
                map.next_value_seed(Value { columns: self.columns, key })?;
            }
        } else {
            self.put(Cell::Json(Deserialize::deserialize(MapAccessDeserializer::new(map))?));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        self.put(Cell::Json(Deserialize::deserialize(SeqAccessDeserializer::new(seq))?));
        Ok(())
    }
}
