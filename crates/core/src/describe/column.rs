//! A column of which nobody has said what it is: its type is what all its values can be read as.

use serde_json::Value as Json;

use crate::columns::{ColumnData, MISSING_TEXT, TextColumn};
use crate::event::word;
use crate::math;
use crate::time::{Timestamp, Zone};

/// A category has at most so many names; more are taken for text.
const MOST_NAMES: usize = 200;
/// The longest name of a category, in bytes.
const LONGEST_NAME: usize = 64;

/// Reads a text as the word of some type.
type Read = fn(&str) -> Option<i64>;

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnType {
    /// There are none.
    Empty,
    /// Lists or objects are among them.
    Nested,
    Number,
    Category,
    Bool,
    Timestamp,
    Timezone,
    Text,
}

impl ColumnType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Nested => "nested",
            Self::Number => "number",
            Self::Category => "category",
            Self::Bool => "bool",
            Self::Timestamp => "timestamp",
            Self::Timezone => "timezone",
            Self::Text => "text",
        }
    }
}

/// A column as words that sort as its values do.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
    /// One word a row; for names and texts, the index in `texts`.
    pub(crate) words: Vec<i64>,
    /// The texts, sorted, each once.
    pub(crate) texts: Vec<String>,
    /// How many numbers are infinite, and so count as missing.
    pub(super) infinite: usize,
    /// What most of the texts are, where not all are.
    pub(super) almost: Option<ColumnType>,
}

impl Column {
    /// Reads `rows` of a column. Where the table is one of JSON objects, a text is never a number.
    pub(super) fn read(name: &str, data: &ColumnData, rows: &[usize], by_row: bool) -> Self {
        let mut column = Self {
            name: name.to_owned(),
            kind: ColumnType::Empty,
            words: Vec::new(),
            texts: Vec::new(),
            infinite: 0,
            almost: None,
        };
        let strict = by_row || matches!(data, ColumnData::Json(_));
        match &*data.filled() {
            ColumnData::Time(times) => {
                let word = |row: &usize| Some(times[*row]).filter(|at| Timestamp::in_range(*at));
                column.words = rows.iter().map(|row| word(row).unwrap_or(word::MISSING)).collect();
                column.kind = ColumnType::Timestamp;
            }
            ColumnData::Text(texts) => {
                column.of_texts(rows.iter().map(|row| texts.get(*row)), strict);
            }
            ColumnData::Strings(texts) => {
                column.of_texts(rows.iter().map(|row| texts.get(*row)), strict);
            }
            data => column.of_values(data, rows, strict),
        }
        if column.words.iter().all(|word| *word == word::MISSING)
            && column.kind != ColumnType::Nested
        {
            column.kind = ColumnType::Empty;
        }
        column
    }

    /// Reads numbers, booleans and JSON values.
    fn of_values(&mut self, data: &ColumnData, rows: &[usize], strict: bool) {
        // How many values are numbers, booleans and others; of JSON, all rows are looked at, as
        // a list anywhere changes how the column is read.
        let (mut numbers, mut bools, mut others) = (0, 0, 0);
        match data {
            ColumnData::Json(values) => {
                for value in values {
                    match value {
                        Json::Null => {}
                        Json::Number(_) => numbers += 1,
                        Json::Bool(_) => bools += 1,
                        Json::String(_) => others += 1,
                        Json::Array(_) | Json::Object(_) => self.kind = ColumnType::Nested,
                    }
                }
            }
            ColumnData::Bool(_) => bools = 1,
            _ => numbers = 1,
        }
        if self.kind == ColumnType::Nested {
            self.words = vec![word::MISSING; rows.len()];
            return;
        }
        if others == 0 && bools == 0 && !is_identifier(&self.name) {
            self.kind = ColumnType::Number;
            self.words = rows.iter().map(|row| self.number(float(data, *row))).collect();
        } else if others == 0 && numbers == 0 {
            self.kind = ColumnType::Bool;
            let truth = |row: &usize| match data {
                ColumnData::Bool(rows) => rows[*row],
                data => data.value(*row).as_bool(),
            };
            let word = |row| truth(row).map_or(word::MISSING, i64::from);
            self.words = rows.iter().map(word).collect();
        } else {
            // As `event` writes them where it reads names.
            let text = |row: &usize| match (data, data.value(*row)) {
                (ColumnData::Number(rows), _) => {
                    Some(rows[*row].to_string()).filter(|_| !rows[*row].is_nan())
                }
                (_, Json::Null) => None,
                (_, Json::String(text)) => Some(text),
                (_, value) => Some(value.to_string()),
            };
            let texts: Vec<Option<String>> = rows.iter().map(text).collect();
            self.of_texts(texts.iter().map(Option::as_deref), strict);
        }
    }

    fn number(&mut self, x: f64) -> i64 {
        if x.is_infinite() {
            self.infinite += 1;
        }
        if x.is_finite() { word::of_number(x + 0.0) } else { word::MISSING }
    }

    /// Reads texts; a blank one is missing.
    fn of_texts<'t>(&mut self, rows: impl Iterator<Item = Option<&'t str>>, strict: bool) {
        let present = rows.map(|text| text.filter(|text| !text.trim().is_empty()));
        let column = TextColumn::from_texts(present);
        (self.words, self.texts) = ranked(&column);
        let distinct = self.texts.len();
        let present = self.words.iter().filter(|word| **word != word::MISSING).count();
        let identifier = is_identifier(&self.name);
        let readers: [(ColumnType, Read); 3] = [
            (ColumnType::Timestamp, instant),
            (ColumnType::Number, number),
            (ColumnType::Bool, truth),
        ];
        for (kind, read) in readers {
            let fits = kind == ColumnType::Timestamp || !strict && !identifier;
            let words: Option<Vec<i64>> = self.texts.iter().map(|text| read(text)).collect();
            if let Some(words) = words.filter(|_| fits) {
                self.kind = kind;
                self.texts = Vec::new();
                for word in self.words.iter_mut().filter(|word| **word != word::MISSING) {
                    *word = usize::try_from(*word).ok().map_or(word::MISSING, |at| words[at]);
                }
                return;
            }
            let like = self.texts.iter().filter(|text| read(text).is_some()).count();
            if !identifier && kind != ColumnType::Bool && like * 10 >= distinct * 9 && like > 1 {
                self.almost = Some(kind);
            }
        }
        let short = self.texts.iter().all(|text| text.len() <= LONGEST_NAME);
        let zone =
            |text: &String| (text.contains('/') || text == "UTC") && Zone::named(text).is_ok();
        self.kind = if self.texts.iter().all(zone) {
            ColumnType::Timezone
        } else if short && distinct <= MOST_NAMES && distinct * 2 <= present {
            ColumnType::Category
        } else {
            ColumnType::Text
        };
    }

    /// The text of a word; empty where it is none.
    pub(crate) fn text(&self, word: i64) -> &str {
        usize::try_from(word).ok().and_then(|at| self.texts.get(at)).map_or("", String::as_str)
    }
}

/// The rank of each row's text among those that occur, and these, sorted.
pub(super) fn ranked(column: &TextColumn) -> (Vec<i64>, Vec<String>) {
    let mut texts: Vec<&str> = Vec::with_capacity(column.values.len());
    let mut used = vec![false; column.values.len()];
    for code in column.codes.iter().filter(|code| **code != MISSING_TEXT) {
        used[*code as usize] = true;
    }
    texts.extend(column.values.iter().zip(&used).filter(|(_, used)| **used).map(|(text, _)| text));
    texts.sort_unstable();
    texts.dedup();
    let rank = |text: &str| {
        let at = texts.binary_search(&text).ok();
        at.and_then(|at| i64::try_from(at).ok()).unwrap_or(word::MISSING)
    };
    let ranks: Vec<i64> = column.values.iter().map(rank).collect();
    let words =
        column.codes.iter().map(|code| ranks.get(*code as usize).copied().unwrap_or(word::MISSING));
    (words.collect(), texts.into_iter().map(str::to_owned).collect())
}

/// Whether a text is an instant or a number.
pub(super) fn reads_as(kind: ColumnType, text: &str) -> bool {
    if kind == ColumnType::Number { number(text).is_some() } else { instant(text).is_some() }
}

/// A number of a column that has nothing else.
fn float(data: &ColumnData, row: usize) -> f64 {
    match data {
        ColumnData::Number(rows) => rows[row],
        #[expect(clippy::cast_precision_loss, reason = "a number of the playbook is an f64")]
        ColumnData::Integer(rows) => rows.get(row) as f64,
        data => data.value(row).as_f64().unwrap_or(f64::NAN),
    }
}

/// Whether a column of that name holds identifiers, which are no quantities even where they are
/// digits.
pub(crate) fn is_identifier(name: &str) -> bool {
    const NAMES: [&str; 21] = [
        "id",
        "sku",
        "upc",
        "ean",
        "isbn",
        "uuid",
        "zip",
        "zipcode",
        "postcode",
        "postal_code",
        "phone",
        "barcode",
        "to",
        "from",
        "src",
        "dst",
        "user",
        "sender",
        "recipient",
        "device",
        "ip",
    ];
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|known| {
        name.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
    })
}

/// An instant, unless it is digits alone: those are more likely a number.
fn instant(text: &str) -> Option<i64> {
    let digits = text.trim().bytes().all(|byte| byte.is_ascii_digit());
    Timestamp::parse(text).ok().filter(|_| !digits).map(Timestamp::as_micros)
}

/// A number, unless a zero before its digits shows that it is a code.
fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    let code = text.len() > 1 && text.starts_with('0') && !text.starts_with("0.");
    math::decimal(text).filter(|_| !code).map(|x| word::of_number(x + 0.0))
}

fn truth(text: &str) -> Option<i64> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(1),
        "false" | "no" => Some(0),
        _ => None,
    }
}
