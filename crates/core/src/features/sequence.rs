//! Events in relation to other events: what followed, and what stayed away.
//!
//! Times are microseconds in ascending order.

/// Whether some of `first` was followed by one of `second`, strictly later and by at most
/// `within`. For each of `first` only the next of `second` can tell. Cost: O(n + m).
pub(super) fn sequence(first: &[i64], second: &[i64], within: i64) -> bool {
    let mut next = 0;
    first.iter().any(|start| {
        while second.get(next).is_some_and(|time| time <= start) {
            next += 1;
        }
        second.get(next).is_some_and(|time| time - start <= within)
    })
}

/// Whether none of `events` lies in `(since, since + wait]`, asked at `as_of`: false before that
/// time is over. Cost: O(log n).
pub(super) fn absent(events: &[i64], since: i64, wait: i64, as_of: i64) -> bool {
    let end = since.saturating_add(wait);
    let next = events.partition_point(|time| *time <= since);
    as_of >= end && events.get(next).is_none_or(|time| *time > end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sequence_is_strictly_later_and_in_time() {
        for (first, second, expected) in [
            (&[10][..], &[11][..], true),
            (&[10], &[10], false),
            (&[10], &[15], true),
            (&[10], &[16], false),
            (&[10], &[9], false),
            (&[10, 20], &[5, 24], true),
            (&[1, 10, 30], &[10, 17, 36], false),
            (&[], &[1], false),
            (&[1], &[], false),
        ] {
            assert_eq!(sequence(first, second, 5), expected, "{first:?} {second:?}");
        }
    }

    #[test]
    fn absence_is_known_when_the_time_is_over() {
        for (events, as_of, expected) in [
            (&[][..], 14, false),
            (&[], 15, true),
            (&[10], 15, true),
            (&[11], 15, false),
            (&[15], 15, false),
            (&[16], 20, true),
            (&[3, 9], 20, true),
        ] {
            assert_eq!(absent(events, 10, 5, as_of), expected, "{events:?} at {as_of}");
        }
    }

    proptest! {
        #[test]
        fn a_sequence_is_what_all_pairs_say(
            mut first in prop::collection::vec(0..100_i64, 0..12),
            mut second in prop::collection::vec(0..100_i64, 0..12),
            within in 1..20_i64,
        ) {
            first.sort_unstable();
            second.sort_unstable();
            let pairs = first.iter().any(|a| {
                second.iter().any(|b| b - a > 0 && b - a <= within)
            });
            prop_assert_eq!(sequence(&first, &second, within), pairs);
        }
    }
}
