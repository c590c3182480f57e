//! Tables from rows of JSON objects: values, a JSON array, or NDJSON (one object a line).
//!
//! A row that is not an object does not fail the rows beside it: it keeps its place in the table,
//! is missing in every column, and [`Frame::unread`] says why. So a row's index is the element of
//! the array, or the line of the NDJSON, not counting blank lines.
//!
//! The key `properties`, where it holds an object, is spread into the row. Of two equal keys the
//! last counts. Text goes straight into columns; no tree is built for a row.

use serde::Deserializer;
use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde_json::Value;

use super::Frame;
use super::growing::Columns;
use super::row::{NotAnObject, Row};
use crate::error::{Error, ErrorCode, Result};

impl Frame {
    /// A table of rows of JSON objects; keys become columns in order of first appearance.
    ///
    /// # Errors
    /// [`ErrorCode::TableColumn`] when the rows have so little in common that they make no table.
    pub fn from_objects(rows: Vec<Value>) -> Result<Self> {
        let mut reader = Reader::default();
        for row in rows {
            let read = Row(&mut reader.columns).deserialize(row);
            reader.row(read.map_err(|error| error.to_string()));
        }
        reader.finish()
    }

    /// A table of the objects of a JSON array.
    ///
    /// # Errors
    /// [`ErrorCode::TableValue`] when `text` is not a JSON array; [`ErrorCode::TableColumn`] as for
    /// [`Frame::from_objects`].
    pub fn from_json(text: &str) -> Result<Self> {
        let mut reader = Reader::default();
        let mut json = serde_json::Deserializer::from_str(text);
        json.deserialize_seq(&mut reader).and_then(|()| json.end()).map_err(|error| {
            Error::new(ErrorCode::TableValue, "rows", format!("expected a JSON array: {error}"))
        })?;
        reader.finish()
    }

    /// A table of NDJSON: one JSON object a line, in UTF-8; blank lines are skipped.
    ///
    /// # Errors
    /// [`ErrorCode::TableColumn`] when the rows have so little in common that they make no table.
    pub fn from_ndjson(bytes: &[u8]) -> Result<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = Reader::default();
        for line in bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii) {
            if line.is_empty() {
                continue;
            }
            let mut json = serde_json::Deserializer::from_slice(line);
            let read = Row(&mut reader.columns).deserialize(&mut json);
            let read = read.and_then(|row| json.end().map(|()| row));
            reader.row(read.map_err(|error| syntax(&error)));
        }
        reader.finish()
    }
}

/// What the JSON parser has to say of one line, without the line number, which is always 1.
fn syntax(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = text.strip_suffix(&place).unwrap_or(&text);
    format!("the line is not JSON: {what} at column {}", error.column())
}

#[derive(Default)]
struct Reader {
    columns: Columns,
    unread: Vec<(usize, Error)>,
}

impl Reader {
    /// Ends the current row, of which this is what was read.
    fn row(&mut self, read: Result<Result<(), NotAnObject>, String>) {
        let message = match read {
            Ok(Ok(())) => return self.columns.keep_row(),
            Ok(Err(NotAnObject(found))) => format!("expected an object, found {found}"),
            Err(message) => message,
        };
        let row = self.columns.rows();
        self.unread.push((row, Error::new(ErrorCode::TableValue, format!("row {row}"), message)));
        self.columns.blank_row();
    }

    fn finish(self) -> Result<Frame> {
        let len = self.columns.rows();
        let frame = Frame::new(self.columns.finish()?)?;
        Ok(Frame { len, by_row: true, unread: self.unread, ..frame })
    }
}

impl<'de> Visitor<'de> for &mut Reader {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element_seed(Row(&mut self.columns))? {
            self.row(Ok(row));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::columns::ColumnData;

    fn values(frame: &Frame, name: &str) -> Vec<Value> {
        let column = frame.column(name).unwrap();
        (0..frame.len()).map(|row| column.value(row)).collect()
    }

    fn unread(frame: &Frame) -> Vec<String> {
        (0..frame.len()).filter_map(|row| frame.unread(row)).map(ToString::to_string).collect()
    }

    #[test]
    fn a_bad_line_is_blank_and_the_lines_beside_it_count() {
        let text = "\u{feff}{\"id\":\"a\"}\r\n\n{\"id\":\"b\",\"new\":1,oops\n[1]\n 7 \n{\"id\":\"c\"} x\n{\"id\":\"d\"}";
        let frame = Frame::from_ndjson(text.as_bytes()).unwrap();
        assert_eq!(frame.names(), ["id"]);
        let null = Value::Null;
        assert_eq!(
            values(&frame, "id"),
            [json!("a"), null.clone(), null.clone(), null.clone(), null, json!("d")]
        );
        assert_eq!(
            unread(&frame),
            [
                "row 1: the line is not JSON: key must be a string at column 19",
                "row 2: expected an object, found an array",
                "row 3: expected an object, found a number",
                "row 4: the line is not JSON: trailing characters at column 12",
            ]
        );
    }

    #[test]
    fn invalid_utf_8_is_one_bad_line() {
        let frame = Frame::from_ndjson(b"{\"id\":\"\xff\"}\n{\"id\":\"a\"}\n").unwrap();
        assert_eq!((frame.len(), unread(&frame).len()), (2, 1));
    }

    #[test]
    fn an_element_that_is_no_object_does_not_fail_the_array() {
        let text = r#"[{"a":1},null,[{"a":2},[3]],"x",{"a":4}]"#;
        let frame = Frame::from_json(text).unwrap();
        let null = Value::Null;
        assert_eq!(values(&frame, "a"), [json!(1), null.clone(), null.clone(), null, json!(4)]);
        assert_eq!(unread(&frame).len(), 3);
        let objects = Frame::from_objects(serde_json::from_str(text).unwrap()).unwrap();
        assert_eq!(values(&objects, "a"), values(&frame, "a"));
        assert_eq!(unread(&objects), unread(&frame));
        assert_eq!(Frame::from_json("{}").unwrap_err().code(), ErrorCode::TableValue);
    }

    #[test]
    fn keys_become_columns_typed_while_their_values_agree() {
        let frame = Frame::from_objects(vec![
            json!({"id": "a", "n": 1, "properties": {"amount": 2.5, "properties": 1}}),
            json!({"id": "b", "n": null, "flag": true, "mixed": 1}),
            json!({"n": -3, "mixed": "x", "properties": 7, "list": [1, {"a": null}]}),
            json!({"id": "a", "mixed": {"deep": []}, "amount": 9_007_199_254_740_993_u64}),
        ])
        .unwrap();
        assert_eq!(frame.names(), ["id", "n", "amount", "properties", "flag", "mixed", "list"]);
        let null = || Value::Null;
        assert_eq!(values(&frame, "id"), [json!("a"), json!("b"), null(), json!("a")]);
        assert_eq!(values(&frame, "n"), [json!(1), null(), json!(-3), null()]);
        assert_eq!(
            values(&frame, "amount"),
            [json!(2.5), null(), null(), json!(9_007_199_254_740_993_u64)]
        );
        assert_eq!(values(&frame, "properties"), [json!(1), null(), json!(7), null()]);
        assert_eq!(values(&frame, "flag"), [null(), json!(true), null(), null()]);
        assert_eq!(values(&frame, "mixed"), [null(), json!(1), json!("x"), json!({"deep": []})]);
        assert_eq!(values(&frame, "list"), [null(), null(), json!([1, {"a": null}]), null()]);
        assert!(matches!(frame.column("id"), Some(ColumnData::Text(_))));
        assert!(matches!(frame.column("n"), Some(ColumnData::Number(_))));
        assert!(matches!(frame.column("flag"), Some(ColumnData::Bool(_))));
        assert!(matches!(frame.column("mixed"), Some(ColumnData::Json(_))));
    }

    #[test]
    fn identifiers_and_repeated_texts_are_kept_as_they_are() {
        let row =
            |n: usize| json!({"id": format!("e{}", n % 20_000), "type": format!("t{}", n % 3)});
        let rows: Vec<Value> = (0..30_000).map(row).collect();
        let frame = Frame::from_objects(rows.clone()).unwrap();
        for name in ["id", "type"] {
            let given: Vec<Value> = rows.iter().map(|row| row[name].clone()).collect();
            assert_eq!(values(&frame, name), given);
        }
        let Some(ColumnData::Text(kinds)) = frame.column("type") else { panic!() };
        assert!(kinds.values.iter().eq(["t0", "t1", "t2"]));
    }

    #[test]
    fn rows_with_nothing_in_common_do_not_fill_the_memory() {
        let many = |count: usize, text: fn(usize) -> String| {
            (0..count).map(text).collect::<Vec<_>>().concat()
        };
        let different = many(20_000, |n| format!("{{\"k{n}\":1}}\n"));
        let first = many(9_000, |n| format!("\"k{n}\":1,"));
        let sparse = format!("{{{first}\"k\":1}}\n{}", "{}\n".repeat(200_000));
        let late = format!("{sparse}{{{first}\"k\":1}}\n");
        let bad = format!("{{{first}\"k\":1}}\n{}", "7\n".repeat(200_000));
        for text in [different, sparse, late, bad] {
            let error = Frame::from_ndjson(text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), ErrorCode::TableColumn);
        }
        let kind = |n| format!("{{\"id\":{n},\"of_kind_{}\":1}}\n", n % 50);
        let text = many(100_000, kind);
        assert_eq!(Frame::from_ndjson(text.as_bytes()).unwrap().names().len(), 51);
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        let frame = Frame::from_json(r#"[{"a":1,"a":2},{"a":3}]"#).unwrap();
        assert_eq!(values(&frame, "a"), [json!(2), json!(3)]);
    }

    #[test]
    fn no_rows_are_an_empty_table_and_rows_without_keys_still_count() {
        assert!(Frame::from_ndjson(b"\n \n").unwrap().is_empty());
        assert!(Frame::from_json("[]").unwrap().is_empty());
        assert_eq!(Frame::from_json("[{},{}]").unwrap().len(), 2);
    }
}
