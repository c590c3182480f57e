//! The classes `Study` and `Search`, and `tune`.

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use stayput_models::SharedStudy;
use stayput_models::tune::{self as tuning, Direction, Space, StudyParams};

use crate::answers::{self, Answer as _, Params};
use crate::arguments::{SpaceArgument, TrialCallback, as_json};
use crate::errors::{Result, detached};
use crate::training_set::TrainingSet;

/// The search for parameters of training that do well on rows held out.
///
/// `algorithm` and `params` are those of `train`, shared by all trials. `space` says what is
/// searched: for each parameter `{"type": "float", "low": …, "high": …, "log": …}`, the same with
/// `"int"`, or `{"type": "choice", "values": […]}`; by default, the parameters of the algorithm that
/// matter most. Trials are judged by the mean of a `measure` of the report over the folds of
/// `cross_validate`, and given up where they are behind the median of others by the same fold,
/// unless `prune` is false. The first trial has the defaults.
#[pyclass(frozen, module = "stayput")]
pub(crate) struct Study {
    inner: SharedStudy,
}

impl From<tuning::Study> for Study {
    fn from(study: tuning::Study) -> Self {
        Self { inner: study.into() }
    }
}

/// Finds parameters of training that do well on rows held out: a `Study` that was run.
///
/// `train(data, **study.best_params)` trains with them. Arguments are those of `Study` and of
/// `Study.run`.
#[pyfunction]
#[pyo3(signature = (
    data, algorithm="gbm", *, trials=50, callback=None, space=None, measure="log_loss", by="row",
    folds=5, purge="0d", seed=0, prune=true, **params: "object"
))]
#[expect(clippy::too_many_arguments, reason = "all but two by name")]
pub(crate) fn tune(
    py: Python<'_>,
    data: &TrainingSet,
    algorithm: &str,
    trials: usize,
    callback: Option<TrialCallback<'_>>,
    space: Option<SpaceArgument<'_>>,
    measure: &str,
    by: &str,
    folds: usize,
    purge: &str,
    seed: u64,
    prune: bool,
    params: Option<Bound<'_, PyDict>>,
) -> Result<Study> {
    let study = Study::new(py, algorithm, space, measure, by, folds, purge, seed, prune, params)?;
    study.run(py, data, trials, callback)?;
    Ok(study)
}

/// Whether a study goes on: the callback does not say no, and nobody pressed Ctrl-C.
fn goes_on(py: Python<'_>, callback: Option<&Py<PyAny>>, trial: &tuning::Trial) -> PyResult<bool> {
    py.check_signals()?;
    let Some(callback) = callback else { return Ok(true) };
    let answer = callback.call1(py, (answers::Trial::of(py, trial)?,))?;
    Ok(answer.is_none(py) || answer.is_truthy(py)?)
}

#[pymethods]
impl Study {
    #[new]
    #[pyo3(signature = (
        algorithm="gbm", *, space=None, measure="log_loss", by="row", folds=5, purge="0d", seed=0,
        prune=true, **params: "object"
    ))]
    #[expect(clippy::too_many_arguments, reason = "all but one by name")]
    fn new(
        py: Python<'_>,
        algorithm: &str,
        space: Option<SpaceArgument<'_>>,
        measure: &str,
        by: &str,
        folds: usize,
        purge: &str,
        seed: u64,
        prune: bool,
        params: Option<Bound<'_, PyDict>>,
    ) -> Result<Self> {
        let params = params.unwrap_or_else(|| PyDict::new(py));
        params.set_item("algorithm", algorithm)?;
        let all = PyDict::new(py);
        all.set_item("params", params)?;
        all.set_item("space", space.map(|space| space.0))?;
        all.set_item("measure", measure)?;
        all.set_item("by", by)?;
        all.set_item("folds", folds)?;
        all.set_item("purge", purge)?;
        all.set_item("seed", seed)?;
        all.set_item("prune", prune)?;
        Ok(tuning::Study::new(StudyParams::from_json(&as_json(&all)?)?)?.into())
    }

    /// Tries so many points more, on the training set that the study began with.
    ///
    /// `callback` is shown the trial after each fold; where it returns false, the study stops there
    /// and a later `run` goes on from there, as if it had never stopped.
    #[pyo3(signature = (data, trials=50, *, callback=None))]
    fn run(
        &self,
        py: Python<'_>,
        data: &TrainingSet,
        trials: usize,
        callback: Option<TrialCallback<'_>>,
    ) -> Result<()> {
        let callback = callback.map(|callback| callback.0.unbind());
        let mut failed = None;
        let watch = |trial: &tuning::Trial| match Python::attach(|py| {
            goes_on(py, callback.as_ref(), trial)
        }) {
            Ok(true) => ControlFlow::Continue(()),
            Ok(false) => ControlFlow::Break(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        };
        detached(py, || self.inner.run(&data.set, trials, watch))?;
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// The best complete trial; None before there is one.
    #[getter]
    fn best<'py>(&self, py: Python<'py>) -> Result<Option<answers::Trial<'py>>> {
        let best = self.inner.now().best().cloned();
        best.map(|trial| answers::Trial::of(py, &trial)).transpose()
    }

    /// The parameters of the best trial with those that all share, `algorithm` among them: ready
    /// for `train(data, **study.best_params)`.
    #[getter]
    fn best_params<'py>(&self, py: Python<'py>) -> Result<Params<'py>> {
        let best = self.inner.now().best_params()?;
        Params::of(py, &best)
    }

    /// All trials in order, with the score of each fold; the last one may still run.
    #[getter]
    fn trials<'py>(&self, py: Python<'py>) -> Result<Vec<answers::Trial<'py>>> {
        let trials = self.inner.now().trials().to_vec();
        trials.iter().map(|trial| answers::Trial::of(py, trial)).collect()
    }

    /// What trials are judged by.
    #[getter]
    fn measure(&self) -> &'static str {
        self.inner.now().measure().name()
    }

    /// The study as JSON, trials and all.
    fn to_json(&self) -> Result<String> {
        Ok(self.inner.now().to_json()?)
    }

    /// Reads a study from the JSON of `to_json`, to go on from there.
    #[staticmethod]
    fn from_json(text: &str) -> Result<Self> {
        Ok(tuning::Study::from_json(text)?.into())
    }

    fn __repr__(&self) -> String {
        self.inner.now().to_string()
    }
}

/// A seeded search of a space for any question that has a number for an answer, as `Study` does
/// for training: `ask` for a point, `tell` its score, and so on.
#[pyclass(frozen, module = "stayput")]
pub(crate) struct Search {
    inner: Mutex<tuning::Search>,
}

impl Search {
    fn now(&self) -> MutexGuard<'_, tuning::Search> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Search {
    #[new]
    #[pyo3(signature = (space, *, seed=0, direction="minimize"))]
    fn new(space: SpaceArgument<'_>, seed: u64, direction: &str) -> Result<Self> {
        let space = Space::from_json(&as_json(&space.0)?)?;
        let search = tuning::Search::new(space, seed, Direction::named(direction)?)?;
        Ok(Self { inner: Mutex::new(search) })
    }

    /// The point to try: the same one until it is told.
    fn ask<'py>(&self, py: Python<'py>) -> Result<Params<'py>> {
        let params = self.now().ask().params.clone();
        Params::of(py, &params)
    }

    /// The score of the point that `ask` gave.
    fn tell(&self, score: f64) -> Result<()> {
        Ok(self.now().tell(score)?)
    }

    /// The best trial; None before there is one.
    #[getter]
    fn best<'py>(&self, py: Python<'py>) -> Result<Option<answers::Trial<'py>>> {
        let best = self.now().best().cloned();
        best.map(|trial| answers::Trial::of(py, &trial)).transpose()
    }

    /// All trials in order; the last one may still wait for its score.
    #[getter]
    fn trials<'py>(&self, py: Python<'py>) -> Result<Vec<answers::Trial<'py>>> {
        let trials = self.now().trials().to_vec();
        trials.iter().map(|trial| answers::Trial::of(py, trial)).collect()
    }

    /// The search as JSON, trials and all.
    fn to_json(&self) -> Result<String> {
        Ok(self.now().to_json()?)
    }

    /// Reads a search from the JSON of `to_json`, to go on from there.
    #[staticmethod]
    fn from_json(text: &str) -> Result<Self> {
        Ok(Self { inner: Mutex::new(tuning::Search::from_json(text)?) })
    }

    fn __repr__(&self) -> String {
        self.now().to_string()
    }
}
