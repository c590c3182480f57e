"""What is known of one customer: score, reasons, and what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, overload

from .base import Document, Documents
from .health import Health
from .reading import build

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class ProbabilityInterval(Document):
    """Where a calibrated probability lies."""

    low: float
    high: float


@dataclass(frozen=True)
class ReasonCode(Document):
    """Something that raises a customer's churn probability, as a sentence.

    ``contribution`` is what the feature, or all features of ``group`` together, add to the log-odds
    of churn; ``typical`` is the value of customers who stay.
    """

    group: str | None
    feature: str
    value: float | bool | str | None
    typical: float | bool | str | None
    contribution: float
    text: str


class Reasons(Documents[ReasonCode]):
    """What raises a churn probability, the strongest first."""

    part = ReasonCode

    def __repr__(self) -> str:
        lines = [f"{reason.contribution:+.3f}  {reason.text}" for reason in self]
        return "\n".join(lines) or "nothing raises the churn probability"

    def _repr_html_(self) -> str:
        from .. import _html

        return _html.reasons(self)


@dataclass(frozen=True)
class Churn(Document):
    """A churn probability, and what raises it, the strongest first.

    ``reasons`` are ``None`` where they were not asked for, or the model cannot be explained.
    ``interval`` and ``confidence_level`` (``"low"``, ``"medium"`` or ``"high"``) are ``None`` where
    the model was trained without ``confidence``.
    """

    probability: float
    interval: ProbabilityInterval | None
    confidence_level: str | None
    reasons: list[ReasonCode] | None


FeatureValues = dict[str, float | bool | str | None]
"""Features by name, in the playbook's order."""


@dataclass(frozen=True)
class LifecycleStage(Document):
    """The stage of the lifecycle that a customer is in, since when, and for how many days."""

    stage: str
    since: datetime | None
    days: float | None

    def __str__(self) -> str:
        return self.stage


@dataclass(frozen=True)
class Score(Document):
    """Everything known of one customer at one instant."""

    customer_id: str
    as_of: datetime
    features: FeatureValues
    health: Health | None
    churn: Churn | None
    lifecycle: LifecycleStage | None
    segments: list[str]
    bundle: str


@dataclass(frozen=True)
class WhatIf(Document):
    """A customer's score as it is, and with changed values."""

    before: Score
    after: Score


@dataclass(frozen=True)
class RecourseChange(Document):
    """A feature that is to change, and what that costs."""

    feature: str
    value: float | bool | str | None
    changed_value: float | bool | str | None
    cost: float


@dataclass(frozen=True)
class Recourse(Document):
    """The least change that brings a churn probability down to a threshold.

    ``status`` is ``"not_needed"``, ``"optimal"`` (no cheaper change does it), ``"found"`` (it does it;
    whether a cheaper one would was not settled), ``"impossible"`` (proven) or ``"not_found"``.
    """

    status: str
    threshold: float
    probability: float
    changed_probability: float
    cost: float
    changes: list[RecourseChange]


class Scores(Sequence[Score]):
    """The scores of many customers; a score is made when it is asked for."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The same as dictionaries and lists, with instants as text."""
        return self._rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Score: ...
    @overload
    def __getitem__(self, at: slice) -> Scores: ...
    def __getitem__(self, at: int | slice) -> Score | Scores:
        if isinstance(at, slice):
            return Scores(self._rows[at])
        score: Score = build(Score, self._rows[at])
        return score

    def to_pandas(self) -> pandas.DataFrame:
        """One row a customer: health, churn, stage and segments, then the features."""
        import pandas as pd

        def row(score: dict[str, Any]) -> dict[str, Any]:
            health, churn = score["health"] or {}, score["churn"] or {}
            return {
                "customer_id": score["customer_id"],
                "health": health.get("score"),
                "band": health.get("band"),
                "churn": churn.get("probability"),
                "confidence_level": churn.get("confidence_level"),
                "lifecycle": (score["lifecycle"] or {}).get("stage"),
                "segments": score["segments"],
                **score["features"],
            }

        return pd.DataFrame([row(score) for score in self._rows])

    def __repr__(self) -> str:
        return f"Scores of {len(self):,} customers"

    def _repr_html_(self) -> str:
        from .. import _html

        return _html.scores(self)

    def plot(self, ax: Axes | None = None, kind: str = "churn", **style: Any) -> Axes:
        """Draws how the ``"churn"`` probabilities, or the ``"health"`` scores, are spread.

        ``style`` is that of the bars; needs matplotlib.
        """
        from .. import _plots_customers

        drawn: Axes = _plots_customers.scores(self, ax, kind, style)
        return drawn


Document.kinds["Scores"] = Scores
