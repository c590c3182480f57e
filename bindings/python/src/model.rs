//! The class `Model`, and the functions that make and judge one.

use std::path::PathBuf;

use numpy::ndarray::{Array2, ArrayView2};
use numpy::{IntoPyArray, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use stayput_core::{Error, ErrorCode, threads};
use stayput_models::{Folds, TrainOptions, TrainParams, files};

use crate::answers::{self, Answer as _, Array, Params};
use crate::arguments::{Features, Matrix, ModelSource, Options, Row, TableArgument, as_json};
use crate::errors::{Result, detached};
use crate::explain::Explanation;
use crate::import;
use crate::training_set::TrainingSet;

/// What maps a row of features to a churn probability.
#[pyclass(frozen, module = "stayput")]
pub(crate) struct Model {
    pub(crate) inner: stayput_core::churn::Model,
}

/// Trains a model on a training set.
///
/// `algorithm` is `"gbm"` (gradient boosting), `"gbdt"` (the same by another library, slower),
/// `"logistic"`, `"forest"` (a random forest) or `"tree"` (one shallow tree, to be read). `params`
/// are those of the algorithm, under scikit-learn's names: `n_estimators`, `max_depth`,
/// `learning_rate`, `class_weight`, `monotone_constraints`, `random_state`, `n_jobs` and so on; an
/// unknown one is an error. The same data and parameters give the same model, whatever `n_jobs` is.
///
/// `sample_weight` says what each row counts. `init_model` is a model of `gbm` that training goes
/// on from: `n_estimators` trees are added to it.
#[pyfunction]
#[pyo3(signature = (
    data, algorithm="gbm", *, sample_weight: "object"=None, init_model=None, **params: "object"
))]
pub(crate) fn train(
    py: Python<'_>,
    data: &TrainingSet,
    algorithm: &str,
    sample_weight: Option<Bound<'_, PyAny>>,
    init_model: Option<&Model>,
    params: Option<Bound<'_, PyDict>>,
) -> Result<Model> {
    let params = read_params(py, algorithm, params)?;
    let weights =
        sample_weight.map(|weights| numbers(py, &weights, "sample_weight")).transpose()?;
    let init_model = init_model.map(|model| &model.inner);
    let inner = detached(py, || {
        let options = TrainOptions { sample_weight: weights.as_deref(), init_model };
        stayput_models::train_with(&data.set, &params, options)
    })?;
    Ok(Model { inner })
}

/// Trains and judges a model on each of several folds; one report a fold.
///
/// `by` is `"row"` (stratified), `"customer"` (stratified, all rows of a customer in one fold) or
/// `"time"` (each stretch of time judged by a model of those before it, less `purge`, which should
/// be the playbook's gap and horizon). `params` are those of `train`.
#[pyfunction]
#[pyo3(signature = (
    data, algorithm="gbm", *, folds=5, by="row", seed=0, purge="0d", **params: "object"
))]
#[expect(clippy::too_many_arguments, reason = "all but two by name")]
pub(crate) fn cross_validate<'py>(
    py: Python<'py>,
    data: &TrainingSet,
    algorithm: &str,
    folds: usize,
    by: &str,
    seed: u64,
    purge: &str,
    params: Option<Bound<'py, PyDict>>,
) -> Result<Vec<answers::Report<'py>>> {
    let params = read_params(py, algorithm, params)?;
    let folds = Folds::named(Some(by), Some(folds), Some(seed), Some(purge))?;
    let reports = detached(py, || stayput_models::cross_validate(&data.set, &params, &folds))?;
    reports.iter().map(|report| answers::Report::of(py, report)).collect()
}

fn read_params(
    py: Python<'_>,
    algorithm: &str,
    params: Option<Bound<'_, PyDict>>,
) -> Result<TrainParams> {
    let params = params.unwrap_or_else(|| PyDict::new(py));
    params.set_item("algorithm", algorithm)?;
    Ok(TrainParams::from_json(&as_json(&params)?)?)
}

/// A list or array of numbers.
fn numbers(py: Python<'_>, values: &Bound<'_, PyAny>, name: &str) -> Result<Vec<f64>> {
    let refuse = || Error::argument(name, "expected a list or an array of numbers");
    let array = py.import("numpy")?.call_method1("asarray", (values, "float64"));
    let array = array.map_err(|_| refuse())?;
    let array: PyReadonlyArray1<'_, f64> = array.extract().map_err(|_| refuse())?;
    Ok(array.as_array().to_vec())
}

/// The rows that a model is asked about.
pub(crate) enum Rows<'py> {
    /// Made of a table.
    Own(Array2<f64>),
    /// Those of an array, read where they lie.
    Array(PyReadonlyArray2<'py, f64>),
}

impl Rows<'_> {
    pub(crate) fn view(&self) -> ArrayView2<'_, f64> {
        match self {
            Self::Own(rows) => rows.view(),
            Self::Array(rows) => rows.as_array(),
        }
    }
}

impl Model {
    /// The rows of a table of features or of a matrix.
    pub(crate) fn rows<'py>(&self, py: Python<'py>, rows: &Matrix<'py>) -> Result<Rows<'py>> {
        let object = &rows.0;
        let table = TableArgument(object.clone());
        if let Some(features) = table.features() {
            Ok(Rows::Own(self.inner.rows_of(&features)?))
        } else if table.is_one()? {
            Ok(Rows::Own(self.inner.rows_of_frame(&table.frame()?)?))
        } else {
            let array = py.import("numpy")?.call_method1("asarray", (object, "float64"))?;
            let array: PyReadonlyArray2<'py, f64> = array.extract().map_err(|_| {
                Error::new(ErrorCode::ModelShape, "argument", "expected a matrix").at_path("X")
            })?;
            // An empty slice may have strides that no array of ours can have.
            let view = array.as_array();
            let none = view.is_empty().then(|| Array2::zeros(view.dim()));
            Ok(none.map_or(Rows::Array(array), Rows::Own))
        }
    }

    fn of_bytes(bytes: &[u8]) -> stayput_core::Result<Self> {
        Ok(Self { inner: stayput_core::churn::Model::from_bytes(bytes)? })
    }
}

/// Reads a model of another library.
fn imported(
    py: Python<'_>,
    library: &str,
    source: &ModelSource<'_>,
    features: Option<&Features<'_>>,
    read: fn(
        &[u8],
        &stayput_models::import::Features,
    ) -> stayput_core::Result<stayput_core::churn::Model>,
) -> Result<Model> {
    let features = Features::read(features)?;
    let bytes = source.read(library)?;
    Ok(Model { inner: detached(py, || read(&bytes, &features))? })
}

#[pymethods]
impl Model {
    /// The features that the model reads, in order.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.inner.inputs().iter().map(|input| input.name.clone()).collect()
    }

    /// The name of the algorithm that trained it.
    #[getter]
    fn algorithm(&self) -> &str {
        self.inner.algorithm()
    }

    /// What it was trained with, by the names that `train` takes: the parameters given, the defaults
    /// of the others, and what rows held out said (`n_estimators`, `slope`, `intercept`). Of an
    /// imported model, what its file says of it. Constraints are told as text.
    #[getter]
    fn params<'py>(&self, py: Python<'py>) -> Result<Params<'py>> {
        Params::of(py, &self.inner.params())
    }

    /// The share that each feature has in what the model learned; the shares add up to 1.
    #[getter]
    fn importance(&self) -> Vec<(String, f64)> {
        self.names().into_iter().zip(self.inner.importance().iter().copied()).collect()
    }

    /// The probability of churn of each row, as a one-dimensional array.
    ///
    /// `X` is the `X` of a training set, any other table with a column for each of `names`, or a
    /// matrix with one column for each: booleans as 0 and 1, categories as indices, missing as NaN.
    /// An array of `float64` is read where it lies while other threads of Python may run: none of
    /// them may change it meanwhile. With `n_jobs` threads, or one a core; the answer is the same.
    #[pyo3(signature = (X, *, n_jobs=None))]
    #[expect(non_snake_case, reason = "the name that scikit-learn has made known")]
    fn predict_proba<'py>(
        &self,
        py: Python<'py>,
        X: Matrix<'_>,
        n_jobs: Option<i64>,
    ) -> Result<Array<'py>> {
        let threads = threads::count(n_jobs)?;
        let rows = self.rows(py, &X)?;
        let view = rows.view();
        let probabilities = detached(py, || self.inner.predict_on(view, threads))?;
        Ok(Array(probabilities.into_pyarray(py).into_any()))
    }

    /// The probability of churn of one row, which is as a row of a matrix for `predict_proba`: the
    /// quickest way to ask for one customer. A list will do; an array of `float64` is read where it lies.
    fn predict_row(&self, row: Row<'_>) -> Result<f64> {
        row.read(|row| self.inner.predict_row(row))
    }

    /// Where the calibrated probability of each row lies, as an array of two columns: the Venn–Abers
    /// interval of a model that was trained with `confidence=True`. `X` is as for `predict_proba`.
    #[pyo3(signature = (X))]
    #[expect(non_snake_case, reason = "the name that scikit-learn has made known")]
    fn predict_interval<'py>(&self, py: Python<'py>, X: Matrix<'_>) -> Result<Array<'py>> {
        let rows = self.rows(py, &X)?;
        let view = rows.view();
        let found = detached(py, || self.inner.predict_interval(view))?;
        let ends = Array2::from_shape_fn((found.len(), 2), |(row, end)| {
            if end == 0 { found[row].low } else { found[row].high }
        });
        Ok(Array(ends.into_pyarray(py).into_any()))
    }

    /// The same model for customers of whom a share `churn_rate` churns, where it was trained on a
    /// sample with another: `sample_rate`, or by default the share of its training rows.
    #[pyo3(signature = (churn_rate, sample_rate=None))]
    fn with_prior(&self, churn_rate: f64, sample_rate: Option<f64>) -> Result<Self> {
        let inner = stayput_models::with_prior(&self.inner, churn_rate, sample_rate)?;
        Ok(Self { inner })
    }

    /// Writes the model to a file. A bundle holds its model too.
    fn save(&self, py: Python<'_>, path: PathBuf) -> Result<()> {
        detached(py, || files::write(&path, &self.inner.to_bytes()?))
    }

    /// Reads a model from a file that `save` wrote.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> Result<Self> {
        detached(py, || Self::of_bytes(&files::read(&path)?))
    }

    /// The model as bytes: the same model gives the same bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &detached(py, || self.inner.to_bytes())?))
    }

    /// Reads a model from the bytes of `to_bytes`, wherever they come from.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> Result<Self> {
        detached(py, || Self::of_bytes(data))
    }

    /// Takes over a model of XGBoost, 1.0 or newer: the path or the bytes of what `save_model` wrote
    /// as JSON or UBJSON, a `Booster` or an `XGBClassifier`.
    ///
    /// Trees (`gbtree`, `dart`) with the objectives `binary:logistic`, `binary:logitraw`,
    /// `binary:hinge` and `reg:logistic`. `features` are the names of all features, or what some of
    /// them are: `"number"`, `"bool"`, or the names of a category in the order of its codes.
    #[staticmethod]
    #[pyo3(signature = (source, *, features=None))]
    fn from_xgboost(
        py: Python<'_>,
        source: ModelSource<'_>,
        features: Option<Features<'_>>,
    ) -> Result<Self> {
        imported(py, "xgboost", &source, features.as_ref(), stayput_models::import::xgboost)
    }

    /// Takes over a model of LightGBM, 2.3 or newer: the path or the bytes of the text that
    /// `save_model` wrote, a `Booster` or an `LGBMClassifier`.
    ///
    /// The objectives are `binary` and `cross_entropy`, for any boosting type but linear trees.
    /// `features` are as for `from_xgboost`.
    #[staticmethod]
    #[pyo3(signature = (source, *, features=None))]
    fn from_lightgbm(
        py: Python<'_>,
        source: ModelSource<'_>,
        features: Option<Features<'_>>,
    ) -> Result<Self> {
        imported(py, "lightgbm", &source, features.as_ref(), stayput_models::import::lightgbm)
    }

    /// Takes over a model of CatBoost, 1.0 or newer: the path or the bytes of what
    /// `save_model(…, format="json")` wrote, a `CatBoostClassifier` or a `CatBoost`.
    ///
    /// Trees of numbers and of categories that are encoded one-hot; counters of categories (CTR)
    /// are refused. `features` are as for `from_xgboost`; they must name the categories, in any
    /// order, for the file does not.
    #[staticmethod]
    #[pyo3(signature = (source, *, features=None))]
    fn from_catboost(
        py: Python<'_>,
        source: ModelSource<'_>,
        features: Option<Features<'_>>,
    ) -> Result<Self> {
        imported(py, "catboost", &source, features.as_ref(), stayput_models::import::catboost)
    }

    /// Takes over a model in ONNX: the path or the bytes of a file, or a `ModelProto`, such as
    /// skl2onnx, onnxmltools (LightGBM, XGBoost) and CatBoost write.
    ///
    /// Tree ensembles and linear models of two classes, with scaling, imputing and one-hot encoding
    /// before them; other operators are refused by name. `features` are as for `from_xgboost`.
    #[staticmethod]
    #[pyo3(signature = (source, *, features=None))]
    fn from_onnx(
        py: Python<'_>,
        source: ModelSource<'_>,
        features: Option<Features<'_>>,
    ) -> Result<Self> {
        imported(py, "onnx", &source, features.as_ref(), stayput_models::import::onnx)
    }

    /// Takes over a fitted model of scikit-learn, 1.3 or newer, of two classes: `LogisticRegression`,
    /// also in a `Pipeline` after scalers, `DecisionTreeClassifier`, `RandomForestClassifier`,
    /// `ExtraTreesClassifier`, `GradientBoostingClassifier` and `HistGradientBoostingClassifier`.
    ///
    /// The margin of a forest or tree is its probability. `features` are as for `from_xgboost`.
    #[staticmethod]
    #[pyo3(signature = (estimator: "object", *, features=None))]
    fn from_sklearn(estimator: &Bound<'_, PyAny>, features: Option<Features<'_>>) -> Result<Self> {
        let features = Features::read(features.as_ref())?;
        Ok(Self { inner: import::sklearn(estimator, &features)? })
    }

    /// The model as a file of XGBoost in JSON, which 1.7 and newer read, and which predicts there
    /// what it predicts here: forests in single precision, as `gbm` and `gbdt` train, without a
    /// calibrator or encoders.
    fn to_xgboost<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>> {
        let bytes = detached(py, || stayput_models::export::xgboost(&self.inner))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The model as a file in ONNX, with its encoders and calibrator, which ONNX Runtime 1.20 and
    /// newer read. Its input `rows` is a matrix as for `predict_proba`, `float32` or `float64` as the
    /// file says; its outputs are `label` and `probabilities`. `from_onnx` gives the model back.
    fn to_onnx<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>> {
        let bytes = detached(py, || stayput_models::export::onnx(&self.inner))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The margin of each row, before any calibration: log-odds, for most models. `X` is as for
    /// `predict_proba`.
    #[pyo3(signature = (X))]
    #[expect(non_snake_case, reason = "the name that scikit-learn has made known")]
    fn margins<'py>(&self, py: Python<'py>, X: Matrix<'_>) -> Result<Array<'py>> {
        let rows = self.rows(py, &X)?;
        let view = rows.view();
        let margins = detached(py, || self.inner.margins(view))?;
        Ok(Array(margins.into_pyarray(py).into_any()))
    }

    /// What each feature contributes to each row: exact Shapley values, which with the base add up
    /// to what the model states.
    ///
    /// `X` is as for `predict_proba`, and so is `background`, a sample of rows that stands for
    /// features that are not known; without it, trees take the shares of training rows that went
    /// each way, and a logistic regression trained here the means of its training rows. `output` is
    /// `"log_odds"` (of the stated probability), `"margin"` (before any calibration) or
    /// `"probability"`. With `interactions=True` the values are those of pairs of features.
    #[pyo3(signature = (X, *, background=None, output="log_odds", interactions=false, n_jobs=None))]
    #[expect(non_snake_case, reason = "the name that scikit-learn has made known")]
    fn explain(
        &self,
        py: Python<'_>,
        X: Matrix<'_>,
        background: Option<Matrix<'_>>,
        output: &str,
        interactions: bool,
        n_jobs: Option<i64>,
    ) -> Result<Explanation> {
        let options = Options::new(py).with("output", output)?.with("nJobs", n_jobs)?;
        let options = options.with("interactions", interactions)?;
        Explanation::of(self, &X, background.as_ref(), output, &options)
    }

    fn __repr__(&self) -> String {
        let trained = match self.inner.parts().trained_on.rows {
            0 => "imported".to_owned(),
            rows => format!("trained on {rows} rows"),
        };
        format!("Model `{}`: {} features, {trained}", self.algorithm(), self.names().len())
    }
}
