//! A bundle over recorded history, and what a playbook says that is hardly meant.

use std::collections::BTreeMap;

use pyo3::prelude::*;
use stayput_core::wire;

use crate::answers::{Answer as _, Lints, Replay, ReplayComparison};
use crate::arguments::{Instants, Options, TableArgument};
use crate::bundle::Bundle;
use crate::errors::{Result, detached};
use crate::playbook::{Playbook, frames};

#[pymethods]
impl Bundle {
    /// What the bundle would have decided over recorded history: at each instant of `as_of` (a
    /// list or a grid), knowing the events up to it and no others. With `tick` also in between,
    /// whenever time alone has something to do.
    ///
    /// `events` and `customers` are as `Engine.ingest` takes them, in any order; `columns` renames
    /// columns of the events, `{yours: ours}`.
    #[pyo3(signature = (events, customers=None, *, as_of, tick=false, columns=None))]
    fn replay<'py>(
        &self,
        py: Python<'py>,
        events: TableArgument<'py>,
        customers: Option<TableArgument<'py>>,
        as_of: Instants<'py>,
        tick: bool,
        columns: Option<BTreeMap<String, String>>,
    ) -> Result<Replay<'py>> {
        let (events, customers) = frames(Some(events), customers, columns)?;
        let options = Options::at_each(&as_of)?.with("tick", tick)?.json()?;
        let found =
            detached(py, || wire::replay_json(&self.inner, events, customers.as_ref(), &options))?;
        Replay::read(py, &found)
    }
}

#[pymethods]
impl Bundle {
    /// What another bundle would have done otherwise over the same history, before it is published: which
    /// sends there are more and less, for whom, and what each campaign comes to. Arguments are those
    /// of `replay`.
    #[pyo3(signature = (other, events, customers=None, *, as_of, tick=false, columns=None))]
    #[expect(clippy::too_many_arguments, reason = "all but three by name")]
    fn compare<'py>(
        &self,
        py: Python<'py>,
        other: &Self,
        events: TableArgument<'py>,
        customers: Option<TableArgument<'py>>,
        as_of: Instants<'py>,
        tick: bool,
        columns: Option<BTreeMap<String, String>>,
    ) -> Result<ReplayComparison<'py>> {
        let (events, customers) = frames(Some(events), customers, columns)?;
        let options = Options::at_each(&as_of)?.with("tick", tick)?.json()?;
        let both =
            || wire::compare_json(&self.inner, &other.inner, events, customers.as_ref(), &options);
        ReplayComparison::read(py, &detached(py, both)?)
    }
}

#[pymethods]
impl Playbook {
    /// What the playbook says that is hardly meant: campaigns that can never fire, conditions that
    /// are always the same, rules that cannot come to bear, and notes about what nothing reads.
    fn lint<'py>(&self, py: Python<'py>) -> Result<Lints<'py>> {
        Lints::read(py, &wire::lint_json(&self.inner)?)
    }
}
