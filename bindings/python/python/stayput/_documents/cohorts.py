"""How long customers of one time stay, and what they spend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .base import Document

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Ages(Document):
    """The ages of one column, first and last; ``to`` is ``None`` where there is no last."""

    # As the core writes it: `from` is a word of Python.
    first: int
    last: int | None


@dataclass(frozen=True)
class Revenue(Document):
    """What a cohort brought in at each age; ``None`` is what is not known yet."""

    amounts: list[float | None]
    gross_retention: list[float | None]
    net_retention: list[float | None]
    cumulative_per_customer: list[float | None]


@dataclass(frozen=True)
class Cohort(Document):
    """Customers who started in one period; ``None`` is what is not known yet."""

    start: str
    size: int
    retained: list[int | None]
    rates: list[float | None]
    known_from: list[datetime]
    revenue: Revenue | None


@dataclass(frozen=True)
class RetentionPoint(Document):
    """Retention at some ages over all cohorts that it is known of, with Wilson's 95% interval."""

    ages: Ages
    customers: int
    retained: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class SurvivalPoint(Document):
    """The Kaplan–Meier estimate after the period of an age, with Greenwood's 95% interval."""

    age: int
    at_risk: int
    ended: int
    censored: int
    survival: float
    low: float
    high: float


@dataclass(frozen=True, repr=False)
class Cohorts(Document):
    """Cohorts and what became of them. A column of the tables is one of ``ages``."""

    period: str
    age: str
    definition: str
    zone: str
    until: datetime | None
    ages: list[Ages]
    cohorts: list[Cohort]
    retention: list[RetentionPoint]
    survival: list[SurvivalPoint] | None
    customers: int
    not_started: int
    unreadable: int

    def __repr__(self) -> str:
        return f"{len(self.cohorts):,} cohorts of {self.customers:,} customers, by {self.period}"

    def to_pandas(self, what: str = "rates") -> pandas.DataFrame:
        """One row a cohort, one column an age: ``"rates"``, ``"retained"``, or, of revenue,
        ``"amounts"``, ``"gross_retention"``, ``"net_retention"``, ``"cumulative_per_customer"``."""
        import pandas as pd

        own = what in ("rates", "retained")
        rows = [getattr(cohort if own else cohort.revenue, what) for cohort in self.cohorts]
        index = pd.DatetimeIndex([cohort.start for cohort in self.cohorts], name="start")
        columns = pd.Index([ages.first for ages in self.ages], name="age")
        return pd.DataFrame(rows, index=index, columns=columns, dtype=float)

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws the table of retention: a row a cohort, a column an age.

        ``style`` is that of the cells; needs matplotlib.
        """
        from .. import _plots_time

        drawn: Axes = _plots_time.cohorts(self, ax, style)
        return drawn

    def plot_retention(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws the retention of all cohorts by age, or their survival, with its interval.

        ``style`` is that of the line; needs matplotlib.
        """
        from .. import _plots_time

        drawn: Axes = _plots_time.retention(self, ax, style)
        return drawn
