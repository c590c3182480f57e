//! Experiments: what the arms show, how large they have to be, whether they were filled as meant.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use stayput_core::Error;
use stayput_core::experiment::Sample;
use stayput_core::wire::experiment as ask;

use crate::answers::{Answer, ExperimentReport, PowerAnalysis, SampleRatio, SequentialReport};
use crate::arguments::{Options, argument, as_json};
use crate::errors::{Result, detached};

argument!(
    /// What was seen of each arm.
    Arms,
    "ArmsLike"
);
argument!(
    /// What was known before of each customer of each arm.
    Covariate,
    "CovariateLike"
);
argument!(
    /// The arms at each look.
    Looks,
    "LooksLike"
);

/// The numbers of anything that numpy makes an array of; `name` is what an error calls it.
pub(crate) fn numbers(value: &Bound<'_, PyAny>, name: &str) -> Result<Vec<f64>> {
    let wrong = || Error::argument(name, "expected a column of numbers");
    let numpy = value.py().import("numpy")?;
    let array = numpy.call_method1("asarray", (value, "float64")).map_err(|_| wrong())?;
    let array: PyReadonlyArray1<'_, f64> = array.extract().map_err(|_| wrong())?;
    Ok(array.as_array().to_vec())
}

/// The entries of a dictionary, in its order.
fn entries<'py>(value: &Bound<'py, PyAny>, name: &str) -> Result<Vec<(String, Bound<'py, PyAny>)>> {
    let wrong = || Error::argument(name, "expected a dictionary by the names of the arms");
    let dict = PyDict::new(value.py());
    dict.call_method1("update", (value,)).map_err(|_| wrong())?;
    let mut entries = Vec::new();
    for (name, value) in dict {
        entries.push((name.extract::<String>().map_err(|_| wrong())?, value));
    }
    Ok(entries)
}

impl Arms<'_> {
    fn read(&self) -> Result<Vec<(String, Sample)>> {
        let plain = self.0.py().import("stayput._arms")?;
        let mut arms = Vec::new();
        for (name, value) in entries(&self.0, "arms")? {
            let value = plain.call_method1("arm", (&name, value))?;
            let sample = if value.is_instance_of::<PyDict>() {
                let value = serde_json::from_str(&as_json(&value)?).unwrap_or_default();
                ask::sample(&name, &value)?
            } else {
                Sample::Values(numbers(&value, &format!("arms.{name}"))?)
            };
            arms.push((name, sample));
        }
        Ok(arms)
    }
}

impl Covariate<'_> {
    fn read(&self) -> Result<Vec<(String, Vec<f64>)>> {
        let entries = entries(&self.0, "covariate")?.into_iter();
        let read = |(name, value)| {
            let values = numbers(&value, &format!("covariate.{name}"))?;
            Ok((name, values))
        };
        entries.map(read).collect()
    }
}

/// What the arms of an experiment show, each beside the control, at a number of customers that was
/// settled before: difference, p-value, relative lift, with intervals, and p-values adjusted for the
/// number of arms (Holm 1979).
///
/// `arms` has by name `(n, successes)`, `(n, mean, variance)`, or a value a customer. `metric` is
/// `"proportion"` (z test; interval by Newcombe 1998) or `"mean"` (Welch 1947): by default a proportion
/// for counts, else a mean. The control is the first arm where it is not named. `covariate` has for each
/// arm a number a customer that was known before the assignment, and takes its part of the variance away
/// (CUPED, Deng et al. 2013).
#[pyfunction]
#[pyo3(signature = (arms, metric=None, *, control=None, covariate=None, level=0.95))]
pub(crate) fn experiment<'py>(
    py: Python<'py>,
    arms: Arms<'py>,
    metric: Option<&str>,
    control: Option<&str>,
    covariate: Option<Covariate<'py>>,
    level: f64,
) -> Result<ExperimentReport<'py>> {
    let arms = arms.read()?;
    let covariates = covariate.map(|covariate| covariate.read()).transpose()?;
    let options = Options::new(py).with("metric", metric)?.with("control", control)?;
    let options = options.with("level", level)?.json()?;
    let ask = || ask::experiment(&arms, covariates.as_deref(), &options);
    ExperimentReport::read(py, &detached(py, ask)?)
}

/// An experiment that may be looked at as often as one likes: always-valid p-values and confidence
/// sequences of the mixture sequential probability ratio test (Johari et al. 2022).
///
/// Each of `looks` has the arms, as in `experiment`, with all that was seen up to then. One of `effect`,
/// a difference that is thought likely, and `mixing_variance`, its square, has to be settled before the
/// data are seen. Where no arm differs, the chance that any is ever called significant is at most
/// `1 - level`.
#[pyfunction]
#[pyo3(signature = (
    looks, metric=None, *, effect=None, mixing_variance=None, control=None, level=0.95
))]
pub(crate) fn sequential<'py>(
    py: Python<'py>,
    looks: Looks<'py>,
    metric: Option<&str>,
    effect: Option<f64>,
    mixing_variance: Option<f64>,
    control: Option<&str>,
    level: f64,
) -> Result<SequentialReport<'py>> {
    let looks = py.import("stayput._arms")?.call_method1("looks", (looks.0,))?;
    let options = Options::new(py).with("looks", looks)?.with("metric", metric)?;
    let options = options.with("effect", effect)?.with("mixingVariance", mixing_variance)?;
    let options = options.with("control", control)?.with("level", level)?.json()?;
    SequentialReport::read(py, &detached(py, || ask::sequential(&options))?)
}

/// Whether customers came to the arms in the shares that were meant, by a chi-square test; equal
/// shares where none are given. A mismatch, a p-value below `threshold`, says that the assignment or its
/// record is broken.
#[pyfunction]
#[pyo3(signature = (counts, shares=None, *, threshold=0.001))]
pub(crate) fn sample_ratio(
    py: Python<'_>,
    counts: Vec<u64>,
    shares: Option<Vec<f64>>,
    threshold: f64,
) -> Result<SampleRatio<'_>> {
    let options = Options::new(py).with("counts", counts)?.with("shares", shares)?;
    let options = options.with("threshold", threshold)?.json()?;
    SampleRatio::read(py, &detached(py, || ask::sample_ratio(&options))?)
}

/// Finds the one of `effect`, `n` and `power` that is not given: the least effect that is seen, the
/// customers that the control needs, or the chance to see the effect.
///
/// A proportion needs the control's `baseline`, a mean the `variance` of a customer. `ratio` is how
/// many customers the treatment has for each of the control.
#[pyfunction]
#[pyo3(signature = (
    metric="proportion", *, baseline=None, variance=None, effect=None, n=None, power=None, level=0.95,
    ratio=1.0
))]
#[expect(clippy::too_many_arguments, reason = "all but two by name")]
pub(crate) fn power_analysis<'py>(
    py: Python<'py>,
    metric: &str,
    baseline: Option<f64>,
    variance: Option<f64>,
    effect: Option<f64>,
    n: Option<u64>,
    power: Option<f64>,
    level: f64,
    ratio: f64,
) -> Result<PowerAnalysis<'py>> {
    let options = Options::new(py).with("metric", metric)?.with("baseline", baseline)?;
    let options = options.with("variance", variance)?.with("effect", effect)?.with("n", n)?;
    let options =
        options.with("power", power)?.with("level", level)?.with("ratio", ratio)?.json()?;
    PowerAnalysis::read(py, &detached(py, || ask::power_analysis(&options))?)
}
