//! The estimators, row by row.

use ndarray::ArrayView2;
use serde::Serialize;
use stayput_core::experiment::check_share;
use stayput_core::{Error, Result};

use super::interval;

/// A way to estimate the value of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Estimator {
    /// Inverse propensity scoring.
    Ips,
    /// The same, normalised by the mean weight.
    Snips,
    /// The direct method: the reward model alone.
    Dm,
    /// Doubly robust.
    Dr,
    /// Doubly robust where the weight is at most a threshold, else the reward model.
    SwitchDr,
}

impl Estimator {
    /// All of them, in the order in which they are reported.
    pub const ALL: [Self; 5] = [Self::Ips, Self::Snips, Self::Dm, Self::Dr, Self::SwitchDr];

    fn needs_predictions(self) -> bool {
        matches!(self, Self::Dm | Self::Dr | Self::SwitchDr)
    }
}

/// Decisions that were made, `n` of them among `k` actions.
#[derive(Debug, Clone, Copy)]
pub struct OffPolicyRows<'a> {
    /// The action chosen in each row, from 0 to `k − 1`.
    pub actions: &'a [usize],
    /// The chance that it was chosen with, above 0 and at most 1.
    pub propensities: &'a [f64],
    /// What it brought.
    pub rewards: &'a [f64],
    /// `n × k`: the chances of the target policy, which sum to 1 in each row.
    pub target: ArrayView2<'a, f64>,
    /// `n × k`: the reward that a model expects of each action. It should not have seen the row.
    pub predictions: Option<ArrayView2<'a, f64>>,
}

/// How intervals are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// The estimate and its standard error, by the normal distribution.
    Normal,
    /// Percentiles of estimates on rows drawn with replacement (Efron 1979).
    Bootstrap,
}

/// How policies are evaluated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OffPolicyParams {
    /// The greatest weight: greater ones are taken for it. None where it is not said.
    pub clip: Option<f64>,
    /// The greatest weight that `switch_dr` takes a row's reward at: the square root of the rows where
    /// it is not said, so that it lets go as data grow.
    pub switch_threshold: Option<f64>,
    /// The probability that an interval is to hold the value with.
    pub level: f64,
    /// How intervals are made.
    pub spread: Spread,
    /// How many resamples a bootstrap draws, 10 to 100,000.
    pub resamples: usize,
    /// What they depend on.
    pub seed: u64,
}

impl Default for OffPolicyParams {
    fn default() -> Self {
        Self {
            clip: None,
            switch_threshold: None,
            level: 0.95,
            spread: Spread::Normal,
            resamples: 1_000,
            seed: 0,
        }
    }
}

/// The value of the target policy by one estimator.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OffPolicyEstimate {
    /// How it was estimated.
    pub estimator: Estimator,
    /// The reward of a decision.
    pub value: f64,
    /// Its standard error; null for a single row.
    pub standard_error: Option<f64>,
    /// The lower end of its interval; null for a single row.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// What a policy would have brought.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OffPolicyReport {
    /// How many decisions there are.
    pub rows: usize,
    /// The mean reward of the policy in use.
    pub observed: f64,
    /// How many decisions of the target's own these are worth: `(Σ w)²/Σ w²` (Kish 1965), after clipping; 0
    /// where the target would have made none of them.
    pub effective_sample_size: f64,
    /// The mean weight before clipping: near 1 where propensities are right.
    pub mean_weight: f64,
    /// The greatest weight before clipping.
    pub max_weight: f64,
    /// How many weights were clipped.
    pub clipped: usize,
    /// The threshold of `switch_dr`.
    pub switch_threshold: f64,
    /// The probability that an interval is to hold the value with.
    pub level: f64,
    /// The value by each estimator; those with a reward model only where there are predictions.
    pub estimates: Vec<OffPolicyEstimate>,
}

/// What the estimators make of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// The weight, clipped.
    pub(super) weight: f64,
    /// The reward.
    pub(super) reward: f64,
    /// What the model expects of the target policy.
    pub(super) direct: f64,
    /// What the model expects of the action that was chosen.
    pub(super) expected: f64,
}

impl Row {
    /// What the row adds to the estimator's mean; to its numerator for `snips`.
    pub(super) fn term(&self, estimator: Estimator, threshold: f64) -> f64 {
        let correction = self.weight * (self.reward - self.expected);
        match estimator {
            Estimator::Ips | Estimator::Snips => self.weight * self.reward,
            Estimator::Dr => self.direct + correction,
            Estimator::SwitchDr if self.weight <= threshold => self.direct + correction,
            Estimator::Dm | Estimator::SwitchDr => self.direct,
        }
    }
}

/// Estimates what the target policy would have brought.
///
/// # Errors
/// [`stayput_core::ErrorCode::Argument`] without rows, when columns differ in length, an action is
/// not among those of the target, a propensity is not above 0 and at most 1, a number is not finite,
/// the target's chances do not sum to 1 within 1e-6, or a parameter is out of range. `snips` is left
/// out where the target would have made none of the decisions.
pub fn off_policy(rows: &OffPolicyRows<'_>, params: &OffPolicyParams) -> Result<OffPolicyReport> {
    check_params(params)?;
    check_rows(rows)?;
    let n = rows.actions.len();
    #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
    let count = n as f64;
    let (mut weights, mut greatest, mut clipped) = (0.0, 0.0_f64, 0);
    let mut read = Vec::with_capacity(n);
    for at in 0..n {
        let (target, action) = (rows.target.row(at), rows.actions[at]);
        let full = target[action] / rows.propensities[at];
        weights += full;
        greatest = greatest.max(full);
        let weight = params.clip.map_or(full, |clip| full.min(clip));
        clipped += usize::from(weight < full);
        let (direct, expected) = rows.predictions.as_ref().map_or((0.0, 0.0), |predictions| {
            let predicted = predictions.row(at);
            let direct = target.iter().zip(&predicted).map(|(chance, q)| chance * q).sum();
            (direct, predicted[action])
        });
        read.push(Row { weight, reward: rows.rewards[at], direct, expected });
    }
    let threshold = params.switch_threshold.unwrap_or(count.sqrt());
    let sum: f64 = read.iter().map(|row| row.weight).sum();
    let squares: f64 = read.iter().map(|row| row.weight * row.weight).sum();
    let estimators: Vec<Estimator> = Estimator::ALL
        .into_iter()
        .filter(|one| rows.predictions.is_some() || !one.needs_predictions())
        .filter(|one| *one != Estimator::Snips || sum > 0.0)
        .collect();
    Ok(OffPolicyReport {
        rows: n,
        observed: rows.rewards.iter().sum::<f64>() / count,
        effective_sample_size: if squares > 0.0 { sum * sum / squares } else { 0.0 },
        mean_weight: weights / count,
        max_weight: greatest,
        clipped,
        switch_threshold: threshold,
        level: params.level,
        estimates: interval::estimates(&read, &estimators, threshold, params),
    })
}

fn check_params(params: &OffPolicyParams) -> Result<()> {
    check_share("level", params.level)?;
    for (name, value) in [("clip", params.clip), ("switch_threshold", params.switch_threshold)] {
        if let Some(value) = value.filter(|value| value.is_nan() || *value <= 0.0) {
            return Err(Error::argument(name, format!("is {value}; expected more than 0")));
        }
    }
    if !(10..=100_000).contains(&params.resamples) {
        let message = format!("is {}; expected 10 to 100000", params.resamples);
        return Err(Error::argument("resamples", message));
    }
    Ok(())
}

fn check_rows(rows: &OffPolicyRows<'_>) -> Result<()> {
    let n = rows.actions.len();
    if n == 0 {
        return Err(Error::argument("actions", "has no rows"));
    }
    let (propensities, rewards) = (rows.propensities.len(), rows.rewards.len());
    for (name, length) in
        [("propensities", propensities), ("rewards", rewards), ("target", rows.target.nrows())]
    {
        if length != n {
            return Err(Error::argument(name, format!("has {length} rows for {n} actions")));
        }
    }
    let k = rows.target.ncols();
    if let Some(predictions) = rows.predictions.filter(|found| found.dim() != (n, k)) {
        let (height, width) = predictions.dim();
        let message = format!("is {height} × {width}; expected {n} × {k}, as `target` is");
        return Err(Error::argument("predictions", message));
    }
    for at in 0..n {
        let wrong =
            |name, message: String| Err(Error::argument(name, format!("row {at} {message}")));
        let (action, propensity) = (rows.actions[at], rows.propensities[at]);
        if action >= k {
            return wrong("actions", format!("is {action}; `target` has {k} actions"));
        }
        if !(propensity > 0.0 && propensity <= 1.0) {
            return wrong(
                "propensities",
                format!("is {propensity}; expected above 0 and at most 1"),
            );
        }
        if !rows.rewards[at].is_finite() {
            return wrong("rewards", "is not a finite number".to_owned());
        }
        let target = rows.target.row(at);
        if target.iter().any(|chance| !(0.0..=1.0 + 1e-6).contains(chance)) {
            return wrong("target", "has a chance outside of 0 to 1".to_owned());
        }
        let sum: f64 = target.iter().sum();
        if (sum - 1.0).abs() > 1e-6 {
            return wrong("target", format!("sums to {sum}; expected 1"));
        }
        let finite = |row: ndarray::ArrayView1<'_, f64>| row.iter().all(|q| q.is_finite());
        if rows.predictions.is_some_and(|predictions| !finite(predictions.row(at))) {
            return wrong("predictions", "has a number that is not finite".to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "small numbers of the tests")]
mod tests {
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    use super::*;

    fn of(report: &OffPolicyReport, estimator: Estimator) -> f64 {
        report.estimates.iter().find(|one| one.estimator == estimator).unwrap().value
    }

    #[test]
    fn a_table_done_by_hand() {
        let target = array![[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.5, 0.5]];
        let predictions = array![[0.5, 0.25], [0.5, 0.0], [1.0, 0.5], [0.0, 1.0]];
        let rows = OffPolicyRows {
            actions: &[0, 0, 0, 1],
            propensities: &[0.5, 0.5, 0.5, 0.125],
            rewards: &[1.0, 0.0, 1.0, 1.0],
            target: target.view(),
            predictions: Some(predictions.view()),
        };
        let params = OffPolicyParams { switch_threshold: Some(2.0), ..Default::default() };
        let report = off_policy(&rows, &params).unwrap();
        // Weights 2, 1, 0, 4; direct 0.5, 0.25, 0.5, 0.5.
        assert_eq!((report.mean_weight, report.max_weight), (1.75, 4.0));
        assert_eq!(report.effective_sample_size, 49.0 / 21.0);
        assert_eq!(of(&report, Estimator::Ips), 1.5);
        assert_eq!(of(&report, Estimator::Snips), 6.0 / 7.0);
        assert_eq!(of(&report, Estimator::Dm), 1.75 / 4.0);
        assert_eq!(of(&report, Estimator::Dr), (1.75 + 1.0 - 0.5) / 4.0);
        assert_eq!(of(&report, Estimator::SwitchDr), (1.75 + 1.0 - 0.5) / 4.0);
        let clipped = off_policy(&rows, &OffPolicyParams { clip: Some(1.0), ..params }).unwrap();
        assert_eq!((clipped.clipped, of(&clipped, Estimator::Ips)), (2, 0.5));
        assert_eq!(clipped.max_weight, 4.0);
    }

    #[test]
    fn what_cannot_be_evaluated_is_refused_by_name() {
        let target = array![[0.5, 0.5]];
        let wrong_sum = array![[0.5, 0.4]];
        let missing = array![[0.5, f64::NAN]];
        let wide = array![[0.1, 0.2, 0.3]];
        let good = OffPolicyRows {
            actions: &[1],
            propensities: &[0.5],
            rewards: &[1.0],
            target: target.view(),
            predictions: None,
        };
        for (rows, path) in [
            (OffPolicyRows { actions: &[], ..good }, "actions"),
            (OffPolicyRows { actions: &[2], ..good }, "actions"),
            (OffPolicyRows { propensities: &[0.0], ..good }, "propensities"),
            (OffPolicyRows { propensities: &[f64::NAN], ..good }, "propensities"),
            (OffPolicyRows { propensities: &[0.5, 0.5], ..good }, "propensities"),
            (OffPolicyRows { rewards: &[f64::INFINITY], ..good }, "rewards"),
            (OffPolicyRows { target: wrong_sum.view(), ..good }, "target"),
            (OffPolicyRows { target: missing.view(), ..good }, "target"),
            (OffPolicyRows { predictions: Some(missing.view()), ..good }, "predictions"),
            (OffPolicyRows { predictions: Some(wide.view()), ..good }, "predictions"),
        ] {
            let error = off_policy(&rows, &OffPolicyParams::default()).unwrap_err();
            assert_eq!(error.path(), Some(path), "{error}");
        }
        for (params, path) in [
            (OffPolicyParams { clip: Some(0.0), ..Default::default() }, "clip"),
            (OffPolicyParams { level: 1.0, ..Default::default() }, "level"),
            (OffPolicyParams { resamples: 1, ..Default::default() }, "resamples"),
        ] {
            assert_eq!(off_policy(&good, &params).unwrap_err().path(), Some(path));
        }
        assert_eq!(off_policy(&good, &OffPolicyParams::default()).unwrap().estimates.len(), 2);
    }

    proptest! {
        /// A policy evaluated on its own decisions is worth what it brought, whatever the model says.
        #[test]
        fn the_policy_in_use_is_worth_what_it_brought(
            rows in prop::collection::vec((0_usize..3, 0.0_f64..10.0), 2..60),
        ) {
            let n = rows.len();
            let chances = [0.2, 0.3, 0.5];
            let target = Array2::from_shape_fn((n, 3), |(_, action)| chances[action]);
            let actions: Vec<usize> = rows.iter().map(|row| row.0).collect();
            let rewards: Vec<f64> = rows.iter().map(|row| row.1).collect();
            let propensities: Vec<f64> = actions.iter().map(|&action| chances[action]).collect();
            let given = OffPolicyRows {
                actions: &actions,
                propensities: &propensities,
                rewards: &rewards,
                target: target.view(),
                predictions: None,
            };
            for spread in [Spread::Normal, Spread::Bootstrap] {
                let params = OffPolicyParams { spread, resamples: 50, ..Default::default() };
                let report = off_policy(&given, &params).unwrap();
                prop_assert!((report.effective_sample_size - n as f64).abs() < 1e-9);
                for one in &report.estimates {
                    prop_assert!((one.value - report.observed).abs() < 1e-9);
                    prop_assert!(one.low.unwrap() <= one.high.unwrap());
                }
            }
        }
    }
}
