//! UBJSON, draft 12, as far as `XGBoost` writes it: <https://ubjson.org>.
//!
//! A value is a letter for its type and then its bytes, numbers big-endian. A container may say its
//! count (`#`) and the type of all its values (`$`); such arrays of numbers have no letters inside.

use serde_json::{Map, Number, Value};

/// Containers within containers; a model has less than ten.
const DEPTH: usize = 64;

/// The value that the bytes hold, which are all of them.
pub(super) fn read(bytes: &[u8]) -> Result<Value, String> {
    let mut reader = Reader { rest: bytes };
    let kind = reader.byte()?;
    let value = reader.value(kind, DEPTH)?;
    if reader.rest.is_empty() { Ok(value) } else { Err("bytes follow after its end".to_owned()) }
}

struct Reader<'a> {
    rest: &'a [u8],
}

type Read<T> = Result<T, String>;

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or("the file ends too early")?;
        self.rest = rest;
        Ok(taken)
    }

    fn number<const N: usize>(&mut self) -> Read<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| "the file ends too early".to_owned())
    }

    fn byte(&mut self) -> Read<u8> {
        self.number().map(|[byte]| byte)
    }

    fn next_is(&mut self, byte: u8) -> bool {
        let Some((&first, rest)) = self.rest.split_first() else { return false };
        if first == byte {
            self.rest = rest;
        }
        first == byte
    }

    /// A count or length with its type before it.
    fn length(&mut self) -> Read<usize> {
        let kind = self.byte()?;
        // A text begins with a length: one that began with a text would nest without end.
        if !b"iUIlL".contains(&kind) {
            let kind = char::from(kind).escape_debug();
            return Err(format!("`{kind}` is not the type of a length"));
        }
        let value = self.value(kind, 0)?;
        let length = value.as_u64().and_then(|length| usize::try_from(length).ok());
        length.ok_or_else(|| format!("`{value}` is not a length"))
    }

    fn text(&mut self) -> Read<String> {
        let length = self.length()?;
        let bytes = self.take(length)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| "a text is not UTF-8".to_owned())
    }

    fn value(&mut self, kind: u8, depth: usize) -> Read<Value> {
        let float = |value: f64| Number::from_f64(value).map_or(Value::Null, Value::Number);
        Ok(match kind {
            b'Z' => Value::Null,
            b'T' => true.into(),
            b'F' => false.into(),
            b'i' => i8::from_be_bytes(self.number()?).into(),
            b'U' => self.byte()?.into(),
            b'I' => i16::from_be_bytes(self.number()?).into(),
            b'l' => i32::from_be_bytes(self.number()?).into(),
            b'L' => i64::from_be_bytes(self.number()?).into(),
            b'd' => float(f32::from_be_bytes(self.number()?).into()),
            b'D' => float(f64::from_be_bytes(self.number()?)),
            b'C' => char::from(self.byte()?).to_string().into(),
            b'S' | b'H' => self.text()?.into(),
            b'[' | b'{' if depth == 0 => return Err("its values are nested too deep".to_owned()),
            b'[' => self.array(depth - 1)?,
            b'{' => self.object(depth - 1)?,
            other => return Err(format!("`{}` is not a type", char::from(other).escape_debug())),
        })
    }

    /// The type and count that a container says after its opening.
    fn header(&mut self) -> Read<(Option<u8>, Option<usize>)> {
        let kind = if self.next_is(b'$') { Some(self.byte()?) } else { None };
        let count = if self.next_is(b'#') { Some(self.length()?) } else { None };
        // Types without bytes would make of a count any number of values.
        if kind.is_some_and(|kind| count.is_none() || b"ZTFN".contains(&kind)) {
            return Err("an array of a type without a count, or of one without bytes".to_owned());
        }
        Ok((kind, count))
    }

    fn array(&mut self, depth: usize) -> Read<Value> {
        let (kind, count) = self.header()?;
        let mut values = Vec::new();
        while count.map_or_else(|| !self.next_is(b']'), |count| values.len() < count) {
            let kind = kind.map_or_else(|| self.byte(), Ok)?;
            values.push(self.value(kind, depth)?);
        }
        Ok(Value::Array(values))
    }

    fn object(&mut self, depth: usize) -> Read<Value> {
        let (kind, count) = self.header()?;
        let mut values = Map::new();
        let mut read = 0;
        while count.map_or_else(|| !self.next_is(b'}'), |count| read < count) {
            let key = self.text()?;
            let kind = kind.map_or_else(|| self.byte(), Ok)?;
            values.insert(key, self.value(kind, depth)?);
            read += 1;
        }
        Ok(Value::Object(values))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_type_is_read() {
        let bytes = b"{i\x01a[$d#i\x02\x3f\x80\0\0\xc0\0\0\0i\x01b[ZTFi\xffU\xffI\x01\0]i\x01c\
            {#i\x01i\x01d[$l#U\x01\0\0\0\x07i\x01eSi\x02\xc3\xa4L\0\0\0\0\0\0\0\x01fD\x7f\xf0\0\0\0\0\0\0}";
        let expected = json!({
            "a": [1.0, -2.0], "b": [null, true, false, -1, 255, 256],
            "c": {"d": [7]}, "e": "ä", "f": null,
        });
        assert_eq!(read(bytes).unwrap(), expected);
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn what_would_take_more_than_it_is_worth_is_refused() {
        let huge = b"[$i#L\x7f\xff\xff\xff\xff\xff\xff\xff";
        assert_eq!(read(huge).unwrap_err(), "the file ends too early");
        assert!(read(b"[$Z#l\x7f\xff\xff\xff").unwrap_err().contains("without bytes"));
        assert!(read(&b"[".repeat(100_000)).unwrap_err().contains("too deep"));
        let lengths = b"S".repeat(1_000_000);
        assert!(read(&lengths).unwrap_err().contains("`S` is not the type of a length"));
        assert!(read(b"[$[#i\x01").is_err());
        assert!(read(b"Si\xff").unwrap_err().contains("not a length"));
        assert!(read(b"[]x").unwrap_err().contains("after its end"));
    }
}
