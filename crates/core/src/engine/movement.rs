//! Questions about all customers over time: how many were where, how they moved between stages, and
//! how they compare by recency, frequency and monetary value.

use super::Engine;
use super::forget::Forgotten;
use super::scorer::Memory;
use crate::error::{Error, Result};
use crate::expr::{Program, Scope, Type, compile_as};
use crate::features::{CutOffs, FeatureSet, Frames, Plan, Scratch};
use crate::lifecycle::{Counts, Looks, Named, Rfm, RfmParams, Transitions, rfm};
use crate::time::{Span, Timestamp};

impl Engine {
    /// How customers moved between stages, step by step between consecutive instants of `as_of`,
    /// summed over all steps. Two instants are one step.
    ///
    /// The stage at each instant is the one of [`Engine::score`]. Cost: a look at each customer at
    /// each instant; where stages have entry rules, as many days before it as they matter.
    ///
    /// # Errors
    /// `argument` where `as_of` has fewer than two instants or too many for so many customers, or
    /// the playbook has no `[lifecycle]`; `time_order` for an instant in what was forgotten.
    pub fn transitions(&self, as_of: &CutOffs) -> Result<Transitions> {
        let instants = self.instants(as_of)?;
        if instants.len() < 2 {
            return Err(Error::argument("as_of", "expected at least two instants, found one"));
        }
        let lifecycle = self.bundle.playbook().lifecycle().ok_or_else(|| {
            Error::argument("as_of", "the playbook has no `[lifecycle]` to ask about")
        })?;
        let mut matrix = Transitions::new(instants.clone(), lifecycle.spec.stages.clone());
        let mut before = vec![None; self.customers.len()];
        for (number, at) in instants.into_iter().enumerate() {
            let now = self.stages_at(at)?;
            if number > 0 {
                for (from, to) in before.iter().zip(&now) {
                    matrix.count(*from, *to);
                }
            }
            before = now;
        }
        Ok(matrix.finish())
    }

    /// The stage of each customer at an instant, none where they are not known or in no stage.
    fn stages_at(&self, at: Timestamp) -> Result<Vec<Option<usize>>> {
        let layout = self.bundle.playbook().layout();
        let (mut moment, mut memory) = (self.scorer.stages.moment(at), Memory::default());
        let mut stage =
            |state| self.scorer.stages.at(&self.bundle, state, &mut moment, &mut memory);
        let stages = self
            .customers
            .values()
            .map(|state| if state.known_at(layout, at) { stage(state) } else { Ok(None) });
        stages.collect()
    }

    /// How many customers were in each stage, segment and health band at each instant of `as_of`.
    ///
    /// Cost: that of [`Engine::score_all`] at each instant.
    ///
    /// # Errors
    /// `argument` where there are too many instants for so many customers; `time_order` for an
    /// instant in what was forgotten.
    pub fn segment_counts(&self, as_of: &CutOffs) -> Result<Counts> {
        let instants = self.instants(as_of)?;
        let playbook = self.bundle.playbook();
        let (schema, layout) = (playbook.schema(), playbook.layout());
        let none = |name: &String| Named::none(name, instants.len());
        let bands = playbook.health().map_or(&[][..], |health| &health.spec.bands);
        let mut counts = Counts {
            customers: vec![0; instants.len()],
            stages: self.scorer.stages.spec.stages.iter().map(none).collect(),
            segments: playbook.segments().names.iter().map(none).collect(),
            bands: bands.iter().map(|band| none(&band.name)).collect(),
            as_of: instants,
        };
        for at in 0..counts.as_of.len() {
            let as_of = counts.as_of[at];
            let (mut moment, mut memory) = (self.scorer.moment(as_of), Memory::default());
            for state in self.customers.values().filter(|state| state.known_at(layout, as_of)) {
                let subject = (state, &state.subject(schema, layout, as_of));
                let known = (None, state.overrides.at(as_of));
                let (bundle, moment, memory) = (&self.bundle, &mut moment, &mut memory);
                let found = self.scorer.assess(bundle, subject, known, false, moment, memory)?;
                counts.customers[at] += 1;
                add(&mut counts.stages, found.stage, at);
                add(
                    &mut counts.bands,
                    found.health.as_ref().map(|health| health.band.as_str()),
                    at,
                );
                for (named, member) in counts.segments.iter_mut().zip(&found.segments) {
                    named.counts[at] += u32::from(*member == Some(true));
                }
            }
        }
        Ok(counts)
    }

    /// The RFM scores at `as_of` of all customers who have such an event in the window, by identifier.
    ///
    /// # Errors
    /// `argument` where `value` is not a number of events, `window` is no length of time, or a sum
    /// is not finite; `time_order` for an instant or a window that reaches into what was forgotten.
    pub fn rfm(&self, as_of: Timestamp, params: &RfmParams) -> Result<Rfm> {
        Forgotten::check(self.forgotten.as_ref(), as_of)?;
        let playbook = self.bundle.playbook();
        let (schema, layout) = (playbook.schema(), playbook.layout());
        if let Some(cuts) = self.forgotten.as_ref().map(|known| Forgotten::cuts(Some(known))) {
            let reach = params.window.as_deref().map(window).transpose()?;
            let first = reach.map_or(i64::MIN, |span| as_of.minus(span).as_micros());
            let cut = cuts.iter().copied().max().unwrap_or(i64::MIN);
            if cut > first {
                let at = Timestamp::EPOCH.plus(Span::micros(cut));
                let message =
                    format!("reaches into what was forgotten; ask of what is after `{at}`");
                return Err(
                    Error::new(crate::ErrorCode::TimeOrder, "argument", message).at_path("window")
                );
            }
        }
        let mut plan = Plan::new(schema, &FeatureSet::default());
        let programs = self.rfm_programs(params)?.map(|program| plan.bind(schema, &program));
        let agenda = plan.agenda(&[as_of]);
        let (mut frames, mut scratch) = (Frames::default(), Scratch::default());
        let mut rows = Vec::new();
        for (id, state) in &self.customers {
            let subject = state.subject(schema, layout, as_of);
            plan.fill(&subject.at(0..1), &agenda, &mut frames, &mut scratch);
            let values = [0, 1, 2].map(|at| programs[at].eval(frames.at(0)).as_number());
            // Without an event there is no last one.
            if !values[0].is_nan() {
                rows.push((id.clone(), values));
            }
        }
        rfm(as_of, rows)
    }

    /// Days since the last event, the number of events, and the sum of what they are worth.
    fn rfm_programs(&self, params: &RfmParams) -> Result<[Program; 3]> {
        let RfmParams { value, window: over } = params;
        let event = value.split('.').next().unwrap_or_default().trim();
        let schema = self.bundle.playbook().schema();
        if schema.event(event).is_none() || !value.contains('.') {
            let near =
                crate::did_you_mean(event, schema.events.iter().map(|kind| kind.name.as_str()));
            let message = format!(
                "expected a property of an event such as `purchase.amount`, found `{value}`{near}"
            );
            return Err(Error::argument("value", message));
        }
        let over = match over {
            None => String::new(),
            Some(over) => {
                window(over)?;
                format!(", \"{over}\"")
            }
        };
        let scope = Scope::of_features(schema, &[]);
        let program = |text: String| {
            compile_as(&text, &scope, &Type::Number)
                .map_err(|error| Error::argument("value", error.message()))
        };
        Ok([
            program(format!("days_since(last({event}{over}))"))?,
            program(format!("count({event}{over})"))?,
            program(format!("sum({value}{over})"))?,
        ])
    }

    /// The instants of a question about all customers.
    fn instants(&self, as_of: &CutOffs) -> Result<Vec<Timestamp>> {
        let mut instants = as_of.common()?;
        instants.sort_unstable();
        instants.dedup();
        if let Some(first) = instants.first() {
            Forgotten::check(self.forgotten.as_ref(), *first)?;
        }
        Looks::check(self.customers.len(), instants.len())?;
        Ok(instants)
    }
}

fn window(text: &str) -> Result<Span> {
    let span = Span::parse(text).map_err(|error| Error::argument("window", error.message()))?;
    if span <= Span::ZERO {
        return Err(Error::argument("window", "a window is longer than nothing"));
    }
    Ok(span)
}

fn add(named: &mut [Named], name: Option<&str>, at: usize) {
    if let Some(named) = named.iter_mut().find(|known| Some(known.name.as_str()) == name) {
        named.counts[at] += 1;
    }
}
