//! Errors of the core as Python exceptions, and calls that let go of the interpreter.

use pyo3::prelude::*;
use stayput_core::Error;
use stayput_models::guard;

/// What a function of the binding fails with: the core's error, or one of Python's own.
pub(crate) enum Failure {
    Core(Error),
    Python(PyErr),
}

/// A result of the binding.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Python(error) => error,
            Failure::Core(error) => {
                Python::attach(|py| exception(py, &error).unwrap_or_else(|error| error))
            }
        }
    }
}

/// The exception of `stayput._errors` for the family of `error`.
fn exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let position = error.position().map(|at| (at.line, at.column));
    let value = py.import("stayput._errors")?.getattr("of_family")?.call1((
        error.code().family(),
        error.to_string(),
        error.code().as_str(),
        error.path(),
        position,
    ))?;
    Ok(PyErr::from_value(value))
}

/// Runs `work` without the interpreter. A panic becomes an error, so that no defect of ours ends
/// the host's process or escapes as something that is not an `Exception`.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> stayput_core::Result<T> + Send,
) -> Result<T> {
    Ok(py.detach(|| guard(work))?)
}
