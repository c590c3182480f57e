"""Health of customers and accounts: now, over time, and why it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .base import Document, Documents

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Factor(Document):
    """What one factor, or a group of factors, did to the health score.

    The contributions of the ``factors`` of a group add up to the group's. ``capped_by`` names the one
    whose cap holds the group down.
    """

    name: str
    score: float | None
    weight: float
    contribution: float
    coverage: float
    capped_by: str | None
    factors: list[Factor]


@dataclass(frozen=True)
class HealthTrend(Document):
    """How a computed health score goes up or down.

    ``slope_per_day`` is the Theil–Sen slope in points, ``p_value`` that of the Mann–Kendall test,
    ``tau`` Kendall's tau-b. ``direction`` is ``increasing`` or ``decreasing`` where the p-value is
    below 0.05, else ``no_trend``; ``points`` is how many instants had a score.
    """

    slope_per_day: float
    p_value: float
    tau: float | None
    direction: str
    points: int


@dataclass(frozen=True)
class OverriddenHealth(Document):
    """The override that holds, and what was computed.

    ``contribution`` is what it adds to the computed score.
    """

    computed_score: float | None
    computed_band: str | None
    contribution: float
    author: str
    reason: str
    from_: datetime
    until: datetime


@dataclass(frozen=True)
class Health(Document):
    """The health of one customer.

    The contributions of the factors, and that of the override where there is one, add up to the
    score.
    """

    score: float
    band: str
    coverage: float
    capped_by: str | None
    factors: list[Factor]
    trend: HealthTrend | None
    overridden: OverriddenHealth | None

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws what each factor brings to the score, of what it could bring.

        ``style`` is that of the bars; needs matplotlib.
        """
        from .. import _plots_customers

        drawn: Axes = _plots_customers.health(self, ax, style)
        return drawn


@dataclass(frozen=True)
class HealthPoint(Document):
    """The health of one customer at one of many instants; ``None`` where there was none."""

    as_of: datetime
    score: float | None
    band: str | None
    coverage: float | None
    computed_score: float | None


@dataclass(frozen=True)
class HealthHistory(Document):
    """The health of one customer over time, each instant as it was known then."""

    customer_id: str
    points: list[HealthPoint]
    trend: HealthTrend | None

    def to_pandas(self) -> pandas.DataFrame:
        """One row an instant, by ``as_of``."""
        import pandas as pd

        return pd.DataFrame([point.to_dict() for point in self.points]).set_index("as_of")

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws the score over time, its points in the colours of bands, and the trend in words.

        ``style`` is that of the line; needs matplotlib.
        """
        from .. import _plots_time

        drawn: Axes = _plots_time.health_history(self, ax, style)
        return drawn


@dataclass(frozen=True)
class HealthChangeTerm(Document):
    """One reason of a change of health.

    ``kind`` is ``time``, ``data``, ``missingness``, ``cap`` or ``override``. ``before`` and ``after``
    are the factor's scores, ``points`` what it did to the health score, ``text`` says so.
    """

    kind: str
    factor: str | None
    before: float | None
    after: float | None
    points: float
    text: str


@dataclass(frozen=True)
class HealthChange(Document):
    """What changed a customer's health between two instants.

    The points of the terms, added from first to last, are exactly ``change``.
    """

    customer_id: str
    since: datetime
    as_of: datetime
    before: float | None
    after: float | None
    band_before: str | None
    band_after: str | None
    change: float | None
    terms: list[HealthChangeTerm]

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws how the terms lead from the score before to the one after.

        ``style`` is that of the bars; needs matplotlib.
        """
        from .. import _plots_time

        drawn: Axes = _plots_time.health_change(self, ax, style)
        return drawn


@dataclass(frozen=True)
class HealthOverride(Document):
    """What a person says a customer's health is, from ``from_`` until before ``until``."""

    score: float | None
    band: str | None
    author: str
    reason: str
    from_: datetime
    until: datetime


class HealthOverrides(Documents[HealthOverride]):
    """Overrides in the order in which they begin."""

    part = HealthOverride


@dataclass(frozen=True)
class AccountChild(Document):
    """A customer of an account."""

    customer_id: str
    score: float
    band: str
    weight: float
    contribution: float


@dataclass(frozen=True)
class AccountHealth(Document):
    """The health of an account: the weighted mean of its customers' scores.

    ``source`` is ``children``, ``own``, ``fallback`` or, where there is no score, ``None``. The
    contributions of ``worst``, the customers with the lowest scores, and ``others`` add up to the
    score that is made of them.
    """

    account: str
    score: float | None
    band: str | None
    source: str | None
    coverage: float
    children: int
    scored: int
    worst: list[AccountChild]
    others: float


class Accounts(Documents[AccountHealth]):
    """The health of accounts, by name."""

    part = AccountHealth
