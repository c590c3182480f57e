//! What functions answer with: Python objects under the names that the stubs give them.

use std::convert::Infallible;

use pyo3::prelude::*;
use serde::Serialize;
use stayput_core::wire;

use crate::errors::Result;

/// Wraps a Python object, so that the stubs know its type by name.
macro_rules! answer {
    ($name:ident, $module:literal, $python:literal) => {
        pub(crate) struct $name<'py>(pub(crate) Bound<'py, PyAny>);

        impl<'py> IntoPyObject<'py> for $name<'py> {
            type Target = PyAny;
            type Output = Bound<'py, PyAny>;
            type Error = Infallible;
            #[cfg(feature = "stubs")]
            const OUTPUT_TYPE: pyo3::inspect::PyStaticExpr =
                pyo3::type_hint_identifier!($module, $python);

            fn into_pyobject(self, _: Python<'py>) -> Result<Self::Output, Self::Error> {
                Ok(self.0)
            }
        }
    };
}

/// What the core answers as JSON.
pub(crate) trait Answer<'py>: Sized {
    /// The answer, which the core has written as JSON.
    fn read(py: Python<'py>, json: &str) -> Result<Self>;

    /// The answer, which the core has as a value.
    fn of(py: Python<'py>, document: &impl Serialize) -> Result<Self> {
        Self::read(py, &wire::to_json(document)?)
    }
}

impl<'py, A: Answer<'py>> Answer<'py> for Option<A> {
    fn read(py: Python<'py>, json: &str) -> Result<Self> {
        if json == "null" { Ok(None) } else { A::read(py, json).map(Some) }
    }
}

/// As [`answer!`], for the classes of `stayput._documents`, made from the core's JSON.
macro_rules! document {
    ($name:ident, $python:literal) => {
        answer!($name, "stayput._documents", $python);

        impl<'py> Answer<'py> for $name<'py> {
            fn read(py: Python<'py>, json: &str) -> Result<Self> {
                let documents = py.import("stayput._documents")?;
                Ok(Self(documents.call_method1("read", ($python, json))?))
            }
        }
    };
}

answer!(Array, "numpy", "ndarray");
answer!(DataFrame, "pandas", "DataFrame");
answer!(Anything, "typing", "Any");
answer!(Axes, "matplotlib.axes", "Axes");
answer!(Figure, "matplotlib.figure", "Figure");
document!(Accounts, "Accounts");
document!(ActionTallies, "ActionTallies");
document!(Choice, "Choice");
document!(Cohorts, "Cohorts");
document!(Comparison, "Comparison");
document!(Decisions, "Decisions");
document!(Description, "Description");
document!(Empc, "Empc");
document!(ExperimentReport, "ExperimentReport");
document!(FeatureDefinitions, "FeatureDefinitions");
document!(FeatureDependence, "FeatureDependence");
document!(FeatureImportances, "FeatureImportances");
document!(FeatureValues, "FeatureValues");
document!(FittedHealth, "FittedHealth");
document!(HealthChange, "HealthChange");
document!(HealthHistory, "HealthHistory");
document!(HealthOverride, "HealthOverride");
document!(HealthOverrides, "HealthOverrides");
document!(HealthValidation, "HealthValidation");
document!(Intervals, "Intervals");
document!(LeftOut, "LeftOut");
document!(Lift, "Lift");
document!(LiftReport, "LiftReport");
document!(Lineage, "Lineage");
document!(Lints, "Lints");
document!(Moment, "Moment");
document!(NextActions, "NextActions");
document!(OffPolicyReport, "OffPolicyReport");
document!(Params, "Params");
document!(PowerAnalysis, "PowerAnalysis");
document!(PrecisionRecall, "PrecisionRecall");
document!(ProfitThreshold, "ProfitThreshold");
document!(Reasons, "Reasons");
document!(RecordReport, "RecordReport");
document!(Recourse, "Recourse");
document!(Reliability, "Reliability");
document!(Report, "Report");
document!(Reports, "Reports");
document!(Replay, "Replay");
document!(ReplayComparison, "ReplayComparison");
document!(Rfm, "Rfm");
document!(Roc, "Roc");
document!(SampleRatio, "SampleRatio");
document!(Score, "Score");
document!(Scores, "Scores");
document!(SegmentCounts, "SegmentCounts");
document!(SequentialReport, "SequentialReport");
document!(Transitions, "Transitions");
document!(TreeSegments, "TreeSegments");
document!(Trial, "Trial");
document!(WhatIf, "WhatIf");
