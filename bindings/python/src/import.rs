//! Models of scikit-learn: the arrays that `stayput._sklearn` reads off them, as the core takes
//! them.

use numpy::{Element, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use stayput_core::churn::{Link, Model};
use stayput_models::import::Features;
use stayput_models::import::arrays::{self, Columns, Trees};

use crate::errors::{Result, detached};

/// The model of a fitted estimator.
pub(crate) fn sklearn(estimator: &Bound<'_, PyAny>, features: &Features) -> Result<Model> {
    let py = estimator.py();
    let parts = py.import("stayput._sklearn")?.call_method1("read", (estimator,))?;
    let part = |name| -> PyResult<Bound<'_, PyDict>> { Ok(parts.get_item(name)?.extract()?) };
    let columns = columns(&part("columns")?)?;
    if parts.contains("trees")? {
        let trees = trees(&part("trees")?)?;
        return detached(py, || arrays::forest(columns, &trees, features));
    }
    let linear = part("linear")?;
    let [weights, mean, scale] = ["weights", "mean", "scale"].map(|name| list(&linear, name));
    let (weights, standard) = (weights?, (mean?, scale?));
    let intercept = item(&linear, "intercept")?.extract()?;
    detached(py, || {
        arrays::linear(columns, weights, intercept, (&standard.0, &standard.1), features)
    })
}

fn columns(of: &Bound<'_, PyDict>) -> PyResult<Columns> {
    Ok(Columns {
        count: item(of, "count")?.extract()?,
        names: item(of, "names")?.extract()?,
        categories: item(of, "categories")?.extract()?,
        gains: list(of, "gains")?,
    })
}

fn trees(of: &Bound<'_, PyDict>) -> PyResult<Trees> {
    let roots: Vec<u64> = list(of, "roots")?;
    let logistic = item(of, "link")?.extract::<String>()? == "logistic";
    Ok(Trees {
        roots: roots.into_iter().map(|root| usize::try_from(root).unwrap_or(usize::MAX)).collect(),
        left: list(of, "left")?,
        right: list(of, "right")?,
        feature: list(of, "feature")?,
        threshold: list(of, "threshold")?,
        value: list(of, "value")?,
        cover: list(of, "cover")?,
        missing_left: list(of, "missing_left")?,
        sets: item(of, "sets")?.extract()?,
        base: item(of, "base")?.extract()?,
        link: if logistic { Link::Logistic } else { Link::Identity },
        slope: item(of, "slope")?.extract()?,
        single: item(of, "single")?.extract()?,
    })
}

fn item<'py>(of: &Bound<'py, PyDict>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    of.as_any().get_item(name)
}

fn list<T: Element + Copy>(of: &Bound<'_, PyDict>, name: &str) -> PyResult<Vec<T>> {
    let array: PyReadonlyArray1<'_, T> = item(of, name)?.extract()?;
    Ok(array.as_array().to_vec())
}
