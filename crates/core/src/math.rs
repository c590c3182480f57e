//! Every transcendental function of the core, from `libm`, so that glibc, musl and wasm agree to
//! the last bit. Addition, multiplication, division and square root are exact in IEEE 754 and
//! need no wrapper.

mod normal;

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

/// The cosine of an angle in radians.
#[must_use]
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
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

/// A number of the playbook's language: finite, or missing (NaN). Infinities are missing, and
/// negative zero is zero, so that equal numbers have equal bits.
#[must_use]
pub fn finite(x: f64) -> f64 {
    if x.is_finite() { x + 0.0 } else { f64::NAN }
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
