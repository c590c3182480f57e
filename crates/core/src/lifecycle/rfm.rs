//! RFM: recency, frequency and monetary value, each scored 1 to 5 (Hughes 1994).
//!
//! A score says in which fifth of the customers one is, from the worst to the best: `1 + ⌊5·w / n⌋`,
//! where `w` of the `n` customers are strictly worse. So equal values have equal scores, and ties go
//! to the lower fifth: where most customers bought once, all of them have frequency 1. Fewer days
//! since the last event are better, and so are more events and a greater sum.
//!
//! The segment follows from recency R and from FM, the mean of frequency and monetary score, halves
//! rounded up:
//!
//! | R \ FM | 1 | 2 | 3 | 4 | 5 |
//! |---|---|---|---|---|---|
//! | 5 | new | potential loyalist | potential loyalist | champions | champions |
//! | 4 | promising | potential loyalist | potential loyalist | loyal | loyal |
//! | 3 | about to sleep | about to sleep | needs attention | loyal | loyal |
//! | 2 | hibernating | hibernating | at risk | at risk | cannot lose |
//! | 1 | lost | lost | at risk | at risk | cannot lose |

use serde::Serialize;

use crate::error::{Error, Result};
use crate::time::Timestamp;

/// What RFM scores are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RfmParams {
    /// The events and what each is worth, as an expression: `purchase.amount`.
    pub value: String,
    /// How far back events count, for instance `365d`; all of the past where there is none.
    pub window: Option<String>,
}

/// What a customer is called by R and FM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum RfmSegment {
    /// Bought lately, often and for much.
    Champions,
    /// Buys often and for much.
    Loyal,
    /// Bought lately, and more than once or twice.
    PotentialLoyalist,
    /// Bought for the first time just now.
    New,
    /// Bought lately and little.
    Promising,
    /// In the middle of everything.
    NeedsAttention,
    /// Bought a while ago and little.
    AboutToSleep,
    /// Bought much, but long ago.
    AtRisk,
    /// Among the best of all, but long ago.
    CannotLose,
    /// Bought little and long ago.
    Hibernating,
    /// Bought little, and longest ago of all.
    Lost,
}

impl RfmSegment {
    const ALL: [Self; 11] = [
        Self::Champions,
        Self::Loyal,
        Self::PotentialLoyalist,
        Self::New,
        Self::Promising,
        Self::NeedsAttention,
        Self::AboutToSleep,
        Self::AtRisk,
        Self::CannotLose,
        Self::Hibernating,
        Self::Lost,
    ];

    /// The segment of three scores, 1 to 5 each.
    #[must_use]
    pub fn of(recency: u8, frequency: u8, monetary: u8) -> Self {
        match (recency, (frequency + monetary).div_ceil(2)) {
            (5, 4..) => Self::Champions,
            (3.., 4..) => Self::Loyal,
            (4.., 2..) => Self::PotentialLoyalist,
            (5.., _) => Self::New,
            (4, _) => Self::Promising,
            (3, 3) => Self::NeedsAttention,
            (3, _) => Self::AboutToSleep,
            (_, 5..) => Self::CannotLose,
            (_, 3..) => Self::AtRisk,
            (2, _) => Self::Hibernating,
            _ => Self::Lost,
        }
    }
}

/// One customer's values and scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RfmCustomer {
    /// The customer.
    pub customer_id: String,
    /// Days since the last event.
    pub recency_days: f64,
    /// The number of events.
    pub frequency: f64,
    /// The sum of what they are worth.
    pub monetary: f64,
    /// The recency score, 1 to 5.
    pub r: u8,
    /// The frequency score, 1 to 5.
    pub f: u8,
    /// The monetary score, 1 to 5.
    pub m: u8,
    /// The segment.
    pub segment: RfmSegment,
}

/// The customers of one segment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RfmSummary {
    /// The segment.
    pub segment: RfmSegment,
    /// How many customers are in it.
    pub customers: u32,
    /// Their share in all, 0 to 1.
    pub share: f64,
    /// What all of them are worth.
    pub monetary: f64,
}

/// The scores of all customers who have an event in the window.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Rfm {
    /// The instant.
    pub as_of: Timestamp,
    /// The customers, by identifier.
    pub customers: Vec<RfmCustomer>,
    /// The segments that anyone is in, from champions to lost.
    pub segments: Vec<RfmSummary>,
}

/// Scores customers by their days since the last event, number of events and worth.
///
/// # Errors
/// `argument` where a value is not finite.
pub fn rfm(as_of: Timestamp, customers: Vec<(String, [f64; 3])>) -> Result<Rfm> {
    if customers.iter().any(|(_, values)| values.iter().any(|value| !value.is_finite())) {
        return Err(Error::argument("value", "is not finite for every customer"));
    }
    let of = |at: usize| customers.iter().map(|(_, values)| values[at]).collect::<Vec<f64>>();
    let recency: Vec<f64> = of(0).iter().map(|days| -days).collect();
    let scores = [fifths(&recency), fifths(&of(1)), fifths(&of(2))];
    let all = customers.len();
    let mut found = Vec::with_capacity(all);
    for (row, (customer_id, [recency_days, frequency, monetary])) in
        customers.into_iter().enumerate()
    {
        let [r, f, m] = [0, 1, 2].map(|at| scores[at][row]);
        let segment = RfmSegment::of(r, f, m);
        found.push(RfmCustomer {
            customer_id,
            recency_days,
            frequency,
            monetary,
            r,
            f,
            m,
            segment,
        });
    }
    let summary = |segment: RfmSegment| {
        let own = found.iter().filter(|customer| customer.segment == segment);
        let (count, monetary) =
            own.fold((0_u32, 0.0), |(count, sum), own| (count + 1, sum + own.monetary));
        #[expect(clippy::cast_precision_loss, reason = "counts of customers")]
        let share = f64::from(count) / all as f64;
        (count > 0).then_some(RfmSummary { segment, customers: count, share, monetary })
    };
    let segments = RfmSegment::ALL.into_iter().filter_map(summary).collect();
    Ok(Rfm { as_of, customers: found, segments })
}

/// The score of each value among all of them: 1 for the least fifth to 5 for the greatest.
fn fifths(values: &[f64]) -> Vec<u8> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let score = |value: &f64| {
        let worse = sorted.partition_point(|other| other < value);
        u8::try_from(1 + 5 * worse / sorted.len()).unwrap_or(5)
    };
    values.iter().map(score).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_values_have_equal_scores_and_go_to_the_lower_fifth() {
        assert_eq!(fifths(&[1.0, 1.0, 1.0, 2.0, 3.0]), [1, 1, 1, 4, 5]);
        assert_eq!(fifths(&[5.0, 4.0, 3.0, 2.0, 1.0]), [5, 4, 3, 2, 1]);
        assert_eq!(fifths(&[7.0; 9]), [1; 9]);
        assert_eq!(fifths(&[]), [0_u8; 0]);
    }

    #[test]
    fn every_pair_of_scores_has_the_segment_of_the_table() {
        // The table of the module's header, from R = 5 and FM = 1 on.
        let table = "new potential potential champions champions \
                     promising potential potential loyal loyal \
                     sleep sleep attention loyal loyal \
                     hibernating hibernating risk risk lose \
                     lost lost risk risk lose";
        let mut names = table.split_whitespace();
        for r in (1..=5).rev() {
            for fm in 1..=5 {
                let name = format!("{:?}", RfmSegment::of(r, fm, fm)).to_lowercase();
                let expected = names.next().unwrap();
                assert!(name.contains(expected), "R {r}, FM {fm}: {name}, not {expected}");
            }
        }
        assert_eq!(RfmSegment::of(5, 3, 4), RfmSegment::Champions, "halves are rounded up");
    }

    proptest! {
        #[test]
        fn scores_are_what_they_are_defined_to_be(
            values in prop::collection::vec((0..9_u8).prop_map(f64::from), 1..40),
        ) {
            for (value, score) in values.iter().zip(fifths(&values)) {
                let worse = values.iter().filter(|other| *other < value).count();
                prop_assert_eq!(usize::from(score), 1 + 5 * worse / values.len());
                prop_assert!((1..=5).contains(&score));
            }
        }
    }
}
