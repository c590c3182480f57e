//! The Theil–Sen slope of a series.
//!
//! The slope is the median of `(y_j − y_i) / (x_j − x_i)` over all pairs with `x_i < x_j` (Theil
//! 1950, Sen 1968). It ignores up to 29% of outliers. Cost: O(n² log n).

/// The slope of the points `(x, y)` in any order, in units of `y` a unit of `x`; nothing where no
/// two of them differ in `x`. Coordinates are finite.
#[must_use]
pub fn theil_sen(points: &[(f64, f64)]) -> Option<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len().saturating_sub(1) / 2);
    for (at, (x, y)) in points.iter().enumerate() {
        for (other_x, other_y) in &points[..at] {
            if x != other_x {
                slopes.push((y - other_y) / (x - other_x));
            }
        }
    }
    slopes.sort_unstable_by(f64::total_cmp);
    let middle = slopes.len() / 2;
    let upper = slopes.get(middle)?;
    Some(if slopes.len().is_multiple_of(2) { (slopes[middle - 1] + upper) / 2.0 } else { *upper })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_outlier_does_not_move_the_slope() {
        let mut points: Vec<(f64, f64)> =
            (0..8).map(f64::from).map(|x| (x, 3.0 - 0.5 * x)).collect();
        assert_eq!(theil_sen(&points), Some(-0.5));
        points[3].1 = 1000.0;
        assert_eq!(theil_sen(&points), Some(-0.5));
    }

    #[test]
    fn sen_s_own_example() {
        // Sen 1968, section 6: the median of its 21 slopes.
        let points = [
            (1.0, 9.0),
            (2.0, 15.0),
            (3.0, 19.0),
            (4.0, 20.0),
            (10.0, 45.0),
            (12.0, 55.0),
            (18.0, 78.0),
        ];
        assert_eq!(theil_sen(&points), Some(4.0));
    }

    #[test]
    fn fewer_than_two_instants_have_no_slope() {
        assert_eq!(theil_sen(&[]), None);
        assert_eq!(theil_sen(&[(1.0, 2.0)]), None);
        assert_eq!(theil_sen(&[(1.0, 2.0), (1.0, 5.0)]), None);
        assert_eq!(theil_sen(&[(1.0, 2.0), (3.0, 5.0)]), Some(1.5));
    }

    proptest! {
        #[test]
        fn the_order_of_the_points_does_not_show(
            mut points in proptest::collection::vec((-50_i8..50, -50_i8..50), 2..20),
        ) {
            let slope = |points: &[(i8, i8)]| {
                let points: Vec<_> =
                    points.iter().map(|(x, y)| (f64::from(*x), f64::from(*y))).collect();
                theil_sen(&points).map(|slope| slope + 0.0)
            };
            let straight = slope(&points);
            points.reverse();
            prop_assert_eq!(straight, slope(&points));
        }
    }
}
