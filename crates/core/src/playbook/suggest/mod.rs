//! Writes a first playbook from a sample of data.
//!
//! What it writes follows from the rows alone, not from their order. Every choice has a comment
//! beside it that says why, so that whoever knows the business can keep or change it. The draft is
//! then asked of the same data: the curves of the health score and the bounds of segments are
//! quantiles of its own features.
//!
//! - The *sign of life* is the event type that most customers have more than once, leaving aside
//!   types whose names tell of something else (a ticket, a refund, a failure).
//! - A customer's *gaps* are the times between days with a sign of life. The shortest window is at
//!   least one and a half times the median gap, the longest at most three quarters of the time in
//!   the data.
//! - The *horizon* is the usual length above the time within which nine in ten customers come back
//!   nine times in ten, and at most a third of the time in the data.

mod features;
mod measure;
mod people;
mod rhythm;
mod schema;
mod text;

use std::fmt::Write as _;

use super::Playbook;
use crate::columns::Frame;
use crate::describe::{Survey, description, shown};
use crate::error::{Error, ErrorCode, Result};
use crate::time::{Span, Timestamp};
use features::Drafted;
use rhythm::Rhythm;
use schema::Known;

/// How many findings of the description are repeated at the top.
const FINDINGS: usize = 10;

impl Playbook {
    /// A first playbook, in TOML with comments, for a business that has such events and customers.
    ///
    /// `events` has the columns `customer_id`, `timestamp` and `type`, perhaps `event_id`, and any
    /// others; `customers` has `customer_id` and any others. The text is a playbook as it stands:
    /// [`Playbook::parse`] reads it.
    ///
    /// # Errors
    /// `table_column` when one of those columns is missing or cannot be what it is named for;
    /// `table_value` when no row names a customer, an instant and a type.
    pub fn suggest(events: &Frame, customers: Option<&Frame>) -> Result<String> {
        let survey = Survey::of(events, customers)?;
        let Some((first, last)) = survey.bounds() else {
            let message = "no row names a customer, an instant and a type";
            return Err(Error::new(ErrorCode::TableValue, "events", message));
        };
        let known = Known::of(&survey);
        let rhythm = Rhythm::of(&survey, &known, first, last);
        let drafted = Drafted::of(&survey, &known, rhythm.as_ref());
        let mut text = head(&survey, first, last);
        text.push_str(&known.text);
        text.push_str(&drafted.text());
        if let Some(rhythm) = &rhythm {
            let draft = format!("{text}{}", people::churn(rhythm, ""));
            let draft = Self::parse(&draft)
                .map_err(|error| Error::internal(format!("a suggestion is wrong: {error}")))?;
            let measured = measure::Measured::of(&draft, events, rhythm, &drafted)?;
            text.push_str(&people::churn(rhythm, &measured.rate));
            text.push_str(&people::health(rhythm, &drafted, &measured));
            text.push_str(&people::stages(rhythm, &drafted));
            text.push_str(&people::segments(rhythm, &drafted, &measured));
        }
        Ok(text)
    }
}

/// What the playbook was made from, and what to look at before it is used.
fn head(survey: &Survey, first: i64, last: i64) -> String {
    let day = |at: i64| {
        let mut text = Timestamp::EPOCH.plus(Span::micros(at)).to_string();
        text.truncate(text.find('T').unwrap_or(text.len()));
        text
    };
    let mut head = format!(
        "# A first playbook, suggested by Stayput from {} events of {} customers, {} to {}.\n\
         # Nobody has told it what the business is: read it, change it, then give it a version.\n",
        survey.len(),
        survey.customer_ids.len(),
        day(first),
        day(last)
    );
    let found = description(survey).suspicious;
    if !found.is_empty() {
        head.push_str("#\n# In the data, look at this first:\n");
        for what in found.iter().take(FINDINGS) {
            let column = what
                .column
                .as_deref()
                .map_or_else(String::new, |name| format!(" `{}`", shown(name)));
            let _ = writeln!(head, "# - {}{column}: {}", what.table, what.message);
        }
        if found.len() > FINDINGS {
            let _ =
                writeln!(head, "# - and {} more, which `describe` lists", found.len() - FINDINGS);
        }
    }
    head.push_str("\n[playbook]\nname = \"suggested\"\nversion = \"1\"\n");
    head
}
