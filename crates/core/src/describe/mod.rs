//! What is in a table of events, before anyone has written a playbook for it.
//!
//! Rows that name a customer, an instant and a type are counted; the others are `unreadable`. All
//! numbers follow from what the rows say, not from the order in which they stand. A quantile is
//! linear between the two values around it (type 7 of Hyndman and Fan 1996).

mod column;
mod document;
mod findings;
mod numbers;
mod survey;

use crate::columns::Frame;
use crate::error::Result;
use crate::event::word;
use crate::schema::Literal;
use crate::time::{Span, Timestamp};

pub(crate) use column::{Column, ColumnType, is_identifier};
pub use document::{
    ColumnDescription, Common, CustomersDescription, Description, Duplicates, Gap, Gaps, Spread,
    Suspicion, TypeDescription,
};
pub(crate) use findings::{is_money, shown};
pub(crate) use numbers::{Values, count, quantile, share};
pub(crate) use survey::Survey;

/// How many of a column's commonest values are listed.
const COMMONEST: usize = 10;

/// What the events are, and the customers where they are given.
///
/// `events` has the columns `customer_id`, `timestamp` and `type`, perhaps `event_id`, and any
/// others; `customers` has `customer_id` and any others. No playbook is needed.
///
/// # Errors
/// `table_column` when one of those columns is missing or cannot be what it is named for.
pub fn describe(events: &Frame, customers: Option<&Frame>) -> Result<Description> {
    Ok(description(&Survey::of(events, customers)?))
}

/// The description of a survey.
pub(crate) fn description(survey: &Survey) -> Description {
    let all: Vec<usize> = (0..survey.len()).collect();
    let instant = |at: Option<&i64>| at.and_then(|at| Timestamp::from_micros(*at).ok());
    let by_customer = survey.by_customer(&survey.times, None);
    let events = by_customer.iter().map(|times| i64::try_from(times.len()).unwrap_or(i64::MAX));
    let between =
        by_customer.iter().flat_map(|times| times.windows(2).map(|pair| pair[1] - pair[0]));
    Description {
        rows: survey.rows,
        unreadable: survey.rows - survey.len(),
        customers: survey.customer_ids.len(),
        first: instant(survey.sorted_times.first()),
        last: instant(survey.sorted_times.last()),
        events_per_customer: Spread::of(events.collect(), numbers::count_of),
        days_between_events: Spread::of(between.collect(), numbers::days),
        types: types(survey),
        columns: survey
            .columns
            .iter()
            .map(|column| {
                // A property is missing where an event of its type lacks it, not in the others.
                let types: Vec<usize> = survey.types_with(column);
                let rows = all.iter().filter(|row| types.contains(&survey.kind(**row)));
                let names = types.iter().map(|at| survey.types[*at].clone()).collect();
                describe_column(column, rows.copied(), names)
            })
            .collect(),
        gaps: survey.gaps(),
        duplicates: survey.duplicates(),
        customer_table: survey.people.as_ref().map(|people| CustomersDescription {
            rows: people.rows,
            customers: people.ids.len(),
            without_events: people
                .ids
                .iter()
                .filter(|id| survey.customer_ids.binary_search(id).is_err())
                .count(),
            columns: people
                .columns
                .iter()
                .map(|column| describe_column(column, 0..column.words.len(), Vec::new()))
                .collect(),
        }),
        suspicious: findings::all(survey),
    }
}

/// The event types, the commonest first.
fn types(survey: &Survey) -> Vec<TypeDescription> {
    let mut types: Vec<TypeDescription> = Vec::new();
    let by_type = survey.by_type(&survey.times);
    for (at, times) in by_type.iter().enumerate() {
        let with = |column: &&Column| survey.types_with(column).contains(&at);
        let bounds = [times.first(), times.last()];
        let [first, last] = bounds.map(|at| Timestamp::from_micros(*at?).ok());
        types.push(TypeDescription {
            name: survey.types[at].clone(),
            rows: times.len(),
            share: numbers::share(times.len(), survey.len()),
            customers: survey.customers_of(at).len(),
            first,
            last,
            properties: survey.columns.iter().filter(with).map(|c| c.name.clone()).collect(),
        });
    }
    // Sorted by name before, which stays where counts are equal.
    types.sort_by_key(|known| std::cmp::Reverse(known.rows));
    types
}

fn describe_column(
    column: &Column,
    rows: impl Iterator<Item = usize>,
    events: Vec<String>,
) -> ColumnDescription {
    let values = Values::of(rows.map(|row| column.words[row]).collect());
    let runs = values.runs();
    let shown = |word: i64| column.shown(word);
    let ordered = matches!(column.kind, ColumnType::Number | ColumnType::Timestamp);
    let middle = match column.kind {
        ColumnType::Number => {
            Some(Literal::Number(quantile(&values.numbers(), 0.5))).filter(|_| !runs.is_empty())
        }
        _ => values.sorted.get(values.sorted.len() / 2).map(|word| shown(*word)),
    };
    let end = |at: Option<&i64>| at.filter(|_| ordered).map(|word| shown(*word));
    let mut common = runs.clone();
    common.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    let common = common.iter().take(if ordered { 0 } else { COMMONEST });
    ColumnDescription {
        name: column.name.clone(),
        kind: column.kind.name().to_owned(),
        missing: numbers::share(values.rows - values.sorted.len(), values.rows),
        distinct: runs.len(),
        min: end(values.sorted.first()),
        median: middle.filter(|_| ordered),
        max: end(values.sorted.last()),
        commonest: common
            .map(|(word, rows)| Common {
                value: shown(*word),
                rows: *rows,
                share: numbers::share(*rows, values.sorted.len()),
            })
            .collect(),
        events,
    }
}

impl Column {
    /// A value of the column as a document shows it.
    fn shown(&self, word: i64) -> Literal {
        match self.kind {
            ColumnType::Number => Literal::Number(word::number(word)),
            ColumnType::Bool => Literal::Bool(word != 0),
            ColumnType::Timestamp => {
                Literal::Text(Timestamp::EPOCH.plus(Span::micros(word)).to_string())
            }
            _ => Literal::Text(self.text(word).to_owned()),
        }
    }
}
