//! Every transcendental function of the core, from `libm`, so that glibc, musl and wasm agree to
//! the last bit. Addition, multiplication, division and square root are exact in IEEE 754 and
//! need no wrapper.

mod incomplete_beta;
mod normal;

pub use incomplete_beta::{beta_fraction, incomplete_beta};
pub use normal::normal_quantile;

/// `e^x`.
#[must_use]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// `e^x` in single precision.
#[must_use]
pub fn exp_f32(x: f32) -> f32 {
    libm::expf(x)
}

/// Natural logarithm.
#[must_use]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `ln(1 + x)`, exact near zero.
#[must_use]
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// `2^x`.
#[must_use]
pub fn exp2(x: f64) -> f64 {
    libm::exp2(x)
}

/// Logarithm to base 2.
#[must_use]
pub fn log2(x: f64) -> f64 {
    libm::log2(x)
}

/// `x^y`.
#[must_use]
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// The logistic function `1 / (1 + e^-x)`.
#[must_use]
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + exp(-x))
    } else {
        let e = exp(x);
        e / (1.0 + e)
    }
}

/// The log-odds `ln(p / (1 - p))` of a probability; infinite at 0 and 1.
#[must_use]
pub fn logit(p: f64) -> f64 {
    ln(p) - ln_1p(-p)
}

/// `ln |Γ(x)|`.
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The complementary error function `2/√π ∫ₓ^∞ e^(-t²) dt`.
#[must_use]
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// A logistic curve of points: `100 / (1 + e^(−slope · (x − midpoint)))`, 50 at the midpoint; its
/// steepest climb, there, is `25 · slope` points a unit of `x` (Verhulst 1838).
#[must_use]
pub fn logistic(x: f64, midpoint: f64, slope: f64) -> f64 {
    100.0 * sigmoid(slope * (x - midpoint))
}

/// Exponential decay in points: `100 · 2^(−x / half_life)`, 100 where `x` is 0 or less. Missing
/// (NaN) where an argument is or the half-life is not above 0.
#[must_use]
pub fn decay(x: f64, half_life: f64) -> f64 {
    if x.is_nan() || half_life.is_nan() || half_life <= 0.0 {
        return f64::NAN;
    }
    100.0 * exp2(-(x.max(0.0) / half_life))
}

/// The percentile rank of `x`, 0 to 100, among values of which only evenly spaced quantiles are
/// known: the least, …, the greatest, ascending; at least two, and equal ones may follow each other.
///
/// Between two quantiles it is linear, the inverse of the usual interpolated quantile (Hyndman and
/// Fan 1996, type 7). Where `x` is several of them it is the mean of their ranks. 0 below the least,
/// 100 above the greatest, missing (NaN) for a missing `x`.
#[must_use]
pub fn percentile_rank(x: f64, quantiles: &[f64]) -> f64 {
    if x.is_nan() || quantiles.len() < 2 {
        return f64::NAN;
    }
    let below = quantiles.partition_point(|known| *known < x);
    let until = quantiles.partition_point(|known| *known <= x);
    #[expect(clippy::cast_precision_loss, reason = "no list of quantiles has 2^53 of them")]
    let (below, until, last) = (below as f64, until as f64, (quantiles.len() - 1) as f64);
    if below < until {
        // The mean of the ranks `below` to `until - 1`.
        return 100.0 * ((below + until - 1.0) / 2.0 / last);
    }
    if below == 0.0 || below > last {
        return if below == 0.0 { 0.0 } else { 100.0 };
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a position in the list"
    )]
    let after = below as usize;
    let (low, high) = (quantiles[after - 1], quantiles[after]);
    // Halves, as the whole distance may be too great for a number.
    let part = (x / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
    100.0 * ((below - 1.0 + part.clamp(0.0, 1.0)) / last)
}

/// The 95% interval of a share, `count` of `all` (Wilson 1927):
/// `(p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n)`. None where `all` is 0.
#[must_use]
pub fn wilson(count: f64, all: f64) -> Option<(f64, f64)> {
    // The 0.975 quantile of the standard normal distribution.
    const Z: f64 = 1.959_963_984_540_054;
    if all <= 0.0 {
        return None;
    }
    let p = count / all;
    let middle = p + Z * Z / (2.0 * all);
    let reach = Z * (p * (1.0 - p) / all + Z * Z / (4.0 * all * all)).sqrt();
    let whole = 1.0 + Z * Z / all;
    Some((((middle - reach) / whole).clamp(0.0, p), ((middle + reach) / whole).clamp(p, 1.0)))
}

/// A number of the playbook's language: finite, or missing (NaN). Infinities are missing, and
/// negative zero is zero, so that equal numbers have equal bits.
#[must_use]
pub fn finite(x: f64) -> f64 {
    if x.is_finite() { x + 0.0 } else { f64::NAN }
}

/// A number for people: to two decimals, without those that are 0.
#[must_use]
pub fn to_hundredths(x: f64) -> String {
    let hundredths = (x * 100.0).round() / 100.0 + 0.0;
    let text = serde_json::Value::from(hundredths).to_string();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The piecewise linear function through `points`, flat before the first and after the last.
///
/// The points' first coordinates increase. Missing (NaN) stays missing, as does a value of no
/// points.
#[must_use]
pub fn piecewise_linear(x: f64, points: &[(f64, f64)]) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    let after = points.partition_point(|(at, _)| *at <= x);
    match (after.checked_sub(1).map(|before| points[before]), points.get(after)) {
        (Some((x0, y0)), Some(&(x1, y1))) => {
            // Rounding is not to push a value past the point it lies before.
            (y0 + (y1 - y0) * ((x - x0) / (x1 - x0))).clamp(y0.min(y1), y0.max(y1))
        }
        (Some((_, y)), None) | (None, Some(&(_, y))) => y,
        (None, None) => f64::NAN,
    }
}

/// The number nearest to a decimal text, as `str::parse` reads it, but for infinities and NaN.
///
/// It is JSON's reader that reads it: the standard library's brings a second table of powers of
/// ten, which would be 12 kB of the wasm package. JSON wants a digit on either side of the point
/// and no others before it.
#[must_use]
pub fn decimal(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = digits.split_at(digits.find(['e', 'E']).unwrap_or(digits.len()));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    serde_json::from_str(&format!("{sign}{whole}.{fraction}0{exponent}")).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_logistic_function_is_symmetric_and_never_overflows() {
        for x in [-800.0, -30.0, -1.5, 0.0, 1.5, 30.0, 800.0] {
            assert!((sigmoid(x) + sigmoid(-x) - 1.0).abs() < 1e-15);
        }
        assert_eq!(sigmoid(-800.0), 0.0);
        assert!((logit(sigmoid(2.5)) - 2.5).abs() < 1e-14);
    }

    #[test]
    fn a_curve_passes_through_its_points_and_is_flat_outside() {
        let points = [(0.0, 0.0), (5.0, 40.0), (20.0, 100.0)];
        for (x, y) in
            [(-1.0, 0.0), (0.0, 0.0), (2.5, 20.0), (5.0, 40.0), (12.5, 70.0), (99.0, 100.0)]
        {
            assert_eq!(piecewise_linear(x, &points), y, "{x}");
        }
        assert!(piecewise_linear(f64::NAN, &points).is_nan());
    }

    #[test]
    fn curves_pass_through_the_points_of_their_definitions() {
        assert_eq!(logistic(10.0, 10.0, 0.4), 50.0);
        assert!((logistic(12.0, 10.0, 0.5) - 100.0 / (1.0 + (-1.0_f64).exp())).abs() < 1e-12);
        assert!((logistic(8.0, 10.0, -0.5) + logistic(8.0, 10.0, 0.5) - 100.0).abs() < 1e-12);
        assert_eq!((logistic(1e9, 0.0, 1.0), logistic(-1e9, 0.0, 1.0)), (100.0, 0.0));
        for (x, points) in [(-3.0, 100.0), (0.0, 100.0), (14.0, 50.0), (28.0, 25.0)] {
            assert_eq!(decay(x, 14.0), points, "{x}");
        }
        assert!(
            decay(1.0, 0.0).is_nan() && decay(1.0, -1.0).is_nan() && decay(1.0, f64::NAN).is_nan()
        );
        assert!(decay(f64::NAN, 1.0).is_nan() && logistic(f64::NAN, 1.0, 1.0).is_nan());
    }

    #[test]
    fn a_percentile_rank_is_the_inverse_of_quantiles() {
        let quantiles = [0.0, 0.0, 0.0, 4.0, 20.0];
        for (x, rank) in [
            (-1.0, 0.0),
            (0.0, 25.0),
            (1.0, 56.25),
            (4.0, 75.0),
            (12.0, 87.5),
            (20.0, 100.0),
            (21.0, 100.0),
        ] {
            assert_eq!(percentile_rank(x, &quantiles), rank, "{x}");
        }
        assert_eq!(percentile_rank(3.0, &[3.0, 3.0]), 50.0);
        assert_eq!(percentile_rank(0.0, &[f64::MIN, f64::MAX]), 50.0);
        assert!(percentile_rank(f64::NAN, &quantiles).is_nan());
    }

    #[test]
    fn a_decimal_text_is_read_as_the_standard_library_reads_it() {
        for text in ["0", "-0", "+7", "007", ".5", "5.", "-.5e-3", "1E+2", "00.10", "1e-400"] {
            let expected: f64 = text.parse().unwrap();
            assert_eq!(decimal(text).map(f64::to_bits), Some(expected.to_bits()), "{text}");
        }
        for text in ["", ".", "-", "+-1", "--1", "e5", "1e", "1e+", "1 ", " 1", "1_0", "0x1", "1,5"]
        {
            assert!(text.parse::<f64>().is_err(), "{text}");
            assert_eq!(decimal(text), None, "{text}");
        }
        for text in ["inf", "-inf", "nan", "NaN", "infinity", "1e400"] {
            assert!(!text.parse::<f64>().unwrap().is_finite(), "{text}");
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_percentile_rank_never_falls(
            mut quantiles in proptest::collection::vec(-50_i8..50, 2..12),
            a in -60_i16..600,
            b in -60_i16..600,
        ) {
            quantiles.sort_unstable();
            let quantiles: Vec<f64> = quantiles.into_iter().map(f64::from).collect();
            let rank = |x: i16| percentile_rank(f64::from(x) / 10.0, &quantiles);
            prop_assert!(rank(a.min(b)) <= rank(a.max(b)));
            prop_assert!((0.0..=100.0).contains(&rank(a)));
        }

        #[test]
        fn every_number_comes_back_from_its_text(bits: u64, text in "[+-]?[0-9]{0,30}\\.?[0-9]{0,30}(e[+-]?[0-9]{1,3})?") {
            let x = f64::from_bits(bits);
            let expected = Some(x.to_bits()).filter(|_| x.is_finite());
            prop_assert_eq!(decimal(&x.to_string()).map(f64::to_bits), expected);
            prop_assert_eq!(decimal(&format!("{x:e}")).map(f64::to_bits), expected);
            let expected = text.parse::<f64>().ok().filter(|x| x.is_finite());
            prop_assert_eq!(decimal(&text).map(f64::to_bits), expected.map(f64::to_bits), "{}", text);
        }
    }

    #[test]
    fn a_number_is_finite_or_missing() {
        assert!(finite(f64::INFINITY).is_nan());
        assert_eq!(finite(-0.0).to_bits(), 0.0_f64.to_bits());
    }
}
