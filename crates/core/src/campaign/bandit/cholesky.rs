//! Cholesky factors of symmetric matrices, packed: row by row, the lower triangle, so that row `i`
//! begins at `i(i + 1)/2`.

/// Where a row begins.
pub(super) fn row(at: usize) -> usize {
    at * (at + 1) / 2
}

/// Turns `A` of `order` rows into `L` with `A = L Lᵀ`. A pivot that rounding leaves below `least` is
/// taken as `least`.
pub(super) fn factor(packed: &mut [f64], order: usize, least: f64) {
    for i in 0..order {
        let (start, pivot) = (row(i), row(i) + i);
        for j in 0..=i {
            let other = row(j);
            let mut sum = packed[start + j];
            for k in 0..j {
                sum -= packed[start + k] * packed[other + k];
            }
            packed[start + j] = sum;
            if j < i {
                packed[start + j] /= packed[other + j];
            }
        }
        packed[pivot] = packed[pivot].max(least).sqrt();
    }
}

/// The solution of `L y = right`.
pub(super) fn solve(factor: &[f64], right: &[f64]) -> Vec<f64> {
    let mut solved = right.to_vec();
    for i in 0..solved.len() {
        let start = row(i);
        for k in 0..i {
            solved[i] -= factor[start + k] * solved[k];
        }
        solved[i] /= factor[start + i];
    }
    solved
}

/// The solution of `Lᵀ y = right`.
pub(super) fn solve_transposed(factor: &[f64], right: &[f64]) -> Vec<f64> {
    let mut solved = right.to_vec();
    for i in (0..solved.len()).rev() {
        solved[i] /= factor[row(i) + i];
        for k in 0..i {
            solved[k] -= factor[row(i) + k] * solved[i];
        }
    }
    solved
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + a * b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_times_itself_is_the_matrix() {
        let matrix = [4.0, 2.0, 5.0, -2.0, 1.0, 9.0];
        let mut packed = matrix;
        factor(&mut packed, 3, 1e-9);
        for i in 0..3 {
            for j in 0..=i {
                let rows = (&packed[row(i)..=row(i) + j], &packed[row(j)..=row(j) + j]);
                assert!((dot(rows.0, rows.1) - matrix[row(i) + j]).abs() < 1e-12);
            }
        }
        let solved = solve(&packed, &[2.0, 3.0, -1.0]);
        let back: Vec<f64> = (0..3).map(|i| dot(&packed[row(i)..=row(i) + i], &solved)).collect();
        assert!(back.iter().zip([2.0, 3.0, -1.0]).all(|(a, b)| (a - b).abs() < 1e-12));
        let solved = solve_transposed(&packed, &[2.0, 3.0, -1.0]);
        let column = |at: usize| (at..3).map(move |i| (i, row(i) + at));
        for (at, expected) in [2.0, 3.0, -1.0].into_iter().enumerate() {
            let found: f64 = column(at).map(|(i, place)| packed[place] * solved[i]).sum();
            assert!((found - expected).abs() < 1e-12);
        }
    }
}
