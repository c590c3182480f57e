//! Cut-offs: the instants that a table of features is asked about.

use crate::error::{Error, Result};
use crate::time::{Span, Timestamp};

/// The most instants that a grid may have.
const MOST: usize = 100_000;

/// The instants that a table of features is asked about.
#[derive(Debug, Clone, PartialEq)]
pub enum CutOffs {
    /// These, for every customer.
    At(Vec<Timestamp>),
    /// Those of a grid, for every customer.
    Grid(Grid),
    /// Those that each customer's rows in the table of customers name, in its column `as_of`.
    PerCustomer,
}

/// The instants `from`, `from + every`, … that are not later than `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// The first instant.
    pub from: Timestamp,
    /// The end; an instant itself where it falls on the grid.
    pub to: Timestamp,
    /// The step.
    pub every: Every,
}

/// The step of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// A length of time.
    Span(Span),
    /// A civil month in UTC: the same day of the month as the first instant, or the last where the
    /// month is shorter.
    Month,
}

impl Every {
    /// Reads `month`, `week`, `day`, or a length such as `7d`. Days and weeks in UTC are always 24
    /// hours and seven times that.
    ///
    /// # Errors
    /// `argument` when `text` is none of these, or no time at all.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |message: String| Error::argument("as_of.every", message);
        let span = match text {
            "month" => return Ok(Self::Month),
            "week" => Span::days(7),
            "day" => Span::days(1),
            text => Span::parse(text).map_err(|error| {
                wrong(format!("{}, or else `day`, `week` or `month`", error.message()))
            })?,
        };
        if span <= Span::ZERO {
            return Err(wrong("a step is longer than nothing".to_owned()));
        }
        Ok(Self::Span(span))
    }
}

impl Grid {
    /// The instants, in order.
    ///
    /// # Errors
    /// `argument` when `to` is before `from`, or there are more than 100,000 instants.
    pub fn instants(&self) -> Result<Vec<Timestamp>> {
        if self.to < self.from {
            let message = format!("`{}` is before `from`, `{}`", self.to, self.from);
            return Err(Error::argument("as_of.to", message));
        }
        let mut instants = Vec::new();
        // Counted from the start, so that a short month does not shorten those after it.
        for count in 0_u32.. {
            let next = match self.every {
                Every::Month => self.from.plus_months(count),
                Every::Span(step) => {
                    let after = step.as_micros().checked_mul(i64::from(count));
                    after.map(|after| self.from.plus(Span::micros(after)))
                }
            };
            let Some(next) = next.filter(|next| *next <= self.to) else { break };
            if instants.len() == MOST {
                let message = format!("the grid has more than {MOST} instants");
                return Err(Error::argument("as_of.every", message));
            }
            instants.push(next);
        }
        Ok(instants)
    }
}

impl CutOffs {
    /// The instants, where a question has no table of customers to ask them.
    ///
    /// # Errors
    /// `argument` when each customer is to have its own, and those of [`Grid::instants`].
    pub fn common(&self) -> Result<Vec<Timestamp>> {
        self.instants()?.ok_or_else(|| {
            Error::argument("as_of", "expected an instant, a list of them or `{from, to, every}`")
        })
    }

    /// The instants that are the same for every customer; none where each has its own.
    ///
    /// # Errors
    /// `argument` when there is no instant, and those of [`Grid::instants`].
    pub(crate) fn instants(&self) -> Result<Option<Vec<Timestamp>>> {
        match self {
            Self::At(instants) if instants.is_empty() => {
                Err(Error::argument("as_of", "expected at least one instant, found none"))
            }
            Self::At(instants) => Ok(Some(instants.clone())),
            Self::Grid(grid) => grid.instants().map(Some),
            Self::PerCustomer => Ok(None),
        }
    }
}

impl From<Timestamp> for CutOffs {
    fn from(at: Timestamp) -> Self {
        Self::At(vec![at])
    }
}

impl From<Vec<Timestamp>> for CutOffs {
    fn from(instants: Vec<Timestamp>) -> Self {
        Self::At(instants)
    }
}

impl From<&[Timestamp]> for CutOffs {
    fn from(instants: &[Timestamp]) -> Self {
        Self::At(instants.to_vec())
    }
}

impl From<&Vec<Timestamp>> for CutOffs {
    fn from(instants: &Vec<Timestamp>) -> Self {
        Self::At(instants.clone())
    }
}

impl<const N: usize> From<&[Timestamp; N]> for CutOffs {
    fn from(instants: &[Timestamp; N]) -> Self {
        Self::At(instants.to_vec())
    }
}

impl From<&Self> for CutOffs {
    fn from(cut_offs: &Self) -> Self {
        cut_offs.clone()
    }
}

impl From<Grid> for CutOffs {
    fn from(grid: Grid) -> Self {
        Self::Grid(grid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(from: &str, to: &str, every: &str) -> Result<Vec<String>> {
        let at = |text| Timestamp::parse(text).unwrap();
        let grid = Grid { from: at(from), to: at(to), every: Every::parse(every)? };
        Ok(grid.instants()?.iter().map(|at| at.to_string().replace("T00:00:00Z", "")).collect())
    }

    #[test]
    fn both_ends_are_there_when_they_fall_on_the_grid() {
        let weeks = ["2026-01-01", "2026-01-08", "2026-01-15"];
        assert_eq!(grid("2026-01-01", "2026-01-15", "7d").unwrap(), weeks);
        assert_eq!(grid("2026-01-01", "2026-01-15", "week").unwrap(), weeks);
        assert_eq!(grid("2026-01-01", "2026-01-21T23:59:59Z", "1w").unwrap(), weeks);
        assert_eq!(grid("2026-01-01", "2026-01-01", "day").unwrap(), weeks[..1]);
        assert_eq!(grid("2026-01-01", "2026-01-02", "day").unwrap().len(), 2);
    }

    #[test]
    fn months_keep_their_day_where_they_have_it() {
        let months = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"];
        assert_eq!(grid("2026-01-31", "2026-04-30", "month").unwrap(), months);
        assert_eq!(grid("2026-01-31", "2026-04-29", "month").unwrap(), months[..3]);
    }

    #[test]
    fn a_wrong_grid_says_what_is_wrong() {
        for (from, to, every, message) in [
            (
                "2026-02-01",
                "2026-01-01",
                "day",
                "`as_of.to`: `2026-01-01T00:00:00Z` is before `from`, `2026-02-01T00:00:00Z`",
            ),
            ("2026-01-01", "2026-02-01", "0d", "`as_of.every`: a step is longer than nothing"),
            (
                "2026-01-01",
                "2026-02-01",
                "1s",
                "`as_of.every`: the grid has more than 100000 instants",
            ),
            (
                "2026-01-01",
                "2026-02-01",
                "monthly",
                "`as_of.every`: `monthly` is not a length of time; expected a number and `w`, `d`, `h`, `m` or `s`, for instance `30d`, or else `day`, `week` or `month`",
            ),
        ] {
            let error = grid(from, to, every).unwrap_err();
            assert_eq!(error.to_string(), format!("argument {message}"));
        }
        assert_eq!(grid("9999-11-01", "9999-12-30", "month").unwrap().len(), 2);
    }
}
