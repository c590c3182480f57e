//! What classes of the extension draw, and how a notebook shows them. The drawing itself is Python:
//! `stayput._plots_models`, `stayput._plots_explanations` and `stayput._html`.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::answers::{Axes, Figure};
use crate::arguments::AxesArgument;
use crate::explain::Explanation;
use crate::model::Model;
use crate::playbook::Playbook;
use crate::training_set::TrainingSet;
use crate::tune::Study;

/// What `function` of a module of the package draws of `object`: the axes, whole numbers, style.
fn draw<'py>(
    object: &Bound<'py, PyAny>,
    (module, function): (&str, &str),
    ax: Option<AxesArgument<'py>>,
    numbers: &[i64],
    style: Option<Bound<'py, PyDict>>,
) -> PyResult<Axes<'py>> {
    let module = object.py().import(module)?;
    let style = style.unwrap_or_else(|| PyDict::new(object.py()));
    let arguments = (object, ax.map(|ax| ax.0), numbers);
    Ok(Axes(module.getattr(function)?.call(arguments, Some(&style))?))
}

/// How a notebook shows `object`.
fn html(object: &Bound<'_, PyAny>, function: &str) -> PyResult<String> {
    object.py().import("stayput._html")?.call_method1(function, (object,))?.extract()
}

const EXPLANATIONS: &str = "stayput._plots_explanations";
const MODELS: &str = "stayput._plots_models";

#[pymethods]
impl Explanation {
    /// Draws what the `top` features contribute over all rows: the mean size of their contributions.
    /// `style` is that of the bars; needs matplotlib.
    #[pyo3(signature = (ax=None, *, top=12, **style: "object"))]
    fn plot_bar<'py>(
        slf: &Bound<'py, Self>,
        ax: Option<AxesArgument<'py>>,
        top: i64,
        style: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Axes<'py>> {
        draw(slf, (EXPLANATIONS, "bar"), ax, &[top], style)
    }

    /// Draws each row's contributions of the `top` features, coloured by the feature's value.
    /// `style` is that of the points; needs matplotlib.
    #[pyo3(signature = (ax=None, *, top=12, **style: "object"))]
    fn plot_beeswarm<'py>(
        slf: &Bound<'py, Self>,
        ax: Option<AxesArgument<'py>>,
        top: i64,
        style: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Axes<'py>> {
        draw(slf, (EXPLANATIONS, "beeswarm"), ax, &[top], style)
    }

    /// Draws how one row comes from the base to what the model states: the `top` contributions,
    /// and the others together. `style` is that of the bars; needs matplotlib.
    #[pyo3(signature = (row=0, ax=None, *, top=9, **style: "object"))]
    fn plot_waterfall<'py>(
        slf: &Bound<'py, Self>,
        row: i64,
        ax: Option<AxesArgument<'py>>,
        top: i64,
        style: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Axes<'py>> {
        draw(slf, (EXPLANATIONS, "waterfall"), ax, &[row, top], style)
    }

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        html(slf, "explanation")
    }
}

#[pymethods]
impl Model {
    /// Draws how the model does on these rows, in four parts: ROC, precision over recall,
    /// reliability and gains. Needs matplotlib.
    #[pyo3(signature = (data))]
    fn plot<'py>(slf: &Bound<'py, Self>, data: &Bound<'py, TrainingSet>) -> PyResult<Figure<'py>> {
        Ok(Figure(slf.py().import(MODELS)?.call_method1("panel", (slf, data))?))
    }
}

#[pymethods]
impl Study {
    /// Draws the trials in order and the best score so far. `style` is that of the points; needs
    /// matplotlib.
    #[pyo3(signature = (ax=None, **style: "object"))]
    fn plot<'py>(
        slf: &Bound<'py, Self>,
        ax: Option<AxesArgument<'py>>,
        style: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Axes<'py>> {
        draw(slf, (MODELS, "study"), ax, &[], style)
    }

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        html(slf, "study")
    }
}

#[pymethods]
impl Playbook {
    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        html(slf, "playbook")
    }
}
