//! Some rows of a table, as a table of their own.

use super::{Bits, Buffer, ColumnData, Frame, Integers, TextColumn};

impl Frame {
    /// The rows of these indices, each in range, in that order. The columns stay of their types,
    /// and a text's dictionary has only what is left.
    #[must_use]
    pub fn pick(&self, rows: &[usize]) -> Self {
        let unread = rows.iter().enumerate();
        let unread = unread.filter_map(|(at, row)| Some((at, self.unread(*row)?.clone())));
        Self {
            names: self.names.clone(),
            columns: self.columns.iter().map(|column| column.pick(rows)).collect(),
            len: rows.len(),
            by_row: self.by_row,
            unread: unread.collect(),
        }
    }
}

fn picked<T: Copy + Send + Sync + 'static>(values: &Buffer<T>, rows: &[usize]) -> Buffer<T> {
    rows.iter().map(|row| values[*row]).collect()
}

impl ColumnData {
    fn pick(&self, rows: &[usize]) -> Self {
        match self {
            Self::Number(values) => Self::Number(picked(values, rows)),
            Self::Integer(values) => Self::Integer(match values {
                Integers::I64(values) => Integers::I64(picked(values, rows)),
                Integers::I32(values) => Integers::I32(picked(values, rows)),
                Integers::U32(values) => Integers::U32(picked(values, rows)),
            }),
            Self::Bool(values) => Self::Bool(rows.iter().map(|row| values[*row]).collect()),
            Self::Text(texts) => {
                Self::Text(TextColumn::from_texts(rows.iter().map(|row| texts.get(*row))))
            }
            Self::Strings(texts) => {
                Self::Text(TextColumn::from_texts(rows.iter().map(|row| texts.get(*row))))
            }
            Self::Time(values) => Self::Time(picked(values, rows)),
            Self::Json(values) => Self::Json(rows.iter().map(|row| values[*row].clone()).collect()),
            Self::Masked(data, there) => {
                let mask = there.mask();
                let byte = |rows: &[usize]| {
                    let bits = rows.iter().enumerate();
                    bits.fold(0_u8, |byte, (at, row)| byte | u8::from(mask.get(*row)) << at)
                };
                data.pick(rows).masked(Bits::new(rows.chunks(8).map(byte).collect(), 0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_are_picked_in_any_order_and_keep_what_they_are() {
        let numbers: ColumnData = (0..20).map(|at| (at % 3 != 0).then_some(at)).collect();
        let texts = ["a", "b", "c"].into_iter().cycle().take(20).map(Some);
        let frame = Frame::new(vec![
            ("number".to_owned(), numbers),
            ("text".to_owned(), ColumnData::Text(TextColumn::from_texts(texts))),
            ("at".to_owned(), ColumnData::Time((0..20).collect())),
            ("yes".to_owned(), ColumnData::Bool((0..20).map(|at| Some(at > 9)).collect())),
        ])
        .unwrap();
        let rows = [19, 3, 4, 4, 0, 10, 11, 12, 13, 14];
        let picked = frame.pick(&rows);
        assert_eq!(picked.len(), rows.len());
        for name in frame.names() {
            let (from, to) = (frame.column(name).unwrap(), picked.column(name).unwrap());
            assert_eq!(from.type_name(), to.type_name());
            for (at, row) in rows.iter().enumerate() {
                assert_eq!(to.value(at), from.value(*row), "{name} {row}");
            }
        }
    }

    #[test]
    fn what_could_not_be_read_goes_along() {
        let frame = Frame::from_objects(vec![json!({"a": 1}), json!(7), json!({"a": 2})]).unwrap();
        let picked = frame.pick(&[2, 1]);
        assert!(picked.by_row() && picked.unread(0).is_none());
        assert_eq!(picked.unread(1), frame.unread(1));
        assert!(picked.unread(1).is_some());
    }
}
