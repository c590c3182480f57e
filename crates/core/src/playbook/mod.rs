//! The playbook: the one document that says what a business knows, measures and does.
//!
//! It gathers the specifications of the modules below it; they do not know it.

mod campaigns;
mod churn;
mod concerns;
mod document;
mod features;
mod guardrails;
mod health;
mod journeys;
mod lineage;
mod lint;
mod people;
mod policies;
mod reasons;
mod row_segments;
mod schema;
mod suggest;
mod templates;

use std::sync::Arc;

use crate::columns::Frame;
use crate::error::{Error, ErrorCode, Result};
use crate::event::{EventColumns, EventTable, IngestReport, Layout, check_customers, no_instants};
use crate::features::{
    Batch, CutOffs, FeatureSet, FeatureTable, LabelSpec, TrainingOptions, TrainingSet,
};
use crate::history::Tally;
use crate::schema::Schema;
use crate::threads;
use document::{Node, TableReader};
use row_segments::RowSegments;

pub use campaigns::{CampaignPrograms, CampaignsPlan};
pub use health::{AccountsPlan, HealthPlan};
pub use lineage::{EventUse, FeatureDefinition, FunctionUse, Lineage};
pub use lint::{Lint, LintCode, LintLevel};
pub use people::{Conditions, LifecyclePlan};
pub use reasons::{Actionable, Direction, FeatureReason, ReasonGroup, ReasonsPlan, Template};
pub use row_segments::SegmentRows;

/// A checked playbook.
///
/// It is cheap to clone, and never changes.
#[derive(Debug, Clone)]
pub struct Playbook(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    text: String,
    name: String,
    version: String,
    schema: Schema,
    layout: Layout,
    features: FeatureSet,
    label: Option<LabelSpec>,
    health: Option<HealthPlan>,
    lifecycle: Option<LifecyclePlan>,
    segments: Conditions,
    /// The same of rows, or why rows cannot be asked.
    row_segments: Result<RowSegments>,
    campaigns: CampaignsPlan,
    reasons: ReasonsPlan,
}

/// A feature table, and what became of the rows it was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// The features.
    pub table: FeatureTable,
    /// The rows of events and customers that were refused.
    pub report: Reports,
}

/// A training set, and what became of the rows it was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Training {
    /// The training set.
    pub set: TrainingSet,
    /// The rows of events and customers that were refused.
    pub report: Reports,
}

/// What became of the rows of an event table and a customer table.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Reports {
    /// The events.
    pub events: IngestReport,
    /// The customers.
    pub customers: IngestReport,
}

impl Playbook {
    /// Reads a playbook in TOML, or in JSON where its first character is `{`.
    ///
    /// # Errors
    /// The codes of the family `playbook`, with the path of the key, line and column.
    pub fn parse(text: &str) -> Result<Self> {
        Self::read_text(text).map_err(|error| Node::place(text, error))
    }

    fn read_text(text: &str) -> Result<Self> {
        let mut root = Node::parse(text)?.table()?;
        let (name, version) = head(&mut root)?;
        let schema = schema::read(&mut root)?;
        let (features, places) = features::read(&mut root, &schema)?;
        let label = churn::read(&mut root, &schema, &features, &places)?;
        let known = features::known(&features);
        let health = health::read(&mut root, &schema, &known)?;
        let names = people::Names { schema: &schema, features: &known, health: health.is_some() };
        let lifecycle = people::lifecycle(&mut root, &names)?;
        let segments = people::segments(&mut root, &names, lifecycle.as_ref())?;
        let campaigns = campaigns::read(&mut root, &name, &names, lifecycle.as_ref(), &segments)?;
        let reasons = reasons::read(&mut root, &features)?;
        root.finish()?;
        let text = text.to_owned();
        let row_segments = RowSegments::new(&schema, &features, &segments);
        Ok(Self(Arc::new(Parts {
            text,
            name,
            version,
            layout: Layout::new(&schema),
            schema,
            features,
            label,
            health,
            lifecycle,
            segments,
            row_segments,
            campaigns,
            reasons,
        })))
    }

    /// The business the playbook is for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The version that its writer gave it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// The document as given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Customer attributes and event types.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.0.schema
    }

    /// How events of the schema stand in words.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.0.layout
    }

    /// The features.
    #[must_use]
    pub fn feature_set(&self) -> &FeatureSet {
        &self.0.features
    }

    /// The churn label, if there is one.
    #[must_use]
    pub fn label(&self) -> Option<&LabelSpec> {
        self.0.label.as_ref()
    }

    /// The health score, if there is one.
    #[must_use]
    pub fn health(&self) -> Option<&HealthPlan> {
        self.0.health.as_ref()
    }

    /// The lifecycle stages, if there are any.
    #[must_use]
    pub fn lifecycle(&self) -> Option<&LifecyclePlan> {
        self.0.lifecycle.as_ref()
    }

    /// The segments.
    #[must_use]
    pub fn segments(&self) -> &Conditions {
        &self.0.segments
    }

    /// Campaigns and guardrails.
    #[must_use]
    pub fn campaigns(&self) -> &CampaignsPlan {
        &self.0.campaigns
    }

    /// How the reasons of a churn probability are told.
    #[must_use]
    pub fn reasons(&self) -> &ReasonsPlan {
        &self.0.reasons
    }

    /// The features of many customers at many instants.
    ///
    /// `events` has the columns `customer_id`, `timestamp`, `type`, perhaps `event_id` and with it
    /// `revision` and `deleted`, and one for each property; `customers` has `customer_id`, one for each attribute, and perhaps
    /// `valid_from`, the instant from which a row holds. The rows are those of `customers` at each
    /// cut-off, or, where that is none, of everyone with an event at or before it; ordered by
    /// `customer_id`, then `as_of`. Rows that are refused are in the report. `n_jobs` threads work
    /// at it, all cores by default, and change nothing.
    ///
    /// # Errors
    /// `table_column` when a column is missing or cannot be what the playbook says; `argument`
    /// when there is no instant.
    pub fn features(
        &self,
        events: &Frame,
        customers: Option<&Frame>,
        as_of: impl Into<CutOffs>,
        n_jobs: Option<i64>,
    ) -> Result<Features> {
        let as_of = as_of.into();
        let (table, report) =
            self.batch(events, customers, &as_of, n_jobs, |batch| batch.features(&as_of))?;
        Ok(Features { table, report })
    }

    /// The features at many instants, each row with the label that came true after it.
    ///
    /// Left out, and counted, are in this order rows of customers who had not started (no event
    /// and no attribute holds at the cut-off), who are not eligible, whose horizon runs past the
    /// last event of all, and whose label is missing.
    ///
    /// # Errors
    /// As [`Playbook::features`]; `playbook_key` when the playbook has no `churn.label`;
    /// `argument` for a horizon or gap where the label reads none.
    pub fn training_set(
        &self,
        events: &Frame,
        customers: Option<&Frame>,
        as_of: impl Into<CutOffs>,
        options: &TrainingOptions,
    ) -> Result<Training> {
        let as_of = as_of.into();
        let label = self.0.label.as_ref().ok_or_else(|| {
            Error::new(
                ErrorCode::PlaybookKey,
                "playbook",
                "the key `label` is missing, and a training set needs it",
            )
            .at_path("churn")
        })?;
        let label = churn::with_options(label, &self.0.schema, &self.0.features, options)?;
        let (set, report) = self.batch(events, customers, &as_of, options.n_jobs, |batch| {
            batch.training_set(&label, options.censored, &as_of)
        })?;
        Ok(Training { set, report })
    }

    /// Reads both tables and asks something of them.
    fn batch<T>(
        &self,
        events: &Frame,
        customers: Option<&Frame>,
        as_of: &CutOffs,
        n_jobs: Option<i64>,
        ask: impl FnOnce(&Batch<'_>) -> Result<(T, Tally)>,
    ) -> Result<(T, Reports)> {
        let asking = *as_of == CutOffs::PerCustomer;
        if asking && customers.is_none() {
            return Err(no_instants());
        }
        let check = |frame: &Frame| check_customers(&self.0.schema, frame, asking);
        let (customers, of_customers) = customers.map(check).transpose()?.unzip();
        let columns = EventColumns::new(&self.0.schema, &self.0.layout, events)?;
        let events = EventTable::new(&columns);
        let batch = Batch {
            schema: &self.0.schema,
            features: &self.0.features,
            events: &events,
            customers: customers.as_ref(),
            threads: threads::count(n_jobs)?,
        };
        let (answer, tally) = ask(&batch)?;
        let customers = of_customers.unwrap_or_default();
        Ok((answer, Reports { events: tally.report(&events), customers }))
    }
}

/// Reads `[playbook]`.
fn head(root: &mut TableReader) -> Result<(String, String)> {
    let mut table = root.require("playbook")?.table()?;
    let name = table.require("name")?;
    if name.string()?.is_empty() {
        return Err(name.error(ErrorCode::PlaybookValue, "the name is empty"));
    }
    let name = name.string()?.to_owned();
    let version = match table.take("version") {
        Some(version) => version.string()?.to_owned(),
        None => String::new(),
    };
    table.finish()?;
    Ok((name, version))
}

/// Checks a name that expressions use: a letter or `_`, then letters, digits and `_`, and not one
/// of the language's own.
fn check_name(name: &str, node: &Node) -> Result<()> {
    match wrong_name(name) {
        Some(message) => Err(node.key_error(ErrorCode::PlaybookKey, message)),
        None => Ok(()),
    }
}

/// Why expressions cannot use a name; none where they can.
fn wrong_name(name: &str) -> Option<String> {
    const RESERVED: [&str; 12] = [
        "true",
        "false",
        "null",
        "in",
        "as_of",
        "horizon",
        "customer",
        "events",
        "health",
        "churn",
        "lifecycle",
        "segments",
    ];
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !starts || !chars.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Some(format!(
            "`{name}` is not a name; expected letters, digits and `_`, not beginning with a digit"
        ));
    }
    let reserved = RESERVED.contains(&name);
    reserved.then(|| format!("`{name}` is a word of the language; choose another name"))
}
