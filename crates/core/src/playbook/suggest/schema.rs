//! `[customer]` and `[events.*]`: what of the data a playbook can name, and its types.

use std::fmt::Write as _;

use super::text::{lines, percent, quoted};
use crate::describe::{Column, ColumnType, Survey, Values, shown};
use crate::event::word;
use crate::playbook::wrong_name;

/// So many event types, the commonest, and properties of each are taken up.
const MOST_TYPES: usize = 50;
const MOST_PROPERTIES: usize = 30;
/// So many attributes of customers are taken up.
const MOST_ATTRIBUTES: usize = 100;
/// A category of so many names lists them, if none is longer than so many bytes.
const LISTED: usize = 12;
const LISTED_BYTES: usize = 40;
/// A property is required if so many events have it, all of their type.
const ENOUGH: usize = 20;
/// A longer name is none that a person would write.
const LONGEST: usize = 64;

/// What the suggested playbook names, and the part of its text that declares it.
pub(super) struct Known<'s> {
    /// The event types, the commonest first.
    pub(super) types: Vec<KnownType<'s>>,
    /// The attributes of customers.
    pub(super) attributes: Vec<(&'s Column, Values)>,
    pub(super) text: String,
}

/// An event type and its properties.
pub(super) struct KnownType<'s> {
    /// Its index in the survey.
    pub(super) at: usize,
    pub(super) name: &'s str,
    pub(super) rows: usize,
    pub(super) customers: usize,
    pub(super) properties: Vec<(&'s Column, Values)>,
}

impl<'s> Known<'s> {
    pub(super) fn of(survey: &'s Survey) -> Self {
        let mut known = Self { types: Vec::new(), attributes: Vec::new(), text: String::new() };
        if let Some(people) = &survey.people {
            known.text.push_str("\n[customer]  # what is known of each customer\n");
            let columns =
                people.columns.iter().map(|column| (column, Values::of(column.words.clone())));
            known.attributes = fields(&mut known.text, columns, MOST_ATTRIBUTES, 0);
        }
        let by_type = survey.by_type(&survey.times);
        let mut order: Vec<usize> = (0..survey.types.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(by_type[*at].len()));
        let with: Vec<Vec<usize>> =
            survey.columns.iter().map(|column| survey.types_with(column)).collect();
        let mut skipped = 0;
        for at in order {
            let (name, rows) = (survey.types[at].as_str(), by_type[at].len());
            if !can_name(name) {
                refuse(&mut known.text, "\n", name, &format!("{rows} events"));
                continue;
            }
            if known.types.len() == MOST_TYPES {
                skipped += 1;
                continue;
            }
            let customers = survey.customers_of(at).len();
            let _ =
                writeln!(known.text, "\n[events.{name}]  # {rows} events of {customers} customers");
            let columns = survey.columns.iter().zip(&with);
            let own = columns.filter(|(_, with)| with.contains(&at));
            let own = own.map(|(column, _)| (column, survey.values(column, at)));
            let properties = fields(&mut known.text, own, MOST_PROPERTIES, ENOUGH);
            known.types.push(KnownType { at, name, rows, customers, properties });
        }
        if skipped > 0 {
            let _ = writeln!(
                known.text,
                "\n# {skipped} rarer event types are left out; declare those that matter."
            );
        }
        known
    }
}

/// Whether a playbook can name it.
fn can_name(name: &str) -> bool {
    name.len() <= LONGEST && wrong_name(name).is_none()
}

/// Says why something of the data is not in the playbook.
fn refuse(text: &mut String, before: &str, name: &str, what: &str) {
    let _ = writeln!(
        text,
        "{before}# \"{}\" ({what}) is left out: a name has letters, digits and `_`, begins with no digit and is no word of the language; rename it in the data",
        shown(name)
    );
}

/// Declares the columns that can be, and gives them; `enough` values of all rows make one
/// required.
fn fields<'s>(
    text: &mut String,
    columns: impl Iterator<Item = (&'s Column, Values)>,
    most: usize,
    enough: usize,
) -> Vec<(&'s Column, Values)> {
    let mut kept = Vec::new();
    let mut entries = Vec::new();
    for (column, values) in columns {
        match column.kind {
            _ if !can_name(&column.name) => refuse(text, "", &column.name, "a column"),
            ColumnType::Empty => {
                let _ = writeln!(text, "# {} has no value, so its type is not known", column.name);
            }
            ColumnType::Nested => {
                let _ = writeln!(
                    text,
                    "# {} holds lists or objects, which no playbook reads",
                    column.name
                );
            }
            _ if kept.len() == most => {
                let _ = writeln!(text, "# {} is left out: enough are declared", column.name);
            }
            _ => {
                let (value, why) = field(column, &values, enough);
                entries.push((column.name.clone(), value, why));
                kept.push((column, values));
            }
        }
    }
    text.push_str(&lines(&entries));
    kept
}

/// Whether a column of that name is about one person: no input of a model, even where names repeat.
pub(super) fn names_a_person(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "name",
        "first_name",
        "last_name",
        "full_name",
        "surname",
        "email",
        "address",
        "note",
        "notes",
    ];
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The declaration of a column, and what a reader may want to know of it.
fn field(column: &Column, values: &Values, enough: usize) -> (String, String) {
    let runs = values.runs();
    let kind = if names_a_person(&column.name) { ColumnType::Text } else { column.kind };
    let mut parts = vec![format!("type = \"{}\"", kind.name())];
    let mut why = Vec::new();
    match kind {
        ColumnType::Number
            if values.sorted.first().is_some_and(|word| word::number(*word) >= 0.0) =>
        {
            parts.push("min = 0".to_owned());
        }
        ColumnType::Category => {
            let names = runs.iter().map(|(word, _)| column.text(*word));
            if runs.len() <= LISTED && names.clone().all(|name| name.len() <= LISTED_BYTES) {
                let names: Vec<String> = names.map(quoted).collect();
                parts.push(format!("values = [{}]", names.join(", ")));
            } else {
                why.push(format!("{} names so far; others may come", runs.len()));
            }
        }
        ColumnType::Timezone => parts.push("default = \"UTC\"".to_owned()),
        ColumnType::Text => why.push(format!("{} different texts", runs.len())),
        _ => {}
    }
    if enough > 0 && values.complete() && values.rows >= enough {
        parts.push("required = true".to_owned());
    }
    if !values.complete() {
        why.push(format!("{} missing", percent(values.rows - values.sorted.len(), values.rows)));
    }
    (format!("{{ {} }}", parts.join(", ")), why.join("; "))
}
