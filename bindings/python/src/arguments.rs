//! Arguments that take several Python types: instants, tables and matrices.

use std::sync::Arc;

use numpy::PyReadonlyArray1;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use stayput_core::Error;
use stayput_core::columns::Frame;
use stayput_core::features::{CutOffs, FeatureTable};
use stayput_core::time::Timestamp;
use stayput_core::wire;
use stayput_models::import;

use crate::errors::Result;
use crate::frame;
use crate::table::Table;

/// An argument under the name of its type in `stayput._types`, not read yet.
macro_rules! argument {
    ($(#[$doc:meta])* $name:ident, $python:literal) => {
        $(#[$doc])*
        pub(crate) struct $name<'py>(pub(crate) Bound<'py, PyAny>);

        impl<'py> FromPyObject<'_, 'py> for $name<'py> {
            type Error = PyErr;
            #[cfg(feature = "stubs")]
            const INPUT_TYPE: pyo3::inspect::PyStaticExpr =
                pyo3::type_hint_identifier!("stayput._types", $python);

            fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
                Ok(Self(object.to_owned()))
            }
        }
    };
}

pub(crate) use argument;

argument!(
    /// One instant: ISO text, `datetime`, `date`, a numpy or a pandas time stamp.
    Instant,
    "Instant"
);
argument!(
    /// One instant, several in any iterable, or a grid of them.
    Instants,
    "Instants"
);
argument!(
    /// A table of features, or a matrix.
    Matrix,
    "MatrixLike"
);
argument!(
    /// One row of numbers.
    Row,
    "RowLike"
);
argument!(
    /// What the features of an imported model are.
    Features,
    "FeaturesLike"
);
argument!(
    /// A label for each row.
    Labels,
    "LabelsLike"
);
argument!(
    /// A model of another library.
    ModelSource,
    "ModelSource"
);
argument!(
    /// What is searched.
    SpaceArgument,
    "SpaceLike"
);
argument!(
    /// What is shown a trial after each fold.
    TrialCallback,
    "TrialCallback"
);
argument!(
    /// Axes of matplotlib to draw on.
    AxesArgument,
    "AxesLike"
);
argument!(
    /// What became of sends.
    OutcomesArgument,
    "OutcomesLike"
);
argument!(
    /// Any table.
    TableArgument,
    "TableLike"
);

impl Instant<'_> {
    /// The instant as the core reads it; `name` is what an error calls it.
    fn text(&self, name: &str) -> Result<String> {
        let tables = self.0.py().import("stayput._tables")?;
        Ok(tables.call_method1("instant", (&self.0, name))?.extract()?)
    }

    pub(crate) fn read(&self) -> Result<Timestamp> {
        Ok(wire::as_of(&self.text("as_of")?)?)
    }
}

impl OutcomesArgument<'_> {
    /// The outcomes as JSON, with instants as text.
    pub(crate) fn json(&self) -> Result<String> {
        let tables = self.0.py().import("stayput._tables")?;
        Ok(tables.call_method1("outcomes", (&self.0,))?.extract()?)
    }
}

/// The options of a call, on their way to the core as JSON.
pub(crate) struct Options<'py>(Bound<'py, PyDict>);

impl<'py> Options<'py> {
    pub(crate) fn new(py: Python<'py>) -> Self {
        Self(PyDict::new(py))
    }

    /// The instant that the question is about, and nothing else.
    pub(crate) fn at(as_of: &Instant<'py>) -> Result<Self> {
        Self::new(as_of.0.py()).instant("asOf", Some(as_of))
    }

    /// The instants that the question is about, and nothing else.
    pub(crate) fn at_each(as_of: &Instants<'py>) -> Result<Self> {
        let py = as_of.0.py();
        let plain = py.import("stayput._tables")?.call_method1("plain_cut_offs", (&as_of.0,))?;
        Self::new(py).with("asOf", plain)
    }

    /// The same with an instant, under the name that it has in JSON.
    pub(crate) fn instant(self, name: &str, value: Option<&Instant<'py>>) -> Result<Self> {
        let Some(value) = value else { return Ok(self) };
        let text = value.text(name)?;
        self.with(name, text)
    }

    /// The same with a value, under the name that it has in JSON; None is as if it were not there.
    pub(crate) fn with(self, name: &str, value: impl IntoPyObject<'py>) -> Result<Self> {
        self.0.set_item(name, value.into_bound_py_any(self.0.py())?)?;
        Ok(self)
    }

    pub(crate) fn json(&self) -> PyResult<String> {
        as_json(&self.0)
    }
}

impl Instants<'_> {
    pub(crate) fn read(&self) -> Result<CutOffs> {
        let tables = self.0.py().import("stayput._tables")?;
        let json: String = tables.call_method1("cut_offs", (&self.0,))?.extract()?;
        Ok(wire::cut_offs(&json)?)
    }
}

impl Features<'_> {
    pub(crate) fn read(features: Option<&Self>) -> Result<import::Features> {
        let json = features.map(|features| as_json(&features.0)).transpose()?;
        Ok(json.map_or_else(
            || Ok(import::Features::AsStored),
            |json| import::Features::from_json(&json),
        )?)
    }
}

impl Row<'_> {
    /// What `ask` says of the row; an array of `float64` is read where it lies.
    pub(crate) fn read<T>(&self, ask: impl Fn(&[f64]) -> stayput_core::Result<T>) -> Result<T> {
        if let Ok(row) = self.0.extract::<PyReadonlyArray1<'_, f64>>() {
            return Ok(match row.as_slice() {
                Ok(row) => ask(row)?,
                Err(_) => ask(&row.as_array().to_vec())?,
            });
        }
        let row: Vec<f64> = self
            .0
            .extract()
            .map_err(|_| Error::argument("row", "expected a number for each feature"))?;
        Ok(ask(&row)?)
    }
}

impl Labels<'_> {
    /// One number a row.
    pub(crate) fn read(&self) -> Result<Vec<f64>> {
        let numpy = self.0.py().import("numpy")?;
        let array = numpy.call_method1("asarray", (&self.0, "float64"))?;
        let array: PyReadonlyArray1<'_, f64> =
            array.extract().map_err(|_| Error::argument("y", "expected one label a row"))?;
        Ok(array.as_array().to_vec())
    }
}

impl ModelSource<'_> {
    /// The bytes of the model's file.
    pub(crate) fn read(&self, library: &str) -> Result<Vec<u8>> {
        let source = self.0.py().import("stayput._import")?;
        Ok(source.call_method1("source", (library, &self.0))?.extract()?)
    }
}

impl TableArgument<'_> {
    /// The table, where the core made it: a table of features.
    pub(crate) fn features(&self) -> Option<Arc<FeatureTable>> {
        self.0.cast::<Table>().ok().and_then(|table| table.get().features.clone())
    }

    /// Whether it has columns with names.
    pub(crate) fn is_one(&self) -> PyResult<bool> {
        let tables = self.0.py().import("stayput._tables")?;
        tables.call_method1("is_table", (&self.0,))?.extract()
    }

    /// The table as the core takes it.
    pub(crate) fn frame(&self) -> Result<Frame> {
        frame::read(&self.0)
    }
}

/// Any Python value as JSON text.
pub(crate) fn as_json(value: &Bound<'_, PyAny>) -> PyResult<String> {
    value.py().import("stayput._tables")?.call_method1("as_json", (value,))?.extract()
}
