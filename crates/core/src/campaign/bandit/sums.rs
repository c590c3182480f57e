//! What was learned of an action: sums in fixed point, discounted by the day.
//!
//! A reward `r` in a context `x` adds `1, r, r²`, then `r·xᵢ`, then `xᵢ·xⱼ` for `j ≤ i`, each as a whole
//! number of 2⁻⁴⁰ in 128 bits. Sums of whole numbers are exact, so they are the same in any order and
//! however they are split and merged.
//!
//! A discount `γ` a day is turned around (forward decay: Cormode, Shkapenyuk, Srivastava and Xu 2009): what
//! is added on day `d` is multiplied by `γ^−(d − start)` once, when it comes, and the sums by
//! `γ^(today − start)` when they are read. Days are cut into epochs, so that the factor never passes
//! 2²⁰. The latest four epochs are kept; what is older counts less than 2⁻⁴⁰ for each that came in the
//! latest.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::math;

/// One, in units of the sums.
const UNIT: f64 = 1_099_511_627_776.0;
/// How many epochs are kept.
const EPOCHS: i64 = 4;

/// The days of a discount.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decay {
    discount: f64,
    /// Days of an epoch; 0 where nothing is discounted.
    days: i64,
}

impl Decay {
    pub(super) fn new(discount: f64) -> Self {
        let doubling = -math::log2(discount);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "20 to 1e17, as the discount is checked"
        )]
        let days = if doubling > 0.0 { (20.0 / doubling) as i64 } else { 0 };
        Self { discount, days }
    }

    fn epoch(self, day: i64) -> i64 {
        if self.days == 0 { 0 } else { day.div_euclid(self.days) }
    }

    /// `γ^(from − to)`, where `from` begins an epoch.
    fn factor(self, days: i64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "days are far below 2^53")]
        let days = days as f64;
        if self.days == 0 { 1.0 } else { math::pow(self.discount, days) }
    }

    fn start(self, epoch: i64) -> i64 {
        epoch * self.days
    }
}

/// The sums of an action, by epoch, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sums(Vec<(i64, Vec<i128>)>);

/// How many sums there are with `inputs` numbers in a context.
pub(super) fn width(inputs: usize) -> usize {
    3 + inputs + inputs * (inputs + 1) / 2
}

fn fixed(value: f64) -> i128 {
    #[expect(clippy::cast_possible_truncation, reason = "at most 2^100, as values are checked")]
    let whole = (value * UNIT).round() as i128;
    whole
}

impl Sums {
    /// The sums of an epoch, so many of them.
    fn of(&mut self, epoch: i64, width: usize) -> &mut Vec<i128> {
        let at = self.0.partition_point(|(known, _)| *known < epoch);
        if self.0.get(at).is_none_or(|(known, _)| *known != epoch) {
            self.0.insert(at, (epoch, vec![0; width]));
        }
        &mut self.0[at].1
    }

    pub(super) fn add(&mut self, decay: Decay, day: i64, context: &[f64], reward: f64) {
        let epoch = decay.epoch(day);
        let weight = decay.factor(decay.start(epoch) - day);
        let sums = self.of(epoch, width(context.len()));
        let mut at = 0;
        let mut put = |value: f64| {
            sums[at] = sums[at].saturating_add(fixed(weight * value));
            at += 1;
        };
        for value in [1.0, reward, reward * reward] {
            put(value);
        }
        for x in context {
            put(reward * x);
        }
        for (row, x) in context.iter().enumerate() {
            for y in &context[..=row] {
                put(x * y);
            }
        }
        self.forget();
    }

    /// Adds so many rewards of 0 or 1 without a day, of which so many are 1.
    pub(super) fn count(&mut self, all: u64, ones: u64) {
        let sums = self.of(0, width(0));
        for (sum, count) in sums.iter_mut().zip([all, ones, ones]) {
            *sum = sum.saturating_add(i128::from(count) << 40);
        }
    }

    /// Adds what another part learned.
    pub(super) fn merge(&mut self, other: &Self) {
        for (epoch, sums) in &other.0 {
            for (own, other) in self.of(*epoch, sums.len()).iter_mut().zip(sums) {
                *own = own.saturating_add(*other);
            }
        }
        self.forget();
    }

    fn forget(&mut self) {
        if let Some(&(latest, _)) = self.0.last() {
            self.0.retain(|(epoch, _)| latest.saturating_sub(*epoch) < EPOCHS);
        }
    }

    /// The sums as they count on `today`, `inputs` numbers in a context.
    pub(super) fn read(&self, decay: Decay, today: i64, inputs: usize) -> Vec<f64> {
        let mut read = vec![0.0; width(inputs)];
        for &(epoch, ref sums) in &self.0 {
            let factor = decay.factor((today - decay.start(epoch)).max(0)) / UNIT;
            for (read, sum) in read.iter_mut().zip(sums) {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "rounded to a double, everywhere alike"
                )]
                let sum = *sum as f64;
                *read += factor * sum;
            }
        }
        read
    }

    /// Whether it may have come from a bandit with so many inputs.
    pub(super) fn fits(&self, inputs: usize) -> bool {
        let days = 1_i64 << 40;
        let near = |epoch: i64| (-days..days).contains(&epoch);
        self.0.iter().all(|(epoch, sums)| near(*epoch) && sums.len() == width(inputs))
    }
}

/// As texts: JSON has no numbers of 128 bits.
impl Serialize for Sums {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let texts = |sums: &Vec<i128>| sums.iter().map(ToString::to_string).collect::<Vec<_>>();
        let rows = self.0.iter().map(|(epoch, sums)| (*epoch, texts(sums)));
        serializer.collect_seq(rows)
    }
}

impl<'de> Deserialize<'de> for Sums {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = Vec::<(i64, Vec<String>)>::deserialize(deserializer)?;
        let mut sums = Vec::with_capacity(rows.len());
        for (epoch, texts) in rows {
            let numbers: Result<Vec<i128>, _> = texts.iter().map(|text| text.parse()).collect();
            let numbers = numbers.map_err(|_| de::Error::custom("a sum is no whole number"))?;
            sums.push((epoch, numbers));
        }
        if !sums.is_sorted_by(|(before, _), (after, _)| before < after) {
            return Err(de::Error::custom("the epochs of sums do not ascend"));
        }
        Ok(Self(sums))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discount_is_that_of_the_definition() {
        for discount in [0.5, 0.9, 0.99, 1.0] {
            let decay = Decay::new(discount);
            let mut sums = Sums::default();
            let mut expected = 0.0;
            for day in -30..30_i32 {
                sums.add(decay, i64::from(day), &[], 2.0);
                expected += 2.0 * discount.powi(40 - day);
            }
            let read = sums.read(decay, 40, 0);
            assert!((read[1] / expected - 1.0).abs() < 1e-9, "{discount}: {} {expected}", read[1]);
        }
    }

    #[test]
    fn a_context_is_summed_in_the_stated_order() {
        let mut sums = Sums::default();
        let decay = Decay::new(1.0);
        sums.add(decay, 5, &[1.0, 3.0], 2.0);
        sums.add(decay, 7, &[1.0, -1.0], 0.5);
        assert_eq!(sums.read(decay, 9, 2), [2.0, 2.5, 4.25, 2.5, 5.5, 2.0, 2.0, 10.0]);
    }
}
