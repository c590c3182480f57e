"""Health scores fitted to outcomes, and held against them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .base import Document

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Knot(Document):
    """What a value of a feature scores, and the rows it was learned from."""

    x: float | None
    value: str | None
    score: float
    rows: int
    churn_rate: float


@dataclass(frozen=True)
class FittedFactor(Document):
    """A factor of a health score that was learned."""

    feature: str
    weight: float
    direction: str | None
    knots: list[Knot]
    missing: float | None
    score: str


@dataclass(frozen=True)
class FittedBand(Document):
    """A band of a health score that was learned."""

    name: str
    # As the core writes it: `from` is a word of Python.
    start: float
    rows: int
    churners: int


@dataclass(frozen=True, repr=False)
class FittedHealth(Document):
    """A health score that was learned; ``playbook`` is its section ``[health]``."""

    playbook: str
    rows: int
    churners: int
    auc: float | None
    factors: list[FittedFactor]
    bands: list[FittedBand]

    def __repr__(self) -> str:
        return self.playbook


@dataclass(frozen=True)
class HealthBand(Document):
    """What came true in a band of a health score, with Wilson's 95% interval of its churn."""

    name: str
    start: float
    rows: int
    churners: int
    churn_rate: float | None
    low: float | None
    high: float | None
    lift: float | None


@dataclass(frozen=True)
class HealthValidation(Document):
    """Whether a health score predicts who churns."""

    rows: int
    churners: int
    without_score: float
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    bands: list[HealthBand]
    monotone: bool

    def to_pandas(self) -> pandas.DataFrame:
        """One row a band."""
        import pandas as pd

        return pd.DataFrame([vars(band) for band in self.bands])
