//! Tables as NDJSON: one JSON object a line, without the keys that are missing in it.

use super::Frame;
use crate::error::{Error, Result};

impl Frame {
    /// The rows as NDJSON in UTF-8, which [`Frame::from_ndjson`] reads back.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`](crate::ErrorCode::Internal) when a value cannot be JSON, which none
    /// of a table can.
    pub fn to_ndjson(&self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        for row in 0..self.len() {
            let mut separator = b'{';
            for (name, column) in self.names.iter().zip(&self.columns) {
                let value = column.value(row);
                if value.is_null() {
                    continue;
                }
                out.push(separator);
                separator = b',';
                write(&mut out, name)?;
                out.push(b':');
                write(&mut out, &value)?;
            }
            out.extend_from_slice(if separator == b'{' { b"{}\n" } else { b"}\n" });
        }
        Ok(out)
    }
}

fn write(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) -> Result<()> {
    serde_json::to_writer(out, value).map_err(|error| Error::internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_written_is_the_table_read() {
        let text = "{\"a\":1,\"b\":\"x \\\"y\\\"\"}\n{}\n{\"a\":-0.1,\"c\":[true]}\n";
        let frame = Frame::from_ndjson(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(frame.to_ndjson().unwrap()).unwrap(), text);
        assert!(Frame::default().to_ndjson().unwrap().is_empty());
    }
}
