//! Triggers: edges between what was seen of a customer at the last look and what is seen now.
//!
//! A look is one call of [`observe`] for one customer, campaign and trigger. The memory of it is
//! whether the customer was *inside* (above or below the threshold, in the state), or up to where
//! what happened has been answered:
//!
//! | trigger | inside means | fires when |
//! |---|---|---|
//! | `RisesAbove` | the number is above the threshold; once inside, above it less the margin | inside now, not inside before |
//! | `FallsBelow` | the number is below the threshold; once inside, below it plus the margin | inside now, not inside before |
//! | `Enters` | in the state | inside now, not inside before |
//! | `Leaves` | in the state | not inside now, inside before |
//! | `Happens` | – | it happened later than what was answered last, by `as_of` |
//! | `Every` | – | the time came in (last look, `as_of`] |
//! | `Changed` | – | the value is not the one of the last look |
//!
//! `Happens` is an event, an absence (it happens when the time of waiting is over) or a sequence
//! (it happens with its second event). What comes in late still fires when it happened after what
//! was answered last, and what was answered never fires again.
//!
//! At the first look nothing is known of before. Who is inside then counts as having come in: a
//! campaign that starts today means the customers who are at risk today, and waiting for them to
//! recover and fall again would pass over those it is for. (Only an entry: who is outside at the
//! first look has left nothing.) What happened counts for one day back at the first look, no
//! further, so that a new campaign does not answer old events; a time that comes again counts at
//! the first look only where it comes at that instant. What changed needs something to differ
//! from, so `Changed` does not fire at its first look.
//!
//! A missing observation changes nothing and fires nothing: a number that is missing for a day has
//! not fallen and risen again. To `Changed` alone, missing is a value like any other: an attribute
//! that is cleared has changed.

use serde::{Deserialize, Serialize};

use crate::time::{Recurrence, Span, Timestamp, Zone};

/// What a campaign waits for.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// A number goes above a threshold.
    RisesAbove {
        /// The number it must be greater than.
        threshold: f64,
        /// How far below it counts as not above any more.
        margin: f64,
    },
    /// A number goes below a threshold.
    FallsBelow {
        /// The number it must be less than.
        threshold: f64,
        /// How far above it counts as not below any more.
        margin: f64,
    },
    /// The customer comes into a lifecycle stage or a segment.
    Enters {
        /// Its name.
        state: String,
    },
    /// The customer goes out of a lifecycle stage or a segment.
    Leaves {
        /// Its name.
        state: String,
    },
    /// Something happens.
    Happens,
    /// A time comes again.
    Every(Recurrence),
    /// A value becomes another one.
    Changed,
}

/// What is seen of a customer at one look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Observation<'a> {
    /// A number, NaN when missing; for `RisesAbove` and `FallsBelow`.
    Number(f64),
    /// The name of the lifecycle stage, nothing when no stage matches, which counts as missing;
    /// for `Enters` and `Leaves`.
    State(Option<&'a str>),
    /// Whether the customer is in the segment, nothing when that is missing; for `Enters` and
    /// `Leaves`.
    Member(Option<bool>),
    /// When it last happened, at or before `as_of`; for `Happens`.
    Latest(Option<Timestamp>),
    /// The customer's clocks; for `Every`.
    Clocks(&'a Zone),
    /// A number that is the same where the value is, missing or not; for `Changed`.
    Fingerprint(u64),
}

/// What one trigger remembers of one customer: there are a million of them for each trigger, so it
/// is small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub enum TriggerMemory {
    /// Nothing was seen yet.
    #[default]
    New,
    /// Whether the customer was inside.
    Inside(bool),
    /// A number that is the same where the value was.
    Seen(u64),
    /// When it was looked at.
    Looked {
        /// The last look.
        at: Timestamp,
        /// When that happened which was answered last; nothing of a time that comes again.
        answered: Option<Timestamp>,
    },
}

/// The same as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    inside: Option<bool>,
    looked: Option<Timestamp>,
    seen: Option<u64>,
    answered: Option<Timestamp>,
}

impl From<TriggerMemory> for Written {
    fn from(memory: TriggerMemory) -> Self {
        let none = Self { inside: None, looked: None, seen: None, answered: None };
        match memory {
            TriggerMemory::New => none,
            TriggerMemory::Inside(inside) => Self { inside: Some(inside), ..none },
            TriggerMemory::Seen(seen) => Self { seen: Some(seen), ..none },
            TriggerMemory::Looked { at, answered } => Self { looked: Some(at), answered, ..none },
        }
    }
}

impl From<Written> for TriggerMemory {
    fn from(written: Written) -> Self {
        match written {
            Written { looked: Some(at), answered, .. } => Self::Looked { at, answered },
            Written { inside: Some(inside), .. } => Self::Inside(inside),
            Written { seen: Some(seen), .. } => Self::Seen(seen),
            _ => Self::New,
        }
    }
}

impl TriggerMemory {
    /// Up to when what happened is answered; at the first look, a day back.
    #[must_use]
    pub fn answered(&self, as_of: Timestamp) -> Timestamp {
        match self {
            Self::Looked { answered: Some(answered), .. } => *answered,
            _ => as_of.minus(Span::days(1)),
        }
    }

    /// When the customer was last looked at, of what happens or comes again.
    #[must_use]
    pub fn looked(&self) -> Option<Timestamp> {
        match self {
            Self::Looked { at, .. } => Some(*at),
            _ => None,
        }
    }

    /// Whether this is more than another look at the same.
    #[must_use]
    pub fn differs(&self, before: &Self) -> bool {
        match (self, before) {
            (Self::Looked { .. }, Self::Looked { .. }) => false,
            _ => self != before,
        }
    }
}

/// Looks at a customer and says whether the trigger fires.
///
/// A second look at the same `as_of` finds what the first one left and fires nothing. An
/// observation of a kind that the trigger does not take counts as missing.
pub fn observe(
    trigger: &Trigger,
    memory: &mut TriggerMemory,
    observation: Observation<'_>,
    as_of: Timestamp,
) -> bool {
    let before = *memory == TriggerMemory::Inside(true);
    let inside = match (trigger, observation) {
        (Trigger::Happens, Observation::Latest(latest)) => {
            if memory.looked() == Some(as_of) {
                return false;
            }
            let answered = memory.answered(as_of);
            let fires = latest.is_some_and(|at| at > answered && at <= as_of);
            let answered = latest.filter(|_| fires).unwrap_or(answered);
            *memory = TriggerMemory::Looked { at: as_of, answered: Some(answered) };
            return fires;
        }
        (Trigger::Every(every), Observation::Clocks(zone)) => {
            let since = memory.looked().unwrap_or_else(|| as_of.minus(Span::micros(1)));
            *memory = TriggerMemory::Looked { at: as_of, answered: None };
            return every.next(since, zone).is_some_and(|at| at <= as_of);
        }
        (Trigger::Changed, Observation::Fingerprint(now)) => {
            let changed = matches!(*memory, TriggerMemory::Seen(before) if before != now);
            *memory = TriggerMemory::Seen(now);
            return changed;
        }
        (Trigger::RisesAbove { threshold, margin }, Observation::Number(x)) if !x.is_nan() => {
            x > threshold - if before { *margin } else { 0.0 }
        }
        (Trigger::FallsBelow { threshold, margin }, Observation::Number(x)) if !x.is_nan() => {
            x < threshold + if before { *margin } else { 0.0 }
        }
        (Trigger::Enters { state } | Trigger::Leaves { state }, Observation::State(Some(name))) => {
            name == state
        }
        (Trigger::Enters { .. } | Trigger::Leaves { .. }, Observation::Member(Some(member))) => {
            member
        }
        _ => return false,
    };
    *memory = TriggerMemory::Inside(inside);
    match trigger {
        Trigger::Leaves { .. } => !inside && before,
        _ => inside && !before,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_micros(day * 86_400_000_000).unwrap()
    }

    fn fired(trigger: &Trigger, seen: &[Observation<'_>]) -> Vec<bool> {
        let mut memory = TriggerMemory::default();
        let looks = (0..).zip(seen);
        looks.map(|(at, seen)| observe(trigger, &mut memory, *seen, day(at))).collect()
    }

    #[test]
    fn a_crossing_is_an_edge_and_the_first_look_counts_as_one() {
        let numbers = |xs: &[f64]| xs.iter().map(|x| Observation::Number(*x)).collect::<Vec<_>>();
        let nan = f64::NAN;
        let rises = Trigger::RisesAbove { threshold: 0.7, margin: 0.0 };
        for (seen, expected) in [
            (vec![0.1, 0.8, 0.9, 0.7, 0.8], vec![false, true, false, false, true]),
            (vec![0.8, nan, 0.9, 0.1, nan, 0.9], vec![true, false, false, false, false, true]),
            (vec![nan, 0.9], vec![false, true]),
        ] {
            assert_eq!(fired(&rises, &numbers(&seen)), expected, "{seen:?}");
        }
        let falls = Trigger::FallsBelow { threshold: 40.0, margin: 0.0 };
        assert_eq!(fired(&falls, &numbers(&[39.0, 30.0, 40.0, 39.9])), [true, false, false, true]);
    }

    #[test]
    fn within_the_margin_nothing_is_crossed_again() {
        let numbers = |xs: &[f64]| xs.iter().map(|x| Observation::Number(*x)).collect::<Vec<_>>();
        let rises = Trigger::RisesAbove { threshold: 0.7, margin: 0.125 };
        let seen = numbers(&[0.69, 0.75, 0.6, 0.75, 0.575, 0.71, 0.7]);
        assert_eq!(fired(&rises, &seen), [false, true, false, false, false, true, false]);
        let falls = Trigger::FallsBelow { threshold: 40.0, margin: 5.0 };
        let seen = numbers(&[39.0, 44.0, 39.0, 45.0, 39.0]);
        assert_eq!(fired(&falls, &seen), [true, false, false, false, true]);
    }

    #[test]
    fn a_time_that_comes_again_fires_once_for_all_that_were_missed() {
        let every = Trigger::Every(Recurrence::parse("day", "00:00").unwrap());
        let mut memory = TriggerMemory::default();
        let mut look =
            |at: Timestamp| observe(&every, &mut memory, Observation::Clocks(&Zone::UTC), at);
        let noon = |at: i64| day(at).plus(Span::micros(43_200_000_000));
        assert!(!look(noon(1)));
        assert!(look(day(2)) && !look(day(2)) && !look(noon(2)));
        assert!(look(noon(9)) && !look(noon(9)));
        let seen = Observation::Clocks(&Zone::UTC);
        assert!(observe(&every, &mut TriggerMemory::default(), seen, day(3)));
    }

    #[test]
    fn a_state_is_entered_and_left() {
        let states = ["new", "dormant", "dormant", "active", "dormant"]
            .map(|name| Observation::State(Some(name)));
        let dormant = || "dormant".to_owned();
        let enters = Trigger::Enters { state: dormant() };
        let leaves = Trigger::Leaves { state: dormant() };
        assert_eq!(fired(&enters, &states), [false, true, false, false, true]);
        assert_eq!(fired(&leaves, &states), [false, false, false, true, false]);
        let members = [Some(true), None, Some(false), None, Some(true)].map(Observation::Member);
        assert_eq!(fired(&enters, &members), [true, false, false, false, true]);
        assert_eq!(fired(&leaves, &members), [false, false, true, false, false]);
    }

    #[test]
    fn an_event_fires_once_and_an_old_one_never() {
        let trigger = Trigger::Happens;
        let mut memory = TriggerMemory::default();
        for (as_of, latest, expected) in [
            (day(10), Some(day(9)), false),
            (day(10), Some(day(10)), false),
            // One of day 10 that came in after the look at day 10.
            (day(20), Some(day(10)), true),
            (day(21), Some(day(10)), false),
            (day(21), Some(day(21)), false),
            (day(30), Some(day(21)), true),
            (day(31), Some(day(21)), false),
            (day(32), None, false),
            (day(33), Some(day(33)), true),
        ] {
            let seen = Observation::Latest(latest);
            assert_eq!(observe(&trigger, &mut memory, seen, as_of), expected, "{as_of}");
        }
        assert_eq!(fired(&trigger, &[Observation::Latest(Some(day(0)))]), [true]);
    }

    #[test]
    fn a_change_fires_once_but_not_at_the_first_look() {
        let seen = [7, 7, 8, 8, 7].map(Observation::Fingerprint);
        assert_eq!(fired(&Trigger::Changed, &seen), [false, false, true, false, true]);
        let other = [Observation::Number(1.0), Observation::Fingerprint(1), seen[0]];
        assert_eq!(fired(&Trigger::Changed, &other), [false, false, true]);
    }

    fn any_observation() -> impl Strategy<Value = Observation<'static>> {
        prop_oneof![
            (0.0_f64..1.0).prop_map(Observation::Number),
            Just(Observation::Number(f64::NAN)),
            prop_oneof![Just(Some("a")), Just(Some("b")), Just(None)].prop_map(Observation::State),
            any::<Option<bool>>().prop_map(Observation::Member),
            proptest::option::of(0_i64..30).prop_map(|at| Observation::Latest(at.map(day))),
            (0_u64..3).prop_map(Observation::Fingerprint),
            Just(Observation::Clocks(&Zone::UTC)),
        ]
    }

    proptest! {
        #[test]
        fn looking_twice_at_one_instant_fires_once(
            seen in proptest::collection::vec(any_observation(), 1..30),
        ) {
            for trigger in [
                Trigger::RisesAbove { threshold: 0.5, margin: 0.1 },
                Trigger::FallsBelow { threshold: 0.5, margin: 0.1 },
                Trigger::Enters { state: "a".to_owned() },
                Trigger::Leaves { state: "a".to_owned() },
                Trigger::Happens,
                Trigger::Changed,
                Trigger::Every(Recurrence::parse("day", "09:00").unwrap()),
            ] {
                let mut memory = TriggerMemory::default();
                for (at, seen) in (0..).zip(&seen) {
                    observe(&trigger, &mut memory, *seen, day(at));
                    let after = memory;
                    prop_assert!(!observe(&trigger, &mut memory, *seen, day(at)));
                    prop_assert_eq!(memory, after);
                }
            }
        }
    }
}
