"""What models are made of: segments of a tree, trials of a search, what features are worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .base import Document, Documents

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class TreeSegment(Document):
    """The customers of a leaf."""

    name: str
    rows: int
    churners: int
    churn_rate: float | None
    probability: float
    condition: str


@dataclass(frozen=True, repr=False)
class TreeSegments(Document):
    """The leaves of a tree as segments of a playbook, whose text is ``playbook``."""

    rows: int
    churners: int
    segments: list[TreeSegment]
    playbook: str
    tree: str

    def __repr__(self) -> str:
        return self.tree.rstrip()

    def to_pandas(self) -> pandas.DataFrame:
        """One row a segment."""
        import pandas as pd

        return pd.DataFrame([segment.to_dict() for segment in self.segments])


@dataclass(frozen=True)
class FeatureImportance(Document):
    """What a feature is worth to a model; ``std`` is that of its shuffles, where there are any."""

    feature: str
    importance: float
    std: float | None


class FeatureImportances(Documents[FeatureImportance]):
    """What the features are worth, the most important first."""

    part = FeatureImportance

    def _repr_html_(self) -> str:
        from .. import _html

        return _html.importances(self)

    def plot(self, ax: Axes | None = None, top: int = 12, **style: Any) -> Axes:
        """Draws the ``top`` features as bars.

        ``style`` is that of the bars; needs matplotlib.
        """
        from .. import _plots_models

        drawn: Axes = _plots_models.importances(self, ax, top, style)
        return drawn


@dataclass(frozen=True)
class FeatureDependence(Document):
    """What a model's answer makes of the values of a feature.

    ``effects`` are mean probabilities for partial dependence, and what is added to the mean for
    accumulated effects; ``counts`` are the rows of each bin of the latter.
    """

    feature: str
    values: list[float | bool | str]
    effects: list[float]
    counts: list[int] | None

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws the effects over the values; the rows of each bin are faint bars below.

        ``style`` is that of the line or the bars; needs matplotlib.
        """
        from .. import _plots_models

        drawn: Axes = _plots_models.dependence(self, ax, style)
        return drawn


Params = dict[str, Any]
"""Parameters by name."""


@dataclass(frozen=True)
class Trial(Document):
    """One point of a space, and what came of it: ``score`` is the mean of ``scores``."""

    number: int
    params: dict[str, Any]
    state: str
    scores: list[float]
    score: float | None
    message: str | None
