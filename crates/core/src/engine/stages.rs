//! The lifecycle stage of a customer over time: looks once a day, and the path that they make.
//!
//! The stage at an instant follows from a look at that instant and from the looks before it: at
//! every midnight in UTC since the customer began, and at that beginning, which is the first event
//! or, where that is earlier, the first `valid_from` of a row of attributes. So neither when the
//! engine was asked, nor how often, shows in any answer. Since when a customer is in a stage is known to
//! the day: it is the first look that found the stage, with no other between it and the question.
//!
//! Looks are taken backwards and only as far as they matter, some days together. Without entry rules
//! the stage itself needs none of them, and its duration as many as it lasted days. They go back a
//! hundred years and no further, so that an event of the year 1012 costs no more than that: what was
//! before is as if it were not known.
//!
//! What was forgotten cannot be looked at. So an engine that forgets keeps for each customer the
//! stage at the last look before that, and since when.

use serde::{Deserialize, Serialize};

use super::health::Instants;
use super::scorer::Memory;
use super::state::CustomerState;
use crate::bundle::Bundle;
use crate::error::Result;
use crate::expr::{Program, Value};
use crate::features::{Agenda, Plan};
use crate::health::{self, HealthOverride};
use crate::lifecycle::{LifecycleSpec, Path, Steps};
use crate::time::{Span, Timestamp};

const DAY: i64 = 86_400_000_000;
/// How far looks go back.
const FAR: Span = Span::days(36_525);
/// How many days are looked at together first, and at most; twice as many each time.
const FEW: usize = 16;
const MANY: usize = 128;

/// The stage at the last look before what was forgotten.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Anchor {
    /// The instant of the look.
    at: Timestamp,
    /// The stage after it.
    stage: Option<String>,
    /// Since when the customer was in it.
    since: Option<Timestamp>,
}

/// An instant that is asked about, and the days before it, the same for every customer.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) as_of: Timestamp,
    pub(super) agenda: Agenda,
    /// Midnights, ascending, in blocks from the latest on.
    days: Vec<(Vec<Timestamp>, Agenda)>,
    /// The instants at which the trend of health is looked at, where it is asked for.
    pub(super) trend: Option<Instants>,
    /// Whether the reasons of the churn probability are told.
    pub(super) reasons: bool,
}

impl Moment {
    pub(super) fn new(plan: &Plan, as_of: Timestamp) -> Self {
        Self { as_of, agenda: plan.agenda(&[as_of]), days: Vec::new(), trend: None, reasons: false }
    }

    /// The block of that number, made when it is first asked for.
    fn block(&mut self, plan: &Plan, number: usize) -> &(Vec<Timestamp>, Agenda) {
        while self.days.len() <= number {
            let before = self.days.last().map_or(self.as_of, |(days, _)| days[0]).as_micros();
            let last = before.saturating_sub(1).div_euclid(DAY) * DAY;
            let twice = |(days, _): &(Vec<Timestamp>, Agenda)| (2 * days.len()).min(MANY);
            let count = i64::try_from(self.days.last().map_or(FEW, twice)).unwrap_or(1);
            let day = |back: i64| Timestamp::EPOCH.plus(Span::micros(last - back * DAY));
            let days: Vec<Timestamp> = (0..count).rev().map(day).collect();
            let agenda = plan.agenda(&days);
            self.days.push((days, agenda));
        }
        &self.days[number]
    }
}

/// The conditions of the stages, bound to a plan.
#[derive(Debug, Clone)]
pub(super) struct Stages {
    pub(super) spec: LifecycleSpec,
    when: Vec<Program>,
    enter: Vec<Option<Program>>,
    /// What of the plan the conditions need.
    plan: Plan,
    /// Where the conditions read health: its slot.
    health: Option<usize>,
    /// Where they read churn: its slot, and those of the model's inputs.
    churn: Option<usize>,
    factors: Vec<Program>,
    model_inputs: Vec<usize>,
}

/// Where the looks at a customer begin.
enum Begin<'a> {
    /// Nobody knows; only the instant asked about is looked at.
    Unknown,
    /// At the customer's beginning.
    At(Timestamp),
    /// Long before; looks go back to this instant.
    Far(Timestamp),
    /// After the last look before what was forgotten.
    After(&'a Anchor),
}

/// The slots of a plan that the looks need.
pub(super) struct Slots<'a> {
    pub(super) plan: &'a Plan,
    pub(super) health: usize,
    pub(super) churn: usize,
    pub(super) factors: &'a [Program],
    /// For each input of the model, its feature.
    pub(super) model_inputs: &'a [usize],
}

impl Stages {
    /// The stages of a bundle, whose conditions are bound already.
    pub(super) fn new(
        bundle: &Bundle,
        when: Vec<Program>,
        enter: Vec<Option<Program>>,
        slots: &Slots<'_>,
    ) -> Self {
        let spec = bundle.playbook().lifecycle().map(|plan| plan.spec.clone()).unwrap_or_default();
        let own: Vec<&Program> = when.iter().chain(enter.iter().flatten()).collect();
        let reads = |slot: usize| own.iter().any(|program| program.reads_slot(slot));
        let health = Some(slots.health).filter(|slot| reads(*slot));
        let churn = Some(slots.churn).filter(|slot| reads(*slot));
        let factors = if health.is_some() { slots.factors.to_vec() } else { Vec::new() };
        let inputs = if churn.is_some() { slots.model_inputs } else { &[] };
        let model_inputs: Vec<usize> =
            inputs.iter().map(|feature| slots.plan.feature(*feature)).collect();
        let programs: Vec<&Program> = own.iter().copied().chain(&factors).collect();
        let plan = slots.plan.only(&programs, &model_inputs);
        Self { spec, when, enter, plan, health, churn, factors, model_inputs }
    }

    /// What the frame of a look makes of every stage before it.
    pub(super) fn steps(&self, frame: &[Value<'_>]) -> Steps {
        let truth = |program: &Program| program.eval(frame).as_bool();
        let holds: Vec<Option<bool>> = self.when.iter().map(truth).collect();
        let enters: Vec<Option<bool>> =
            self.enter.iter().map(|program| program.as_ref().map_or(Some(true), truth)).collect();
        self.spec.steps(&holds, &enters)
    }

    /// An instant, for questions about the stage alone.
    pub(super) fn moment(&self, as_of: Timestamp) -> Moment {
        Moment::new(&self.plan, as_of)
    }

    /// The stage at the instant of a moment that is for the stage alone.
    pub(super) fn at<'a>(
        &'a self,
        bundle: &'a Bundle,
        state: &'a CustomerState,
        moment: &mut Moment,
        memory: &mut Memory<'a>,
    ) -> Result<Option<usize>> {
        let now = self.look_now(bundle, state, moment, memory)?;
        Ok(self.find(bundle, state, now, false, moment, memory)?.0)
    }

    /// The look at the instant of a moment that is for the stage alone.
    fn look_now<'a>(
        &'a self,
        bundle: &'a Bundle,
        state: &'a CustomerState,
        moment: &Moment,
        memory: &mut Memory<'a>,
    ) -> Result<Steps> {
        let mut now = Steps::default();
        let block = (&[moment.as_of][..], &moment.agenda);
        self.look(bundle, state, block, 0, memory, |_, steps| now = steps)?;
        Ok(now)
    }

    /// The stage at the instant of `moment`, where the look is `now`, and, where it is `asked`,
    /// since when.
    pub(super) fn find<'a>(
        &'a self,
        bundle: &'a Bundle,
        state: &'a CustomerState,
        now: Steps,
        asked: bool,
        moment: &mut Moment,
        memory: &mut Memory<'a>,
    ) -> Result<(Option<usize>, Option<Timestamp>)> {
        let as_of = moment.as_of;
        let mut path = Path::default();
        path.push(now);
        let mut looks = vec![as_of];
        let begin = Self::begin(bundle, state, as_of);
        let after = match &begin {
            Begin::Unknown => as_of,
            Begin::At(start) | Begin::Far(start) => *start,
            Begin::After(anchor) => anchor.at,
        };
        let decided = |path: &Path| match path.stage() {
            Some(Some(_)) if asked => path.same().is_some(),
            stage => stage.is_some(),
        };
        let mut ended = false;
        for number in 0.. {
            if decided(&path) {
                break;
            }
            let (days, agenda) = moment.block(&self.plan, number);
            let first = days.partition_point(|day| *day <= after);
            self.look(bundle, state, (days, agenda), first, memory, |day, steps| {
                looks.push(day);
                path.push(steps);
            })?;
            if first > 0 {
                ended = true;
                break;
            }
        }
        let mut before = None;
        if ended && !decided(&path) {
            match begin {
                Begin::At(start) if start < as_of => {
                    let block = (&[start][..], &self.plan.agenda(&[start]));
                    self.look(bundle, state, block, 0, memory, |day, steps| {
                        looks.push(day);
                        path.push(steps);
                    })?;
                }
                Begin::After(anchor) => before = Some(anchor),
                _ => {}
            }
            let known = before.and_then(|anchor| self.index(anchor.stage.as_deref()));
            path.begin(known);
        }
        let stage = path.stage().flatten();
        let since = match path.same().filter(|_| stage.is_some()) {
            None => None,
            // The same stage was found at the last look before what was forgotten.
            Some(same)
                if same == looks.len()
                    && before
                        .is_some_and(|anchor| self.index(anchor.stage.as_deref()) == stage) =>
            {
                before.and_then(|anchor| anchor.since)
            }
            Some(same)
                if matches!(begin, Begin::Unknown | Begin::Far(_)) && same == looks.len() =>
            {
                None
            }
            Some(same) => looks.get(same - 1).copied(),
        };
        // It takes a look before the first to know that it is the first.
        let known = |since: &Timestamp| as_of.since(*since).plus(Span::DAY) < FAR;
        Ok((stage, since.filter(known)))
    }

    /// What is kept of a customer when everything before an instant is forgotten: none where the
    /// customer begins later.
    pub(super) fn anchor<'a>(
        &'a self,
        bundle: &'a Bundle,
        state: &'a CustomerState,
        before: Timestamp,
        moments: &mut Vec<Moment>,
    ) -> Result<Option<Anchor>> {
        let layout = bundle.playbook().layout();
        let midnight = before.as_micros().saturating_sub(1).div_euclid(DAY) * DAY;
        let midnight = Timestamp::EPOCH.plus(Span::micros(midnight));
        let at = match (state.anchor(), state.begins(layout)) {
            (Some(known), _) if known.at >= midnight => return Ok(Some(known.clone())),
            (Some(_), _) => midnight,
            (None, Some(start)) if start < before => midnight.max(start),
            _ => return Ok(None),
        };
        if moments.first().is_none_or(|moment| moment.as_of != midnight) {
            *moments = vec![Moment::new(&self.plan, midnight)];
        }
        let mut own = (at != midnight).then(|| Moment::new(&self.plan, at));
        let Some(moment) = own.as_mut().or(moments.first_mut()) else { return Ok(None) };
        let mut memory = Memory::default();
        let now = self.look_now(bundle, state, moment, &mut memory)?;
        let (stage, since) = self.find(bundle, state, now, true, moment, &mut memory)?;
        let stage = stage.map(|stage| self.spec.stages[stage].clone());
        Ok(Some(Anchor { at, stage, since }))
    }

    fn index(&self, stage: Option<&str>) -> Option<usize> {
        self.spec.stages.iter().position(|known| Some(known.as_str()) == stage)
    }

    fn begin<'a>(bundle: &Bundle, state: &'a CustomerState, as_of: Timestamp) -> Begin<'a> {
        let start = state.begins(bundle.playbook().layout()).filter(|start| *start <= as_of);
        match (state.anchor().filter(|anchor| anchor.at < as_of), start) {
            (Some(anchor), _) => Begin::After(anchor),
            (None, Some(start)) if as_of.since(start) >= FAR => Begin::Far(as_of.minus(FAR)),
            (None, Some(start)) => Begin::At(start),
            (None, None) => Begin::Unknown,
        }
    }

    /// Looks at a customer on the days of a block from number `first` on, the latest first.
    fn look<'a>(
        &'a self,
        bundle: &'a Bundle,
        state: &'a CustomerState,
        (days, agenda): (&[Timestamp], &Agenda),
        first: usize,
        memory: &mut Memory<'a>,
        mut seen: impl FnMut(Timestamp, Steps),
    ) -> Result<()> {
        let playbook = bundle.playbook();
        let Memory { past: frames, scratch, .. } = memory;
        let mut end = days.len();
        while end > first {
            let latest = days[end - 1];
            // Attributes may have been others earlier.
            let since = state.attributes_since(latest);
            let start = since.map_or(0, |since| days.partition_point(|day| *day < since));
            let range = start.max(first)..end;
            let subject = state.subject(playbook.schema(), playbook.layout(), latest);
            self.plan.fill(&subject.at(range.clone()), agenda, frames, scratch);
            for at in range.clone().rev() {
                let frame = frames.at_mut(at - range.start);
                self.judge(bundle, state.overrides.at(days[at]), frame)?;
                seen(days[at], self.steps(frame));
            }
            end = range.start;
        }
        Ok(())
    }

    /// Adds health and churn to a frame, where a condition reads them.
    fn judge(
        &self,
        bundle: &Bundle,
        over: Option<&HealthOverride>,
        frame: &mut [Value<'_>],
    ) -> Result<()> {
        if let (Some(slot), Some(plan)) = (self.health, bundle.playbook().health()) {
            let score = |factor: &Program| factor.eval(frame).as_number();
            let scores: Vec<f64> = self.factors.iter().map(score).collect();
            let computed = health::evaluate(&plan.spec, &scores, None);
            if let Some(health) = health::with_override(&plan.spec, computed, over) {
                frame[slot] = Value::number(health.score);
            }
        }
        if let (Some(slot), Some(model)) = (self.churn, bundle.model()) {
            let inputs = model.inputs().iter().zip(&self.model_inputs);
            let row: Vec<f64> = inputs
                .map(|(input, slot)| super::scorer::model_value(&input.kind, frame[*slot]))
                .collect();
            frame[slot] = Value::number(model.probability(model.margin_row(&row)?));
        }
        Ok(())
    }
}

/// The programs of the stages, bound by `bind`.
pub(super) fn bind(
    bundle: &Bundle,
    bind: &mut dyn FnMut(&Program) -> Program,
) -> (Vec<Program>, Vec<Option<Program>>) {
    let Some(plan) = bundle.playbook().lifecycle() else { return (Vec::new(), Vec::new()) };
    let when = plan.when.iter().map(&mut *bind).collect();
    let enter = plan.enter.iter().map(|program| program.as_ref().map(&mut *bind)).collect();
    (when, enter)
}
