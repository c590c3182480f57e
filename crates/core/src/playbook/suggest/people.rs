//! `[churn]`, `[health]`, `[lifecycle]` and `[segments]`.

use std::fmt::Write as _;

use super::features::Drafted;
use super::measure::Measured;
use super::rhythm::Rhythm;
use super::text::{days, lines, number, round};

pub(super) fn churn(rhythm: &Rhythm<'_>, rate: &str) -> String {
    let Rhythm { life, horizon, .. } = rhythm;
    let mut text = format!("\n[churn]  # {}\n", rhythm.because);
    let line = |name: &str, value: String, why: &str| (name.to_owned(), value, why.to_owned());
    let stays = match rhythm.end {
        Some(end) => format!(" && !exists({end})"),
        None => String::new(),
    };
    let usual = match rhythm.gaps {
        Some((middle, most)) => format!(
            "a customer comes back after {} days (median); nine in ten do within {} nine times in ten",
            round(middle),
            round(most)
        ),
        None => "nobody comes back in these data, so this is a guess".to_owned(),
    };
    let label = line(
        "label",
        format!("'count({life}, horizon) == 0'"),
        "asked of (as_of, as_of + horizon]",
    );
    let rows = [
        label,
        line("horizon", format!("\"{horizon}\""), &usual),
        line(
            "eligible",
            format!("'exists({life}, \"{horizon}\"){stays}'"),
            "who has gone quiet already is not asked",
        ),
    ];
    text.push_str(&lines(&rows));
    if let Some(end) = rhythm.end {
        let _ =
            writeln!(text, "# where churn is to mean `{end}`:  label = 'exists({end}, horizon)'");
    }
    if !rate.is_empty() {
        let _ = writeln!(text, "# {rate}");
    }
    text
}

/// A curve through points. Where x does not increase the later y counts, but 0 stays 0.
fn curve(feature: &str, points: &[(f64, f64)]) -> String {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points {
        let x = round(*x);
        match kept.last_mut() {
            Some(last) if x <= last.0 => {
                if last.0 > 0.0 {
                    last.1 = *y;
                }
            }
            _ => kept.push((x, *y)),
        }
    }
    let mut text = format!("curve({feature}");
    for (x, y) in kept {
        let _ = write!(text, ", {x}, {y}");
    }
    text + ")"
}

pub(super) fn health(rhythm: &Rhythm<'_>, drafted: &Drafted, measured: &Measured) -> String {
    let mut text = String::from(
        "\n[health]  # points of the curves: quantiles of customers with a sign of life lately\n\
         bands = { critical = 0, at_risk = 40, healthy = 70 }\nhysteresis = 3\n",
    );
    let mut factor = |name: &str, weight: f64, score: String, missing: &str| {
        let _ = writeln!(
            text,
            "[health.factors.{name}]\nweight = {weight}\nscore = '{score}'\nmissing = {missing}"
        );
    };
    let rising = |feature: &str| {
        let [low, middle, high] = measured.quantiles(feature, [0.25, 0.5, 0.9])?;
        let points = [(0.0, 0.0), (low, 40.0), (middle, 70.0), (high, 100.0)];
        // With less than two points there is nothing to tell apart.
        (round(high) > 0.0).then(|| curve(feature, &points))
    };
    let activity = &drafted.recent[1];
    let score = rising(activity).unwrap_or_else(|| format!("curve({activity}, 0, 0, 1, 100)"));
    factor("activity", 0.5, score, "0");
    let pace = format!("curve({}, 0, 0, 0.5, 50, 1, 100)", drafted.pace);
    factor("momentum", 0.3, pace, "0");
    let value = drafted.value.as_ref().and_then(|value| rising(value));
    if let Some(score) = value {
        factor("value", 0.2, score, "\"redistribute\"");
    } else {
        let far = rhythm.horizon.as_days();
        let points = [(0.0, 100.0), (far / 2.0, 50.0), (far, 0.0)];
        factor("recency", 0.2, curve(&drafted.quiet, &points), "0");
    }
    text
}

pub(super) fn stages(rhythm: &Rhythm<'_>, drafted: &Drafted) -> String {
    let horizon = days(rhythm.horizon);
    let mut rows = Vec::new();
    let mut stage = |name: &str, condition: String, why: &str| {
        rows.push((name.to_owned(), format!("'{condition}'"), why.to_owned()));
    };
    if let Some(end) = rhythm.end {
        stage("gone", format!("exists({end})"), "");
    }
    stage("silent", format!("!exists({})", rhythm.life), "no sign of life yet");
    stage("new", format!("{} < {horizon}", drafted.tenure), "");
    stage("dormant", format!("{} > {horizon}", drafted.quiet), "as long as the horizon of churn");
    stage("active", "true".to_owned(), "");
    format!("\n[lifecycle]  # the first that is true\n{}", lines(&rows))
}

pub(super) fn segments(rhythm: &Rhythm<'_>, drafted: &Drafted, measured: &Measured) -> String {
    let [_, middle, _] = rhythm.windows;
    let mut rows = vec![(
        "fading".to_owned(),
        format!("'{} < 0.5 && {} > {}'", drafted.pace, drafted.tenure, days(middle)),
        "half as often as before, and not new".to_owned(),
    )];
    let best = drafted.value.as_ref().map(|value| ("big_spenders", value));
    let (name, feature) = best.unwrap_or(("frequent", &drafted.recent[1]));
    if let Some([high]) = measured.quantiles(feature, [0.9]) {
        let condition = format!("'{feature} >= {}'", number(round(high)));
        rows.push((
            name.to_owned(),
            condition,
            "the upper tenth of those with a sign of life lately".to_owned(),
        ));
    }
    format!("\n[segments]\n{}", lines(&rows))
}
