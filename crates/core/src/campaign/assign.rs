//! Salted-hash assignment: a number in [0, 1) that depends on names alone.
//!
//! `unit(parts)` is the top 53 bits of the first 8 bytes (little-endian) of the BLAKE3 hash of the
//! parts, each written as its length in bytes (u64, little-endian) and its bytes, divided by 2⁵³.
//! The lengths keep `("a", "bc")` and `("ab", "c")` apart. The first part names the purpose and is
//! the salt: the global holdout, each campaign's holdout and its split are independent of each
//! other. Nothing else enters, so that an assignment sticks for good, and a larger share keeps
//! everyone whom a smaller one had.

use super::spec::CampaignSpec;

/// The hash of `parts`, each with its length before it.
pub(super) fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        // A `usize` has at most 64 bits, on every target.
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// A number in [0, 1), evenly spread over different `parts` and always the same for the same.
#[must_use]
pub fn unit(parts: &[&str]) -> f64 {
    let hash = digest(parts);
    let head = hash.iter().take(8).rev();
    let bits = head.fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte)) >> 11;
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    let numerator = bits as f64;
    numerator / 9_007_199_254_740_992.0
}

/// Whether the customer is among the `share` of all customers whom no campaign ever reaches.
#[must_use]
pub fn in_global_holdout(playbook: &str, customer_id: &str, share: f64) -> bool {
    unit(&["global holdout", playbook, customer_id]) < share
}

/// Whether the customer is in the holdout of `campaign`.
#[must_use]
pub fn in_campaign_holdout(playbook: &str, campaign: &CampaignSpec, customer_id: &str) -> bool {
    unit(&["campaign holdout", playbook, &campaign.name, customer_id]) < campaign.holdout
}

/// Where the customer falls in the split of a campaign's actions.
pub(super) fn split_unit(playbook: &str, campaign: &str, customer_id: &str) -> f64 {
    unit(&["split", playbook, campaign, customer_id])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_the_same_everywhere_and_forever() {
        assert_eq!(unit(&["global holdout", "acme", "c1"]).to_bits(), 4_595_688_683_726_475_064);
        assert_ne!(unit(&["a", "bc"]).to_bits(), unit(&["ab", "c"]).to_bits());
        assert_ne!(unit(&["a"]).to_bits(), unit(&["a", ""]).to_bits());
    }

    /// Of `n` draws with chance `p`, at most five standard deviations from the mean.
    fn within_bounds(hits: u32, n: u32, p: f64) -> bool {
        let n = f64::from(n);
        (f64::from(hits) - n * p).abs() <= 5.0 * (n * p * (1.0 - p)).sqrt()
    }

    #[test]
    fn holdouts_hold_their_share_and_do_not_depend_on_each_other() {
        let campaign = |name: &str| CampaignSpec {
            name: name.into(),
            holdout: 0.1,
            ..CampaignSpec::default()
        };
        let (one, two) = (campaign("win_back"), campaign("upsell"));
        let n = 40_000;
        let (mut global, mut first, mut second, mut both, mut all) = (0, 0, 0, 0, 0);
        for index in 0..n {
            let id = format!("c{index}");
            let in_global = in_global_holdout("acme", &id, 0.05);
            let in_first = in_campaign_holdout("acme", &one, &id);
            let in_second = in_campaign_holdout("acme", &two, &id);
            global += u32::from(in_global);
            first += u32::from(in_first);
            second += u32::from(in_second);
            both += u32::from(in_first && in_second);
            all += u32::from(in_first && in_global);
            // A larger share keeps whom a smaller one had.
            assert!(!in_global || in_global_holdout("acme", &id, 0.06));
        }
        for (hits, share) in
            [(global, 0.05), (first, 0.1), (second, 0.1), (both, 0.01), (all, 0.005)]
        {
            assert!(within_bounds(hits, n, share), "{hits} of {n} at {share}");
        }
    }
}
