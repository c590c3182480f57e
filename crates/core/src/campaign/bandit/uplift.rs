//! What each action adds to leaving the customer alone, in a context: the posterior of a linear model.
//!
//! All actions share one Bayesian regression of the reward on the context `z` (standardised, a
//! constant 1 first) and, for each action `a`, on its products with `z`:
//!
//! ```text
//! r = r̄ + zᵀβ + zᵀτ_a + ε,   β ~ N(0, σ²/λ₀),   τ_a ~ N(0, σ²/λ),   ε ~ N(0, σ²)
//! ```
//!
//! with nothing of `τ` for who was left alone. It is an S-learner with interactions (Künzel, Sekhon,
//! Bickel and Yu 2019): whoever was treated or not tells of `β`, so that little data is needed of each
//! action, and `λ` says how far its effects are held to be none until they are seen. `r̄` is the mean
//! reward, `σ²` its variance `r̃(1 − r̃)` with `r̃ = (Σr + 1)/(n + 2)`, and `λ₀ = 1`.
//!
//! With `A = Σ φφᵀ + Λ` over the design `φ = (z, [a = 1]z, …)` and `b = Σ φ(r − r̄)`, the coefficients are normal
//! with mean `A⁻¹b` and covariance `σ²A⁻¹`: by Cholesky `A = L Lᵀ` a draw is `L⁻ᵀ(L⁻¹b + σu)` of standard normals
//! `u`. A draw is of the coefficients, not of the effects on one customer, so that what it says of all
//! customers fits together. Cost: `O((d·k)³)` and `O((d·k)²)` for each draw once a day, `O(d·k)` for each draw
//! and customer, of `d` numbers and `k` actions.

use super::cholesky::{dot, factor, row, solve, solve_transposed};
use super::draws::{Draws, key};
use super::learner::Bandit;

/// What is added to the diagonal for the numbers that tell of the customer alone.
const BASE_RIDGE: f64 = 1.0;

/// The posterior of a bandit whose first action is to leave the customer alone.
#[derive(Debug, Clone)]
pub(in crate::campaign) struct Posterior {
    /// Of each number of a context, its mean and its standard deviation.
    scales: Vec<(f64, f64)>,
    /// The mean of the coefficients of effects, for each action those of each number.
    mean: Vec<f64>,
    /// Draws of them, one after the other.
    draws: Vec<f64>,
}

/// What the actions add for one customer.
#[derive(Debug, Clone)]
pub(in crate::campaign) struct Effects<'a> {
    posterior: &'a Posterior,
    /// The context, standardised.
    z: Vec<f64>,
}

impl Posterior {
    /// What was learned, as it counts on a day.
    pub(in crate::campaign) fn new(bandit: &Bandit, day: i64) -> Self {
        let spec = bandit.spec();
        let width = spec.inputs();
        let arms = bandit.read(day);
        let pooled = arms.iter().fold(vec![0.0; arms[0].len()], |mut all, arm| {
            all.iter_mut().zip(arm).for_each(|(all, one)| *all += one);
            all
        });
        let (n, sum) = (pooled[0], pooled[1]);
        let mean = if n > 0.0 { sum / n } else { 0.0 };
        let hoped = (sum + 1.0) / (n + 2.0);
        let scales = scales(&pooled[3 + width..], width, n);

        let order = width * arms.len();
        let mut matrix = vec![0.0; row(order)];
        let mut right = vec![0.0; order];
        for (at, arm) in arms.iter().enumerate() {
            let (products, rewards) = standardised(arm, &scales, mean);
            // Who is left alone tells of the customer alone, who is treated of the action too.
            let blocks = if at == 0 { vec![0] } else { vec![0, at] };
            for &upper in &blocks {
                for i in 0..width {
                    right[upper * width + i] += rewards[i];
                    for &lower in blocks.iter().filter(|lower| **lower <= upper) {
                        let columns = if lower == upper { i + 1 } else { width };
                        for j in 0..columns {
                            let place = row(upper * width + i) + lower * width + j;
                            matrix[place] += products[row(i.max(j)) + i.min(j)];
                        }
                    }
                }
            }
        }
        for at in 0..order {
            matrix[row(at) + at] += if at < width { BASE_RIDGE } else { spec.ridge };
        }
        factor(&mut matrix, order, BASE_RIDGE.min(spec.ridge) * 1e-6);
        let centre = solve(&matrix, &right);
        let effects = |normal: &[f64]| solve_transposed(&matrix, normal).split_off(width);
        let spread = spec.exploration * (hoped * (1.0 - hoped)).max(0.0).sqrt();
        let key = key(&["uplift draw", &spec.seed]);
        let mut drawn = Vec::with_capacity((order - width) * spec.draws as usize);
        for number in 0..spec.draws {
            let mut draws = Draws::new(key, number);
            let around: Vec<f64> =
                centre.iter().map(|centre| centre + spread * draws.normal()).collect();
            drawn.extend(effects(&around));
        }
        Self { scales, mean: effects(&centre), draws: drawn }
    }

    /// How many draws there are.
    pub(in crate::campaign) fn draws(&self) -> usize {
        self.draws.len() / self.mean.len()
    }

    /// The effects on a customer, from the numbers of the context.
    pub(in crate::campaign) fn effects(&self, context: &[f64]) -> Effects<'_> {
        let numbers = context.iter().zip(&self.scales[1..]);
        let scaled = numbers.map(|(number, (mean, deviation))| (number - mean) / deviation);
        Effects { posterior: self, z: std::iter::once(1.0).chain(scaled).collect() }
    }
}

impl Effects<'_> {
    /// The means of the posterior, one for each action.
    pub(in crate::campaign) fn means(&self) -> impl Iterator<Item = f64> {
        self.of(&self.posterior.mean)
    }

    /// One draw of the effects of all actions.
    pub(in crate::campaign) fn draw(&self, number: usize) -> impl Iterator<Item = f64> {
        let width = self.posterior.mean.len();
        self.of(&self.posterior.draws[number * width..][..width])
    }

    fn of(&self, coefficients: &[f64]) -> impl Iterator<Item = f64> {
        coefficients.chunks_exact(self.z.len()).map(|of_action| dot(of_action, &self.z))
    }
}

/// The mean and standard deviation of each number, from the sums of products; the constant is kept.
fn scales(products: &[f64], width: usize, n: f64) -> Vec<(f64, f64)> {
    let scale = |at: usize| {
        if at == 0 || n <= 0.0 {
            return (0.0, 1.0);
        }
        let mean = products[row(at)] / n;
        let variance = products[row(at) + at] / n - mean * mean;
        // A number that never changes says nothing, whatever rounding makes of it.
        let varies = variance > 1e-12 * (1.0 + mean * mean);
        (mean, if varies { variance.sqrt() } else { 1.0 })
    };
    (0..width).map(scale).collect()
}

/// The sums of products, packed, and of rewards less their mean, of one arm in standardised numbers.
fn standardised(sums: &[f64], scales: &[(f64, f64)], mean: f64) -> (Vec<f64>, Vec<f64>) {
    let width = scales.len();
    let (rewards, products) = sums[3..].split_at(width);
    let count = products[0];
    // The sums of each number, which stand in the row of the constant.
    let first = |at: usize| products[row(at)];
    let mut scaled = Vec::with_capacity(products.len());
    for i in 0..width {
        for j in 0..=i {
            let (one, other) = (scales[i], scales[j]);
            let apart = one.0 * first(j) + other.0 * first(i) - one.0 * other.0 * count;
            scaled.push((products[row(i) + j] - apart) / (one.1 * other.1));
        }
    }
    let lessened = |at: usize| rewards[at] - mean * first(at);
    let rewards = (0..width).map(|at| (lessened(at) - scales[at].0 * lessened(0)) / scales[at].1);
    (scaled, rewards.collect())
}

#[cfg(test)]
mod tests {
    use super::super::spec::{BanditKind, BanditSpec};
    use super::*;

    fn bandit(context: &[&str]) -> Bandit {
        let names = ["no_contact", "mail", "call"].map(str::to_owned).to_vec();
        let context = context.iter().map(|name| (*name).to_owned()).collect();
        let spec = BanditSpec::new(BanditKind::LinearThompson, names);
        Bandit::new(BanditSpec { context, ridge: 5.0, ..spec }).unwrap()
    }

    /// The same by its definition: ridge regression on the written-out design, by elimination.
    fn by_definition(rows: &[(usize, f64, f64)], x: f64, ridge: f64) -> Vec<f64> {
        let n = f64::from(u32::try_from(rows.len()).unwrap());
        let mean_x = rows.iter().map(|row| row.1).sum::<f64>() / n;
        let sd = (rows.iter().map(|row| (row.1 - mean_x).powi(2)).sum::<f64>() / n).sqrt();
        let mean_r = rows.iter().map(|row| row.2).sum::<f64>() / n;
        let design = |arm: usize, x: f64| {
            let mut phi = [0.0; 6];
            let z = [1.0, (x - mean_x) / sd];
            phi[..2].copy_from_slice(&z);
            if arm > 0 {
                phi[2 * arm..2 * arm + 2].copy_from_slice(&z);
            }
            phi
        };
        let mut system = [[0.0; 7]; 6];
        for (at, row) in system.iter_mut().enumerate() {
            row[at] = if at < 2 { 1.0 } else { ridge };
        }
        for (arm, x, reward) in rows {
            let phi = design(*arm, *x);
            for i in 0..6 {
                for j in 0..6 {
                    system[i][j] += phi[i] * phi[j];
                }
                system[i][6] += phi[i] * (reward - mean_r);
            }
        }
        for pivot in 0..6 {
            for other in (0..6).filter(|other| *other != pivot) {
                let times = system[other][pivot] / system[pivot][pivot];
                let row = system[pivot];
                system[other].iter_mut().zip(row).for_each(|(cell, own)| *cell -= times * own);
            }
        }
        let theta: Vec<f64> = (0..6).map(|at| system[at][6] / system[at][at]).collect();
        let z = [1.0, (x - mean_x) / sd];
        (1..3).map(|arm| dot(&theta[2 * arm..2 * arm + 2], &z)).collect()
    }

    #[test]
    fn effects_are_those_of_the_regression_written_out() {
        let mut bandit = bandit(&["x"]);
        let mut rows = Vec::new();
        for at in 0..240_u32 {
            let arm = (at % 3) as usize;
            let x = f64::from(at * 37 % 100);
            // The mail helps those of large x, the call harms.
            let chance = [0.5, 0.2 + 0.006 * x, 0.3][arm];
            let reward = f64::from(u8::from(f64::from(at * 53 % 97) / 97.0 < chance));
            rows.push((arm, x, reward));
            let name = ["no_contact", "mail", "call"][arm];
            bandit.update(name, &[x], reward, i64::from(at)).unwrap();
        }
        let posterior = Posterior::new(&bandit, 400);
        for x in [0.0, 40.0, 99.0] {
            let effects = posterior.effects(&[x]);
            let expected = by_definition(&rows, x, 5.0);
            for (found, expected) in effects.means().zip(&expected) {
                assert!((found - expected).abs() < 1e-9, "{found} {expected}");
            }
            // Draws are spread around the means.
            let drawn = (0..1_000).map(|number| effects.draw(number).nth(1).unwrap());
            let mean = drawn.sum::<f64>() / 1_000.0;
            assert!((mean - expected[1]).abs() < 0.02, "{mean} {expected:?}");
        }
        let mail = |x: f64| posterior.effects(&[x]).means().next().unwrap();
        assert!(mail(99.0) > 0.1 && mail(0.0) < 0.0);
    }

    #[test]
    fn nothing_seen_is_no_effect_of_a_stated_width() {
        let mut spec = bandit(&["x"]).spec().clone();
        spec.draws = 20_000;
        let posterior = Posterior::new(&Bandit::new(spec).unwrap(), 0);
        let effects = posterior.effects(&[3.0]);
        assert_eq!(effects.means().collect::<Vec<_>>(), [0.0, 0.0]);
        // z = (1, 3), σ² = 1/4, λ = 5: the variance is (1 + 9)/20.
        let drawn = (0..20_000).map(|number| effects.draw(number).next().unwrap());
        let variance = drawn.map(|x| x * x).sum::<f64>() / 20_000.0;
        assert!((variance - 0.5).abs() < 0.02, "{variance}");
    }
}
