//! Cohorts as a document.

use serde::Serialize;

use super::calendar::Period;
use crate::time::Timestamp;

/// Cohorts and what became of them. A column of the tables is one of `ages`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Cohorts {
    /// The period of a cohort.
    pub period: Period,
    /// The period that ages are counted in.
    pub age: Period,
    /// Who counts as retained: `n_day`, `unbounded` or `bracket`.
    pub definition: String,
    /// The zone of the periods.
    pub zone: String,
    /// Up to when events were recorded; null where there is not one row.
    pub until: Option<Timestamp>,
    /// The ages of each column.
    pub ages: Vec<Ages>,
    /// The cohorts that anyone is in, from the earliest.
    pub cohorts: Vec<Cohort>,
    /// Retention at each age, over all cohorts that it is known of.
    pub retention: Vec<RetentionPoint>,
    /// The Kaplan–Meier estimate, where customers have an end; else null.
    pub survival: Option<Vec<SurvivalPoint>>,
    /// Customers in all cohorts.
    pub customers: u32,
    /// Customers who have not started by `until`.
    pub not_started: u32,
    /// Rows that could not be read.
    pub unreadable: u32,
}

/// Ages of one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Ages {
    /// The first.
    pub first: u32,
    /// The last; null where there is none.
    pub last: Option<u32>,
}

/// Customers who started in one period. Null is what is not known yet.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Cohort {
    /// The first day of the period, in the zone: `2026-11-01`.
    pub start: String,
    /// How many customers started in it.
    pub size: u32,
    /// How many of them were retained.
    pub retained: Vec<Option<u32>>,
    /// Their share, 0 to 1.
    pub rates: Vec<Option<f64>>,
    /// From when each column is known.
    pub known_from: Vec<Timestamp>,
    /// What they brought in, where an amount was asked for; else null.
    pub revenue: Option<Revenue>,
}

/// What a cohort brought in at each age. Null is what is not known yet, and a share of nothing.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Revenue {
    /// The sum of the amounts.
    pub amounts: Vec<Option<f64>>,
    /// Gross revenue retention: the amounts, of each customer at most their own at age 0, by the
    /// amounts at age 0.
    pub gross_retention: Vec<Option<f64>>,
    /// Net revenue retention: the amounts by those at age 0.
    pub net_retention: Vec<Option<f64>>,
    /// The amounts up to this age by the size of the cohort: lifetime value to date.
    pub cumulative_per_customer: Vec<Option<f64>>,
}

/// Retention at some ages over all cohorts that it is known of.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RetentionPoint {
    /// The ages.
    pub ages: Ages,
    /// The customers of those cohorts.
    pub customers: u32,
    /// How many of them were retained.
    pub retained: u32,
    /// Their share; null where there is no such cohort.
    pub rate: Option<f64>,
    /// The lower end of its 95% interval (Wilson 1927).
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// The Kaplan–Meier estimate (1958) after the period of an age.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SurvivalPoint {
    /// The age.
    pub age: u32,
    /// Customers who had not left before it and are observed that long.
    pub at_risk: u32,
    /// How many of them left at this age.
    pub ended: u32,
    /// How many stay, but are not observed longer.
    pub censored: u32,
    /// The probability of staying past this age.
    pub survival: f64,
    /// The lower end of its 95% interval, by Greenwood's variance (1926) of the logarithm of
    /// minus the logarithm (Kalbfleisch and Prentice 1980).
    pub low: f64,
    /// The upper end.
    pub high: f64,
}
