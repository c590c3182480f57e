//! The ridge regression of one action: what a context is expected to bring, and how surely.
//!
//! With `A = λI + Σ x xᵀ` and `b = Σ r x`, a context brings `xᵀA⁻¹b`, with the width `√(xᵀA⁻¹x)`. By
//! Cholesky `A = L Lᵀ`: two forward substitutions `L y = x` and `L u = b` give `y·u` and `|y|`.

/// The mean and width of a context, from the sums of an action.
pub(super) fn score(sums: &[f64], context: &[f64], ridge: f64) -> (f64, f64) {
    let d = context.len();
    let (b, packed) = sums[3..].split_at(d);
    // Row by row, the lower triangle: row i begins at i(i + 1)/2.
    let mut factor = packed.to_vec();
    for row in 0..d {
        let start = row * (row + 1) / 2;
        for column in 0..=row {
            let other = column * (column + 1) / 2;
            let mut sum = factor[start + column];
            for k in 0..column {
                sum -= factor[start + k] * factor[other + k];
            }
            factor[start + column] = if column == row {
                // Never less than the ridge but by rounding.
                (sum + ridge).max(ridge * 1e-6).sqrt()
            } else {
                sum / factor[other + column]
            };
        }
    }
    let solve = |right: &[f64]| {
        let mut solved = right.to_vec();
        for row in 0..d {
            let start = row * (row + 1) / 2;
            for k in 0..row {
                solved[row] -= factor[start + k] * solved[k];
            }
            solved[row] /= factor[start + row];
        }
        solved
    };
    let (y, u) = (solve(context), solve(b));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
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
