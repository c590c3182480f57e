//! Which band a score is in, given the one the customer was in before.
//!
//! Band `b` holds the scores `from(b) <= s < from(b + 1)`. A customer who was in `b` leaves it
//! only when `s >= from(b + 1) + hysteresis` or `s < from(b) - hysteresis`, and then goes to the
//! band that holds `s`. So a score that wavers about a boundary does not change the band.

use super::spec::{Band, HealthSpec};

/// The band of `score`; `previous` is ignored when it is none of the bands.
pub(super) fn band<'a>(
    spec: &'a HealthSpec,
    score: f64,
    previous: Option<&str>,
) -> Option<&'a Band> {
    let bands = &spec.bands;
    let holding = bands.iter().rev().find(|band| band.from <= score).or(bands.first());
    let Some(was) = previous.and_then(|name| bands.iter().position(|band| band.name == name))
    else {
        return holding;
    };
    let ceiling = bands.get(was + 1).map_or(f64::INFINITY, |next| next.from + spec.hysteresis);
    match bands.get(was) {
        Some(band) if score < ceiling && score >= band.from - spec.hysteresis => Some(band),
        _ => holding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_is_left_only_when_its_boundary_is_passed_by_the_hysteresis() {
        let bands = [("critical", 0.0), ("at_risk", 40.0), ("healthy", 70.0)]
            .map(|(name, from)| Band { name: name.to_owned(), from });
        let spec = HealthSpec { bands: bands.to_vec(), hysteresis: 3.0, factors: Vec::new() };
        for (previous, score, expected) in [
            (None, 0.0, "critical"),
            (None, 39.9, "critical"),
            (None, 40.0, "at_risk"),
            (None, 100.0, "healthy"),
            (Some("gone"), 40.0, "at_risk"),
            (Some("critical"), 42.9, "critical"),
            (Some("critical"), 43.0, "at_risk"),
            (Some("at_risk"), 37.0, "at_risk"),
            (Some("at_risk"), 36.9, "critical"),
            (Some("at_risk"), 72.9, "at_risk"),
            (Some("at_risk"), 73.0, "healthy"),
            (Some("healthy"), 67.0, "healthy"),
            (Some("healthy"), 66.9, "at_risk"),
            (Some("healthy"), 10.0, "critical"),
            (Some("critical"), 71.0, "healthy"),
            (Some("critical"), 0.0, "critical"),
            (Some("healthy"), 100.0, "healthy"),
        ] {
            let found = band(&spec, score, previous).map(|band| band.name.as_str());
            assert_eq!(found, Some(expected), "{score} from {previous:?}");
        }
    }
}
