//! What a person should look at, each in a sentence.

use std::collections::HashMap;

use super::Survey;
use super::column::{self, Column, ColumnType, is_identifier};
use super::document::Suspicion;
use super::numbers::Values;
use crate::time::{Span, Timestamp};

/// Fewer values than this say nothing about how they are spread.
const FEW: usize = 20;
/// Neighbouring values further apart than this many times are two kinds of values.
const APART: f64 = 20.0;

/// All findings: those of the table as a whole first, then those of each column.
pub(super) fn all(survey: &Survey) -> Vec<Suspicion> {
    let mut found = Findings { table: "events", found: Vec::new() };
    found.rows(survey);
    found.times(survey);
    found.names("customer_id", &survey.customer_ids);
    found.names("type", &survey.types);
    found.variants("type", &survey.types);
    for (name, times) in survey.types.iter().zip(survey.by_type(&survey.times)) {
        if times.len() == 1 && survey.len() >= FEW {
            found.add("rare_type", Some("type"), 1, format!("`{}` is there once", shown(name)));
        }
    }
    for column in &survey.columns {
        let kinds = survey.types_with(column);
        let rows = (0..survey.len()).filter(|event| kinds.contains(&survey.kind(*event)));
        found.column(column, &Values::of(rows.map(|event| column.words[event]).collect()));
    }
    if let Some(people) = &survey.people {
        found.table = "customers";
        let again = if people.history { 0 } else { people.rows - people.ids.len() };
        let repeated =
            "rows that name no customer, or one that another row names; the first of those counts";
        found.count("repeated_customer", Some("customer_id"), again, repeated);
        let known = |id: &&String| people.ids.binary_search(id).is_err();
        let strangers = survey.customer_ids.iter().filter(known).count();
        let message = "customers with events who are not in the table of customers";
        found.count("unknown_customer", Some("customer_id"), strangers, message);
        found.names("customer_id", &people.ids);
        for column in &people.columns {
            found.column(column, &Values::of(column.words.clone()));
        }
    }
    found.found
}

/// A name as a sentence shows it: its beginning, without control characters.
pub(crate) fn shown(text: &str) -> String {
    let clean = |c: char| if c.is_control() || c == '`' { '\u{fffd}' } else { c };
    let mut short: String = text.chars().take(40).map(clean).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}

struct Findings {
    table: &'static str,
    found: Vec<Suspicion>,
}

impl Findings {
    fn add(&mut self, code: &str, column: Option<&str>, count: usize, message: String) {
        self.found.push(Suspicion {
            code: code.to_owned(),
            table: self.table.to_owned(),
            column: column.map(str::to_owned),
            count,
            message,
        });
    }

    /// `rows that …: 12`, where there are any.
    fn count(&mut self, code: &str, column: Option<&str>, count: usize, what: &str) {
        if count > 0 {
            self.add(code, column, count, format!("{what}: {count}"));
        }
    }

    fn rows(&mut self, survey: &Survey) {
        let unreadable = survey.rows - survey.len();
        let message = "rows without a `customer_id`, a `type` or a `timestamp` in ISO 8601, which count nowhere";
        self.count("unreadable_row", None, unreadable, message);
        let duplicates = survey.duplicates();
        let message =
            "rows with the `event_id` of another row of the customer, of which one counts";
        self.count("same_event_id", Some("event_id"), duplicates.same_event_id, message);
        let message = "rows with the `event_id` of another row of the customer that say something else than the first, which counts";
        self.count("conflicting_event", Some("event_id"), duplicates.conflicting, message);
        let message = "rows that say exactly what another row says; without an `event_id` each counts as an event of its own";
        self.count("equal_row", None, duplicates.equal_rows, message);
        let gaps = survey.gaps();
        if let Some(gap) = gaps.longest.filter(|gap| gap.days >= 2.0)
            && gaps.days_without * 10 < gaps.days
            && gaps.days >= FEW
        {
            let message = format!(
                "no customer has an event from {} to {} ({:.1} days), while most days have some: is a file missing?",
                gap.start, gap.end, gap.days
            );
            self.add("outage", Some("timestamp"), gaps.days_without, message);
        }
    }

    fn times(&mut self, survey: &Survey) {
        let times = &survey.sorted_times;
        self.midnight(times);
        let Some((first, last)) = survey.bounds() else { return };
        let at = |micros: i64| Timestamp::EPOCH.plus(Span::micros(micros));
        let early = times.partition_point(|time| *time < first);
        if early > 0 {
            let message = format!(
                "events long before all others, which begin at {}: {early}, the first of {}",
                at(first),
                at(times[0])
            );
            self.add("early_event", Some("timestamp"), early, message);
        }
        let late = times.len() - times.partition_point(|time| *time <= last);
        if late > 0 {
            let message = format!(
                "events long after all others, which end at {}, as if in the future: {late}, the last of {}",
                at(last),
                at(times[times.len() - 1])
            );
            self.add("late_event", Some("timestamp"), late, message);
        }
    }

    fn midnight(&mut self, sorted: &[i64]) {
        let day = Span::days(1).as_micros();
        if sorted.len() >= 5 && sorted.iter().all(|at| at.rem_euclid(day) == 0) {
            let message = "all instants are midnight in UTC: these are days, so hours and short windows tell nothing";
            self.add("midnight_only", Some("timestamp"), sorted.len(), message.to_owned());
        }
    }

    /// Blanks around names and identifiers.
    fn names(&mut self, column: &str, texts: &[String]) {
        let padded = |text: &&String| text.trim().len() != text.len() || text.is_empty();
        let Some(first) = texts.iter().find(padded) else { return };
        let count = texts.iter().filter(padded).count();
        let message = format!(
            "values that are blank, begin with a blank or end with one: {count}, for instance \"{}\"; they differ from those without",
            shown(first)
        );
        self.add("blank", Some(column), count, message);
    }

    /// Names that differ only in capitals or blanks.
    fn variants(&mut self, column: &str, texts: &[String]) {
        let mut seen: HashMap<String, u32> = HashMap::new();
        let mut pairs = Vec::new();
        for (at, text) in (0_u32..).zip(texts) {
            let key = text.trim().to_ascii_lowercase();
            match seen.get(&key) {
                Some(first) => pairs.push((&texts[*first as usize], text)),
                None => {
                    seen.insert(key, at);
                }
            }
        }
        if let Some((a, b)) = pairs.first() {
            let message = format!(
                "`{}` and `{}` differ only in capitals or blanks, and are two names to Stayput",
                shown(a),
                shown(b)
            );
            self.add("case_variants", Some(column), pairs.len(), message);
        }
    }

    fn column(&mut self, column: &Column, values: &Values) {
        let name = Some(column.name.as_str());
        let rows = values.rows;
        match column.kind {
            ColumnType::Empty => {
                return self.add("empty_column", name, rows, "there is no value in it".to_owned());
            }
            ColumnType::Nested => {
                let message = "lists or objects are among its values, which no playbook reads";
                return self.add("nested_column", name, rows, message.to_owned());
            }
            _ => {}
        }
        self.count("infinite", name, column.infinite, "infinite numbers, whose rows are refused");
        let missing = rows - values.sorted.len();
        if missing * 2 > rows {
            let share = super::numbers::share(missing, rows) * 100.0;
            let message = format!("{share:.0}% of the rows that could have it do not");
            self.add("mostly_missing", name, missing, message);
        }
        let runs = values.runs();
        if runs.len() == 1 && values.complete() && rows >= FEW {
            let message = "all rows have the same value, which tells nothing".to_owned();
            self.add("constant_column", name, rows, message);
        }
        match column.kind {
            ColumnType::Number => self.numbers(column, values, runs.len()),
            ColumnType::Category | ColumnType::Text => {
                self.names(&column.name, &column.texts);
                if let Some(kind) = column.almost {
                    let odd: Vec<&String> =
                        column.texts.iter().filter(|text| !column::reads_as(kind, text)).collect();
                    if let Some(first) = odd.first() {
                        let message = format!(
                            "different values that are no {}: {} of {}, for instance \"{}\"; with them the column is text",
                            kind.name(),
                            odd.len(),
                            column.texts.len(),
                            shown(first)
                        );
                        self.add("mixed_types", name, odd.len(), message);
                    } else {
                        let message = format!(
                            "its texts are all of type {}, but written as text in JSON; write them without quotes",
                            kind.name()
                        );
                        self.add("quoted_values", name, values.sorted.len(), message);
                    }
                }
                if column.kind == ColumnType::Category {
                    self.variants(&column.name, &column.texts);
                }
            }
            _ => {}
        }
    }

    fn numbers(&mut self, column: &Column, values: &Values, distinct: usize) {
        let name = Some(column.name.as_str());
        let numbers = values.numbers();
        let negative = numbers.partition_point(|x| *x < 0.0);
        if negative > 0 && (negative * 5 <= numbers.len() || is_money(&column.name)) {
            let message = format!(
                "negative values, down to {}: {negative} of {}; refunds or corrections?",
                numbers[0],
                numbers.len()
            );
            self.add("negative", name, negative, message);
        }
        let positive = &numbers[numbers.partition_point(|x| *x <= 0.0)..];
        let aside = positive.len() / 20;
        if positive.len() >= FEW && distinct >= 10 {
            let middle = &positive[aside.max(1) - 1..positive.len() - aside];
            let step = middle.windows(2).find(|pair| pair[1] / pair[0] >= APART);
            if let Some(pair) = step {
                let above = positive.len() - positive.partition_point(|x| *x < pair[1]);
                let message = format!(
                    "values lie in two groups, up to {} and from {} on: two units in one column, such as cents and whole units?",
                    pair[0], pair[1]
                );
                self.add("mixed_units", name, above, message);
            }
        }
        let (first, last) = (positive.first(), positive.last());
        if let (Some(first), Some(last)) = (first, last)
            && positive.len() == numbers.len()
            && [1.0, 1e3, 1e6].iter().any(|unit| *first >= 5e8 * unit && *last <= 3e9 * unit)
            && !is_identifier(&column.name)
        {
            let message = "its numbers look like seconds or their fractions since 1970; give instants as timestamps".to_owned();
            self.add("unix_time", name, numbers.len(), message);
        }
    }
}

/// Whether a column of that name holds money, which is rarely below zero.
pub(crate) fn is_money(name: &str) -> bool {
    const PARTS: [&str; 11] = [
        "amount", "price", "value", "revenue", "sales", "total", "cost", "spend", "fee", "paid",
        "mrr",
    ];
    let name = name.to_ascii_lowercase();
    PARTS.iter().any(|part| name.contains(part))
}
