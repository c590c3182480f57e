//! How good a model is and what it makes of its features.

use pyo3::prelude::*;
use stayput_models::ask::{self, Question};

use crate::answers::{
    Answer, Comparison, Empc, FeatureDependence, FeatureImportances, Intervals, Lift,
    PrecisionRecall, ProfitThreshold, Reliability, Report, Roc, TreeSegments,
};
use crate::arguments::Options;
use crate::errors::{Result, detached};
use crate::model::Model;
use crate::training_set::TrainingSet;

/// Two models judged on the same rows: the one in use and the one that may replace it.
///
/// The areas under their ROC curves are compared by `DeLong`'s test, every measure by a paired
/// bootstrap that draws customers with all their rows. The same `seed` gives the same answer,
/// whatever `n_jobs` is.
#[pyfunction]
#[pyo3(signature = (
    champion, challenger, data, *, level=0.95, resamples=1000, seed=0, n_jobs=None
))]
#[expect(clippy::too_many_arguments, reason = "all but three by name")]
pub(crate) fn compare<'py>(
    py: Python<'py>,
    champion: &Model,
    challenger: &Model,
    data: &TrainingSet,
    level: f64,
    resamples: usize,
    seed: u64,
    n_jobs: Option<i64>,
) -> Result<Comparison<'py>> {
    let options = bootstrap(py, level, resamples, seed, n_jobs)?.json()?;
    let compare = || ask::compare(&champion.inner, &challenger.inner, &data.set, &options);
    Comparison::read(py, &detached(py, compare)?)
}

fn bootstrap(
    py: Python<'_>,
    level: f64,
    resamples: usize,
    seed: u64,
    n_jobs: Option<i64>,
) -> Result<Options<'_>> {
    let options = Options::new(py).with("level", level)?.with("resamples", resamples)?;
    options.with("seed", seed)?.with("nJobs", n_jobs)
}

impl Model {
    /// The answer to a question about the model and these rows.
    fn ask<'py, A: Answer<'py>>(
        &self,
        py: Python<'py>,
        data: &TrainingSet,
        options: &Options<'py>,
        question: Question,
    ) -> Result<A> {
        let options = options.json()?;
        A::read(py, &detached(py, || question(&self.inner, &data.set, &options))?)
    }
}

#[pymethods]
impl Model {
    /// The leaves of a model that is one `"tree"` as segments of a playbook, with the rows of `data`
    /// that come to each: `.segments`, `.playbook` (the text of a section `[segments]`) and `.tree`,
    /// the tree to be read.
    #[pyo3(signature = (data))]
    fn segments<'py>(&self, py: Python<'py>, data: &TrainingSet) -> Result<TreeSegments<'py>> {
        self.ask(py, data, &Options::new(py), ask::segments)
    }

    /// How the probabilities compare with what came true.
    #[pyo3(signature = (data))]
    fn evaluate<'py>(&self, py: Python<'py>, data: &TrainingSet) -> Result<Report<'py>> {
        self.ask(py, data, &Options::new(py), ask::evaluate)
    }

    /// How much churn there is among the customers most at risk: lift and gains, in stretches of
    /// equal length by probability (deciles for ten).
    #[pyo3(signature = (data, bins=10))]
    fn lift<'py>(&self, py: Python<'py>, data: &TrainingSet, bins: usize) -> Result<Lift<'py>> {
        self.ask(py, data, &Options::new(py).with("bins", bins)?, ask::lift)
    }

    /// The ROC curve: the share of churners contacted over the share of the others, for every
    /// threshold, as at most `points` of its points.
    #[pyo3(signature = (data, points=200))]
    fn roc<'py>(&self, py: Python<'py>, data: &TrainingSet, points: usize) -> Result<Roc<'py>> {
        self.ask(py, data, &Options::new(py).with("points", points)?, ask::roc)
    }

    /// The curve of precision over recall, for every threshold, as at most `points` of its points.
    #[pyo3(signature = (data, points=200))]
    fn precision_recall<'py>(
        &self,
        py: Python<'py>,
        data: &TrainingSet,
        points: usize,
    ) -> Result<PrecisionRecall<'py>> {
        self.ask(py, data, &Options::new(py).with("points", points)?, ask::precision_recall)
    }

    /// Whether probabilities mean what they say, in bins of equal `"width"` or equal `"frequency"`.
    #[pyo3(signature = (data, bins=10, by="width"))]
    fn reliability<'py>(
        &self,
        py: Python<'py>,
        data: &TrainingSet,
        bins: usize,
        by: &str,
    ) -> Result<Reliability<'py>> {
        self.ask(py, data, &Options::new(py).with("bins", bins)?.with("by", by)?, ask::reliability)
    }

    /// The expected maximum profit of a campaign against churn (Verbraken, Verbeke and Baesens
    /// 2013): a customer who stays is worth `clv`, an offer costs `f` to make and `d` when taken,
    /// which a share of churners does that is drawn from Beta(`alpha`, `beta`). None when the labels
    /// are all alike.
    #[pyo3(signature = (data, *, alpha=6.0, beta=14.0, clv=200.0, d=10.0, f=1.0))]
    #[expect(clippy::too_many_arguments, reason = "all but one by name")]
    fn empc<'py>(
        &self,
        py: Python<'py>,
        data: &TrainingSet,
        alpha: f64,
        beta: f64,
        clv: f64,
        d: f64,
        f: f64,
    ) -> Result<Option<Empc<'py>>> {
        self.ask(
            py,
            data,
            &Options::new(py)
                .with("alpha", alpha)?
                .with("beta", beta)?
                .with("clv", clv)?
                .with("d", d)?
                .with("f", f)?,
            ask::empc,
        )
    }

    /// The threshold that brings most on these rows, when everyone above it is contacted at a `cost`
    /// each, and each churner among them brings a `benefit`.
    #[pyo3(signature = (data, benefit, cost))]
    fn profit_threshold<'py>(
        &self,
        py: Python<'py>,
        data: &TrainingSet,
        benefit: f64,
        cost: f64,
    ) -> Result<ProfitThreshold<'py>> {
        self.ask(
            py,
            data,
            &Options::new(py).with("benefit", benefit)?.with("cost", cost)?,
            ask::profit_threshold,
        )
    }

    /// The measures of the report with bootstrap intervals: customers are drawn with all their rows.
    /// The same `seed` gives the same answer, whatever `n_jobs` is.
    #[pyo3(signature = (data, *, level=0.95, resamples=1000, seed=0, n_jobs=None))]
    fn intervals<'py>(
        &self,
        py: Python<'py>,
        data: &TrainingSet,
        level: f64,
        resamples: usize,
        seed: u64,
        n_jobs: Option<i64>,
    ) -> Result<Intervals<'py>> {
        let options = bootstrap(py, level, resamples, seed, n_jobs)?;
        self.ask(py, data, &options, ask::intervals)
    }

    /// What each feature is worth to the model, the most important first. `kind` is `"permutation"`
    /// (what ROC-AUC on these rows loses where a feature is shuffled; the mean of `repeats` shuffles),
    /// `"contribution"` (the mean size of its contributions to the log-odds: mean |SHAP|), `"gain"` or
    /// `"cover"` (shares of what the trees were made by).
    #[pyo3(signature = (data, kind="permutation", *, repeats=5, seed=0, n_jobs=None))]
    fn feature_importance<'py>(
        &self,
        py: Python<'py>,
        data: &TrainingSet,
        kind: &str,
        repeats: usize,
        seed: u64,
        n_jobs: Option<i64>,
    ) -> Result<FeatureImportances<'py>> {
        self.ask(
            py,
            data,
            &Options::new(py)
                .with("kind", kind)?
                .with("repeats", repeats)?
                .with("seed", seed)?
                .with("nJobs", n_jobs)?,
            ask::feature_importance,
        )
    }

    /// How the probability depends on a feature over these rows: `"partial"` dependence (the mean when
    /// all rows have the value; Friedman 2001) or `"accumulated"` local effects (what the value adds
    /// to the mean, right also where features go together; Apley and Zhu 2020), at `points` values at
    /// most.
    #[pyo3(signature = (data, feature, kind="partial", *, points=50))]
    fn feature_dependence<'py>(
        &self,
        py: Python<'py>,
        data: &TrainingSet,
        feature: &str,
        kind: &str,
        points: usize,
    ) -> Result<FeatureDependence<'py>> {
        self.ask(
            py,
            data,
            &Options::new(py)
                .with("feature", feature)?
                .with("kind", kind)?
                .with("points", points)?,
            ask::feature_dependence,
        )
    }
}
