"""``ChurnClassifier``: training as an estimator of scikit-learn. It needs scikit-learn 1.6 or newer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import of_family
from ._native import Model, Table, TrainingSet, table, train
from ._tables import is_table

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils.multiclass import check_classification_targets, type_of_target
    from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data
except ImportError as error:
    _NEEDED = f"`ChurnClassifier` needs scikit-learn 1.6 or newer: {error}"
    raise ImportError(f"{_NEEDED}; install `stayput[sklearn]`") from error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._types import MatrixLike

    Array = np.ndarray[Any, Any]

_MATRIX = {"dtype": np.float64, "ensure_all_finite": "allow-nan"}


class ChurnClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A churn model as an estimator of scikit-learn.

    The parameters are those of ``stayput.train`` under the same names; what is ``None`` has the
    default of its algorithm. ``random_state`` takes a ``numpy.random.RandomState`` too, and
    ``class_weight`` a weight for each class.

    ``X`` is a matrix of numbers, or a table of any kind (pandas, polars, pyarrow, a ``Table``), whose
    categories and texts are used as categories. NaN and null are missing values, which every
    algorithm takes. ``y`` has two classes; the second one in order is what is predicted.

    After ``fit``:

    ``model_``
        The ``Model``, which goes into a ``Bundle``.
    ``classes_``
        The two classes, in order.
    ``feature_importances_``
        The share that each feature has in what the model learned.
    ``n_features_in_``, ``feature_names_in_``
        How many features there are, and what they are called where ``X`` was a table.
    """

    def __init__(
        self,
        algorithm: str = "gbm",
        *,
        n_estimators: int | None = None,
        early_stopping: str | None = None,
        early_stopping_rounds: int | None = None,
        grow_policy: str | None = None,
        max_depth: int | None = None,
        learning_rate: float | None = None,
        min_child_weight: float | None = None,
        min_child_samples: int | None = None,
        min_samples_leaf: int | None = None,
        max_features: str | float | None = None,
        max_samples: float | None = None,
        subsample: float | None = None,
        colsample_bytree: float | None = None,
        colsample_bylevel: float | None = None,
        random_strength: float | None = None,
        reg_lambda: float | None = None,
        C: float | None = None,  # noqa: N803
        monotone_constraints: Mapping[str, int] | None = None,
        interaction_constraints: Sequence[Sequence[str]] | None = None,
        class_weight: str | Mapping[Any, float] | None = None,
        scale_pos_weight: float | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        encoding: str | None = None,
        calibrate: str | None = None,
        confidence: bool | None = None,
    ) -> None:
        self.algorithm = algorithm
        self.n_estimators = n_estimators
        self.early_stopping = early_stopping
        self.early_stopping_rounds = early_stopping_rounds
        self.grow_policy = grow_policy
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.min_child_weight = min_child_weight
        self.min_child_samples = min_child_samples
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.max_samples = max_samples
        self.subsample = subsample
        self.colsample_bytree = colsample_bytree
        self.colsample_bylevel = colsample_bylevel
        self.random_strength = random_strength
        self.reg_lambda = reg_lambda
        self.C = C
        self.monotone_constraints = monotone_constraints
        self.interaction_constraints = interaction_constraints
        self.class_weight = class_weight
        self.scale_pos_weight = scale_pos_weight
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.encoding = encoding
        self.calibrate = calibrate
        self.confidence = confidence

    def fit(self, X: MatrixLike, y: Any) -> ChurnClassifier:  # noqa: N803
        """Trains on rows ``X`` with the classes ``y``.

        Raises ``ModelError``, ``TableError`` or ``ArgumentError``; each is a ``ValueError`` too.
        """
        check_classification_targets(y)
        if is_table(X):
            columns, y = self._named(X, reset=True), column_or_1d(y, warn=True)
        else:
            columns, y = validate_data(self, X, y, **_MATRIX)
            self._names: list[str] | None = None
        self.classes_, labels = _two_classes(y)
        data = TrainingSet.from_table(self._table(columns), labels)
        weights = self._class_weights(y)
        self.model_: Model = train(data, sample_weight=weights, **self._params())
        return self

    def predict_proba(self, X: MatrixLike) -> Array:  # noqa: N803
        """The probability of either class, one row a row, in the order of ``classes_``."""
        rows = self._rows(X)
        second = self.model_.predict_proba(rows)
        return np.column_stack([1.0 - second, second])

    def decision_function(self, X: MatrixLike) -> Array:  # noqa: N803
        """The margin of each row, before any calibration: log-odds of the second class."""
        rows = self._rows(X)
        return self.model_.margins(rows)

    def predict(self, X: MatrixLike) -> Array:  # noqa: N803
        """The class that is more probable, for each row."""
        rows = self._rows(X)
        second = (self.model_.predict_proba(rows) > 0.5).astype(int)
        predicted: Array = self.classes_[second]
        return predicted

    @property
    def feature_importances_(self) -> Array:
        """The share that each feature has in what the model learned, in the order of ``X``."""
        check_is_fitted(self)
        shares = dict(self.model_.importance)
        # What is no input of a model, such as an instant, has no share.
        return np.array([shares.get(name, 0.0) for name in self._column_names()])

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn is to know: two classes, missing values, categories."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags

    def _params(self) -> dict[str, Any]:
        """The parameters of ``train`` that are given."""
        given = {k: v for k, v in self.get_params(deep=False).items() if v is not None}
        if isinstance(given.get("class_weight"), Mapping):
            del given["class_weight"]
        if isinstance(given.get("random_state"), np.random.RandomState):
            given["random_state"] = int(given["random_state"].randint(2**31))
        return given

    def _class_weights(self, y: Any) -> Array | None:
        """What each row counts where the classes have weights of their own."""
        if not isinstance(self.class_weight, Mapping):
            return None
        weights = [self.class_weight.get(name, 1.0) for name in self.classes_.tolist()]
        return np.where(np.asarray(y) == self.classes_[1], weights[1], weights[0])

    def _column_names(self) -> list[str]:
        """What the model calls the columns."""
        return self._names or [f"x{at}" for at in range(self.n_features_in_)]

    def _table(self, columns: Any) -> Any:
        """A matrix as a table; a table as it is."""
        if not isinstance(columns, np.ndarray):
            return columns
        return dict(zip(self._column_names(), columns.T, strict=True))

    def _rows(self, X: Any) -> Any:  # noqa: N803
        """``X`` as a table whose columns the model knows."""
        check_is_fitted(self)
        if self._names is not None and is_table(X):
            return self._named(X, reset=False)
        # A table, where none was fitted to, counts as a matrix; scikit-learn warns of it.
        return self._table(validate_data(self, X, reset=False, **_MATRIX))

    def _named(self, X: Any, *, reset: bool) -> Any:  # noqa: N803
        """A table with names that are texts, and categories that are; its names are checked."""
        if hasattr(X, "set_axis"):
            X = _of_pandas(X)
        if hasattr(X, "shape"):
            validate_data(self, X, reset=reset, skip_check_array=True)
        names = X.names if isinstance(X, Table) else table(X).names
        if reset:
            self._names = list(names)
            self.n_features_in_ = len(names)
            self.feature_names_in_ = np.array(names, dtype=object)
        elif missing := [name for name in self._column_names() if name not in names]:
            message = f"column `{missing[0]}`: was there in `fit`, and is not in `X`"
            raise of_family("table", message, "table_column", missing[0], None)
        return X


def _of_pandas(frame: Any) -> Any:
    """A data frame of pandas with texts for names and in categories, which are names too."""
    frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    frame = frame.reset_index(drop=True)
    for name, kind in frame.dtypes.items():
        if hasattr(kind, "categories"):
            frame[name] = frame[name].cat.rename_categories(str)
    return frame


def _two_classes(y: Any) -> tuple[Array, Array]:
    """The two classes in order, and for each row whether it is of the second, as 0 and 1."""
    classes, labels = np.unique(y, return_inverse=True)
    if len(classes) > 2 or type_of_target(y, input_name="y", raise_unknown=True) != "binary":
        message = (
            f"argument `y`: has {len(classes)} classes; a churn model has two. "
            "Only binary classification is supported."
        )
        raise of_family("model", message, "model_data", "y", None)
    if len(classes) < 2:
        message = f"argument `y`: has one class, `{classes[0]}`; training needs rows of two"
        raise of_family("model", message, "model_data", "y", None)
    return classes, labels.astype(np.float64)
