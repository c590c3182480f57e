//! When time alone next has something to do.
//!
//! Some of it is known to the microsecond: when a send that waits goes out, when a step of a
//! journey is over, when a time comes again, when an absence is long enough, when an event or an
//! attribute that is known already begins to count. What triggers watch besides (features, health,
//! churn, stages, segments) changes as events leave windows and days pass. For that each customer
//! is looked at ahead, at steps of a day for thirty days, and where something would fire or be
//! left, halving finds the instant. It is exact where what is watched changes once between two
//! steps; what comes and goes within a day by time alone is not seen. After thirty days it is time
//! to ask again in any case.

use std::collections::BTreeMap;

use super::scorer::{Memory, Scorer};
use super::stages::Moment;
use super::state::CustomerState;
use super::watch::{Seen, is_watching};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::time::{Span, Timestamp};

/// How many steps of a day are looked ahead.
const DAYS: i64 = 30;

/// The first instant after `as_of` at which time alone has something to do.
pub(super) fn next_due(
    bundle: &Bundle,
    scorer: &Scorer,
    customers: &BTreeMap<String, CustomerState>,
    as_of: Timestamp,
) -> Result<Option<Timestamp>> {
    let next = as_of.plus(Span::micros(1));
    let mut best: Option<Timestamp> = None;
    let watching = watches(scorer);
    let mut now = scorer.moment(as_of);
    let mut steps: Vec<Moment> = Vec::new();
    for day in (1..=DAYS).take_while(|_| watching) {
        steps.push(scorer.moment(as_of.plus(Span::days(day))));
    }
    for state in customers.values() {
        let Some(decided) = &state.decided else { continue };
        if !state.known_at(bundle.playbook().layout(), as_of) {
            // Nobody is looked at before something is known: of all that was, all may be deleted.
            best = best.into_iter().chain(state.begins(bundle.playbook().layout())).min();
            continue;
        }
        let known = known_due(bundle, scorer, state, &mut now)?;
        let known = known.into_iter().chain(decided.campaigns.due()).min();
        best = best.into_iter().chain(known.map(|known| known.max(next))).min();
        if !watching || best == Some(next) {
            continue;
        }
        let mut quiet = as_of;
        for step in &mut steps {
            if best.is_some_and(|best| best <= quiet) {
                break;
            }
            if would_act(bundle, scorer, state, step)? {
                let found = first(quiet, step.as_of, |middle| {
                    would_act(bundle, scorer, state, &mut scorer.moment(middle))
                })?;
                best = best.into_iter().chain([found]).min();
                break;
            }
            quiet = step.as_of;
        }
    }
    let anybody = customers.values().any(|state| state.decided.is_some());
    let again = Timestamp::from_micros(as_of.plus(Span::days(DAYS)).as_micros()).ok();
    let again = again.filter(|_| watching && anybody);
    Ok(best.into_iter().chain(again).min())
}

/// Whether any trigger watches what changes with time.
fn watches(scorer: &Scorer) -> bool {
    let mut triggers = scorer.campaigns.iter().flat_map(|campaign| &campaign.triggers);
    triggers.any(|bound| is_watching(&bound.trigger.kind))
}

/// The first instant in `(quiet, loud]` at which `acts` holds, as it does at `loud`.
fn first(
    quiet: Timestamp,
    loud: Timestamp,
    acts: impl Fn(Timestamp) -> Result<bool>,
) -> Result<Timestamp> {
    let (mut quiet, mut loud) = (quiet, loud);
    loop {
        let left = loud.since(quiet).as_micros();
        if left <= 1 {
            return Ok(loud);
        }
        let middle = quiet.plus(Span::micros(left / 2));
        if acts(middle)? { loud = middle } else { quiet = middle }
    }
}

/// What is known to be due, of schedules and absences, and what begins to count.
fn known_due(
    bundle: &Bundle,
    scorer: &Scorer,
    state: &CustomerState,
    moment: &mut Moment,
) -> Result<Option<Timestamp>> {
    let as_of = moment.as_of;
    let (playbook, layout) = (bundle.playbook(), bundle.playbook().layout());
    let Some(decided) = &state.decided else { return Ok(None) };
    let subject = state.subject(playbook.schema(), layout, as_of);
    let mut memory = Memory::default();
    let known = (decided.band.as_deref(), state.overrides.at(as_of));
    let assessment = scorer.assess(bundle, (state, &subject), known, false, moment, &mut memory)?;
    let (history, zone) = (&subject.history, &subject.zone);
    let seen = Seen { assessment: &assessment, history, zone, as_of };
    let mut best = state.attributes_after(as_of);
    let mut campaigns = decided.campaigns.clone();
    campaigns.remember(&scorer.triggers);
    for bound in scorer.campaigns.iter().flat_map(|campaign| &campaign.triggers) {
        let memory = campaigns.memory_at(&scorer.triggers, bound.place);
        best = best.into_iter().chain(seen.due(&bound.trigger.kind, memory)).min();
    }
    let later = (0..history.types()).filter_map(|event| {
        history.events(event).between(as_of.as_micros(), i64::MAX).times().next()
    });
    let later = later.min().and_then(|at| Timestamp::from_micros(at).ok());
    Ok(best.into_iter().chain(later).min())
}

/// Whether a trigger would fire or leave at `at`, were nothing to happen until then.
fn would_act(
    bundle: &Bundle,
    scorer: &Scorer,
    state: &CustomerState,
    moment: &mut Moment,
) -> Result<bool> {
    let at = moment.as_of;
    let (playbook, layout) = (bundle.playbook(), bundle.playbook().layout());
    let Some(decided) = &state.decided else { return Ok(false) };
    let subject = state.subject(playbook.schema(), layout, at);
    let mut memory = Memory::default();
    let known = (decided.band.as_deref(), state.overrides.at(at));
    let assessment = scorer.assess(bundle, (state, &subject), known, false, moment, &mut memory)?;
    let (history, zone) = (&subject.history, &subject.zone);
    let seen = Seen { assessment: &assessment, history, zone, as_of: at };
    let frame = memory.frames.at(0);
    let mut campaigns = decided.campaigns.clone();
    campaigns.remember(&scorer.triggers);
    let triggers = scorer.campaigns.iter().flat_map(|campaign| &campaign.triggers);
    for bound in triggers.filter(|bound| is_watching(&bound.trigger.kind)) {
        let memory = campaigns.memory_at(&scorer.triggers, bound.place);
        let before = *memory;
        if seen.look(&bound.trigger.kind, memory, frame).is_some() || memory.differs(&before) {
            return Ok(true);
        }
    }
    Ok(false)
}
