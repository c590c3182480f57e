//! The tree-structured Parzen estimator: where to look next.
//!
//! Trials are parted into the best and the rest, each part becomes a density, and of several
//! points drawn from the density of the best the one is proposed that is most likely under it
//! against the other (Bergstra, Bardenet, Bengio and Kégl 2011). The densities are multivariate: a
//! kernel a trial, the product of one factor for each parameter, so that parameters which go well
//! together are found together (Falkner, Klein and Hutter 2018). Of `n` trials the best
//! `⌈0.1·n⌉` are the good ones, at most 25; 24 points are drawn.
//!
//! The factor of a number is a normal density, cut off at the ends of its stretch; that of a whole
//! number is the mass that such a density has between the halves on either side. All kernels of a
//! density are as wide: `0.2·n^(−1/(d+4))` of the stretch for `n` trials and `d` parameters, and at
//! least one part in `min(n + 2, 100)`. The factor of a choice gives each value other than its own
//! the probability `1/(n + 1 + k)` for `k` choices (after Aitchison and Aitken 1976). One more
//! kernel of equal weight is the prior: a normal density around the middle, as wide as the stretch,
//! and all choices alike. These are the rules of `Optuna`'s multivariate estimator (Akiba, Sano,
//! Yanase, Ohta and Koyama 2019), which Watanabe 2023 writes out and compares with others.
//!
//! What is drawn is a function of the seed, the trial's number and the parameter's name.

use stayput_core::math;

use super::space::{Axis, Dimension, Space};
use crate::random::Stream;

/// Trials whose points are drawn evenly, before there is a density to draw from.
pub(super) const STARTUP: usize = 10;

/// The points that are drawn, one of which is proposed.
const CANDIDATES: u64 = 24;

/// The share of trials that are good, as one in so many.
const GOOD_ONE_IN: usize = 10;

/// The most trials that are good.
const MOST_GOOD: usize = 25;

/// The width of kernels in the stretch, but for their number.
const WIDTH: f64 = 0.2;

/// The coordinates to try as trial `number`, when `ranked` are the coordinates of those before it,
/// the best first.
pub(super) fn propose(space: &Space, ranked: &[Vec<f64>], seed: u64, number: u64) -> Vec<f64> {
    if ranked.len() < STARTUP {
        return evenly(space, seed, number);
    }
    let good = ranked.len().div_ceil(GOOD_ONE_IN).min(MOST_GOOD);
    let (good, rest) = ranked.split_at(good);
    let (good, rest) = (Density::new(space, good), Density::new(space, rest));
    let mut best = (f64::NEG_INFINITY, Vec::new());
    for candidate in 0..CANDIDATES {
        let point = good.draw(seed, number, candidate);
        let gain = good.ln(&point) - rest.ln(&point);
        if gain > best.0 || best.1.is_empty() {
            best = (gain, point);
        }
    }
    best.1
}

/// A point drawn evenly.
pub(super) fn evenly(space: &Space, seed: u64, number: u64) -> Vec<f64> {
    let draw = |(name, of): (&str, &Dimension)| {
        let u = Stream::new(seed, &format!("tune/even/{name}")).block(number, 0, 0).uniform(0);
        match of.axis() {
            Axis::Line { low, high } => low + u * (high - low),
            Axis::Choice(count) => index(u, count),
        }
    };
    space.iter().map(draw).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a count of choices")]
fn index(u: f64, count: usize) -> f64 {
    (u * count as f64).floor().min(count as f64 - 1.0)
}

/// A mixture of a kernel a point and the prior, of equal weight.
struct Density<'a> {
    space: &'a Space,
    axes: Vec<Axis>,
    points: &'a [Vec<f64>],
    /// The width of kernels, as a share of the stretch.
    width: f64,
}

impl<'a> Density<'a> {
    #[expect(clippy::cast_precision_loss, reason = "a count of trials")]
    fn new(space: &'a Space, points: &'a [Vec<f64>]) -> Self {
        let (n, d) = (points.len() as f64, space.len() as f64);
        let width = WIDTH * math::pow(n.max(1.0), -1.0 / (d + 4.0));
        let width = width.max(1.0 / (n + 2.0).min(100.0));
        Self { space, axes: space.iter().map(|(_, of)| of.axis()).collect(), points, width }
    }

    /// The middle and the width of kernel `of` along an axis; the last kernel is the prior.
    fn kernel(&self, of: usize, at: usize, low: f64, high: f64) -> (f64, f64) {
        match self.points.get(of) {
            Some(point) => (point[at], self.width * (high - low)),
            None => (f64::midpoint(low, high), high - low),
        }
    }

    /// The probability of each choice other than its own, for a kernel that is no prior.
    #[expect(clippy::cast_precision_loss, reason = "counts of trials and choices")]
    fn other(&self, count: usize) -> f64 {
        let kernels = self.points.len() as f64 + 1.0;
        1.0 / (kernels + count as f64)
    }

    /// A point of the density.
    fn draw(&self, seed: u64, number: u64, candidate: u64) -> Vec<f64> {
        let kernels = self.points.len() + 1;
        let stream = Stream::new(seed, "tune/kernel");
        let of = index(stream.block(number, candidate, 0).uniform(0), kernels);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
        let of = of as usize;
        let along = |(at, ((name, dimension), axis)): (usize, ((&str, &Dimension), &Axis))| {
            let stream = Stream::new(seed, &format!("tune/point/{name}"));
            let block = stream.block(number, candidate, 0);
            let u = block.uniform(0);
            match *axis {
                Axis::Line { low, high } => {
                    let (middle, width) = self.kernel(of, at, low, high);
                    let (from, to) =
                        (normal_cdf((low - middle) / width), normal_cdf((high - middle) / width));
                    let p = (from + u * (to - from)).clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON);
                    let drawn = (middle + width * math::normal_quantile(p)).clamp(low, high);
                    // What will be tried: of whole numbers, the one that is nearest.
                    dimension.coordinate(&dimension.value(drawn)).unwrap_or(drawn)
                }
                Axis::Choice(count) => match self.points.get(of) {
                    #[expect(clippy::cast_precision_loss, reason = "a count of choices")]
                    Some(point) if u >= self.other(count) * count as f64 => point[at],
                    _ => index(block.uniform(1), count),
                },
            }
        };
        self.space.iter().zip(&self.axes).enumerate().map(along).collect()
    }

    /// The logarithm of the density at a point, but for a constant that all densities share.
    fn ln(&self, point: &[f64]) -> f64 {
        let kernel = |of: usize| -> f64 {
            let along = self.space.iter().zip(&self.axes).zip(point).enumerate();
            along
                .map(|(at, (((_, dimension), axis), x))| self.factor(of, at, dimension, axis, *x))
                .sum()
        };
        let logs: Vec<f64> = (0..=self.points.len()).map(kernel).collect();
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logs.iter().map(|log| math::exp(log - most)).sum();
        #[expect(clippy::cast_precision_loss, reason = "a count of trials")]
        let kernels = logs.len() as f64;
        most + math::ln(sum) - math::ln(kernels)
    }

    /// The logarithm of one factor of a kernel.
    fn factor(&self, of: usize, at: usize, dimension: &Dimension, axis: &Axis, x: f64) -> f64 {
        match *axis {
            Axis::Line { low, high } => {
                let (middle, width) = self.kernel(of, at, low, high);
                let inside = mass((low - middle) / width, (high - middle) / width);
                let (from, to) = dimension.cell(x);
                if from < to {
                    let own = mass((from - middle) / width, (to - middle) / width);
                    return math::ln(own.max(f64::MIN_POSITIVE)) - math::ln(inside);
                }
                let z = (x - middle) / width;
                -0.5 * z * z - math::ln(width) - math::ln(inside)
            }
            #[expect(clippy::cast_precision_loss, reason = "a count of choices")]
            Axis::Choice(count) => match self.points.get(of) {
                Some(point) => {
                    let other = self.other(count);
                    let own = point[at] == x;
                    math::ln(if own { 1.0 - other * (count as f64 - 1.0) } else { other })
                }
                None => -math::ln(count as f64),
            },
        }
    }
}

/// The standard normal distribution function.
fn normal_cdf(z: f64) -> f64 {
    0.5 * math::erfc(-z / std::f64::consts::SQRT_2)
}

/// The probability that a standard normal deviate lies between `a` and `b`, on the side where
/// neither is close to 1.
fn mass(a: f64, b: f64) -> f64 {
    if a > 0.0 { normal_cdf(-a) - normal_cdf(-b) } else { normal_cdf(b) - normal_cdf(a) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn space() -> Space {
        Space::new([
            ("a", Dimension::float(-2.0, 3.0)),
            ("b", Dimension::log_float(1e-3, 10.0)),
            ("c", Dimension::int(-2, 4)),
            ("d", Dimension::log_int(1, 9)),
            ("e", Dimension::choice(["x", "y", "z"])),
        ])
        .unwrap()
    }

    fn points(count: u64, seed: u64) -> Vec<Vec<f64>> {
        let space = space();
        let point = |number| {
            let at = evenly(&space, seed, number);
            space.coordinates(&space.params(&at)).unwrap()
        };
        (0..count).map(point).collect()
    }

    /// The density of one parameter alone, summed or integrated over all that it may be.
    fn total(name: &str, of: &Dimension, ranked: &[f64]) -> f64 {
        let space = Space::new([(name, of.clone())]).unwrap();
        let points: Vec<Vec<f64>> = ranked.iter().map(|x| vec![*x]).collect();
        let density = Density::new(&space, &points);
        let e = |x: f64| math::exp(density.ln(&[x]));
        match (of, of.axis()) {
            (Dimension::Float { .. }, Axis::Line { low, high }) => {
                let steps = 20_000;
                let at =
                    |step: u32| low + (f64::from(step) + 0.5) * (high - low) / f64::from(steps);
                let sum: f64 = (0..steps).map(|step| e(at(step))).sum();
                // `ln` leaves out the root of 2π.
                sum * (high - low) / f64::from(steps) / (2.0 * std::f64::consts::PI).sqrt()
            }
            (Dimension::Int { low, high, .. }, _) => {
                (*low..=*high).map(|x| e(of.coordinate(&x.into()).unwrap())).sum()
            }
            (_, Axis::Choice(count)) => (0_u32..).take(count).map(|x| e(x.into())).sum(),
            _ => unreachable!(),
        }
    }

    #[test]
    fn a_density_adds_up_to_one() {
        let points = points(30, 3);
        for (at, (name, of)) in space().iter().enumerate() {
            for count in [0, 1, 7, 30] {
                let ranked: Vec<f64> = points.iter().take(count).map(|point| point[at]).collect();
                let total = total(name, of, &ranked);
                assert!((total - 1.0).abs() < 1e-6, "{name} {count} {total}");
            }
        }
    }

    #[test]
    fn points_are_drawn_as_the_density_says() {
        let space =
            Space::new([("c", Dimension::int(0, 3)), ("e", Dimension::choice(["x", "y", "z"]))])
                .unwrap();
        let points = [vec![1.0, 2.0], vec![3.0, 0.0], vec![1.0, 2.0]];
        let density = Density::new(&space, &points);
        let mut counts = [[0.0; 3]; 4];
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "indices")]
        let index = |x: f64| x as usize;
        for draw in 0..40_000 {
            let point = density.draw(5, draw, 0);
            counts[index(point[0])][index(point[1])] += 1.0 / 40_000.0;
        }
        for (c, row) in (0_u32..).zip(counts) {
            for (e, share) in (0_u32..).zip(row) {
                let expected = math::exp(density.ln(&[c.into(), e.into()]));
                assert!((share - expected).abs() < 0.01, "{c} {e} {share} {expected}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_proposed_is_of_the_space(seed: u64, count in 0_u64..80, number: u64) {
            let (space, ranked) = (space(), points(count, seed));
            let params = space.params(&propose(&space, &ranked, seed, number));
            prop_assert!(space.coordinates(&params).is_some(), "{params:?}");
            prop_assert_eq!(propose(&space, &ranked, seed, number), propose(&space, &ranked, seed, number));
        }
    }
}
