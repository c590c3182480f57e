//! Whether a health score predicts who churns.

use stayput_core::expr::{Input, Value};
use stayput_core::features::{FeatureType, TrainingSet};
use stayput_core::math::wilson;
use stayput_core::{Error, ErrorCode, Playbook, Result, health};

use super::document::{HealthBand, HealthValidation};
use crate::data;
use crate::validate::{delong, roc_auc};

/// What came true of the health score of `playbook` in `set`, whose features are the playbook's.
///
/// The score of a row is made of the row's features alone, without hysteresis.
///
/// # Errors
/// [`ErrorCode::PlaybookKey`] where the playbook has no `[health]`; [`ErrorCode::ModelShape`] where
/// the set lacks a feature that a factor reads; [`ErrorCode::Unsupported`] where a factor reads
/// anything but features; [`ErrorCode::ModelData`] for a set without rows or labels.
pub fn validate_health(playbook: &Playbook, set: &TrainingSet) -> Result<HealthValidation> {
    let plan = playbook.health().ok_or_else(|| {
        let message = "the key `health` is missing, and there is no score to validate without it";
        Error::new(ErrorCode::PlaybookKey, "playbook", message)
    })?;
    let labels = data::labels(set)?;
    let columns = &set.table.columns;
    let specs = &playbook.feature_set().specs;
    let mut programs = Vec::with_capacity(plan.scores.len());
    for (program, factor) in plan.scores.iter().zip(&plan.spec.factors) {
        let mut wrong = None;
        let bound = program.clone().bind(|input| {
            let Input::Feature(index) = input else {
                wrong = Some(Error::unsupported(format!(
                    "the factor `{}` reads more than features; make what it reads a feature",
                    factor.name
                )));
                return 0;
            };
            let name = &specs[*index].name;
            columns.iter().position(|column| column.name == *name).unwrap_or_else(|| {
                let message = format!("lacks the feature `{name}` of the factor `{}`", factor.name);
                wrong = Some(Error::new(ErrorCode::ModelShape, "training set", message));
                0
            })
        });
        if let Some(error) = wrong {
            return Err(error);
        }
        programs.push(bound);
    }
    let mut scored = (Vec::new(), Vec::new());
    let mut counts = vec![(0, 0); plan.spec.bands.len()];
    let columns: Vec<_> = columns.iter().map(|column| (column.numbers(), &column.kind)).collect();
    for (row, label) in labels.iter().enumerate() {
        let frame: Vec<Value<'_>> = columns
            .iter()
            .map(|column| match column {
                (Some(rows), kind) => value(rows[row], kind),
                (None, _) => Value::Missing,
            })
            .collect();
        let scores: Vec<f64> =
            programs.iter().map(|program| program.eval(&frame).as_number()).collect();
        let Some(found) = health::evaluate(&plan.spec, &scores, None) else { continue };
        scored.0.push(*label);
        scored.1.push(-found.score);
        let band = plan.spec.bands.iter().position(|band| band.name == found.band);
        if let Some(counts) = band.and_then(|band| counts.get_mut(band)) {
            counts.0 += 1;
            counts.1 += usize::from(*label);
        }
    }
    let (known, losses) = scored;
    let bands = bands(&counts, &plan.spec.bands);
    let rates: Vec<f64> = bands.iter().filter_map(|band| band.churn_rate).collect();
    let interval = interval(&known, &losses);
    #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
    let without_score = (labels.len() - known.len()) as f64 / labels.len() as f64;
    Ok(HealthValidation {
        rows: labels.len(),
        churners: labels.iter().filter(|label| **label).count(),
        without_score,
        auc: roc_auc(&known, &losses),
        auc_low: interval.map(|(low, _)| low),
        auc_high: interval.map(|(_, high)| high),
        bands,
        monotone: rates.windows(2).all(|pair| pair[0] > pair[1]),
    })
}

fn value(x: f64, kind: &FeatureType) -> Value<'_> {
    match kind {
        _ if x.is_nan() => Value::Missing,
        FeatureType::Bool => Value::Bool(x != 0.0),
        FeatureType::Category { values } => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the index of a value"
            )]
            let code = x as usize;
            values.get(code).map_or(Value::Missing, |name| Value::Text(name))
        }
        _ => Value::number(x),
    }
}

/// The interval of the area: `DeLong`'s, against a score that is the same for all.
fn interval(labels: &[bool], scores: &[f64]) -> Option<(f64, f64)> {
    let same = vec![0.0; scores.len()];
    let churners = labels.iter().filter(|label| **label).count();
    if churners.min(labels.len() - churners) < 2 {
        return None;
    }
    let found = delong(labels, &same, scores, 0.95).ok()?;
    Some(((0.5 + found.low).max(0.0), (0.5 + found.high).min(1.0)))
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
fn bands(counts: &[(usize, usize)], bands: &[health::Band]) -> Vec<HealthBand> {
    let (all, lost) = counts.iter().fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
    let base = lost as f64 / all as f64;
    let pairs = bands.iter().zip(counts);
    pairs
        .map(|(band, &(rows, churners))| {
            let churn_rate = (rows > 0).then(|| churners as f64 / rows as f64);
            let ends = wilson(churners as f64, rows as f64);
            HealthBand {
                name: band.name.clone(),
                start: band.from,
                rows,
                churners,
                churn_rate,
                low: ends.map(|(low, _)| low),
                high: ends.map(|(_, high)| high),
                lift: churn_rate.filter(|_| base > 0.0).map(|rate| rate / base),
            }
        })
        .collect()
}
