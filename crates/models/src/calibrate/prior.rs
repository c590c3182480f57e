//! Prior correction: probabilities for another share of churn than the rows had.
//!
//! A model trained on a sample in which churners were drawn more often (or others less) is sure of
//! too much churn. Where the sample was drawn by the label alone, the odds are off by one factor
//! everywhere: with `π` the churn rate of all customers and `ρ` that of the sample, the right
//! log-odds are those of the model and `ln(π/(1 − π)) − ln(ρ/(1 − ρ))` (Elkan 2001, theorem 2;
//! Saerens, Latinne and Decaestecker 2002, equation 4).

use stayput_core::churn::{Calibrator, Model, VennAbers};
use stayput_core::{Error, Result, math};

/// The same calibrator for rows of which a share `to` churns, in place of `from`; without one,
/// that of a margin which is log-odds. At the points of an isotonic regression it is exact, and
/// between them a straight line as before.
///
/// # Errors
/// [`stayput_core::ErrorCode::Argument`] when a share is not more than 0 and less than 1.
pub fn corrected_for_prior(
    calibrator: Option<&Calibrator>,
    from: f64,
    to: f64,
) -> Result<Calibrator> {
    for (name, share) in [("churn_rate", to), ("sample_rate", from)] {
        if !(share > 0.0 && share < 1.0) {
            let message = format!("is {share}; expected more than 0 and less than 1");
            return Err(Error::argument(name, message));
        }
    }
    let shift = math::logit(to) - math::logit(from);
    Ok(match calibrator {
        None => Calibrator::Platt { slope: 1.0, intercept: shift },
        Some(Calibrator::Platt { slope, intercept }) => {
            Calibrator::Platt { slope: *slope, intercept: intercept + shift }
        }
        Some(Calibrator::Beta { a, b, c }) => Calibrator::Beta { a: *a, b: *b, c: c + shift },
        Some(Calibrator::Isotonic { margins, probabilities }) => {
            // Odds as far out as these would round to 0 or 1.
            let level = |p: &f64| math::sigmoid((math::logit(*p) + shift).clamp(-700.0, 36.0));
            let probabilities = probabilities.iter().map(level).collect();
            Calibrator::Isotonic { margins: margins.clone(), probabilities }
        }
        Some(other) => return Err(Error::unsupported(format!("prior correction of {other:?}"))),
    })
}

/// The same model for customers of whom a share `churn_rate` churns, in place of `sample_rate`: the
/// share of the rows it was trained on, where that is not given.
///
/// # Errors
/// [`stayput_core::ErrorCode::Argument`] when a share is not more than 0 and less than 1, and
/// [`stayput_core::ErrorCode::Unsupported`] for a model without a calibrator whose margin is no
/// log-odds.
pub fn with_prior(model: &Model, churn_rate: f64, sample_rate: Option<f64>) -> Result<Model> {
    let parts = model.parts();
    let log_odds = (model.probability(1.0) - math::sigmoid(1.0)).abs() < 1e-6;
    if parts.calibrator.is_none() && !log_odds {
        return Err(Error::unsupported("prior correction of a model whose margin is no log-odds"));
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
    let trained = parts.trained_on.positives as f64 / parts.trained_on.rows as f64;
    let from = sample_rate.unwrap_or(trained);
    let calibrator = corrected_for_prior(parts.calibrator.as_ref(), from, churn_rate)?;
    let odds = math::exp(math::logit(churn_rate) - math::logit(from));
    let confidence = parts.confidence.clone().map(|confidence| shifted(confidence, odds));
    model.clone().calibrated(Some(calibrator))?.with_confidence(confidence)
}

/// The intervals of probabilities whose odds are multiplied so.
fn shifted(mut confidence: VennAbers, odds: f64) -> VennAbers {
    let ends = confidence.lower.height.iter_mut().chain(&mut confidence.upper.height);
    ends.for_each(|p| *p = *p * odds / (1.0 - *p + *p * odds));
    confidence
}

#[cfg(test)]
mod tests {
    use stayput_core::ErrorCode;

    use super::*;
    use crate::params::{Calibrate, TrainParams};
    use crate::testing::made_up;
    use crate::{evaluate, isotonic, train};

    #[test]
    fn a_rebalanced_sample_is_set_right() {
        let (set, unseen) = (made_up(2_400, 31), made_up(2_400, 32));
        // All churners, and one of four others.
        let kept: Vec<usize> =
            (0..2_400).filter(|&row| set.labels[row] == 1.0 || row % 4 == 0).collect();
        let sample = set.select(&kept).unwrap();
        let rate = set.labels.iter().sum::<f64>() / 2_400.0;
        for calibrate in [None].into_iter().chain(Calibrate::ALL.map(Some)) {
            let (n_estimators, learning_rate) = (Some(30), Some(0.1));
            let params =
                TrainParams { n_estimators, learning_rate, calibrate, ..TrainParams::default() };
            let model = train(&sample, &params).unwrap();
            let before = evaluate(&model, &unseen).unwrap();
            let after = evaluate(&with_prior(&model, rate, None).unwrap(), &unseen).unwrap();
            let off =
                |report: &crate::Report| (report.mean_probability - report.churn_rate()).abs();
            assert!(off(&before) > 0.1 && off(&after) < 0.03, "{before}\n{after}");
            assert!((after.roc_auc.unwrap() - before.roc_auc.unwrap()).abs() < 1e-3);
        }
    }

    /// Saerens and others 2002, equation 4: `p'` is in proportion to `p·π/ρ`.
    #[test]
    fn the_odds_are_multiplied_by_the_ratio_of_the_priors() {
        let (from, to) = (0.5, 0.1);
        let steps = isotonic(&[-1.0, 1.0, 2.0, 3.0], &[false, true, false, true], None);
        let platt = Calibrator::Platt { slope: 2.0, intercept: 0.5 };
        let beta = Calibrator::Beta { a: 0.5, b: 1.5, c: 0.2 };
        for calibrator in [&steps, &platt, &beta] {
            let corrected = corrected_for_prior(Some(calibrator), from, to).unwrap();
            for margin in [-1.0, 1.0, 3.0] {
                let p = calibrator.probability(margin);
                let expected = p * (to / from) / (p * (to / from) + (1.0 - p) * (0.9 / 0.5));
                assert!((corrected.probability(margin) - expected).abs() < 1e-12);
            }
            let back = corrected_for_prior(Some(&corrected), to, from).unwrap();
            assert!((back.probability(0.3) - calibrator.probability(0.3)).abs() < 1e-12);
        }
    }

    #[test]
    fn intervals_move_with_the_probability() {
        let params = TrainParams {
            n_estimators: Some(30),
            confidence: Some(true),
            ..TrainParams::default()
        };
        let params = TrainParams { calibrate: Some(Calibrate::Isotonic), ..params };
        let model = train(&made_up(900, 33), &params).unwrap();
        let corrected = with_prior(&model, 0.1, Some(0.5)).unwrap();
        for margin in [-1.5, -0.3, 0.4, 2.0] {
            let (before, after) =
                (model.interval(margin).unwrap(), corrected.interval(margin).unwrap());
            for (p, found) in [(before.low, after.low), (before.high, after.high)] {
                let expected = p * 0.2 / (p * 0.2 + (1.0 - p) * 1.8);
                assert!((found - expected).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn shares_that_cannot_be_are_refused() {
        for (from, to, name) in
            [(0.0, 0.5, "sample_rate"), (0.5, 1.0, "churn_rate"), (0.5, f64::NAN, "churn_rate")]
        {
            let error = corrected_for_prior(None, from, to).unwrap_err();
            assert_eq!((error.code(), error.path()), (ErrorCode::Argument, Some(name)));
        }
    }
}
