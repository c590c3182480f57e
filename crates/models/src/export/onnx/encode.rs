//! Encoders of categories as standard operators: from the index of a name to numbers.

use stayput_core::Result;
use stayput_core::churn::{Encoder, InputKind, ModelParts, NumberOfName};

use super::ROWS;
use super::builder::{Builder, length};
use crate::onnx::INT64;

/// Up to here a number counts as 0 where 0 is missing, as in the core's forest.
const ZERO: f64 = 1e-35_f32 as f64;

/// The columns that the predictor reads, and what each of them is.
pub(super) fn columns(
    builder: &mut Builder,
    parts: &ModelParts,
    zero_is_missing: bool,
) -> Result<(String, Vec<InputKind>)> {
    let mut pieces = Vec::new();
    let mut plain: Vec<i64> = Vec::new();
    let mut kinds = Vec::new();
    let natives = std::iter::repeat(&Encoder::Native);
    for (at, (input, encoder)) in
        (0..).zip(parts.inputs.iter().zip(parts.encoders.iter().chain(natives)))
    {
        kinds.extend(encoder.kinds(&input.kind));
        let InputKind::Category { values } = &input.kind else {
            plain.push(at);
            continue;
        };
        flush(builder, &mut plain, &mut pieces, zero_is_missing);
        let column = builder.columns(ROWS, &[at]);
        let count = values.len();
        match encoder {
            // A name that is not known counts as missing.
            Encoder::Native | Encoder::Ordinal { .. } => {
                let (known, missing) = (known(builder, &column, count), builder.number(f64::NAN));
                pieces.push(builder.op("Where", &[&known, &column, &missing]));
            }
            Encoder::OneHot { indicator } => {
                pieces.push(one_hot(builder, &column, count));
                if *indicator {
                    let missing = builder.op("IsNaN", &[&column]);
                    pieces.push(builder.cast(&missing, builder.kind.code()));
                }
            }
            Encoder::Frequency(numbers) | Encoder::Target(numbers) => {
                pieces.push(looked_up(builder, &column, numbers));
            }
            _ => return Err(crate::export::refuse("ONNX", "its encoder is not known")),
        }
    }
    if pieces.is_empty() && !zero_is_missing {
        return Ok((ROWS.to_owned(), kinds));
    }
    flush(builder, &mut plain, &mut pieces, zero_is_missing);
    let rows = if let [only] = pieces.as_slice() { only.clone() } else { builder.concat(&pieces) };
    Ok((rows, kinds))
}

/// Adds the columns of numbers that came one after the other.
fn flush(
    builder: &mut Builder,
    plain: &mut Vec<i64>,
    pieces: &mut Vec<String>,
    zero_is_missing: bool,
) {
    if plain.is_empty() {
        return;
    }
    let mut columns = builder.columns(ROWS, plain);
    if zero_is_missing {
        let (zero, missing) = (builder.number(ZERO), builder.number(f64::NAN));
        let size = builder.op("Abs", &[&columns]);
        let is = builder.op("LessOrEqual", &[&size, &zero]);
        columns = builder.op("Where", &[&is, &missing, &columns]);
    }
    pieces.push(columns);
    plain.clear();
}

/// Whether a column holds the index of one of `count` names.
pub(super) fn known(builder: &mut Builder, column: &str, count: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "no dictionary has 2^52 names")]
    let (zero, end) = (builder.number(0.0), builder.number(count as f64));
    let from = builder.op("GreaterOrEqual", &[column, &zero]);
    let to = builder.op("Less", &[column, &end]);
    builder.op("And", &[&from, &to])
}

/// One column a name: 1 for the one that is named.
pub(super) fn one_hot(builder: &mut Builder, column: &str, count: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "no dictionary has 2^52 names")]
    let names: Vec<f64> = (0..count).map(|at| at as f64).collect();
    let names = builder.numbers(&names, &[1, length(count)]);
    let whole = builder.op("Floor", &[column]);
    let is = builder.op("Equal", &[&whole, &names]);
    builder.cast(&is, builder.kind.code())
}

/// The number of each name, from a table whose last two rows are for unseen and missing.
fn looked_up(builder: &mut Builder, column: &str, numbers: &NumberOfName) -> String {
    let count = numbers.names.len();
    #[expect(clippy::cast_precision_loss, reason = "no dictionary has 2^52 names")]
    let (unseen, missing) = (builder.number(count as f64), builder.number(count as f64 + 1.0));
    let table: Vec<f64> =
        numbers.names.iter().copied().chain([numbers.unseen, numbers.missing]).collect();
    let table = builder.numbers(&table, &[length(count + 2)]);
    let known = known(builder, column, count);
    let place = builder.op("Where", &[&known, column, &unseen]);
    let lacks = builder.op("IsNaN", &[column]);
    let place = builder.op("Where", &[&lacks, &missing, &place]);
    let place = builder.cast(&place, INT64);
    builder.rows(&table, &place)
}
