//! What was learned, in the playbook's language.

use std::fmt::Write;

use stayput_core::churn::InputKind;
use stayput_core::{Error, Result};

use super::document::{FittedBand, FittedFactor, Knot};

/// A number to so many decimals.
pub(super) fn rounded(x: f64, decimals: u32) -> f64 {
    let whole = f64::from(10_u32.pow(decimals));
    (x * whole).round() / whole
}

/// Refuses a feature that no factor can be named after.
pub(super) fn check_name(name: &str) -> Result<()> {
    let first = |mark: char| mark.is_ascii_alphabetic() || mark == '_';
    let mark = |mark: char| mark.is_ascii_alphanumeric() || mark == '_';
    if name.starts_with(first) && name.chars().all(mark) {
        return Ok(());
    }
    let message = format!(
        "`{name}` is no name of a playbook's feature; rename the column with letters, digits and `_`"
    );
    Err(Error::argument("features", message))
}

/// The expression of a factor's score.
pub(super) fn score(feature: &str, kind: &InputKind, knots: &[Knot]) -> String {
    match (kind, knots) {
        (InputKind::Number, [only]) => format!("{feature} < 0 ? {0} : {0}", only.score),
        (InputKind::Number, knots) => {
            let mut text = format!("curve({feature}");
            for knot in knots {
                let _ = write!(text, ", {}, {}", knot.x.unwrap_or_default(), knot.score);
            }
            text + ")"
        }
        (InputKind::Bool, knots) => {
            let of = |at: usize| knots.get(at).map_or(0.0, |knot: &Knot| knot.score);
            format!("if({feature}, {}, {})", of(1), of(0))
        }
        (InputKind::Category { .. }, knots) => {
            let mut text = String::new();
            for knot in knots {
                match &knot.value {
                    Some(value) => {
                        let value = serde_json::Value::from(value.as_str());
                        let _ = write!(text, "{feature} == {value} ? {} : ", knot.score);
                    }
                    // What is missing stays so, whatever the names that are not listed score.
                    None if text.is_empty() => {
                        let _ = write!(text, "{feature} == \"\" ? {0} : {0}", knot.score);
                    }
                    None => {
                        let _ = write!(text, "{}", knot.score);
                    }
                }
            }
            text
        }
    }
}

/// The section `[health]`.
pub(super) fn section(factors: &[FittedFactor], bands: &[FittedBand]) -> String {
    let list: Vec<String> =
        bands.iter().map(|band| format!("{} = {}", band.name, band.start)).collect();
    let mut text = format!("[health]\nbands = {{ {} }}", list.join(", "));
    let percent = |churners: usize, rows: usize| {
        #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
        let share = if rows > 0 { 100.0 * churners as f64 / rows as f64 } else { 0.0 };
        format!("{share:.1}%")
    };
    let churn: Vec<String> = bands
        .iter()
        .map(|band| format!("{} {}", band.name, percent(band.churners, band.rows)))
        .collect();
    let _ = writeln!(text, "  # churn: {}", churn.join(", "));
    for factor in factors {
        // A basic string of TOML has the escapes of JSON.
        let score = serde_json::Value::from(factor.score.as_str());
        let _ = write!(
            text,
            "[health.factors.{}]\nweight = {}\nscore = {score}\n",
            factor.feature, factor.weight
        );
        if let Some(missing) = factor.missing {
            let _ = writeln!(text, "missing = {missing}");
        }
    }
    text
}
