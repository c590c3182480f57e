//! Several arms against one control: p-values adjusted by Holm 1979.
//!
//! The k-th smallest of m p-values is multiplied by `m − k + 1`, and none is less than one before it.
//! The chance that any of them is below a level, where no arm differs, is at most that level, however
//! the arms hang together.

/// The adjusted p-values, in the order of `p_values`.
pub(super) fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut reached = 0.0_f64;
    for (rank, &at) in order.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a number of arms")]
        let left = (p_values.len() - rank) as f64;
        reached = reached.max(p_values[at] * left).min(1.0);
        adjusted[at] = reached;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_those_of_the_definition() {
        assert_eq!(holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn adjusting_keeps_the_order_and_makes_nothing_smaller(p in prop::collection::vec(0.0_f64..=1.0, 1..8)) {
            let adjusted = holm(&p);
            for a in 0..p.len() {
                prop_assert!(adjusted[a] >= p[a] && adjusted[a] <= 1.0);
                for b in 0..p.len() {
                    prop_assert!(p[a] > p[b] || adjusted[a] <= adjusted[b]);
                }
            }
        }
    }
}
