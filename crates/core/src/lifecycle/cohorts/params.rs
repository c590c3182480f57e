//! What is asked about cohorts, checked.

use super::calendar::Period;
use super::document::Ages;
use crate::error::{Error, Result};
use crate::time::{Timestamp, Zone};

/// The most ages that a table may have.
const MOST_AGES: u32 = 10_000;

/// When a customer starts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Start {
    /// With the first event.
    #[default]
    FirstEvent,
    /// With the first event of a type.
    Event(String),
    /// At the instant in a column of the customers.
    Attribute(String),
}

/// Who counts as retained.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Definition {
    /// Who is active in exactly the period of an age.
    #[default]
    NDay,
    /// Who is active in it or later.
    Unbounded,
    /// Who is active from one age up to before the next of these.
    Bracket(Vec<u32>),
}

impl Definition {
    /// Its name: `n_day`, `unbounded` or `bracket`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NDay => "n_day",
            Self::Unbounded => "unbounded",
            Self::Bracket(_) => "bracket",
        }
    }

    /// The definition of a name, and the ages at which brackets begin and end.
    ///
    /// # Errors
    /// `argument` for another name, or brackets without `bracket` or the other way round.
    pub fn parse(name: &str, brackets: Option<Vec<u32>>) -> Result<Self> {
        match (name, brackets) {
            ("n_day", None) => Ok(Self::NDay),
            ("unbounded", None) => Ok(Self::Unbounded),
            ("bracket", Some(edges)) => Ok(Self::Bracket(edges)),
            ("bracket", None) => Err(Error::argument(
                "brackets",
                "is missing; expected ages, for instance `[1, 4, 8]` for ages 1 to 3 and 4 to 7",
            )),
            ("n_day" | "unbounded", Some(_)) => {
                Err(Error::argument("brackets", "are for the definition `bracket`"))
            }
            (other, _) => {
                let near = crate::did_you_mean(other, ["n_day", "unbounded", "bracket"]);
                let message = format!(
                    "`{other}` is not a definition of retention; expected `n_day`, `unbounded` or `bracket`{near}"
                );
                Err(Error::argument("definition", message))
            }
        }
    }
}

/// What is asked about cohorts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortParams {
    /// The period of a cohort.
    pub period: Period,
    /// The period that ages are counted in; that of the cohort where it is not given.
    pub age: Option<Period>,
    /// Who counts as retained.
    pub definition: Definition,
    /// When a customer starts.
    pub start: Start,
    /// A column of the customers with the instant at which they left, null for those who have not.
    /// They are active from their start up to before it, and events are not asked.
    pub end: Option<String>,
    /// The types of events that are activity; all where there is none.
    pub activity: Option<Vec<String>>,
    /// A column of the events with what each brought in.
    pub amount: Option<String>,
    /// The zone of the periods, an IANA name; UTC where there is none.
    pub zone: Option<String>,
    /// Up to when events were recorded; where it is not given, the last of all instants known.
    pub until: Option<Timestamp>,
    /// The number of ages, from 0 on; as many as there are where it is not given.
    pub ages: Option<u32>,
}

impl Default for CohortParams {
    /// Cohorts by month, from the first event, over all events.
    fn default() -> Self {
        Self {
            period: Period::Month,
            age: None,
            definition: Definition::NDay,
            start: Start::FirstEvent,
            end: None,
            activity: None,
            amount: None,
            zone: None,
            until: None,
            ages: None,
        }
    }
}

/// Parameters that go together.
#[derive(Debug)]
pub(super) struct Checked<'a> {
    pub(super) params: &'a CohortParams,
    pub(super) zone: Zone,
    pub(super) age: Period,
    /// The ages of each bracket; none where every age has a column.
    pub(super) brackets: Option<Vec<Ages>>,
}

impl CohortParams {
    pub(super) fn check(&self) -> Result<Checked<'_>> {
        let zone = self.zone.as_deref().map_or(Ok(Zone::UTC), Zone::named);
        let zone = zone.map_err(|error| Error::argument("zone", error.message()))?;
        let wrong = |name: &str, message: &str| Err(Error::argument(name, message));
        if self.end.is_some() {
            if !matches!(self.start, Start::Attribute(_)) {
                return wrong("end_attribute", "goes with `start_attribute`");
            }
            if self.activity.is_some() {
                return wrong("activity", "is given by `end_attribute` already");
            }
            if self.amount.is_some() {
                return wrong("amount", "is of events, and with `end_attribute` none are read");
            }
        }
        if self.activity.as_ref().is_some_and(Vec::is_empty) {
            return wrong("activity", "names no event type; leave it out to count all events");
        }
        if self.ages.is_some_and(|ages| ages == 0 || ages > MOST_AGES) {
            return wrong("ages", "is not from 1 to 10000");
        }
        let brackets = match &self.definition {
            Definition::Bracket(edges) => Some(brackets(edges)?),
            _ => None,
        };
        if brackets.is_some() && self.amount.is_some() {
            return wrong("amount", "goes by single ages; ask for it with `n_day` or `unbounded`");
        }
        if brackets.is_some() && self.ages.is_some() {
            return wrong("ages", "are given by `brackets` already");
        }
        Ok(Checked { params: self, zone, age: self.age.unwrap_or(self.period), brackets })
    }
}

fn brackets(edges: &[u32]) -> Result<Vec<Ages>> {
    let rises = edges.windows(2).all(|pair| pair[0] < pair[1]);
    if edges.len() < 2 || !rises || edges.last().is_some_and(|last| *last > MOST_AGES) {
        let message = "expected two ages or more, each greater than the one before, up to 10000";
        return Err(Error::argument("brackets", message));
    }
    Ok(edges.windows(2).map(|pair| Ages { first: pair[0], last: Some(pair[1] - 1) }).collect())
}
