//! The playbook's expressions bound into one frame, and the order in which they are asked:
//! features, health, churn, lifecycle, segments.

use super::health::{HealthScorer, Instants};
use super::reasons::{self, ReasonCode, ReasonParams};
use super::recourse::{self, Recourse, RecourseQuestion};
use super::score::{Churn, Score, ScoreParams, Stage};
use super::stages::{self, Moment, Slots, Stages};
use super::state::CustomerState;
use super::watch;
use crate::bundle::Bundle;
use crate::campaign::TriggerNames;
use crate::churn::{InputKind, Model, ProbabilityInterval};
use crate::error::{Error, ErrorCode, Result};
use crate::expr::{Input, Program, Trigger, TriggerKind, Value};
use crate::features::{Agenda, Frames, Plan, Retention, Scratch, Subject};
use crate::health::{self, Health, HealthOverride, HealthTrend};
use crate::lifecycle::SegmentsSpec;
use crate::playbook::{CampaignsPlan, Playbook};
use crate::schema::Schema;
use crate::time::Timestamp;

/// Everything of a bundle that is asked of one customer, bound to one frame.
#[derive(Debug, Clone)]
pub(super) struct Scorer {
    plan: Plan,
    pub(super) health: HealthScorer,
    health_slot: usize,
    churn_slot: usize,
    stage_slot: usize,
    pub(super) stages: Stages,
    segments: SegmentsSpec,
    /// For each segment, its slot and condition.
    members: Vec<(usize, Program)>,
    /// For each input of the model, the feature it is.
    model_inputs: Vec<usize>,
    pub(super) suppression: Option<Program>,
    pub(super) consent: Vec<Program>,
    pub(super) campaigns: Vec<BoundCampaign>,
    /// The triggers of all campaigns.
    pub(super) triggers: TriggerNames,
}

/// A campaign's expressions.
#[derive(Debug, Clone)]
pub(super) struct BoundCampaign {
    pub(super) triggers: Vec<BoundTrigger>,
    pub(super) on: Program,
    pub(super) when: Option<Program>,
    pub(super) value: Option<Program>,
    pub(super) exit: Option<Program>,
    pub(super) steps: Vec<Option<Program>>,
    /// The numbers that the policy reads.
    pub(super) context: Vec<Program>,
    /// For each feature of the playbook, whether the campaign is about it.
    pub(super) about: Vec<bool>,
    /// For each action, the values that its template names.
    #[cfg(feature = "templates")]
    pub(super) templates: Vec<Vec<(String, Program)>>,
}

/// A trigger of a campaign.
#[derive(Debug, Clone)]
pub(super) struct BoundTrigger {
    /// The slot that says whether it fired.
    pub(super) slot: usize,
    /// Its place among the triggers of all campaigns.
    pub(super) place: usize,
    pub(super) trigger: Trigger,
}

/// What was found of one customer, besides the frame.
pub(super) struct Assessment<'a> {
    pub(super) health: Option<Health>,
    pub(super) churn: Option<(f64, Option<ProbabilityInterval>)>,
    pub(super) stage: Option<&'a str>,
    /// Since when the customer is in it, where that was asked and is known.
    since: Option<Timestamp>,
    /// For each segment, whether the customer is in it.
    pub(super) segments: Vec<Option<bool>>,
}

/// Memory that looking at one customer after the other uses again.
#[derive(Default)]
pub(super) struct Memory<'a> {
    pub(super) frames: Frames<'a>,
    /// Frames of other instants than that asked about.
    pub(super) past: Frames<'a>,
    pub(super) scratch: Scratch,
    /// The features as the model reads them.
    row: Vec<f64>,
    /// Features that are to be other than they are.
    pub(super) changes: Vec<(usize, Value<'a>)>,
}

impl Memory<'_> {
    /// The same memory, for another customer.
    pub(super) fn recycled<'b>(self) -> Memory<'b> {
        let Self { frames, past, scratch, row, .. } = self;
        let (frames, past) = (frames.recycled(), past.recycled());
        Memory { frames, past, scratch, row, changes: Vec::new() }
    }
}

impl Scorer {
    pub(super) fn new(bundle: &Bundle) -> Self {
        let playbook = bundle.playbook();
        let schema = playbook.schema();
        let mut plan = Plan::new(schema, playbook.feature_set());
        let health = HealthScorer::new(&mut plan, playbook);
        let mut bind = |program: &Program| plan.bind(schema, program);
        let (when, enter) = stages::bind(bundle, &mut bind);
        let members: Vec<Program> = playbook.segments().programs.iter().map(&mut bind).collect();
        let suppression = playbook.campaigns().suppression.as_ref().map(&mut bind);
        let consent = playbook.campaigns().consent.iter().map(&mut bind).collect();
        let triggers = trigger_names(playbook);
        let campaigns = bind_campaigns(&mut plan, schema, playbook, &triggers);
        let model_inputs = model_inputs(bundle);
        let members = members
            .into_iter()
            .enumerate()
            .map(|(index, program)| (plan.slot(schema, &Input::Segment(index)), program))
            .collect();
        let health_slot = plan.slot(schema, &Input::Health);
        let churn_slot = plan.slot(schema, &Input::Churn);
        let slots = Slots {
            plan: &plan,
            health: health_slot,
            churn: churn_slot,
            factors: health.factors(),
            model_inputs: &model_inputs,
        };
        let stages = Stages::new(bundle, when, enter, &slots);
        Self {
            health_slot,
            churn_slot,
            stage_slot: plan.slot(schema, &Input::Lifecycle),
            plan,
            health,
            stages,
            segments: SegmentsSpec { segments: playbook.segments().names.clone() },
            members,
            model_inputs,
            suppression,
            consent,
            campaigns,
            triggers,
        }
    }

    /// The windows of features at one instant.
    pub(super) fn plan_agenda(&self, as_of: Timestamp) -> Agenda {
        self.plan.agenda(&[as_of])
    }

    /// The instant, for everything that is asked of each customer.
    pub(super) fn moment(&self, as_of: Timestamp) -> Moment {
        Moment::new(&self.plan, as_of)
    }

    /// The same for scores, which look at the trend of health too.
    pub(super) fn question(
        &self,
        bundle: &Bundle,
        as_of: Timestamp,
        params: ScoreParams,
    ) -> Moment {
        let spec = bundle.playbook().health().and_then(|plan| plan.trend);
        let mut moment = self.moment(as_of);
        moment.reasons = params.reasons;
        moment.trend = spec.map(|spec| self.health.at(spec.instants(as_of)));
        moment
    }

    /// Fills the frame with all that is known of a customer at an instant, and the row that the model
    /// reads; `band` was the health band at the last decision, and `over` the override that holds.
    /// Where it is `timed`, since when the stage lasts is found too.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub(super) fn assess<'a>(
        &'a self,
        bundle: &'a Bundle,
        (state, subject): (&'a CustomerState, &Subject<'a>),
        (band, over): (Option<&str>, Option<&HealthOverride>),
        timed: bool,
        moment: &mut Moment,
        memory: &mut Memory<'a>,
    ) -> Result<Assessment<'a>> {
        let playbook = bundle.playbook();
        let Memory { frames, scratch, row, changes, .. } = memory;
        self.plan.fill(&subject.at(0..1), &moment.agenda, frames, scratch);
        let frame = frames.at_mut(0);
        self.plan.change(frame, changes);
        let health = playbook.health().and_then(|plan| {
            let computed = health::evaluate(&plan.spec, &self.health.scores(frame), band);
            health::with_override(&plan.spec, computed, over)
        });
        if let Some(health) = &health {
            frame[self.health_slot] = Value::number(health.score);
        }
        let churn = match bundle.model() {
            Some(model) => {
                row.clear();
                row.extend(self.row(model, |feature| frame[self.plan.feature(feature)]));
                let margin = model.margin_row(row)?;
                Some((model.probability(margin), model.interval(margin)))
            }
            None => None,
        };
        if let Some((probability, _)) = churn {
            frame[self.churn_slot] = Value::number(probability);
        }
        let steps = self.stages.steps(frame);
        let (stage, since) = self.stages.find(bundle, state, steps, timed, moment, memory)?;
        let stage = stage.map(|stage| self.stages.spec.stages[stage].as_str());
        let frame = memory.frames.at_mut(0);
        frame[self.stage_slot] = stage.map_or(Value::Missing, Value::Text);
        let mut segments = Vec::with_capacity(self.members.len());
        for (slot, program) in &self.members {
            let member = program.eval(frame).as_bool();
            frame[*slot] = Value::truth(member);
            segments.push(member);
        }
        Ok(Assessment { health, churn, stage, since, segments })
    }

    /// What is needed of the past, by anything that may be asked.
    pub(super) fn retention(&self, playbook: &Playbook) -> Retention {
        let schema = playbook.schema();
        let mut retention = self.plan.retention(schema);
        watch::keep(&mut retention, playbook);
        retention
    }

    /// The features of one customer, in the playbook's order.
    pub(super) fn features<'a>(
        &'a self,
        bundle: &'a Bundle,
        state: &'a CustomerState,
        as_of: Timestamp,
    ) -> Vec<Value<'a>> {
        let playbook = bundle.playbook();
        let subject = state.subject(playbook.schema(), playbook.layout(), as_of);
        let (mut frames, mut scratch) = (Frames::default(), Scratch::default());
        self.plan.fill(&subject.at(0..1), &self.plan_agenda(as_of), &mut frames, &mut scratch);
        (0..self.plan.features()).map(|index| frames.at(0)[self.plan.feature(index)]).collect()
    }

    /// What raises one customer's churn probability.
    pub(super) fn reasons(
        &self,
        bundle: &Bundle,
        state: &CustomerState,
        as_of: Timestamp,
        params: ReasonParams,
    ) -> Result<Vec<ReasonCode>> {
        let model = bundle.model().ok_or_else(|| {
            Error::new(ErrorCode::ModelMissing, "bundle", "has no model to explain")
        })?;
        let values = self.features(bundle, state, as_of);
        let row: Vec<f64> = self.row(model, |feature| values[feature]).collect();
        reasons::reasons(bundle.playbook(), model, &row, &values, &self.model_inputs, params)
    }

    /// The trend of a customer's computed health.
    fn trend<'a>(
        &'a self,
        bundle: &'a Bundle,
        state: &'a CustomerState,
        instants: &Instants,
        memory: &mut Memory<'a>,
    ) -> Option<HealthTrend> {
        let playbook = bundle.playbook();
        let spec = &playbook.health()?.spec;
        let mut points = Vec::with_capacity(instants.list().len());
        self.health.look(playbook, state, instants, memory, &mut |at, frame| {
            let health = health::evaluate(spec, &self.health.scores(frame), None);
            points.extend(health.map(|health| (at, health.score)));
        });
        health::trend(&points)
    }

    /// The least change to one customer's features that brings the churn probability down.
    pub(super) fn recourse(
        &self,
        bundle: &Bundle,
        state: &CustomerState,
        as_of: Timestamp,
        asked: &RecourseQuestion,
    ) -> Result<Recourse> {
        let model = bundle
            .model()
            .ok_or_else(|| Error::new(ErrorCode::ModelMissing, "bundle", "has no model to ask"))?;
        let values = self.features(bundle, state, as_of);
        let row: Vec<f64> = self.row(model, |feature| values[feature]).collect();
        recourse::recourse(bundle.playbook(), model, &row, &self.model_inputs, asked)
    }

    /// The features as the model reads them, of a customer with these values.
    fn row<'v>(
        &self,
        model: &Model,
        value: impl Fn(usize) -> Value<'v>,
    ) -> impl Iterator<Item = f64> {
        let inputs = model.inputs().iter().zip(&self.model_inputs);
        inputs.map(move |(input, feature)| model_value(&input.kind, value(*feature)))
    }

    /// Everything known of one customer, as a document.
    pub(super) fn score<'a>(
        &'a self,
        bundle: &'a Bundle,
        customer_id: &str,
        state: &'a CustomerState,
        moment: &mut Moment,
        memory: &mut Memory<'a>,
    ) -> Result<Score> {
        let playbook = bundle.playbook();
        let as_of = moment.as_of;
        let subject = state.subject(playbook.schema(), playbook.layout(), as_of);
        let mut score = self.score_of(bundle, customer_id, (state, &subject), moment, memory)?;
        if let Some((health, instants)) = score.health.as_mut().zip(moment.trend.as_ref()) {
            health.trend = self.trend(bundle, state, instants, memory);
        }
        Ok(score)
    }

    /// The same of a subject, which may differ from what is known, but for the trend of health.
    pub(super) fn score_of<'a>(
        &'a self,
        bundle: &'a Bundle,
        customer_id: &str,
        (state, subject): (&'a CustomerState, &Subject<'a>),
        moment: &mut Moment,
        memory: &mut Memory<'a>,
    ) -> Result<Score> {
        let as_of = moment.as_of;
        let known = (state.band(as_of), state.overrides.at(as_of));
        let assessment = self.assess(bundle, (state, subject), known, true, moment, memory)?;
        let frame = memory.frames.at(0);
        let specs = &bundle.playbook().feature_set().specs;
        let values: Vec<Value<'_>> =
            (0..specs.len()).map(|index| frame[self.plan.feature(index)]).collect();
        let features = specs.iter().zip(&values);
        let features = features.map(|(spec, value)| (spec.name.clone(), value.json()));
        let churn = match assessment.churn.zip(bundle.model()) {
            None => None,
            Some(((probability, interval), model)) => {
                let inputs = &self.model_inputs;
                let told = |params| {
                    reasons::reasons(bundle.playbook(), model, &memory.row, &values, inputs, params)
                };
                let reasons = if moment.reasons {
                    reasons::if_any_can_be_told(told(ReasonParams::default()))?
                } else {
                    None
                };
                let confidence_level = interval.map(ProbabilityInterval::level);
                Some(Churn { probability, interval, confidence_level, reasons })
            }
        };
        Ok(Score {
            customer_id: customer_id.to_owned(),
            as_of,
            features: features.collect(),
            health: assessment.health,
            churn,
            lifecycle: assessment.stage.map(|stage| Stage {
                stage: stage.to_owned(),
                since: assessment.since,
                days: assessment.since.map(|since| as_of.since(since).as_days()),
            }),
            segments: self.segments.members(&assessment.segments).map(str::to_owned).collect(),
            bundle: bundle.hash().to_owned(),
        })
    }
}

/// A feature's value as the model reads it: a category as its index in the model's dictionary,
/// and one that is not there as a number beyond it.
pub(super) fn model_value(kind: &InputKind, value: Value<'_>) -> f64 {
    match (kind, value) {
        (InputKind::Category { values }, Value::Text(text)) => {
            let code = values.iter().position(|known| known == text);
            #[expect(clippy::cast_precision_loss, reason = "no dictionary has 2^53 names")]
            let code = code.unwrap_or(values.len()) as f64;
            code
        }
        (_, Value::Bool(truth)) => f64::from(u8::from(truth)),
        (_, value) => value.as_number(),
    }
}

/// For each input of the model the feature it is.
fn model_inputs(bundle: &Bundle) -> Vec<usize> {
    let Some(model) = bundle.model() else { return Vec::new() };
    let specs = &bundle.playbook().feature_set().specs;
    // A bundle is refused where an input is not a feature.
    let feature = |name: &str| specs.iter().position(|spec| spec.name == name).unwrap_or_default();
    model.inputs().iter().map(|input| feature(&input.name)).collect()
}

/// The triggers of all campaigns, by what identifies each.
fn trigger_names(playbook: &Playbook) -> TriggerNames {
    let CampaignsPlan { set, programs, .. } = playbook.campaigns();
    let campaigns = set.campaigns.iter().zip(programs);
    TriggerNames::new(campaigns.flat_map(|(spec, campaign)| {
        campaign.triggers.iter().map(|trigger| (spec.name.to_string(), trigger.text.clone()))
    }))
}

fn bind_campaigns(
    plan: &mut Plan,
    schema: &Schema,
    playbook: &Playbook,
    names: &TriggerNames,
) -> Vec<BoundCampaign> {
    let bind_trigger = |plan: &mut Plan, of: &str, index: usize, trigger: &Trigger| {
        let mut trigger = trigger.clone();
        if let TriggerKind::RisesAbove { operand, .. }
        | TriggerKind::FallsBelow { operand, .. }
        | TriggerKind::Changed { operand } = &mut trigger.kind
        {
            *operand = plan.bind(schema, operand);
        }
        // Campaigns are asked one after the other, so they share the slots.
        let slot = plan.slot(schema, &Input::Trigger(index));
        // All are among the names.
        let place = names.place(of, &trigger.text).unwrap_or_default();
        BoundTrigger { slot, place, trigger }
    };
    let CampaignsPlan { set, programs, .. } = playbook.campaigns();
    let campaigns = set.campaigns.iter().zip(programs);
    campaigns
        .map(|(spec, campaign)| BoundCampaign {
            triggers: campaign
                .triggers
                .iter()
                .enumerate()
                .map(|(index, trigger)| bind_trigger(plan, &spec.name, index, trigger))
                .collect(),
            on: plan.bind(schema, &campaign.on),
            when: campaign.when.as_ref().map(|program| plan.bind(schema, program)),
            value: campaign.value.as_ref().map(|program| plan.bind(schema, program)),
            exit: campaign.exit.as_ref().map(|program| plan.bind(schema, program)),
            context: campaign.context.iter().map(|one| plan.bind(schema, one)).collect(),
            about: playbook.concerns(campaign),
            steps: campaign
                .steps
                .iter()
                .map(|step| step.as_ref().map(|program| plan.bind(schema, program)))
                .collect(),
            #[cfg(feature = "templates")]
            templates: campaign
                .templates
                .iter()
                .map(|template| {
                    let names = template.names.iter();
                    names.map(|(name, of)| (name.clone(), plan.bind(schema, of))).collect()
                })
                .collect(),
        })
        .collect()
}
