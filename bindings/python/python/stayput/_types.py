"""What functions of Stayput accept, as types for a reader and a type checker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence  # noqa: F401
from datetime import date
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # noqa: F401

    from ._documents import Trial  # noqa: F401


class ArrowStream(Protocol):
    """A table with the Arrow capsule interface: polars, pyarrow, DuckDB, pandas, ``Table``."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...


class ArrowArray(Protocol):
    """A record batch with the Arrow capsule interface."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any: ...


TableLike: TypeAlias = (
    ArrowStream
    | ArrowArray
    | Mapping[str, Sequence[Any] | np.ndarray[Any, Any]]
    | Sequence[Mapping[str, Any]]
    | np.ndarray[Any, Any]
)
"""A table: Arrow capsules, a dictionary of columns, a list of dictionaries, a structured array."""

Instant: TypeAlias = str | date | np.datetime64
"""An instant: ISO text, ``datetime``, ``date``, ``numpy.datetime64``, ``pandas.Timestamp``.

Without a zone it is UTC."""

Instants: TypeAlias = Instant | Iterable[Instant] | Mapping[str, Instant]
"""One instant, several, or a grid: ``{"from": …, "to": …, "every": "month"}``.

``every`` is ``day``, ``week``, ``month`` or a length such as ``7d``; both ends are there when they
fall on the grid."""

MatrixLike: TypeAlias = "TableLike | Sequence[Sequence[float]]"
"""A table with a column for each feature of the model, or a matrix of these columns in order."""

RowLike: TypeAlias = "np.ndarray[Any, Any] | Sequence[float]"
"""One row: a number for each feature of the model, in order."""

LabelsLike: TypeAlias = "np.ndarray[Any, Any] | Sequence[float] | Sequence[bool] | ArrowStream"
"""A label for each row: 1 where the customer churned, 0 where not."""

OutcomesLike: TypeAlias = Iterable[Mapping[str, Any]]
"""What became of sends: ``decision_id``, ``customer_id``, ``kind``, ``at``, and perhaps ``value`` and
``channel``."""

SpaceLike: TypeAlias = Mapping[str, Mapping[str, Any]]
"""What is searched: for each parameter ``{"type": "float", "low": …, "high": …, "log": …}``, the
same with ``"int"``, or ``{"type": "choice", "values": […]}``."""

TrialCallback: TypeAlias = "Callable[[Trial], object]"
"""What is shown a trial after each fold; where it returns false, the study stops."""

FeaturesLike: TypeAlias = Sequence[str] | Mapping[str, "str | Sequence[str]"]
"""What an imported model's features are: the names of all, or for some ``"number"``, ``"bool"`` or
the names of a category in the order of the codes that the model was trained on."""

ModelSource: TypeAlias = "str | PathLike[str] | bytes | bytearray | Any"
"""A model of another library: a path, the bytes of a file, or that library's own object."""

AxesLike: TypeAlias = "Axes"
"""Axes of matplotlib to draw on; new ones are made where there are none."""

ColumnLike: TypeAlias = "np.ndarray[Any, Any] | Sequence[float] | Sequence[bool] | ArrowStream"
"""A column of numbers."""

RowsLike: TypeAlias = "np.ndarray[Any, Any] | Sequence[Sequence[float]]"
"""A matrix: a row for each decision, a column for each action."""

ArmLike: TypeAlias = "ColumnLike | tuple[int, int] | tuple[int, float, float]"
"""What was seen of an arm: a value a customer, ``(n, successes)``, or ``(n, mean, variance)``."""

ArmsLike: TypeAlias = Mapping[str, ArmLike]
"""The arms of an experiment by their names."""

CovariateLike: TypeAlias = Mapping[str, ColumnLike]
"""For each arm a number a customer that was known before the assignment."""

LooksLike: TypeAlias = Sequence[Mapping[str, ArmLike]]
"""The arms at each look, with all that was seen up to then."""

ContextLike: TypeAlias = "Mapping[str, float] | Sequence[float] | np.ndarray[Any, Any]"
"""The numbers of a context, by name or in order."""
