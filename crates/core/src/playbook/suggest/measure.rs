//! Asks the drafted features and label of the data that they were drafted from.

use super::features::Drafted;
use super::rhythm::Rhythm;
use super::text::percent;
use crate::columns::Frame;
use crate::describe::{count, quantile};
use crate::error::Result;
use crate::event::word;
use crate::features::{FeatureColumn, FeatureTable, TrainingOptions};
use crate::playbook::Playbook;
use crate::time::{Span, Timestamp};

/// Fewer customers of one kind than this are too few to learn from.
const FEW: usize = 20;

/// What the draft says of the data.
pub(super) struct Measured {
    /// How often the label was true, as a comment says it; empty where nobody could be asked.
    pub(super) rate: String,
    /// The features at the end of the data of customers with a sign of life within the horizon.
    table: FeatureTable,
    rows: Vec<usize>,
}

impl Measured {
    pub(super) fn of(
        draft: &Playbook,
        events: &Frame,
        rhythm: &Rhythm<'_>,
        drafted: &Drafted,
    ) -> Result<Self> {
        // Of two versions of an event the first counts, so which it is depends on their order;
        // here each counts.
        let mut renames = Vec::new();
        for name in ["event_id", "revision", "deleted"] {
            if events.column(name).is_some() {
                let mut unknown = format!("{name}_");
                while events.column(&unknown).is_some() {
                    unknown.push('_');
                }
                renames.push((name.to_owned(), unknown));
            }
        }
        let events = &events.clone().rename(&renames)?;
        let end = Timestamp::EPOCH.plus(Span::micros(rhythm.last));
        let table = draft.features(events, None, &[end], Some(1))?.table;
        let quiet = table.column(&drafted.quiet).and_then(FeatureColumn::numbers);
        let recent = |days: &f64| *days <= rhythm.horizon.as_days();
        let rows = quiet.iter().flat_map(|days| days.iter()).enumerate();
        let rows = rows.filter(|(_, days)| recent(days)).map(|(row, _)| row).collect();
        let asked = end.minus(rhythm.horizon);
        let options = TrainingOptions { n_jobs: Some(1), ..TrainingOptions::default() };
        let labels = draft.training_set(events, None, &[asked], &options)?.set.labels;
        let mut rate = String::new();
        if !labels.is_empty() {
            let churned = labels.iter().filter(|label| **label == 1.0).count();
            let share = percent(churned, labels.len());
            rate = format!("of the {} customers asked at {asked}, {share} churned", labels.len());
            let rarest = churned.min(labels.len() - churned);
            if rarest < FEW || rarest * 100 < labels.len() {
                rate.push_str(": so few of one kind teach a model little; try another horizon");
            }
        }
        Ok(Self { rate, table, rows })
    }

    /// Quantiles of a feature; none where nobody has it.
    pub(super) fn quantiles<const N: usize>(
        &self,
        feature: &str,
        at: [f64; N],
    ) -> Option<[f64; N]> {
        let column = self.table.column(feature)?.numbers()?;
        let values = self.rows.iter().map(|row| column[*row]).filter(|x| !x.is_nan());
        let mut words: Vec<i64> = values.map(word::of_number).collect();
        words.sort_unstable();
        let sorted: Vec<f64> = words.into_iter().map(word::number).collect();
        (count(sorted.len()) > 0.0).then(|| at.map(|p| quantile(&sorted, p)))
    }
}
