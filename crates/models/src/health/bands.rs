//! Bands of a score, set so that churn differs most between them.

use stayput_core::math::ln;

use super::document::FittedBand;

const NAMES: [&str; 3] = ["critical", "at_risk", "healthy"];

/// Three bands, or two, or one, as far as churn falls from band to band and each holds a twentieth
/// of the rows: those boundaries, whole points, under which the labels are most likely.
pub(super) fn choose(scores: &[f64], labels: &[bool]) -> Vec<FittedBand> {
    // How many rows, and churners, are below each whole point.
    let mut below = vec![(0_usize, 0_usize); 102];
    for (score, label) in scores.iter().zip(labels) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
        let at = score.clamp(0.0, 100.0).floor() as usize + 1;
        below[at].0 += 1;
        below[at].1 += usize::from(*label);
    }
    for at in 1..below.len() {
        below[at] = (below[at].0 + below[at - 1].0, below[at].1 + below[at - 1].1);
    }
    let last = below.len() - 1;
    let of = |from: usize, to: usize| (below[to].0 - below[from].0, below[to].1 - below[from].1);
    let fewest = scores.len().div_ceil(20).max(1);
    let good = |bounds: &[usize]| {
        let bands: Vec<(usize, usize)> =
            bounds.windows(2).map(|pair| of(pair[0], pair[1])).collect();
        let falls = |pair: &[(usize, usize)]| pair[0].1 * pair[1].0 > pair[1].1 * pair[0].0;
        (bands.iter().all(|band| band.0 >= fewest) && bands.windows(2).all(falls))
            .then(|| bands.into_iter().map(likelihood).sum::<f64>())
    };
    let three = (1..100).flat_map(|low| (low + 1..100).map(move |high| vec![0, low, high, last]));
    let two = (1..100).map(|at| vec![0, at, last]);
    // The first of equals.
    let best = |all: &mut dyn Iterator<Item = Vec<usize>>| {
        let mut best: Option<(f64, Vec<usize>)> = None;
        for bounds in all {
            let Some(found) = good(&bounds) else { continue };
            if best.as_ref().is_none_or(|(known, _)| found > *known) {
                best = Some((found, bounds));
            }
        }
        best.map(|(_, bounds)| bounds)
    };
    let bounds =
        best(&mut { three }).or_else(|| best(&mut { two })).unwrap_or_else(|| vec![0, last]);
    let names = &NAMES[NAMES.len() + 1 - bounds.len()..];
    let bands = bounds.windows(2).zip(names);
    bands
        .map(|(pair, name)| {
            let (rows, churners) = of(pair[0], pair[1]);
            let start = u32::try_from(pair[0]).map_or(0.0, f64::from);
            FittedBand { name: (*name).to_owned(), start, rows, churners }
        })
        .collect()
}

/// The logarithm of the likelihood of the labels of a band at their own rate.
#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
fn likelihood((rows, churners): (usize, usize)) -> f64 {
    let part = |count: usize| {
        let count = count as f64;
        if count > 0.0 { count * ln(count / rows as f64) } else { 0.0 }
    };
    part(churners) + part(rows - churners)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_where_churn_changes() {
        let scores: Vec<f64> = (0..1_000).map(|row| f64::from(row) / 10.0).collect();
        // All of the lowest 30 points churn, half up to 60, none above.
        let labels: Vec<bool> =
            (0..1_000).map(|row| row < 300 || (row < 600 && row % 2 == 0)).collect();
        let bands = choose(&scores, &labels);
        let found: Vec<(&str, f64, usize, usize)> = bands
            .iter()
            .map(|band| (band.name.as_str(), band.start, band.rows, band.churners))
            .collect();
        let expected =
            [("critical", 0.0, 300, 300), ("at_risk", 30.0, 300, 150), ("healthy", 60.0, 400, 0)];
        assert_eq!(found, expected);
        // Two rates make two bands at most; and none, one.
        let labels: Vec<bool> = (0..1_000).map(|row| row < 500).collect();
        let names: Vec<String> =
            choose(&scores, &labels).into_iter().map(|band| band.name).collect();
        assert_eq!(names.last().map(String::as_str), Some("healthy"));
        let bands = choose(&[50.0; 40], &[true; 40]);
        assert_eq!((bands.len(), bands[0].start, bands[0].rows), (1, 0.0, 40));
    }
}
