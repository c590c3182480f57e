//! Gauss–Legendre quadrature on `[0, 1]`.
//!
//! With `n` points a polynomial of degree `2n − 1` is integrated exactly. The points are the roots
//! of the Legendre polynomial, found by Newton's method from Tricomi's first guess (Abramowitz and
//! Stegun 1964, 22.16.6 and 25.4.30), for which Bhaskara's cosine (7th century) is near enough.

/// The points, rising, and their weights, which add up to 1.
pub(super) fn gauss_legendre(n: u32) -> Vec<(f64, f64)> {
    let count = f64::from(n);
    let mut points: Vec<(f64, f64)> = (0..n)
        .map(|at| {
            let mut x = cosine_of_half_turns((f64::from(at) + 0.75) / (count + 0.5));
            let mut slope = 1.0;
            // Newton's steps are quadratic from so near: five are more than a double can hold.
            for _ in 0..8 {
                let (value, derivative) = legendre(n, x);
                slope = derivative;
                x -= value / derivative;
            }
            (f64::midpoint(1.0, x), 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect();
    points.reverse();
    points
}

/// Within 0.0017 of `cos(π turns)`, between 0 and 1, and nearer at both ends.
fn cosine_of_half_turns(turns: f64) -> f64 {
    let of_acute = |turns: f64| (1.0 - 4.0 * turns * turns) / (1.0 + turns * turns);
    if turns > 0.5 { -of_acute(1.0 - turns) } else { of_acute(turns) }
}

/// The Legendre polynomial of degree `n` at `x`, and its derivative.
fn legendre(n: u32, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (0.0, 1.0);
    for k in 0..n {
        let k = f64::from(k);
        let next = ((2.0 * k + 1.0) * x * value - k * before) / (k + 1.0);
        (before, value) = (value, next);
    }
    (value, f64::from(n) * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math;

    #[test]
    fn the_first_guess_is_near() {
        for at in 0..=1000 {
            let turns = f64::from(at) / 1000.0;
            let cosine = (std::f64::consts::PI * turns).cos();
            assert!((cosine_of_half_turns(turns) - cosine).abs() < 0.0017, "{turns}");
        }
    }

    #[test]
    fn polynomials_are_integrated_exactly() {
        for n in (1..=16).chain([32, 64]) {
            let points = gauss_legendre(n);
            assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0));
            for degree in 0..2 * n {
                let found: f64 =
                    points.iter().map(|(x, w)| w * math::pow(*x, f64::from(degree))).sum();
                let expected = 1.0 / (f64::from(degree) + 1.0);
                assert!((found - expected).abs() < 1e-14, "{n} {degree} {found} {expected}");
            }
        }
    }
}
