//! A linear model: columns as the core encodes them, then one product.
//!
//! Columns stand in another order than the core's, all numbers first, and so do the weights.

use stayput_core::churn::{Encoding, Linear};

use super::ROWS;
use super::builder::{Builder, length};
use super::encode::{known, one_hot};

/// The greatest size of a standardised number, as in the core.
const FAR: f64 = 1e12;

pub(super) fn margin(builder: &mut Builder, linear: &Linear) -> String {
    let (mut numbers, mut marked) = (Vec::new(), Vec::new());
    let (mut means, mut scales) = (Vec::new(), Vec::new());
    let (mut of_numbers, mut of_marks, mut of_categories) = (Vec::new(), Vec::new(), Vec::new());
    let mut pieces = Vec::new();
    let mut first = 0;
    for (at, encoding) in (0..).zip(&linear.encodings) {
        match encoding {
            Encoding::Number { mean, scale, indicator } => {
                numbers.push(at);
                means.push(*mean);
                scales.push(*scale);
                of_numbers.push(linear.weights[first]);
                first += 1;
                if *indicator {
                    marked.push(at);
                    of_marks.push(linear.weights[first]);
                    first += 1;
                }
            }
            Encoding::Category { values, indicator } => {
                let column = builder.columns(ROWS, &[at]);
                let end = first + *values as usize + usize::from(*indicator);
                of_categories.extend_from_slice(&linear.weights[first..end]);
                first = end;
                if *values > 0 {
                    pieces.push(one_hot(builder, &column, *values as usize));
                }
                if *indicator {
                    let known = known(builder, &column, *values as usize);
                    let lacks = builder.op("Not", &[&known]);
                    pieces.push(builder.cast(&lacks, builder.kind.code()));
                }
            }
        }
    }
    let mut weights = of_categories;
    if !numbers.is_empty() {
        let x = builder.columns(ROWS, &numbers);
        let dims = [1, length(means.len())];
        let (means, scales) = (builder.doubles(&means, &dims), builder.doubles(&scales, &dims));
        let (least, most) = (builder.double(-FAR), builder.double(FAR));
        let off = builder.op("Sub", &[&x, &means]);
        let standard = builder.op("Div", &[&off, &scales]);
        let standard = builder.op("Clip", &[&standard, &least, &most]);
        let (missing, zero) = (builder.op("IsNaN", &[&x]), builder.number(0.0));
        pieces.push(builder.op("Where", &[&missing, &zero, &standard]));
        weights.extend(of_numbers);
    }
    if !marked.is_empty() {
        let x = builder.columns(ROWS, &marked);
        let missing = builder.op("IsNaN", &[&x]);
        pieces.push(builder.cast(&missing, builder.kind.code()));
        weights.extend(of_marks);
    }
    let columns = builder.concat(&pieces);
    let weights = builder.doubles(&weights, &[length(weights.len()), 1]);
    let intercept = builder.double(linear.intercept);
    let product = builder.op("MatMul", &[&columns, &weights]);
    builder.op("Add", &[&product, &intercept])
}
