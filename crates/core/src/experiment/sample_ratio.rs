//! Whether customers came to the arms in the shares that were meant: the chi-square test of a
//! sample-ratio mismatch (Fabijan et al. 2019).
//!
//! `Σ (nᵢ − eᵢ)²/eᵢ` with `eᵢ` the customers expected in arm i, and one degree of freedom less than
//! arms (Pearson 1900). A mismatch says that assignment or logging is broken, so nothing of the
//! experiment is to be believed; the usual threshold for it is 0.001.

use serde::Serialize;

use super::tails;
use crate::error::{Error, Result};

/// Whether the arms have the sizes that were meant.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SampleRatio {
    /// How many customers each arm should have had.
    pub expected: Vec<f64>,
    /// The statistic chi-square.
    pub statistic: f64,
    /// Degrees of freedom: one less than arms.
    pub df: u32,
    /// The chance of sizes so far off where the shares hold.
    pub p_value: f64,
    /// Whether that is below the threshold.
    pub mismatch: bool,
}

/// The p-value for two arms, of which the second is to have that share of the customers.
pub(crate) fn two_sizes(first: f64, second: f64, share: f64) -> f64 {
    let total = first + second;
    let parts = [(first, 1.0 - share), (second, share)].map(|(found, share)| {
        let expected = total * share;
        (found - expected) * (found - expected) / expected
    });
    tails::chi_square_of_one(parts[0] + parts[1])
}

/// Tests the numbers of customers in the arms against their shares, which need not sum to 1; equal
/// ones where none are given.
///
/// # Errors
/// [`crate::ErrorCode::Argument`] for fewer than two or more than 1,000 arms, no customers, shares
/// that are not positive, or a threshold outside of 0 to 1.
pub fn sample_ratio(counts: &[u64], shares: Option<&[f64]>, threshold: f64) -> Result<SampleRatio> {
    if !(2..=1_000).contains(&counts.len()) {
        let message = format!("has {} arms; expected 2 to 1000", counts.len());
        return Err(Error::argument("counts", message));
    }
    super::check_share("threshold", threshold)?;
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let found: Vec<f64> = counts.iter().map(|&count| count as f64).collect();
    let total: f64 = found.iter().sum();
    if total == 0.0 {
        return Err(Error::argument("counts", "has no customers"));
    }
    let equal = vec![1.0; counts.len()];
    let shares = shares.unwrap_or(&equal);
    if shares.len() != counts.len() {
        let message = format!("has {} shares for {} arms", shares.len(), counts.len());
        return Err(Error::argument("shares", message));
    }
    if let Some(at) = shares.iter().position(|share| !share.is_finite() || *share <= 0.0) {
        let message = format!("share {at} is {}; expected more than 0", shares[at]);
        return Err(Error::argument("shares", message));
    }
    let whole: f64 = shares.iter().sum();
    let expected: Vec<f64> = shares.iter().map(|share| total * (share / whole)).collect();
    let parts = found.iter().zip(&expected).map(|(n, e)| (n - e) * (n - e) / e);
    let statistic = parts.sum();
    #[expect(clippy::cast_possible_truncation, reason = "at most 999")]
    let df = counts.len() as u32 - 1;
    let p_value = tails::chi_square(statistic, df);
    Ok(SampleRatio { expected, statistic, df, p_value, mismatch: p_value < threshold })
}
