//! Events by civil day. Days are counted from 1970-01-01 in the customer's time zone.

/// Consecutive days with an event, up to `today`, or up to the day before where today has none
/// yet. `days` ascends and may repeat; later ones than `today` are not looked at. 0 without.
/// Cost: O(n), from the latest on.
pub(super) fn streak(days: &[i64], today: i64) -> usize {
    let mut length = 0;
    let mut expected = today;
    for day in days.iter().rev().filter(|day| **day <= today) {
        if length == 0 && *day == today - 1 {
            expected = today - 1;
        }
        if *day == expected {
            length += 1;
            expected -= 1;
        } else if *day < expected {
            break;
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_streak_ends_today_or_yesterday() {
        for (days, expected) in [
            (&[][..], 0),
            (&[10][..], 1),
            (&[9], 1),
            (&[8], 0),
            (&[8, 9, 10], 3),
            (&[7, 8, 9], 3),
            (&[6, 8, 9], 2),
            (&[8, 8, 9, 9, 10, 10], 3),
            (&[8, 10], 1),
            (&[9, 10, 11], 2),
        ] {
            assert_eq!(streak(days, 10), expected, "{days:?}");
        }
    }

    proptest! {
        #[test]
        fn a_streak_is_no_longer_than_the_active_days(
            mut days in prop::collection::vec(0..15_i64, 0..20),
        ) {
            days.sort_unstable();
            let length = streak(&days, 14);
            let held = |from: i64| (0..20).take_while(|back| days.contains(&(from - back))).count();
            prop_assert_eq!(length, held(14).max(held(13)));
            days.dedup();
            prop_assert!(length <= days.len());
        }
    }
}
