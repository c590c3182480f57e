use proptest::prelude::*;

use super::*;
use crate::expr::check::compile;
use crate::expr::scope::Scope;
use crate::expr::value::Value;
use crate::schema::{Field, FieldType, Schema};
use crate::time::Timestamp;

const CONDITIONS: [&str; 19] = [
    "customer.a + customer.b * 2.0 > 3.0 && !(customer.a / customer.b <= 1.0)",
    "customer.p || customer.a - customer.b == 0.0",
    "customer.t in [\"x\", \"y\"] && customer.p",
    "customer.t != \"z\" || customer.b >= -customer.a",
    "!(customer.p && customer.a < customer.b) || customer.t == \"q\"",
    "customer.a != customer.b",
    "clamp(customer.a, -0.0, customer.b) > 0.5",
    "1.0 < customer.a",
    "customer.p == customer.q",
    "customer.p < customer.q",
    "customer.p ? customer.q : customer.a > 0.0",
    "coalesce(customer.q, customer.p, false)",
    "customer.since != customer.until",
    "customer.since < coalesce(customer.until, timestamp(\"1970-01-01T00:00:02Z\"))",
    "has(customer.a) || has(customer.t)",
    "has(customer.since) && has(customer.p)",
    "customer.t.startsWith(\"x\") || customer.t.endsWith(\"y\") || customer.t.contains(\"z\")",
    "true",
    "days_since(customer.since) > days_until(customer.until)",
];

const NUMBERS: [&str; 15] = [
    "customer.a",
    "customer.a - customer.b * 0.5 + 1.0",
    "-customer.a % customer.b",
    "ratio(customer.a, customer.b)",
    "clamp(customer.a, -1.0, customer.b)",
    "coalesce(customer.a / customer.b, customer.b, 7.0)",
    "log1p(customer.a)",
    "customer.p ? customer.a : -customer.b",
    "if(customer.a > customer.b, customer.a, 0.0)",
    "curve(customer.a, -1, 10, 0, 5, 2, 100)",
    "bucket(customer.a, -1, 0.5, 2)",
    "logistic(customer.a, 0.5, 2)",
    "decay(customer.a, 3)",
    "percentile_rank(customer.a, -1, 0, 0, 2)",
    "days_since(customer.p ? customer.since : customer.until)",
];

const TIMES: [&str; 2] = [
    "coalesce(customer.since, customer.until)",
    "customer.p ? customer.since : timestamp(\"2026-01-01T00:00:00Z\")",
];

/// What a frame alone can compute.
const FRAMED: [&str; 3] = [
    "size(customer.t) > 1.0",
    "customer.since + duration(\"1d\") > customer.until",
    "customer.t < \"y\"",
];

/// The attributes a, b, p, q, t, since and until, and the slot of `as_of` behind them.
fn compiled(text: &str) -> Program {
    let field = |name: &str, kind| Field::new(name, kind);
    let schema = Schema {
        attributes: vec![
            field("a", FieldType::Number),
            field("b", FieldType::Number),
            field("p", FieldType::Bool),
            field("q", FieldType::Bool),
            field("t", FieldType::Text),
            field("since", FieldType::Timestamp),
            field("until", FieldType::Timestamp),
        ],
        events: Vec::new(),
    };
    let program = compile(text, &Scope::of_features(&schema, &[])).unwrap();
    program.bind(|input| match input {
        crate::expr::Input::Attribute(index) => *index,
        _ => 7,
    })
}

/// The value as a column has it, in bits.
fn bits(value: Value<'_>) -> u64 {
    match value {
        Value::Bool(truth) => f64::from(u8::from(truth)).to_bits(),
        Value::Time(at) => at.as_micros().cast_unsigned(),
        value => value.as_number().to_bits(),
    }
}

fn missing_times(bits: u64) -> u64 {
    if bits == f64::NAN.to_bits() { MISSING_TIME.cast_unsigned() } else { bits }
}

type Row = (i8, i8, Option<bool>, Option<bool>, u32, i8, i8);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let truth = || proptest::option::of(any::<bool>());
    // 3 stands for what is missing.
    let number = || -2_i8..4;
    let row = (number(), number(), truth(), truth(), 0_u32..4, number(), number());
    proptest::collection::vec(row, 1..40)
}

proptest! {
    #[test]
    fn many_rows_are_what_each_is_alone(rows in rows()) {
        let number = |x: i8| if x == 3 { f64::NAN } else { f64::from(x) };
        let time = |x: i8| if x == 3 { MISSING_TIME } else { i64::from(x) * 1_000_000 };
        let a: Vec<f64> = rows.iter().map(|row| number(row.0)).collect();
        let b: Vec<f64> = rows.iter().map(|row| number(row.1)).collect();
        let p: Vec<Option<bool>> = rows.iter().map(|row| row.2).collect();
        let q: Vec<f64> =
            rows.iter().map(|row| row.3.map_or(f64::NAN, |q| f64::from(u8::from(q)))).collect();
        let codes: Vec<u32> = rows.iter().map(|row| row.4).collect();
        let since: Vec<i64> = rows.iter().map(|row| time(row.5)).collect();
        let until: Vec<i64> = rows.iter().map(|row| time(row.6)).collect();
        let as_of = vec![5_000_000; rows.len()];
        let values = ["x", "xy", "z"].map(str::to_owned);
        let columns = [
            Column::Numbers(&a),
            Column::Numbers(&b),
            Column::Truths(&p),
            Column::Flags(&q),
            Column::Texts { codes: &codes, values: &values },
            Column::Times(&since),
            Column::Times(&until),
            Column::Times(&as_of),
        ];
        let at = |micros: i64| {
            let at = Timestamp::from_micros(micros).ok().filter(|_| micros != MISSING_TIME);
            at.map_or(Value::Missing, Value::Time)
        };
        let frame = |row: usize| [
            Value::number(a[row]),
            Value::number(b[row]),
            Value::truth(p[row]),
            Value::truth(rows[row].3),
            values.get(codes[row] as usize).map_or(Value::Missing, |text| Value::Text(text)),
            at(since[row]),
            at(until[row]),
            at(as_of[row]),
        ];
        for text in CONDITIONS {
            let program = compiled(text);
            let found = program.holds(&columns, 0..rows.len()).unwrap();
            for (row, found) in found.into_iter().enumerate() {
                prop_assert_eq!(found, program.eval(&frame(row)) == Value::Bool(true), "{}", text);
            }
        }
        for text in CONDITIONS.into_iter().chain(NUMBERS).chain(TIMES) {
            let program = compiled(text);
            let found: Vec<u64> = match program.compute(&columns, 0..rows.len()).unwrap() {
                Computed::Numbers(rows) => rows.iter().map(|x| x.to_bits()).collect(),
                Computed::Flags(rows) => rows.iter().map(|x| x.to_bits()).collect(),
                Computed::Times(rows) => rows.iter().map(|at| at.cast_unsigned()).collect(),
            };
            let missing = if TIMES.contains(&text) { missing_times } else { |bits| bits };
            let alone: Vec<u64> =
                (0..rows.len()).map(|row| missing(bits(program.eval(&frame(row))))).collect();
            prop_assert_eq!(found, alone, "{}", text);
        }
        for text in FRAMED {
            let program = compiled(text);
            prop_assert!(program.holds(&columns, 0..rows.len()).is_none(), "{}", text);
            prop_assert!(program.compute(&columns, 0..rows.len()).is_none(), "{}", text);
        }
    }
}
