//! The ridge regression of one action: what a context is expected to bring, and how surely.
//!
//! With `A = λI + Σ x xᵀ` and `b = Σ r x`, a context brings `xᵀA⁻¹b`, with the width `√(xᵀA⁻¹x)`. By
//! Cholesky `A = L Lᵀ`: two forward substitutions `L y = x` and `L u = b` give `y·u` and `|y|`.

use super::cholesky::{dot, factor, row, solve};

/// The mean and width of a context, from the sums of an action.
pub(super) fn score(sums: &[f64], context: &[f64], ridge: f64) -> (f64, f64) {
    let order = context.len();
    let (b, packed) = sums[3..].split_at(order);
    let mut packed = packed.to_vec();
    for at in 0..order {
        packed[row(at) + at] += ridge;
    }
    // Never less than the ridge but by rounding.
    factor(&mut packed, order, ridge * 1e-6);
    let (y, u) = (solve(&packed, context), solve(&packed, b));
    (dot(&y, &u), dot(&y, &y).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_of_two_done_by_hand() {
        // A = I + [[1, 2], [2, 5]] = [[2, 2], [2, 6]], b = (3, 1): A⁻¹b = (2, −0.5).
        let sums = [0.0, 0.0, 0.0, 3.0, 1.0, 1.0, 2.0, 5.0];
        let (mean, width) = score(&sums, &[1.0, 2.0], 1.0);
        assert!((mean - 1.0).abs() < 1e-15);
        // xᵀA⁻¹x with A⁻¹ = [[0.75, −0.25], [−0.25, 0.25]].
        assert!((width * width - 0.75).abs() < 1e-15);
    }
}
