//! Calibrators as standard operators, in double precision.

use stayput_core::Result;
use stayput_core::churn::Calibrator;

use super::builder::{Builder, int, length};
use crate::onnx::INT64;

pub(super) fn probability(
    builder: &mut Builder,
    calibrator: &Calibrator,
    margin: &str,
) -> Result<String> {
    let odds = match calibrator {
        Calibrator::Platt { slope, intercept } => {
            let (slope, intercept) = (builder.double(*slope), builder.double(*intercept));
            let steep = builder.op("Mul", &[margin, &slope]);
            builder.op("Add", &[&steep, &intercept])
        }
        Calibrator::Beta { a, b, c } => {
            let (a, b, c) = (builder.double(*a), builder.double(*b), builder.double(*c));
            let negative = builder.op("Neg", &[margin]);
            let (up, down) = (softplus(builder, margin), softplus(builder, &negative));
            let (up, down) = (builder.op("Mul", &[&b, &up]), builder.op("Mul", &[&a, &down]));
            let apart = builder.op("Sub", &[&up, &down]);
            builder.op("Add", &[&apart, &c])
        }
        Calibrator::Isotonic { margins, probabilities } => {
            return Ok(between(builder, margins, probabilities, margin));
        }
        _ => return Err(crate::export::refuse("ONNX", "its calibrator is not known")),
    };
    Ok(builder.op("Sigmoid", &[&odds]))
}

/// `ln(1 + e^x)`, as `max(x, 0) + ln(1 + e^−|x|)`.
fn softplus(builder: &mut Builder, x: &str) -> String {
    let (zero, one) = (builder.double(0.0), builder.double(1.0));
    let size = builder.op("Abs", &[x]);
    let size = builder.op("Neg", &[&size]);
    let small = builder.op("Exp", &[&size]);
    let small = builder.op("Add", &[&one, &small]);
    let small = builder.op("Log", &[&small]);
    let large = builder.op("Max", &[x, &zero]);
    builder.op("Add", &[&large, &small])
}

/// Straight lines between points, flat outside of them.
fn between(builder: &mut Builder, xs: &[f64], ys: &[f64], x: &str) -> String {
    let (count, last) = (length(xs.len()), length(xs.len()) - 1);
    // How many points are not after x: those before it, and so the place of the next.
    let points = builder.doubles(xs, &[1, count]);
    let passed = builder.op("LessOrEqual", &[&points, x]);
    let passed = builder.cast(&passed, INT64);
    let axis = builder.ints(&[1]);
    let next = builder.with("ReduceSum", &[&passed, &axis], vec![int("keepdims", 1)]);
    let (zero, one, end) = (builder.ints(&[0]), builder.ints(&[1]), builder.ints(&[last]));
    let before = builder.op("Sub", &[&next, &one]);
    let before = builder.op("Max", &[&before, &zero]);
    let next = builder.op("Min", &[&next, &end]);
    let (xs, ys) = (builder.doubles(xs, &[count]), builder.doubles(ys, &[count]));
    let [left, right] = [&before, &next].map(|place| builder.rows(&xs, place));
    let [low, high] = [&before, &next].map(|place| builder.rows(&ys, place));
    // Outside, both points are one: any divisor will do.
    let width = builder.op("Sub", &[&right, &left]);
    let (nothing, whole) = (builder.double(0.0), builder.double(1.0));
    let flat = builder.op("Equal", &[&width, &nothing]);
    let width = builder.op("Where", &[&flat, &whole, &width]);
    let along = builder.op("Sub", &[x, &left]);
    let share = builder.op("Div", &[&along, &width]);
    let share = builder.op("Where", &[&flat, &nothing, &share]);
    let height = builder.op("Sub", &[&high, &low]);
    let height = builder.op("Mul", &[&height, &share]);
    let height = builder.op("Add", &[&low, &height]);
    let height = builder.op("Max", &[&height, &low]);
    builder.op("Min", &[&height, &high])
}
