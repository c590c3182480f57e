//! The Python extension module `stayput._native`; the package `stayput` re-exports its names.
//!
//! A function here converts its arguments, lets go of the interpreter, calls the core, and
//! converts the answer. What a customer's retention means is decided in the core only.

mod answers;
mod arguments;
mod bandit;
mod bundle;
mod campaigns;
mod engine;
mod errors;
mod experiment;
mod explain;
mod fit_health;
mod frame;
mod health;
mod import;
mod judge;
mod lifecycle;
mod model;
mod off_policy;
mod playbook;
mod plot;
mod replay;
mod simulate;
mod table;
mod training_set;
mod tune;

/// The compiled part of `stayput`. Import from `stayput` instead.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::bandit::Bandit;
    #[pymodule_export]
    use crate::bundle::Bundle;
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::experiment::{experiment, power_analysis, sample_ratio, sequential};
    #[pymodule_export]
    use crate::explain::Explanation;
    #[pymodule_export]
    use crate::fit_health::{fit_health, validate_health};
    #[pymodule_export]
    use crate::judge::compare;
    #[pymodule_export]
    use crate::lifecycle::cohorts;
    #[pymodule_export]
    use crate::model::{Model, cross_validate, train};
    #[pymodule_export]
    use crate::off_policy::off_policy;
    #[pymodule_export]
    use crate::playbook::{Playbook, describe};
    #[pymodule_export]
    use crate::simulate::{Simulation, simulate};
    #[pymodule_export]
    use crate::table::{Table, table};
    #[pymodule_export]
    use crate::training_set::TrainingSet;
    #[pymodule_export]
    use crate::tune::{Search, Study, tune};
}
