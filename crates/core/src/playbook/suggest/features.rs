//! `[features]`: what the data can say of a customer, in windows that fit it.

use std::fmt::Write as _;

use super::rhythm::Rhythm;
use super::schema::{Known, names_a_person};
use super::text::{Line, is_plain, lines, number};
use crate::describe::{Column, ColumnType, Survey, Values, is_identifier, is_money, share};
use crate::event::word;
use crate::time::Span;

/// So many event types beside the sign of life get features.
const MOST_TYPES: usize = 8;
/// A category of so many names gets shares; of more, the number of different ones.
const SHARED: usize = 6;
/// A rarer value gets no share.
const RARE: f64 = 0.03;
/// So many values of a category get a share.
const MOST_SHARES: usize = 3;
/// No more features than this, besides attributes.
const MOST: usize = 45;

/// The features, and which of them are what.
pub(super) struct Drafted {
    /// Groups of name, expression and why.
    groups: Vec<(&'static str, Vec<Line>)>,
    taken: Vec<String>,
    /// Days as a customer.
    pub(super) tenure: String,
    /// Days since the sign of life.
    pub(super) quiet: String,
    /// Signs of life in the short and the middle window.
    pub(super) recent: [String; 2],
    /// The short window's rate of them by the middle one's.
    pub(super) pace: String,
    /// What customers spend, or whatever else adds up, if anything does.
    pub(super) value: Option<String>,
}

impl Drafted {
    pub(super) fn of(survey: &Survey, known: &Known<'_>, rhythm: Option<&Rhythm<'_>>) -> Self {
        let mut drafted = Self {
            groups: Vec::new(),
            taken: known.types.iter().map(|known| known.name.to_owned()).collect(),
            tenure: String::new(),
            quiet: String::new(),
            recent: [String::new(), String::new()],
            pace: String::new(),
            value: None,
        };
        if let Some(rhythm) = rhythm {
            drafted.tenure(survey, known, rhythm);
            drafted.rhythm(known, rhythm);
            drafted.types(known, rhythm);
        }
        drafted.attributes(known);
        drafted
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::from("\n[features]\n");
        for (title, entries) in &self.groups {
            if !entries.is_empty() {
                let _ = write!(text, "# {title}\n{}", lines(entries));
            }
        }
        text
    }

    fn group(&mut self, title: &'static str) {
        self.groups.push((title, Vec::new()));
    }

    /// Adds a feature, under a name that is still free.
    fn add(&mut self, name: &str, expression: &str, why: &str) -> String {
        let clean = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let base: String = name.chars().map(clean).collect();
        let mut name = base.clone();
        let mut next = 2;
        while self.taken.contains(&name) {
            name = format!("{base}_{next}");
            next += 1;
        }
        self.taken.push(name.clone());
        if let Some((_, entries)) = self.groups.last_mut() {
            entries.push((name.clone(), format!("'{expression}'"), why.to_owned()));
        }
        name
    }

    fn full(&self) -> bool {
        self.groups.iter().map(|(_, entries)| entries.len()).sum::<usize>() >= MOST
    }

    /// Since the sign-up, or else since the first event.
    fn tenure(&mut self, survey: &Survey, known: &Known<'_>, rhythm: &Rhythm<'_>) {
        const PARTS: [&str; 8] =
            ["sign", "regist", "creat", "join", "start", "since", "activat", "first"];
        let begins = |column: &Column| {
            let name = column.name.to_ascii_lowercase();
            column.kind == ColumnType::Timestamp && PARTS.iter().any(|part| name.contains(part))
        };
        self.group("how long a customer has been one");
        let begin = known.attributes.iter().find(|(column, _)| begins(column));
        self.tenure = match begin {
            Some((column, _)) => {
                self.add("tenure_days", &format!("days_since(customer.{})", column.name), "")
            }
            None => self.add(
                "tenure_days",
                "days_since(first(events))",
                if survey.people.is_some() { "no attribute looks like a sign-up" } else { "" },
            ),
        };
        self.group("the sign of life: how often, how lately, faster or slower than before");
        let quiet = format!("days_since(last({}))", rhythm.life);
        self.quiet = self.add("days_quiet", &quiet, "");
    }

    fn rhythm(&mut self, known: &Known<'_>, rhythm: &Rhythm<'_>) {
        let Rhythm { life, windows: [short, middle, long], .. } = rhythm;
        let mut counts = [short, middle, long].map(|window| {
            self.add(&format!("{life}_count_{window}"), &format!("count({life}, \"{window}\")"), "")
        });
        // Whole numbers also where a window is a part of a day.
        let unit = if *short < Span::days(1) { 24.0 } else { 1.0 };
        let length = |window: &Span| number((window.as_days() * unit).round());
        let pace =
            format!("ratio({}, {} * {} / {})", counts[0], counts[1], length(short), length(middle));
        self.pace = self.add(
            &format!("{life}_pace"),
            &pace,
            &format!("1 where the last {short} are like the last {middle}"),
        );
        self.recent = [std::mem::take(&mut counts[0]), std::mem::take(&mut counts[1])];
        if *middle >= Span::days(3) {
            let expression = format!("active_days({life}, \"{middle}\")");
            self.add(&format!("{life}_days_{middle}"), &expression, "");
        }
        let overdue = format!("ratio({}, gaps({life}))", self.quiet);
        self.add(
            &format!("{life}_overdue"),
            &overdue,
            "above 1: quiet for longer than is usual for the customer",
        );
        if known.types.len() > 2 {
            let expression = format!("count(events, \"{middle}\")");
            self.add(&format!("events_count_{middle}"), &expression, "");
        }
    }

    fn types(&mut self, known: &Known<'_>, rhythm: &Rhythm<'_>) {
        let [_, middle, long] = rhythm.windows;
        let others = known.types.iter().filter(|other| {
            other.name != rhythm.life && Some(other.name) != rhythm.end && other.customers > 1
        });
        self.group("other events");
        for other in others.clone().take(MOST_TYPES) {
            // A month says little of what hardly anyone has twice in the whole time.
            let rare = other.rows < other.customers * 2;
            let window = if rare { long } else { middle };
            let (name, expression) = (other.name, format!("count({}, \"{window}\")", other.name));
            self.add(&format!("{name}_count_{window}"), &expression, "");
        }
        self.group("what the properties of events say");
        let life = known.types.iter().filter(|known| known.name == rhythm.life);
        for kind in life.chain(others.take(MOST_TYPES)) {
            for (column, values) in &kind.properties {
                if !self.full() {
                    self.property(kind.name, column, values, long);
                }
            }
        }
    }

    fn property(&mut self, event: &str, column: &Column, values: &Values, window: Span) {
        let name = column.name.as_str();
        let runs = values.runs();
        // What never differs says no more than the count of events does.
        if runs.len() < 2 || share(values.sorted.len(), values.rows) < RARE {
            return;
        }
        let all = format!("count({event}, \"{window}\")");
        match column.kind {
            ColumnType::Number => {
                let sum = format!("sum({event}.{name}, \"{window}\")");
                if adds_up(name) {
                    let sum = self.add(&format!("{event}_{name}_sum_{window}"), &sum, "");
                    if self.value.is_none()
                        && is_money(name)
                        && word::number(values.sorted[0]) >= 0.0
                    {
                        self.value = Some(sum);
                    }
                }
                let mean = format!("mean({event}.{name}, \"{window}\")");
                self.add(&format!("{event}_{name}_mean_{window}"), &mean, "");
            }
            ColumnType::Bool => {
                let expression =
                    format!("ratio(count({event}, \"{window}\", {event}.{name}), {all})");
                self.add(&format!("{event}_{name}_share_{window}"), &expression, "");
            }
            ColumnType::Category if runs.len() <= SHARED && !is_identifier(name) => {
                if runs.len() > MOST_SHARES {
                    let kinds = format!("distinct({event}.{name}, \"{window}\")");
                    self.add(&format!("{event}_{name}_kinds_{window}"), &kinds, "");
                }
                let mut common = runs;
                common.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
                // Of two values one share tells the other; the rarer one is the news.
                let from = usize::from(common.len() == 2);
                for (word, rows) in common.iter().skip(from).take(MOST_SHARES) {
                    let value = column.text(*word);
                    if share(*rows, values.sorted.len()) >= RARE && is_plain(value) && !self.full()
                    {
                        let with =
                            format!("count({event}, \"{window}\", {event}.{name} == \"{value}\")");
                        self.add(
                            &format!("{event}_{name}_{value}_share_{window}"),
                            &format!("ratio({with}, {all})"),
                            "",
                        );
                    }
                }
            }
            ColumnType::Category | ColumnType::Text if repeats(values) => {
                let expression = format!("distinct({event}.{name}, \"{window}\")");
                self.add(&format!("{event}_{name}_kinds_{window}"), &expression, "");
            }
            _ => {}
        }
    }

    fn attributes(&mut self, known: &Known<'_>) {
        self.group("attributes, as they are");
        for (column, values) in &known.attributes {
            let input =
                matches!(column.kind, ColumnType::Number | ColumnType::Bool | ColumnType::Category);
            if input
                && !names_a_person(&column.name)
                && values.runs().len() + usize::from(!values.complete()) > 1
            {
                self.add(&column.name, &format!("customer.{}", column.name), "");
            }
        }
    }
}

/// Whether the sum of a property of that name means something.
fn adds_up(name: &str) -> bool {
    const PARTS: [&str; 11] = [
        "percent",
        "pct",
        "rate",
        "rating",
        "score",
        "share",
        "ratio",
        "age",
        "level",
        "latitude",
        "longitude",
    ];
    let name = name.to_ascii_lowercase();
    !PARTS.iter().any(|part| name.contains(part)) || is_money(&name)
}

/// Whether texts come again often enough that counting different ones is not counting events.
fn repeats(values: &Values) -> bool {
    values.runs().len() * 10 <= values.sorted.len() * 9
}
