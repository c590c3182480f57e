//! What another policy would have brought.

use numpy::PyReadonlyArray2;
use pyo3::prelude::*;
use stayput_core::Error;
use stayput_models::off_policy::ask::{self, Columns, Matrix};

use crate::answers::{Answer, OffPolicyReport};
use crate::arguments::{Options, argument};
use crate::errors::{Result, detached};
use crate::experiment::numbers;

argument!(
    /// A column of numbers.
    Column,
    "ColumnLike"
);
argument!(
    /// A row for each decision, a column for each action.
    Rows,
    "RowsLike"
);

impl Rows<'_> {
    fn read(&self, name: &str) -> Result<Matrix> {
        let wrong = || Error::argument(name, "expected a matrix: a row for each decision");
        let numpy = self.0.py().import("numpy")?;
        let array = numpy.call_method1("asarray", (&self.0, "float64")).map_err(|_| wrong())?;
        let array: PyReadonlyArray2<'_, f64> = array.extract().map_err(|_| wrong())?;
        let array = array.as_array();
        Ok(Matrix { rows: array.nrows(), values: array.iter().copied().collect() })
    }
}

/// What another policy would have brought a decision, from what this one did: IPS, SNIPS and, with
/// `predictions`, the direct method, DR and Switch-DR, each with an interval.
///
/// `actions` are numbers from 0, `propensities` the chances that they were chosen with, `rewards` what they
/// brought. `target` has the target policy's chance of each action (a row a decision), `predictions` the
/// reward that a model expects of it; the model should not have seen the row. Weights above `clip` are
/// taken for it. `switch_threshold` is the greatest weight at which Switch-DR takes a reward, by default the
/// square root of the rows. `interval` is `"normal"` or `"bootstrap"`.
#[pyfunction]
#[pyo3(signature = (
    actions, propensities, rewards, target, predictions=None, *, clip=None, switch_threshold=None,
    level=0.95, interval="normal", resamples=1000, seed=0
))]
#[expect(clippy::too_many_arguments, reason = "all but five by name")]
pub(crate) fn off_policy<'py>(
    py: Python<'py>,
    actions: Column<'py>,
    propensities: Column<'py>,
    rewards: Column<'py>,
    target: Rows<'py>,
    predictions: Option<Rows<'py>>,
    clip: Option<f64>,
    switch_threshold: Option<f64>,
    level: f64,
    interval: &str,
    resamples: usize,
    seed: u64,
) -> Result<OffPolicyReport<'py>> {
    let columns = Columns {
        actions: numbers(&actions.0, "actions")?,
        propensities: numbers(&propensities.0, "propensities")?,
        rewards: numbers(&rewards.0, "rewards")?,
        target: target.read("target")?,
        predictions: predictions.map(|rows| rows.read("predictions")).transpose()?,
    };
    let options = Options::new(py).with("clip", clip)?.with("switchThreshold", switch_threshold)?;
    let options = options.with("level", level)?.with("interval", interval)?;
    let options = options.with("resamples", resamples)?.with("seed", seed)?.json()?;
    OffPolicyReport::read(py, &detached(py, || ask::off_policy(&columns, &options))?)
}
