//! Every transcendental function of the core, from `libm`, so that glibc, musl and wasm agree to
//! the last bit. Addition, multiplication, division and square root are exact in IEEE 754 and
//! need no wrapper.

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

/// A number of the playbook's language: finite, or missing (NaN). Infinities are missing, and
/// negative zero is zero, so that equal numbers have equal bits.
#[must_use]
pub fn finite(x: f64) -> f64 {
    if x.is_finite() { x + 0.0 } else { f64::NAN }
}

#[cfg(test)]
mod tests {
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
    fn a_number_is_finite_or_missing() {
        assert!(finite(f64::INFINITY).is_nan());
        assert_eq!(finite(-0.0).to_bits(), 0.0_f64.to_bits());
    }
}
