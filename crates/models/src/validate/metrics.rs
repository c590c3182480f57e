//! Measures of probabilities against what came true.
//!
//! Each takes as many labels and probabilities as there are of both, and sums in row order.

use stayput_core::math;

use super::ranked::Ranked;

/// Area under the receiver operating characteristic: how often a row of label 1 has the greater
/// score than one of label 0, a tie counting half (Mann and Whitney 1947). None when the labels
/// are all alike. Cost: one sort.
#[must_use]
pub fn roc_auc(labels: &[bool], scores: &[f64]) -> Option<f64> {
    roc_auc_of(&Ranked::new(labels, scores))
}

#[expect(clippy::cast_precision_loss, reason = "pairs of rows, of which a quotient is taken")]
pub(super) fn roc_auc_of(ranked: &Ranked) -> Option<f64> {
    // Twice the number of pairs won, in whole numbers: exact whatever the order of equals.
    let (mut twice_won, mut positives_above) = (0_u128, 0_u128);
    for tied in &ranked.tied {
        let positives = tied.positives as u128;
        let negatives = tied.rows as u128 - positives;
        twice_won += negatives * (2 * positives_above + positives);
        positives_above += positives;
    }
    let pairs = ranked.positives as u128 * ranked.negatives() as u128;
    (pairs > 0).then(|| twice_won as f64 / (2 * pairs) as f64)
}

/// Area under the curve of precision over recall, as average precision: the sum over the scores,
/// from the greatest down, of the recall each adds times the precision down to it, without
/// interpolation (Davis and Goadrich 2006). None when the labels are all alike. Cost: one sort.
#[must_use]
pub fn pr_auc(labels: &[bool], scores: &[f64]) -> Option<f64> {
    pr_auc_of(&Ranked::new(labels, scores))
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
pub(super) fn pr_auc_of(ranked: &Ranked) -> Option<f64> {
    let (mut rows, mut positives, mut area) = (0, 0, 0.0);
    for tied in &ranked.tied {
        rows += tied.rows;
        positives += tied.positives;
        area += tied.positives as f64 * (positives as f64 / rows as f64);
    }
    ranked.both().then(|| area / ranked.positives as f64)
}

/// The statistic of Kolmogorov and Smirnov: the greatest distance between the distributions of the
/// scores of either label (Smirnov 1948). None when the labels are all alike. Cost: one sort.
#[must_use]
pub fn ks(labels: &[bool], scores: &[f64]) -> Option<f64> {
    ks_of(&Ranked::new(labels, scores))
}

#[expect(clippy::cast_precision_loss, reason = "pairs of rows, of which a quotient is taken")]
pub(super) fn ks_of(ranked: &Ranked) -> Option<f64> {
    let (negatives, positives) = (ranked.negatives() as u128, ranked.positives as u128);
    let apart = |(below, above): (usize, usize)| {
        (above as u128 * negatives).abs_diff(below as u128 * positives)
    };
    let most = ranked.roc().map(apart).max()?;
    ranked.both().then(|| most as f64 / (negatives * positives) as f64)
}

/// Mean of `-ln p` of what came true, `p` held at least 2⁻⁵² away from 0 and 1; NaN for no rows.
#[must_use]
pub fn log_loss(labels: &[bool], probabilities: &[f64]) -> f64 {
    mean(labels, probabilities, |label, p| {
        let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        if label { -math::ln(p) } else { -math::ln_1p(-p) }
    })
}

/// Mean of `(p - label)²` (Brier 1950); NaN for no rows.
#[must_use]
pub fn brier(labels: &[bool], probabilities: &[f64]) -> f64 {
    mean(labels, probabilities, |label, p| {
        let error = p - f64::from(u8::from(label));
        error * error
    })
}

#[expect(clippy::cast_precision_loss, reason = "a count of rows")]
fn mean(labels: &[bool], probabilities: &[f64], of: impl Fn(bool, f64) -> f64) -> f64 {
    let rows = labels.iter().zip(probabilities);
    let count = rows.len() as f64;
    rows.map(|(&label, &p)| of(label, p)).sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [u8; 10] = [0, 0, 1, 1, 0, 1, 0, 1, 1, 0];
    const SCORES: [f64; 10] = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.05, 0.9, 1.0, 0.2];

    fn labels(labels: &[u8]) -> Vec<bool> {
        labels.iter().map(|&label| label == 1).collect()
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-15, "{found} is not {expected}");
    }

    /// Expected: `roc_auc_score`, `average_precision_score`, `log_loss` and `brier_score_loss` of
    /// scikit-learn 1.9.1, `ks_2samp` of `SciPy` 1.17.1.
    #[test]
    fn the_measures_are_those_of_scikit_learn() {
        let ten = labels(&LABELS);
        near(roc_auc(&ten, &SCORES).unwrap(), 0.88);
        near(pr_auc(&ten, &SCORES).unwrap(), 0.876_190_476_190_476_2);
        near(ks(&ten, &SCORES).unwrap(), 0.6);
        near(log_loss(&ten, &SCORES), 0.369_606_553_223_643_7);
        near(brier(&ten, &SCORES), 0.1205);
        let (four, scores) = (labels(&[0, 0, 1, 1]), [0.1, 0.4, 0.35, 0.8]);
        near(roc_auc(&four, &scores).unwrap(), 0.75);
        near(pr_auc(&four, &scores).unwrap(), 0.833_333_333_333_333_4);
        near(ks(&four, &scores).unwrap(), 0.5);
        near(log_loss(&four, &scores), 0.472_287_953_809_176_15);
        near(brier(&four, &scores), 0.158_125);
    }

    #[test]
    fn scores_that_are_all_alike_win_half_of_the_pairs() {
        assert_eq!(roc_auc(&labels(&LABELS), &[0.3; 10]), Some(0.5));
        assert_eq!(roc_auc(&labels(&[1, 1]), &[0.3, 0.4]), None);
        assert_eq!(pr_auc(&labels(&LABELS), &[0.3; 10]), Some(0.5));
        assert_eq!(ks(&labels(&LABELS), &[0.3; 10]), Some(0.0));
        for measure in [roc_auc, pr_auc, ks] {
            assert_eq!(measure(&[], &[]), None);
            assert_eq!(measure(&[true], &[0.5]), None);
        }
        assert_eq!(roc_auc(&labels(&[1, 0, 1]), &[-0.0, 0.0, -0.0]), Some(0.5));
    }

    #[test]
    fn a_sure_and_wrong_answer_costs_much_but_not_infinitely() {
        near(log_loss(&labels(&[1]), &[0.0]), 36.043_653_389_117_15);
        assert!(log_loss(&labels(&[0]), &[1.0]).is_finite());
        assert!(log_loss(&[], &[]).is_nan());
    }
}
