//! Draws that depend on names and a number alone.
//!
//! The names (purpose, seed, action) are hashed as in `assign`; the first eight bytes are a key. The
//! numbers of draw `i` are those of `SplitMix64` (Steele, Lea and Flood 2014) from a state mixed of key
//! and `i`. A normal deviate is one unit through the inverse distribution function; a gamma deviate is
//! by rejection (Marsaglia and Tsang 2000), a beta deviate a ratio of two.

use crate::math;

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The key of names.
pub(super) fn key(parts: &[&str]) -> u64 {
    let hash = crate::campaign::assign::digest(parts);
    hash.iter().take(8).rev().fold(0, |bits, byte| (bits << 8) | u64::from(*byte))
}

/// The numbers of one draw, one after the other.
pub(super) struct Draws(u64);

impl Draws {
    pub(super) fn new(key: u64, draw: u32) -> Self {
        Self(mix(key ^ mix(u64::from(draw))))
    }

    /// Strictly between 0 and 1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(STEP);
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let whole = (mix(self.0) >> 11) as f64;
        (whole + 0.5) / 9_007_199_254_740_992.0
    }

    pub(super) fn normal(&mut self) -> f64 {
        math::normal_quantile(self.unit())
    }

    /// Of scale 1.
    #[expect(clippy::many_single_char_names, reason = "the letters of the paper")]
    pub(super) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = math::pow(self.unit(), 1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let root = 1.0 + c * x;
            let v = root * root * root;
            let u = self.unit();
            if v > 0.0 && math::ln(u) < 0.5 * x * x + d - d * v + d * math::ln(v) {
                return d * v;
            }
        }
    }

    pub(super) fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (one, other) = (self.gamma(a), self.gamma(b));
        // Both are too small to tell only where both parameters are.
        if one + other > 0.0 { one / (one + other) } else { 0.5 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of draws within five standard errors of the distribution's.
    fn has_moments(draw: impl Fn(&mut Draws) -> f64, mean: f64, variance: f64) {
        let n = 40_000;
        let drawn: Vec<f64> = (0..n).map(|i| draw(&mut Draws::new(key(&["a"]), i))).collect();
        let n = f64::from(n);
        let found = drawn.iter().sum::<f64>() / n;
        let spread = drawn.iter().map(|x| (x - found).powi(2)).sum::<f64>() / n;
        assert!((found - mean).abs() < 5.0 * (variance / n).sqrt(), "{found} {mean}");
        assert!((spread / variance - 1.0).abs() < 0.1, "{spread} {variance}");
    }

    #[test]
    fn draws_have_the_moments_of_their_distributions() {
        has_moments(Draws::unit, 0.5, 1.0 / 12.0);
        has_moments(Draws::normal, 0.0, 1.0);
        for shape in [0.3, 1.0, 4.5, 1e4] {
            has_moments(|draws| draws.gamma(shape), shape, shape);
        }
        for (a, b) in [(1.0, 1.0), (0.5, 2.0), (30.0, 400.0)] {
            let (sum, mean) = (a + b, a / (a + b));
            has_moments(|draws| draws.beta(a, b), mean, mean * (1.0 - mean) / (sum + 1.0));
        }
    }
}
