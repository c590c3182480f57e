//! One customer's events as a document, small and checked: times as differences, property by
//! property, dictionaries without texts that nothing uses. Equal histories give equal documents.

use serde::{Deserialize, Serialize};

use super::customer::{Marked, Rest};
use super::{CustomerHistory, Fold};
use crate::event::{Dictionary, IDENTITY, Layout, Mark, PROPERTIES, TIME, WordType, word};
use crate::time::Timestamp;

/// One customer's events as they are written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct HistoryDocument {
    /// The types that have events.
    types: Vec<TypeDocument>,
    /// Corrected and deleted events.
    marks: Vec<MarkDocument>,
    /// What stands for forgotten events.
    folds: Vec<Fold>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct TypeDocument {
    kind: u32,
    /// Each as the difference to the one before, the first to 1970.
    times: Vec<i64>,
    /// Empty where no event has one.
    identities: Vec<Identity>,
    properties: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct MarkDocument {
    id: Identity,
    revision: u32,
    deleted: bool,
    time: i64,
}

/// Its bytes: an identity has no small numbers that a shorter form would favour.
type Identity = [u8; 8];

/// The values of one property.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Column {
    /// Missing in every event.
    Missing,
    Numbers(Vec<f64>),
    /// Booleans, instants and names of the playbook; the least integer where missing.
    Integers(Vec<Option<i64>>),
    Texts {
        codes: Vec<Option<u32>>,
        texts: Vec<String>,
    },
}

impl CustomerHistory {
    /// The events as they are written.
    #[must_use]
    pub fn document(&self, layout: &Layout) -> HistoryDocument {
        let history = self.view(layout);
        let mut types = Vec::new();
        for (kind, of_type) in layout.types.iter().enumerate() {
            let events = history.events(kind);
            if events.is_empty() {
                continue;
            }
            let mut before = 0;
            let times = events.times().map(|at| at - std::mem::replace(&mut before, at)).collect();
            let identities = events.rows().map(|row| row[IDENTITY]);
            let identities = if identities.clone().all(|id| id == word::MISSING) {
                Vec::new()
            } else {
                identities.map(i64::to_le_bytes).collect()
            };
            let column = |(property, word_type): (usize, &WordType)| {
                let words = events.rows().map(|row| row[PROPERTIES + property]);
                let known = |word: i64| (word != word::MISSING).then_some(word);
                if words.clone().all(|word| known(word).is_none()) {
                    return Column::Missing;
                }
                match word_type {
                    WordType::Number => Column::Numbers(words.map(word::number).collect()),
                    WordType::Open(_) => {
                        texts(words.collect(), events.dictionary(property).unwrap_or_default())
                    }
                    _ => Column::Integers(words.map(known).collect()),
                }
            };
            let properties = of_type.properties.iter().enumerate().map(column).collect();
            let kind = u32::try_from(kind).unwrap_or(u32::MAX);
            types.push(TypeDocument { kind, times, identities, properties });
        }
        let marks = self.rest.as_ref().map_or(&[][..], |rest| &rest.marks);
        let marks = marks.iter().map(MarkDocument::of).collect();
        let folds = self.rest.as_ref().map_or_else(Vec::new, |rest| rest.folds.clone());
        HistoryDocument { types, marks, folds }
    }

    /// The history that a document says, if it is one of this layout: as many columns and rows as
    /// it asks for, every value one of its type, events in canonical order.
    #[must_use]
    pub fn from_document(document: &HistoryDocument, layout: &Layout) -> Option<Self> {
        let mut history = Self::default();
        if *document == HistoryDocument::default() {
            return Some(history);
        }
        let mut rest = Rest::new(layout);
        let mut ends = vec![0; layout.types.len()];
        let mut written = document.types.iter().peekable();
        for (kind, end) in ends.iter_mut().enumerate() {
            let this = |of_type: &&TypeDocument| of_type.kind as usize == kind;
            if let Some(of_type) = written.next_if(this) {
                of_type.read(&layout.types[kind].properties, &mut history.words, &mut rest)?;
            }
            *end = u32::try_from(history.words.len()).ok()?;
        }
        rest.marks = document.marks.iter().map(MarkDocument::read).collect::<Option<_>>()?;
        let sorted = rest.marks.is_sorted_by(|a, b| a.id < b.id);
        if written.next().is_some() || !sorted {
            return None;
        }
        rest.folds.clone_from(&document.folds);
        if rest.folds.iter().any(|fold| !fold.sum.is_finite()) {
            return None;
        }
        history.ends = ends.into();
        if !(rest.marks.is_empty() && rest.folds.is_empty())
            || rest.dictionaries.iter().any(|known| !known.is_empty())
        {
            history.rest = Some(Box::new(rest));
        }
        Some(history)
    }
}

impl MarkDocument {
    fn of(marked: &Marked) -> Self {
        let Mark { revision, deleted } = marked.mark;
        Self { id: marked.id.to_le_bytes(), revision, deleted, time: marked.time }
    }

    /// None where there is no such instant.
    fn read(&self) -> Option<Marked> {
        let mark = Mark { revision: self.revision, deleted: self.deleted };
        let marked = Marked { id: i64::from_le_bytes(self.id), mark, time: self.time };
        Timestamp::in_range(self.time).then_some(marked)
    }
}

/// The codes, numbered anew, and the texts that they use.
fn texts(words: Vec<i64>, dictionary: &[Box<str>]) -> Column {
    let mut used = words.clone();
    used.sort_unstable();
    used.dedup();
    used.retain(|word| *word != word::MISSING);
    let code = |word: i64| used.binary_search(&word).ok().and_then(|at| u32::try_from(at).ok());
    let text = |word: &i64| usize::try_from(*word).ok().and_then(|at| dictionary.get(at));
    let texts = used.iter().filter_map(text).map(ToString::to_string).collect();
    Column::Texts { codes: words.into_iter().map(code).collect(), texts }
}

impl TypeDocument {
    /// Appends the rows of words; none where they are not rows of that type.
    fn read(&self, properties: &[WordType], words: &mut Vec<i64>, rest: &mut Rest) -> Option<()> {
        let rows = self.times.len();
        let identified = self.identities.len() == rows;
        if rows == 0 || self.properties.len() != properties.len() {
            return None;
        }
        if !identified && !self.identities.is_empty() {
            return None;
        }
        let columns = self.properties.iter().zip(properties);
        let columns: Vec<Vec<i64>> =
            columns.map(|(column, kind)| column.words(kind, rows, rest)).collect::<Option<_>>()?;
        let start = words.len();
        let stride = PROPERTIES + properties.len();
        let mut time = 0_i64;
        for row in 0..rows {
            time = time.checked_add(self.times[row]).filter(|at| Timestamp::in_range(*at))?;
            let at = words.len();
            words.resize(at + PROPERTIES, word::MISSING);
            words[at + TIME] = time;
            if identified {
                words[at + IDENTITY] = i64::from_le_bytes(self.identities[row]);
            }
            words.extend(columns.iter().map(|column| column[row]));
        }
        let rows = words[start..].chunks_exact(stride);
        rows.is_sorted().then_some(())
    }
}

impl Column {
    /// One word a row; none where a value is not one of that type.
    fn words(&self, kind: &WordType, rows: usize, rest: &mut Rest) -> Option<Vec<i64>> {
        let words: Vec<i64> = match (self, kind) {
            (Self::Missing, _) => vec![word::MISSING; rows],
            (Self::Numbers(numbers), WordType::Number) => {
                let word = |x: &f64| match x {
                    x if x.is_nan() => Some(word::MISSING),
                    x => x.is_finite().then(|| word::of_number(*x)),
                };
                numbers.iter().map(word).collect::<Option<_>>()?
            }
            (Self::Integers(integers), WordType::Bool | WordType::Time | WordType::Closed(_)) => {
                let fits = |word: i64| match kind {
                    WordType::Bool => word == 0 || word == 1,
                    WordType::Closed(names) => {
                        usize::try_from(word).is_ok_and(|word| word < names.len())
                    }
                    _ => Timestamp::in_range(word),
                };
                let right = integers.iter().flatten().all(|word| fits(*word));
                let word = |word: &Option<i64>| word.unwrap_or(word::MISSING);
                right.then(|| integers.iter().map(word).collect())?
            }
            (Self::Texts { codes, texts }, WordType::Open(at)) => {
                let sorted = texts.is_sorted_by(|a, b| a < b);
                let right = codes.iter().flatten().all(|code| (*code as usize) < texts.len());
                let dictionary: Dictionary =
                    texts.iter().map(|text| text.as_str().into()).collect();
                *rest.dictionaries.get_mut(*at)? = dictionary;
                let word = |code: &Option<u32>| code.map_or(word::MISSING, i64::from);
                (sorted && right).then(|| codes.iter().map(word).collect())?
            }
            _ => return None,
        };
        (words.len() == rows).then_some(words)
    }
}
