//! The cheapest change for a linear form.
//!
//! Numbers are moved in the order of what a unit of cost takes off the margin, each as far as it may
//! go, the last as far as is needed: a linear program with one constraint, which that solves
//! (Dantzig 1957). It is solved for every combination of names and truths, where these are few.

use super::{Lever, RecourseParams, RecourseStatus, Recoursed};
use crate::churn::linear::{Encoding, Linear};
use crate::churn::model::{InputKind, Model};
use crate::error::{Error, Result};

/// How many combinations of names and truths are tried; of more, only those with one change.
const COMBINATIONS: usize = 4096;

/// A number that can take something off the margin.
struct Slope {
    input: usize,
    /// What a unit takes off, by size.
    rate: f64,
    /// The farthest value.
    end: f64,
    cost: f64,
    step: Option<f64>,
}

/// Names or truths of one input, with what they cost.
struct Names {
    input: usize,
    values: Vec<f64>,
    cost: f64,
}

pub(super) fn search(
    model: &Model,
    form: &Linear,
    row: &[f64],
    levers: &[&Lever],
    target: f64,
    params: &RecourseParams<'_>,
) -> Result<Recoursed> {
    let max_changes = params.max_changes;

    let slopes = slopes(model, form, row, levers);
    let names = names(model, row, levers);
    let combinations = names.iter().try_fold(1_usize, |all, names| {
        all.checked_mul(names.values.len()).filter(|all| *all <= COMBINATIONS)
    });
    let mut best: Option<(f64, Vec<f64>)> = None;
    let mut try_with = |chosen: &[usize]| -> Result<()> {
        let mut changed = row.to_vec();
        let (mut cost, mut changes) = (0.0, 0);
        for (names, &at) in names.iter().zip(chosen) {
            changed[names.input] = names.values[at];
            if at != 0 {
                cost += names.cost;
                changes += 1;
            }
        }
        let beaten = |cost: f64, best: &Option<(f64, Vec<f64>)>| {
            best.as_ref().is_some_and(|(best, _)| *best <= cost)
        };
        if changes > max_changes || beaten(cost, &best) {
            return Ok(());
        }
        if let Some(more) =
            descend(model, &mut changed, &slopes, target, params.threshold, max_changes - changes)?
            && !beaten(cost + more, &best)
        {
            best = Some((cost + more, changed));
        }
        Ok(())
    };
    let mut chosen = vec![0; names.len()];
    if combinations.is_some() {
        loop {
            try_with(&chosen)?;
            // The next combination, as a number with a digit for each input.
            let Some(at) = (0..names.len()).find(|at| chosen[*at] + 1 < names[*at].values.len())
            else {
                break;
            };
            chosen[at] += 1;
            chosen[..at].fill(0);
        }
    } else {
        try_with(&chosen)?;
        for at in 0..names.len() {
            for value in 1..names[at].values.len() {
                chosen.fill(0);
                chosen[at] = value;
                try_with(&chosen)?;
            }
        }
    }
    // A limit on changes and steps make it more than a linear program.
    let free = max_changes >= slopes.len() + names.len();
    let complete = combinations.is_some() && free;
    let smooth = slopes.iter().all(|slope| slope.step.is_none());
    Ok(match best {
        Some((cost, row)) => {
            let optimal = complete && smooth;
            let status = if optimal { RecourseStatus::Optimal } else { RecourseStatus::Found };
            Recoursed { status, row, cost }
        }
        None if complete => Recoursed::none(RecourseStatus::Impossible, row),
        None => Recoursed::none(RecourseStatus::NotFound, row),
    })
}

/// The numbers that can take something off, those first that take off most for their cost.
fn slopes(model: &Model, form: &Linear, row: &[f64], levers: &[&Lever]) -> Vec<Slope> {
    let input_of = model.input_of_column();
    let mut first = 0;
    let mut slopes = Vec::new();
    for (column, encoding) in form.encodings.iter().enumerate() {
        let weight = form.weights.get(first).copied().unwrap_or_default();
        first += encoding.columns();
        let input = input_of[column];
        let lever = levers.iter().find(|lever| lever.input == input);
        let (Some(lever), Encoding::Number { scale, .. }) = (lever, encoding) else { continue };
        if model.inputs()[input].kind != InputKind::Number || weight == 0.0 {
            continue;
        }
        let (own, down) = (row[input], weight > 0.0);
        // As far as the form tells numbers apart.
        let far = if down {
            (own - 1e12 * scale).max(*lever.range(own).start())
        } else {
            (own + 1e12 * scale).min(*lever.range(own).end())
        };
        let end = match lever.step {
            None => far,
            Some(step) if down => (far / step).ceil() * step,
            Some(step) => (far / step).floor() * step,
        };
        if (down && end < own) || (!down && end > own) {
            let rate = (weight / scale).abs();
            slopes.push(Slope { input, rate, end, cost: lever.cost, step: lever.step });
        }
    }
    slopes.sort_by(|a, b| (b.rate * a.cost).total_cmp(&(a.rate * b.cost)));
    slopes
}

fn names(model: &Model, row: &[f64], levers: &[&Lever]) -> Vec<Names> {
    let of = |lever: &&Lever| {
        let own = row[lever.input];
        let others: Vec<f64> = match &model.inputs()[lever.input].kind {
            InputKind::Number => return None,
            InputKind::Bool => vec![f64::from(u8::from(own == 0.0))],
            #[expect(clippy::cast_precision_loss, reason = "no dictionary has 2^53 names")]
            InputKind::Category { values } => {
                (0..values.len()).map(|name| name as f64).filter(|name| *name != own).collect()
            }
        };
        let values = std::iter::once(own).chain(others).collect();
        Some(Names { input: lever.input, values, cost: lever.cost })
    };
    levers.iter().filter_map(of).collect()
}

/// Moves numbers of `row` until the margin is low enough, and gives what that costs; none where all
/// of them together do not do it.
fn descend(
    model: &Model,
    row: &mut [f64],
    slopes: &[Slope],
    target: f64,
    threshold: f64,
    max_changes: usize,
) -> Result<Option<f64>> {
    let low = |row: &[f64]| Ok::<_, Error>(model.predict_row(row)? <= threshold);

    let mut cost = 0.0;
    for slope in slopes.iter().take(max_changes) {
        if low(row)? {
            break;
        }
        let own = row[slope.input];
        let up = slope.end > own;
        let mut distance = ((model.margin_row(row)? - target) / slope.rate).max(0.0);
        let mut nudge = f64::EPSILON * distance.max(own.abs());
        loop {
            let mut to = if up { own + distance } else { own - distance };
            if let Some(step) = slope.step {
                let steps = to / step;
                to = if up { steps.ceil() } else { steps.floor() } * step;
            }
            let reached = if up { to >= slope.end } else { to <= slope.end };
            row[slope.input] = if reached { slope.end } else { to };
            if reached || low(row)? {
                break;
            }
            // Rounding left it a little short.
            distance += nudge;
            nudge *= 2.0;
        }
        cost += slope.cost * (row[slope.input] - own).abs();
    }
    Ok(low(row)?.then_some(cost))
}
