//! Random numbers addressed by name, not by call order.
//!
//! A draw is a pure function of `(seed, purpose, customer, step, index)`: the Philox4x64-10
//! generator (Salmon, Moraes, Dror, Shaw 2011) with the key `(seed, hash of the purpose)` and the
//! counter `(customer, step, index, 0)`. Nothing is carried from one draw to the next, so any
//! customer can be made alone, in any order and on any thread.
//!
//! Uniforms lie strictly between 0 and 1: `(⌊u / 2^11⌋ + ½) / 2^53`. A normal deviate is one
//! uniform through the inverse distribution function of Wichura 1988 (AS 241, relative error
//! about 1e-16); a Poisson count is one uniform by inversion.

use stayput_core::math;

/// The largest count [`poisson`] returns.
const MOST: u32 = 60;

/// The generator of one purpose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    key: [u64; 2],
}

impl Stream {
    /// The stream for `purpose` under `seed`.
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        let hash = blake3::hash(format!("stayput/{purpose}").as_bytes());
        let mut name = [0; 8];
        name.copy_from_slice(&hash.as_bytes()[..8]);
        Self { key: [seed, u64::from_le_bytes(name)] }
    }

    /// Four independent draws for a customer, a step and an index within the step.
    pub(crate) fn block(&self, customer: u64, step: u64, index: u64) -> Block {
        Block(philox([customer, step, index, 0], self.key))
    }
}

/// Four independent 64-bit draws.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block([u64; 4]);

impl Block {
    /// Draw `at` (0 to 3) as a number strictly between 0 and 1.
    pub(crate) fn uniform(&self, at: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let whole = (self.0[at] >> 11) as f64;
        (whole + 0.5) / 9_007_199_254_740_992.0
    }

    /// Draw `at` as a standard normal deviate.
    pub(crate) fn normal(&self, at: usize) -> f64 {
        math::normal_quantile(self.uniform(at))
    }
}

/// Philox4x64 with ten rounds.
fn philox(counter: [u64; 4], key: [u64; 2]) -> [u64; 4] {
    const MULTIPLY: [u64; 2] = [0xD2E7_470E_E14C_6C93, 0xCA5A_8263_9512_1157];
    const BUMP: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xBB67_AE85_84CA_A73B];
    let ([mut c0, mut c1, mut c2, mut c3], [mut k0, mut k1]) = (counter, key);
    for _ in 0..10 {
        let (low0, high0) = MULTIPLY[0].carrying_mul(c0, 0);
        let (low1, high1) = MULTIPLY[1].carrying_mul(c2, 0);
        (c0, c1, c2, c3) = (high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0);
        k0 = k0.wrapping_add(BUMP[0]);
        k1 = k1.wrapping_add(BUMP[1]);
    }
    [c0, c1, c2, c3]
}

/// A Poisson count of the given mean from one uniform, by inversion; at most [`MOST`].
pub(crate) fn poisson(mean: f64, uniform: f64) -> u32 {
    let mut mass = math::exp(-mean);
    let mut reached = mass;
    let mut count = 0;
    while uniform > reached && count < MOST {
        count += 1;
        mass *= mean / f64::from(count);
        reached += mass;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that come with the Random123 library.
    #[test]
    fn philox_gives_the_published_answers() {
        for (counter, key, answer) in [
            (
                [0; 4],
                [0; 2],
                [
                    0x1655_4d9e_ca36_314c_u64,
                    0xdb20_fe9d_672d_0fdc,
                    0xd7e7_72ce_e186_176b,
                    0x7e68_b68a_ec7b_a23b,
                ],
            ),
            (
                [u64::MAX; 4],
                [u64::MAX; 2],
                [
                    0x87b0_92c3_013f_e90b,
                    0x438c_3c67_be8d_0224,
                    0x9cc7_d7c6_9cd7_77b6,
                    0xa09c_aebf_594f_0ba0,
                ],
            ),
            (
                [
                    0x243f_6a88_85a3_08d3,
                    0x1319_8a2e_0370_7344,
                    0xa409_3822_299f_31d0,
                    0x082e_fa98_ec4e_6c89,
                ],
                [0x4528_21e6_38d0_1377, 0xbe54_66cf_34e9_0c6c],
                [
                    0xa528_f454_03e6_1d95,
                    0x38c7_2dbd_566e_9788,
                    0xa5a1_610e_72fd_18b5,
                    0x57bd_43b5_e52b_7fe6,
                ],
            ),
        ] {
            assert_eq!(philox(counter, key), answer);
        }
    }

    #[test]
    fn purposes_customers_steps_and_indices_give_unlike_draws() {
        let (a, b) = (Stream::new(1, "a"), Stream::new(1, "b"));
        let draws = [
            a.block(0, 0, 0),
            b.block(0, 0, 0),
            a.block(1, 0, 0),
            a.block(0, 1, 0),
            a.block(0, 0, 1),
            Stream::new(2, "a").block(0, 0, 0),
        ]
        .map(|block| block.0);
        for (at, draw) in draws.iter().enumerate() {
            assert!(!draws[..at].contains(draw));
        }
    }

    #[test]
    fn counts_and_deviates_have_the_moments_of_their_distributions() {
        let stream = Stream::new(7, "moments");
        let (mut count, mut normal, mut square) = (0.0, 0.0, 0.0);
        for step in 0..20_000 {
            let block = stream.block(3, step, 0);
            count += f64::from(poisson(0.7, block.uniform(0)));
            let x = block.normal(1);
            normal += x;
            square += x * x;
        }
        assert!((count / 20_000.0 - 0.7).abs() < 0.02);
        assert!((normal / 20_000.0).abs() < 0.02);
        assert!((square / 20_000.0 - 1.0).abs() < 0.03);
    }
}
