//! A piecewise linear curve through given points, flat beyond the first and the last.

use crate::error::{Error, ErrorCode, Result};
use crate::math::finite;

/// The height at `x` of the curve through `points`, whose x values strictly increase (see
/// [`check_points`]).
///
/// Left of the first point it is that point's height, right of the last point likewise. Between
/// two points it is `y0 + (y1 - y0) * ((x - x0) / (x1 - x0))`, held between `y0` and `y1`. A
/// missing `x` (NaN) gives a missing height, and so does a curve without points.
#[must_use]
pub fn curve(x: f64, points: &[(f64, f64)]) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    let right = points.partition_point(|point| point.0 <= x);
    let height = match (right.checked_sub(1).and_then(|left| points.get(left)), points.get(right)) {
        (None, None) => f64::NAN,
        (Some(end), None) | (None, Some(end)) => end.1,
        (Some(&(x0, y0)), Some(&(x1, y1))) => {
            (y0 + (y1 - y0) * ((x - x0) / (x1 - x0))).max(y0.min(y1)).min(y0.max(y1))
        }
    };
    finite(height)
}

/// Checks that `points` make a curve: two or more, all finite, x strictly increasing.
///
/// # Errors
/// [`ErrorCode::PlaybookValue`], saying which point is wrong.
pub fn check_points(points: &[(f64, f64)]) -> Result<()> {
    let wrong = |message: String| Err(Error::new(ErrorCode::PlaybookValue, "playbook", message));
    if points.len() < 2 {
        return wrong(format!(
            "a curve has {} points; expected two or more, as x and y in turn",
            points.len()
        ));
    }
    for (index, &(x, y)) in points.iter().enumerate() {
        if !(x.is_finite() && y.is_finite()) {
            return wrong(format!("point {} of the curve is not finite", index + 1));
        }
        // The widths and heights between points have to be numbers too.
        let before = index.checked_sub(1).and_then(|before| points.get(before));
        if let Some(&(x0, y0)) = before {
            if x <= x0 {
                return wrong(format!(
                    "the curve goes from x = {x0} to x = {x}; expected x to increase from point to point"
                ));
            }
            if !((x - x0).is_finite() && (y - y0).is_finite()) {
                return wrong(format!(
                    "points {index} and {} of the curve lie too far apart",
                    index + 1
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POINTS: [(f64, f64); 3] = [(0.0, 0.0), (5.0, 40.0), (20.0, 100.0)];

    #[test]
    fn a_curve_is_linear_between_its_points_and_flat_outside() {
        for (x, y) in [
            (-3.0, 0.0),
            (0.0, 0.0),
            (2.5, 20.0),
            (5.0, 40.0),
            (12.5, 70.0),
            (20.0, 100.0),
            (1e9, 100.0),
        ] {
            assert_eq!(curve(x, &POINTS), y, "at {x}");
        }
        assert!(curve(f64::NAN, &POINTS).is_nan());
        assert!(curve(1.0, &[]).is_nan());
    }

    #[test]
    fn points_that_make_no_curve_are_refused() {
        assert!(check_points(&POINTS).is_ok());
        for (points, message) in [
            (vec![(0.0, 1.0)], "1 points"),
            (vec![(0.0, 1.0), (0.0, 2.0)], "from x = 0 to x = 0"),
            (vec![(0.0, 1.0), (f64::INFINITY, 2.0)], "point 2"),
            (vec![(-1e308, 0.0), (1e308, 1.0)], "too far apart"),
        ] {
            let error = check_points(&points).unwrap_err();
            assert_eq!(error.code(), ErrorCode::PlaybookValue);
            assert!(error.to_string().contains(message), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_rising_curve_never_falls(a in -10.0_f64..30.0, b in -10.0_f64..30.0) {
            prop_assert!(curve(a.min(b), &POINTS) <= curve(a.max(b), &POINTS));
        }
    }
}
