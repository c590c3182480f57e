//! Rows for the tests of measures.

use proptest::prelude::*;

pub(crate) fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

/// Labels and probabilities of 1 to 60 rows, many of the probabilities alike, some 0 or 1.
pub(crate) fn any_rows() -> impl Strategy<Value = (Vec<bool>, Vec<f64>)> {
    let probability = prop_oneof![(0_u8..=10).prop_map(|tenth| f64::from(tenth) / 10.0), 0.0..=1.0];
    prop::collection::vec((any::<bool>(), probability), 1..60)
        .prop_map(|rows| rows.into_iter().unzip())
}

/// The same with rows of both labels.
pub(crate) fn rows_of_both() -> impl Strategy<Value = (Vec<bool>, Vec<f64>)> {
    any_rows().prop_map(|(mut labels, mut probabilities)| {
        labels.extend([true, false, true, false]);
        probabilities.extend([0.25, 0.75, 0.5, 0.5]);
        (labels, probabilities)
    })
}
