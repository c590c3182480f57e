//! The playbook: the one document that says what a business knows, measures and does.
//!
//! It gathers the specifications of the modules below it; they do not know it.

mod campaigns;
mod churn;
mod document;
mod features;
mod health;
mod lineage;
mod people;
mod schema;

use std::sync::Arc;

use crate::columns::Frame;
use crate::error::{Error, ErrorCode, Result};
use crate::event::{EventTable, IngestReport, Layout, check_customers};
use crate::features::{Batch, FeatureSet, FeatureTable, LabelSpec, TrainingSet};
use crate::history::Tally;
use crate::schema::Schema;
use crate::threads;
use crate::time::Timestamp;
use document::{Node, TableReader};

pub use campaigns::{CampaignPrograms, CampaignsPlan};
pub use health::HealthPlan;
pub use lineage::{EventUse, FeatureDefinition, FunctionUse, Lineage};
pub use people::Conditions;

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
    lifecycle: Option<Conditions>,
    segments: Conditions,
    campaigns: CampaignsPlan,
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
        let features = features::read(&mut root, &schema)?;
        let label = churn::read(&mut root, &schema, &features)?;
        let known = features::known(&features);
        let health = health::read(&mut root, &schema, &known)?;
        let names = people::Names { schema: &schema, features: &known, health: health.is_some() };
        let lifecycle = people::lifecycle(&mut root, &names)?;
        let segments = people::segments(&mut root, &names, lifecycle.as_ref())?;
        let campaigns = campaigns::read(&mut root, &name, &names, lifecycle.as_ref(), &segments)?;
        not_built(&mut root, "reasons")?;
        root.finish()?;
        let text = text.to_owned();
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
            campaigns,
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
    pub fn lifecycle(&self) -> Option<&Conditions> {
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

    /// The features of many customers at many instants.
    ///
    /// `events` has the columns `customer_id`, `timestamp`, `type`, perhaps `event_id` and with it
    /// `revision` and `deleted`, and one for each property; `customers` has `customer_id` and one
    /// for each attribute. The rows are
    /// those of `customers`, or, where that is none, of everyone with an event at or before the
    /// instant; ordered by `customer_id`, then `as_of`. Rows that are refused are in the report.
    /// `n_jobs` threads work at it, all cores by default, and change nothing.
    ///
    /// # Errors
    /// `table_column` when a column is missing or cannot be what the playbook says; `argument`
    /// when there is no instant.
    pub fn features(
        &self,
        events: &Frame,
        customers: Option<&Frame>,
        as_of: &[Timestamp],
        n_jobs: Option<i64>,
    ) -> Result<Features> {
        let (table, report) =
            self.batch(events, customers, n_jobs, |batch| batch.features(as_of))?;
        Ok(Features { table, report })
    }

    /// The features at many instants, each row with the label that came true after it.
    ///
    /// # Errors
    /// As [`Playbook::features`], and `playbook_key` when the playbook has no `churn.label`.
    pub fn training_set(
        &self,
        events: &Frame,
        customers: Option<&Frame>,
        as_of: &[Timestamp],
        n_jobs: Option<i64>,
    ) -> Result<Training> {
        let label = self.0.label.as_ref().ok_or_else(|| {
            Error::new(
                ErrorCode::PlaybookKey,
                "playbook",
                "the key `label` is missing, and a training set needs it",
            )
            .at_path("churn")
        })?;
        let (set, report) =
            self.batch(events, customers, n_jobs, |batch| batch.training_set(label, as_of))?;
        Ok(Training { set, report })
    }

    /// Reads both tables and asks something of them.
    fn batch<T>(
        &self,
        events: &Frame,
        customers: Option<&Frame>,
        n_jobs: Option<i64>,
        ask: impl FnOnce(&Batch<'_>) -> Result<(T, Tally)>,
    ) -> Result<(T, Reports)> {
        let checked = customers.map(|frame| check_customers(&self.0.schema, frame)).transpose()?;
        let (customers, of_customers) = checked.unzip();
        let events = EventTable::new(&self.0.schema, &self.0.layout, events)?;
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

/// Refuses a key of the design that this version does not read yet.
fn not_built(table: &mut TableReader, key: &str) -> Result<()> {
    match table.take_unoffered(key) {
        Some(node) => {
            Err(node.key_error(ErrorCode::Unsupported, format!("`{key}` is not built yet")))
        }
        None => Ok(()),
    }
}

/// Checks a name that expressions use: a letter or `_`, then letters, digits and `_`, and not one
/// of the language's own.
fn check_name(name: &str, node: &Node) -> Result<()> {
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
        return Err(node.key_error(
            ErrorCode::PlaybookKey,
            format!("`{name}` is not a name; expected letters, digits and `_`, not beginning with a digit"),
        ));
    }
    if RESERVED.contains(&name) {
        return Err(node.key_error(
            ErrorCode::PlaybookKey,
            format!("`{name}` is a word of the language; choose another name"),
        ));
    }
    Ok(())
}
