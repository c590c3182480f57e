//! Stages, segments, RFM scores and cohorts.

use std::collections::BTreeMap;

use numpy::IntoPyArray;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use stayput_core::wire;

use crate::answers::{Answer as _, Array, Cohorts, Rfm, SegmentCounts, Transitions};
use crate::arguments::{Instant, Instants, Options, TableArgument, as_json};
use crate::engine::Engine;
use crate::errors::{Result, detached};
use crate::playbook::{Playbook, frames};

#[pymethods]
impl Engine {
    /// How customers moved between the stages of the lifecycle from each instant of `as_of` to the
    /// next: a list of two or more, or a grid. Counts and probabilities, summed over all steps.
    #[pyo3(signature = (*, as_of))]
    fn transitions<'py>(&self, py: Python<'py>, as_of: Instants<'py>) -> Result<Transitions<'py>> {
        self.ask(py, &Options::at_each(&as_of)?, wire::transitions_json)
    }

    /// How many customers were in each stage, segment and health band at each instant of `as_of`.
    #[pyo3(signature = (*, as_of))]
    fn segment_counts<'py>(
        &self,
        py: Python<'py>,
        as_of: Instants<'py>,
    ) -> Result<SegmentCounts<'py>> {
        self.ask(py, &Options::at_each(&as_of)?, wire::segment_counts_json)
    }

    /// Recency, frequency and monetary scores, 1 to 5, of all customers who have such an event at
    /// `as_of`; `value` is a property of an event such as `"purchase.amount"`, `window` a length of
    /// time such as `"365d"`, all of the past where there is none.
    #[pyo3(signature = (*, as_of, value, window=None))]
    fn rfm<'py>(
        &self,
        py: Python<'py>,
        as_of: Instant<'py>,
        value: &str,
        window: Option<&str>,
    ) -> Result<Rfm<'py>> {
        let options = Options::at(&as_of)?.with("value", value)?.with("window", window)?;
        self.ask(py, &options, wire::rfm_json)
    }
}

#[pymethods]
impl Playbook {
    /// Which segments each row of a table is in: for each segment an array of booleans, false too
    /// where its condition is missing. The table has a column for each feature that a condition
    /// reads, by its name, attributes as `customer.plan`, and `health`, `churn` and `lifecycle` where
    /// they are read. `n_jobs` threads work at it, all cores by default, and change nothing.
    #[pyo3(signature = (rows, *, n_jobs=None))]
    fn segment_rows<'py>(
        &self,
        py: Python<'py>,
        rows: TableArgument<'py>,
        n_jobs: Option<i64>,
    ) -> Result<BTreeMap<String, Array<'py>>> {
        let rows = rows.frame()?;
        let found = detached(py, || self.inner.segment_rows(&rows, n_jobs))?;
        let array = |rows: Vec<bool>| Array(rows.into_pyarray(py).into_any());
        Ok(found.names.into_iter().zip(found.members.into_iter().map(array)).collect())
    }

    /// The segments of one such row, a dictionary.
    #[pyo3(signature = (row))]
    fn segments_of(&self, row: Bound<'_, PyDict>) -> Result<Vec<String>> {
        let answer = wire::segments_of_json(&self.inner, &as_json(row.as_any())?)?;
        Ok(wire::from_json(&answer, "segments")?)
    }
}

/// Customers who started in the same period, and how many of them came back; no playbook is needed.
///
/// `events` has `customer_id`, `timestamp`, and `type` where types are asked for; `customers` has
/// `customer_id` and the columns that `start_attribute` and `end_attribute` name. A customer starts
/// with the first event, the first of the type `start_event`, or at `start_attribute`; with
/// `end_attribute` they are active up to then, and no events are read.
///
/// `period` is that of the cohorts, `age` that in which their age is counted: `"day"`, `"week"`,
/// `"month"` or `"quarter"`, in `zone`. `definition` is `"n_day"`, `"unbounded"` or `"bracket"` with
/// the ages at which `brackets` begin and end. `activity` names the types of events that count,
/// `amount` the column of what each brought in, `until` up to when events were recorded.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "keywords of Python")]
#[pyo3(signature = (
    events=None, customers=None, *, period="month", age=None, definition="n_day", brackets=None,
    start_event=None, start_attribute=None, end_attribute=None, activity=None, amount=None,
    zone=None, until=None, ages=None, columns=None,
))]
pub(crate) fn cohorts<'py>(
    py: Python<'py>,
    events: Option<TableArgument<'py>>,
    customers: Option<TableArgument<'py>>,
    period: &str,
    age: Option<&str>,
    definition: &str,
    brackets: Option<Vec<u32>>,
    start_event: Option<&str>,
    start_attribute: Option<&str>,
    end_attribute: Option<&str>,
    activity: Option<Vec<String>>,
    amount: Option<&str>,
    zone: Option<&str>,
    until: Option<Instant<'py>>,
    ages: Option<u32>,
    columns: Option<BTreeMap<String, String>>,
) -> Result<Cohorts<'py>> {
    let (events, customers) = frames(events, customers, columns)?;
    let options = Options::new(py)
        .with("period", period)?
        .with("age", age)?
        .with("definition", definition)?
        .with("brackets", brackets)?
        .with("startEvent", start_event)?
        .with("startAttribute", start_attribute)?
        .with("endAttribute", end_attribute)?
        .with("activity", activity)?
        .with("amount", amount)?
        .with("zone", zone)?
        .instant("until", until.as_ref())?
        .with("ages", ages)?
        .json()?;
    let found = detached(py, || wire::cohorts_json(events, customers.as_ref(), &options))?;
    Cohorts::read(py, &found)
}
