"""Reports, scores and decisions: the core's JSON documents as plain Python objects."""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

_SHOWN = 5


class Document:
    """A part of an answer: attributes to read, ``to_dict`` for the rest."""

    def to_dict(self) -> dict[str, Any]:
        """The same as dictionaries and lists, with instants as ``datetime``."""
        return dataclasses.asdict(self, dict_factory=_keys)  # type: ignore[call-overload, no-any-return]

    def _repr_html_(self) -> str:
        from . import _html

        return _html.document(self)


def _keys(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Attributes under their names in JSON: ``from_`` is ``from``."""
    return {name.removesuffix("_"): value for name, value in fields}


Part = TypeVar("Part", bound=Document)


class Documents(list[Part]):
    """Parts of one kind: a list, shown as a table."""

    part: ClassVar[type[Document]]

    def __repr__(self) -> str:
        return _lines(self)

    def _repr_html_(self) -> str:
        from . import _html

        return _html.parts(self)

    def to_dict(self) -> list[dict[str, Any]]:
        """The same as dictionaries and lists."""
        return [part.to_dict() for part in self]

    def to_pandas(self) -> pandas.DataFrame:
        """One row a part."""
        import pandas as pd

        return pd.DataFrame(self.to_dict())


@dataclass(frozen=True)
class Rejected(Document):
    """A row that was refused. The rows beside it count."""

    index: int
    code: str
    message: str


@dataclass(frozen=True, repr=False)
class IngestReport(Document):
    """What became of the rows of a table."""

    accepted: int
    duplicates: int
    superseded: int
    rejected: list[Rejected]
    ignored_columns: list[str]

    def __repr__(self) -> str:
        lines = [f"{self.accepted:,} accepted, {self.duplicates:,} seen before, "]
        lines[0] += f"{self.superseded:,} superseded, " if self.superseded else ""
        lines[0] += f"{len(self.rejected):,} rejected"
        lines += [f"  {row.message}" for row in self.rejected[:_SHOWN]]
        if len(self.rejected) > _SHOWN:
            lines.append(f"  … {len(self.rejected) - _SHOWN:,} more")
        if self.ignored_columns:
            lines.append(f"  columns not read: {', '.join(self.ignored_columns)}")
        return "\n".join(lines)


@dataclass(frozen=True, repr=False)
class Reports(Document):
    """What became of the rows of an event table and a customer table."""

    events: IngestReport
    customers: IngestReport

    def __repr__(self) -> str:
        return f"events: {self.events}\ncustomers: {self.customers}"


@dataclass(frozen=True)
class LeftOut(Document):
    """How many rows a training set left out, and why."""

    not_started: int
    not_eligible: int
    horizon_past_data: int
    label_missing: int


@dataclass(frozen=True)
class FeatureDefinition(Document):
    """A feature as the playbook defines it; its version is equal where its meaning is."""

    name: str
    type: str
    expression: str
    unit: str | None
    version: str


class FeatureDefinitions(Documents[FeatureDefinition]):
    """The features of a playbook, in its order."""

    part = FeatureDefinition


@dataclass(frozen=True)
class EventUse(Document):
    """What is read of the events of one type; no properties where only the times are read."""

    event: str
    properties: list[str]


@dataclass(frozen=True)
class FunctionUse(Document):
    """A function and the version of what it gives."""

    name: str
    version: int


@dataclass(frozen=True)
class Lineage(Document):
    """Everything that a feature depends on, directly or through the features it reads.

    ``window`` is the longest one, ``"past"`` for all of the past, ``None`` without events.
    """

    feature: str
    version: str
    attributes: list[str]
    events: list[EventUse]
    features: list[str]
    window: str | None
    functions: list[FunctionUse]


@dataclass(frozen=True)
class Spread(Document):
    """How numbers are spread."""

    min: float
    median: float
    mean: float
    p95: float
    max: float


@dataclass(frozen=True)
class TypeDescription(Document):
    """An event type."""

    name: str
    rows: int
    share: float
    customers: int
    first: datetime | None
    last: datetime | None
    properties: list[str]


@dataclass(frozen=True)
class CommonValue(Document):
    """A value and how common it is."""

    value: float | bool | str
    rows: int
    share: float


@dataclass(frozen=True)
class ColumnDescription(Document):
    """A column; ``events`` are the types that have values in it."""

    name: str
    type: str
    events: list[str]
    missing: float
    distinct: int
    min: float | str | None
    median: float | str | None
    max: float | str | None
    commonest: list[CommonValue]


@dataclass(frozen=True)
class Gap(Document):
    """A time without any event."""

    start: datetime
    end: datetime
    days: float


@dataclass(frozen=True)
class Gaps(Document):
    """Times without any event of any customer."""

    longest: Gap | None
    days_without: int
    days: int


@dataclass(frozen=True)
class Duplicates(Document):
    """How many rows are there more than once."""

    same_event_id: int
    conflicting: int
    equal_rows: int


@dataclass(frozen=True)
class CustomersDescription(Document):
    """The table of customers."""

    rows: int
    customers: int
    without_events: int
    columns: list[ColumnDescription]


@dataclass(frozen=True)
class Suspicion(Document):
    """Something that a person should look at."""

    code: str
    table: str
    column: str | None
    count: int
    message: str


@dataclass(frozen=True, repr=False)
class Description(Document):
    """What a table of events holds."""

    rows: int
    unreadable: int
    customers: int
    first: datetime | None
    last: datetime | None
    events_per_customer: Spread | None
    days_between_events: Spread | None
    types: list[TypeDescription]
    columns: list[ColumnDescription]
    gaps: Gaps
    duplicates: Duplicates
    customer_table: CustomersDescription | None
    suspicious: list[Suspicion]

    def __repr__(self) -> str:
        lines = [f"{self.rows:,} events of {self.customers:,} customers"]
        if self.first and self.last:
            lines[0] += f", {self.first:%Y-%m-%d} to {self.last:%Y-%m-%d}"
        for kind in self.types[:_SHOWN]:
            owned = f": {', '.join(kind.properties)}" if kind.properties else ""
            lines.append(f"  {kind.name}  {kind.rows:,} ({kind.share:.1%}){owned}")
        if len(self.types) > _SHOWN:
            lines.append(f"  … {len(self.types) - _SHOWN:,} more types")
        for found in self.suspicious:
            place = f"{found.table} {found.column}" if found.column else found.table
            lines.append(f"  ! {place}: {found.message}")
        return "\n".join(lines)


def _cell(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _lines(rows: Sequence[Document]) -> str:
    """Parts of one kind as a table: one line each, below a line of names."""
    if not rows:
        return "none"
    names = [field.name for field in dataclasses.fields(rows[0])]  # type: ignore[arg-type]
    lines = [names] + [[_cell(getattr(row, name)) for name in names] for row in rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(names))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths)) for line in lines
    )


@dataclass(frozen=True, repr=False)
class Report(Document):
    """How a model's probabilities compare with what came true.

    What needs rows of both labels is ``None`` where they are all alike.
    """

    rows: int
    positives: int
    mean_probability: float
    roc_auc: float | None
    pr_auc: float | None
    ks: float | None
    log_loss: float
    brier: float
    brier_reliability: float
    brier_resolution: float
    brier_uncertainty: float
    ece: float
    empc: float | None
    empc_fraction: float | None

    def __repr__(self) -> str:
        rate = self.positives / self.rows if self.rows else float("nan")
        lines = [("rows", f"{self.rows}", ""), ("churned", f"{self.positives}", f"{rate:.4f}")]
        for what, value in (
            ("mean probability", self.mean_probability),
            ("ROC-AUC", self.roc_auc),
            ("PR-AUC", self.pr_auc),
            ("KS", self.ks),
            ("log-loss", self.log_loss),
            ("Brier score", self.brier),
            ("  reliability", self.brier_reliability),
            ("  resolution", self.brier_resolution),
            ("  uncertainty", self.brier_uncertainty),
            ("ECE", self.ece),
            ("EMPC", self.empc),
            ("  offered to", self.empc_fraction),
        ):
            lines.append((what, "", "undefined" if value is None else f"{value:.4f}"))
        return "\n".join(f"{what:<18}{count:>8}  {value}".rstrip() for what, count, value in lines)

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws the measures that go from 0 to 1, each from what a guess without a model has.

        ``Model.plot`` draws the curves, for which a report has no rows.

        ``style`` is that of the points; needs matplotlib.
        """
        from . import _plots_models

        drawn: Axes = _plots_models.report(self, ax, style)
        return drawn


@dataclass(frozen=True)
class LiftBin(Document):
    """One stretch of the rows in order of probability."""

    rows: int
    positives: float
    least: float
    churn_rate: float
    lift: float
    cumulative_share: float
    cumulative_gain: float
    cumulative_lift: float


@dataclass(frozen=True, repr=False)
class Lift(Document):
    """Lift and gains: how much churn there is among the customers most at risk."""

    rows: int
    positives: int
    bins: list[LiftBin]

    def __repr__(self) -> str:
        return _lines(self.bins)

    def to_pandas(self) -> pandas.DataFrame:
        """One row a stretch."""
        import pandas as pd

        return pd.DataFrame([bin.to_dict() for bin in self.bins])

    def plot(self, ax: Axes | None = None, kind: str = "gains", **style: Any) -> Axes:
        """Draws ``"gains"``, how many churners are found among how many customers, or ``"lift"``.

        ``style`` is that of the line or the bars; needs matplotlib.
        """
        from . import _plots_models

        drawn: Axes = _plots_models.lift(self, ax, kind, style)
        return drawn


@dataclass(frozen=True)
class RocPoint(Document):
    """What comes of a threshold; it is ``None`` where no one is contacted."""

    threshold: float | None
    false_positive_rate: float
    true_positive_rate: float


@dataclass(frozen=True, repr=False)
class Roc(Document):
    """The ROC curve, from no one contacted to everyone; ``roc_auc`` is the area under all of it."""

    rows: int
    positives: int
    roc_auc: float
    points: list[RocPoint]

    def __repr__(self) -> str:
        return (
            f"ROC curve of {self.rows:,} rows, {len(self.points):,} points: AUC {self.roc_auc:.4f}"
        )

    def to_pandas(self) -> pandas.DataFrame:
        """One row a point."""
        import pandas as pd

        return pd.DataFrame([point.to_dict() for point in self.points])

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws the curve; one more on the same axes takes the next colour, and ``label`` names it.

        ``style`` is that of the line; needs matplotlib.
        """
        from . import _plots_models

        drawn: Axes = _plots_models.roc(self, ax, style)
        return drawn


@dataclass(frozen=True)
class PrecisionRecallPoint(Document):
    """What comes of a threshold."""

    threshold: float
    recall: float
    precision: float


@dataclass(frozen=True, repr=False)
class PrecisionRecall(Document):
    """Precision over recall, from the fewest contacted to everyone.

    ``pr_auc`` is the average precision of the whole curve.
    """

    rows: int
    positives: int
    pr_auc: float
    points: list[PrecisionRecallPoint]

    def __repr__(self) -> str:
        curve = f"precision over recall of {self.rows:,} rows, {len(self.points):,} points"
        return f"{curve}: AUC {self.pr_auc:.4f}"

    def to_pandas(self) -> pandas.DataFrame:
        """One row a point."""
        import pandas as pd

        return pd.DataFrame([point.to_dict() for point in self.points])

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws the curve in steps; one more on the same axes takes the next colour.

        ``style`` is that of the line; needs matplotlib.
        """
        from . import _plots_models

        drawn: Axes = _plots_models.precision_recall(self, ax, style)
        return drawn


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
class ReliabilityBin(Document):
    """Rows whose probabilities are near each other."""

    least: float
    greatest: float
    rows: int
    mean_probability: float
    churn_rate: float


@dataclass(frozen=True, repr=False)
class Reliability(Document):
    """What was said against what came true, bin by bin, and what that adds up to."""

    bins: list[ReliabilityBin]
    ece: float
    mce: float
    brier_reliability: float
    brier_resolution: float
    brier_uncertainty: float
    brier_within_bins: float

    def __repr__(self) -> str:
        return f"{_lines(self.bins)}\nECE {self.ece:.4f}, greatest {self.mce:.4f}"

    def to_pandas(self) -> pandas.DataFrame:
        """One row a bin."""
        import pandas as pd

        return pd.DataFrame([bin.to_dict() for bin in self.bins])

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws churn that came over probability stated; areas of points say how many rows they have.

        ``style`` is that of the points; needs matplotlib.
        """
        from . import _plots_models

        drawn: Axes = _plots_models.reliability(self, ax, style)
        return drawn


@dataclass(frozen=True)
class Empc(Document):
    """Expected maximum profit for each customer, and the share who get an offer then."""

    empc: float
    fraction: float


@dataclass(frozen=True)
class ProfitThreshold(Document):
    """The threshold that brings most; ``None`` where it is best to contact no one."""

    threshold: float | None
    profit: float
    contacted: int
    churners: int
    calibrated_threshold: float


@dataclass(frozen=True)
class Interval(Document):
    """A measure of a report and how far it is to be trusted."""

    measure: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, repr=False)
class Intervals(Document):
    """The measures of a report with bootstrap intervals."""

    level: float
    resamples: int
    measures: list[Interval]

    def __repr__(self) -> str:
        return _lines(self.measures)

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws the measures with their intervals.

        ``style`` is that of the points; needs matplotlib.
        """
        from . import _plots_models

        drawn: Axes = _plots_models.intervals(self, ax, style)
        return drawn


@dataclass(frozen=True)
class DeLong(Document):
    """The challenger's ROC-AUC less the champion's, by DeLong's test."""

    difference: float
    standard_error: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Difference(Document):
    """The challenger's measure less the champion's, by a paired bootstrap."""

    measure: str
    difference: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, repr=False)
class Comparison(Document):
    """Two models on the same rows."""

    champion: Report
    challenger: Report
    delong: DeLong
    level: float
    resamples: int
    differences: list[Difference]

    def __repr__(self) -> str:
        test = (
            f"DeLong's test of ROC-AUC: {self.delong.difference:+.4f}, p {self.delong.p_value:.4f}"
        )
        return f"{_lines(self.differences)}\n{test}"

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws the differences with their intervals, coloured by which model is better.

        ``style`` is that of the points; needs matplotlib.
        """
        from . import _plots_models

        drawn: Axes = _plots_models.comparison(self, ax, style)
        return drawn


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
        from . import _plots_customers

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
        from . import _plots_time

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
        from . import _plots_time

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


@dataclass(frozen=True)
class Reason(Document):
    """A feature that matters to the model, with the customer's value."""

    feature: str
    value: float | bool | str | None
    importance: float


@dataclass(frozen=True)
class ProbabilityInterval(Document):
    """Where a calibrated probability lies."""

    low: float
    high: float


@dataclass(frozen=True)
class Churn(Document):
    """A churn probability, with the features that matter most to the model.

    ``interval`` and ``confidence_level`` (``"low"``, ``"medium"`` or ``"high"``) are ``None`` where
    the model was trained without ``confidence``.
    """

    probability: float
    interval: ProbabilityInterval | None
    confidence_level: str | None
    reasons: list[Reason]


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
        from . import _html

        return _html.reasons(self)


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
class FeatureImportance(Document):
    """What a feature is worth to a model; ``std`` is that of its shuffles, where there are any."""

    feature: str
    importance: float
    std: float | None


class FeatureImportances(Documents[FeatureImportance]):
    """What the features are worth, the most important first."""

    part = FeatureImportance

    def _repr_html_(self) -> str:
        from . import _html

        return _html.importances(self)

    def plot(self, ax: Axes | None = None, top: int = 12, **style: Any) -> Axes:
        """Draws the ``top`` features as bars.

        ``style`` is that of the bars; needs matplotlib.
        """
        from . import _plots_models

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
        from . import _plots_models

        drawn: Axes = _plots_models.dependence(self, ax, style)
        return drawn


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


@dataclass(frozen=True)
class Decision(Document):
    """A decision to send something to a customer."""

    id: str
    customer_id: str
    campaign: str
    action: str
    step: str | None
    channel: str
    at: datetime
    propensity: float
    value: float | None
    cost: float
    epoch: int
    trace: list[str]
    content: str | None
    template: str | None
    bundle: str


@dataclass(frozen=True)
class Suppression(Document):
    """Something that is not sent, and why."""

    id: str
    customer_id: str
    campaign: str
    step: str | None
    at: datetime
    reason: str
    detail: str
    until: datetime | None
    epoch: int
    trace: list[str]


@dataclass(frozen=True)
class Passage(Document):
    """A customer coming into a journey (``kind`` is ``entered``) or out of it."""

    customer_id: str
    campaign: str
    epoch: int
    at: datetime
    kind: str
    step: str | None


@dataclass(frozen=True)
class Arbitration(Document):
    """How well the budgets were used: no choice exceeds ``bound``."""

    proposed: int
    sent: int
    cost: float
    value: float
    bound: float
    gap: float


@dataclass(frozen=True, repr=False)
class Decisions(Document):
    """What was decided at one instant."""

    as_of: datetime
    decisions: list[Decision]
    suppressions: list[Suppression]
    passages: list[Passage]
    arbitration: Arbitration | None

    def __repr__(self) -> str:
        lines = [f"{len(self.decisions):,} decisions, {len(self.suppressions):,} suppressions"]
        lines += [f"  {d.customer_id}: {d.action} ({d.campaign})" for d in self.decisions[:_SHOWN]]
        if len(self.decisions) > _SHOWN:
            lines.append(f"  … {len(self.decisions) - _SHOWN:,} more")
        return "\n".join(lines)

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws for each campaign what is sent, by action, and what is held back, by reason.

        ``style`` is that of the bars; needs matplotlib.
        """
        from . import _plots_customers

        drawn: Axes = _plots_customers.decisions(self, ax, style)
        return drawn


@dataclass(frozen=True)
class RecordReport(Document):
    """What became of recorded outcomes."""

    accepted: int
    duplicates: int
    rejected: list[Rejected]


@dataclass(frozen=True)
class ActionTally(Document):
    """What became of the sends of one action."""

    campaign: str
    action: str
    sends: int
    delivered: int
    opened: int
    clicked: int
    conversions: int
    bounced: int
    ended: int
    value: float


class ActionTallies(Documents[ActionTally]):
    """What became of the sends of each action."""

    part = ActionTally


Moment = datetime | None
"""An instant, or none."""

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


@dataclass(frozen=True)
class Transitions(Document):
    """How customers moved between stages: ``counts[i][j]`` steps went from stage i to stage j.

    ``entered`` and ``left`` are steps from outside and to outside: not known yet, or in no stage.
    """

    as_of: list[datetime]
    stages: list[str]
    counts: list[list[int]]
    probabilities: list[list[float | None]]
    entered: list[int]
    left: list[int]
    left_probabilities: list[float | None]

    def to_pandas(self, what: str = "counts") -> pandas.DataFrame:
        """The matrix of ``"counts"`` or ``"probabilities"``: from in the rows, to in the columns."""
        import pandas as pd

        rows = {"counts": self.counts, "probabilities": self.probabilities}[what]
        index = pd.Index(self.stages, name="from")
        return pd.DataFrame(rows, index=index, columns=pd.Index(self.stages, name="to"))

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws the matrix: the share of those in a stage who were in each other one a step later.

        ``style`` is that of the cells; needs matplotlib.
        """
        from . import _plots_time

        drawn: Axes = _plots_time.transitions(self, ax, style)
        return drawn


@dataclass(frozen=True)
class NamedCounts(Document):
    """The customers of one stage, segment or band at each instant."""

    name: str
    counts: list[int]


@dataclass(frozen=True)
class ReasonCount(Document):
    """How many firings came to nothing for one reason."""

    reason: str
    count: int


@dataclass(frozen=True)
class ReplayCampaign(Document):
    """What one campaign would have done."""

    campaign: str
    decisions: int
    suppressions: int
    reasons: list[ReasonCount]
    reached: int
    cost: float
    value: float | None
    goals: int | None
    open_goals: int | None


@dataclass(frozen=True)
class ReplayDay(Document):
    """What one campaign would have done on one day in UTC."""

    day: str
    campaign: str
    decisions: int
    suppressions: int
    reasons: list[ReasonCount]
    cost: float


@dataclass(frozen=True)
class ReplayOverlap(Document):
    """Two campaigns that would have sent to the same customers."""

    campaign: str
    other: str
    customers: int
    within_7d: int


@dataclass(frozen=True)
class Replay(Document):
    """What a bundle would have decided over recorded history."""

    bundle: str
    from_: datetime
    to: datetime
    looks: int
    ticks: int
    customers: int
    reached: int
    cost: float
    value: float | None
    campaigns: list[ReplayCampaign]
    days: list[ReplayDay]
    overlaps: list[ReplayOverlap]
    decisions: list[Decision]
    suppressions: list[Suppression]
    passages: list[Passage]
    report: Reports

    def __repr__(self) -> str:
        return (
            f"{self.looks:,} looks: {len(self.decisions):,} decisions for {self.reached:,} of "
            f"{self.customers:,} customers, {len(self.suppressions):,} suppressions"
        )


@dataclass(frozen=True)
class Lint(Document):
    """Something a playbook says that is hardly meant."""

    code: str
    level: str
    path: str
    line: int | None
    column: int | None
    message: str
    fix: str


Lints = list[Lint]


@dataclass(frozen=True)
class SegmentCounts(Document):
    """How many customers were where at each instant."""

    as_of: list[datetime]
    customers: list[int]
    stages: list[NamedCounts]
    segments: list[NamedCounts]
    bands: list[NamedCounts]

    def to_pandas(self) -> pandas.DataFrame:
        """One row an instant, a column for each stage, segment and band."""
        import pandas as pd

        columns: dict[tuple[str, str], list[int]] = {("customers", ""): self.customers}
        for kind in ("stages", "segments", "bands"):
            for named in getattr(self, kind):
                columns[(kind, named.name)] = named.counts
        return pd.DataFrame(columns, index=pd.Index(self.as_of, name="as_of"))

    def plot(self, ax: Axes | None = None, kind: str = "stages", **style: Any) -> Axes:
        """Draws how many customers are in each of the ``"stages"``, ``"segments"`` or ``"bands"``.

        ``style`` is that of the areas or the lines; needs matplotlib.
        """
        from . import _plots_time

        drawn: Axes = _plots_time.segment_counts(self, ax, kind, style)
        return drawn


@dataclass(frozen=True)
class RfmCustomer(Document):
    """One customer's recency, frequency and monetary value, the scores of each, and the segment."""

    customer_id: str
    recency_days: float
    frequency: float
    monetary: float
    r: int
    f: int
    m: int
    segment: str


@dataclass(frozen=True)
class RfmSummary(Document):
    """The customers of one RFM segment."""

    segment: str
    customers: int
    share: float
    monetary: float


@dataclass(frozen=True, repr=False)
class Rfm(Document):
    """The RFM scores of all customers who have an event in the window."""

    as_of: datetime
    customers: list[RfmCustomer]
    segments: list[RfmSummary]

    def __repr__(self) -> str:
        return _lines(self.segments)

    def to_pandas(self) -> pandas.DataFrame:
        """One row a customer."""
        import pandas as pd

        return pd.DataFrame([vars(customer) for customer in self.customers])


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
        from . import _plots_time

        drawn: Axes = _plots_time.cohorts(self, ax, style)
        return drawn

    def plot_retention(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws the retention of all cohorts by age, or their survival, with its interval.

        ``style`` is that of the line; needs matplotlib.
        """
        from . import _plots_time

        drawn: Axes = _plots_time.retention(self, ax, style)
        return drawn


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
        score: Score = _build(Score, self._rows[at])
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
        from . import _html

        return _html.scores(self)

    def plot(self, ax: Axes | None = None, kind: str = "churn", **style: Any) -> Axes:
        """Draws how the ``"churn"`` probabilities, or the ``"health"`` scores, are spread.

        ``style`` is that of the bars; needs matplotlib.
        """
        from . import _plots_customers

        drawn: Axes = _plots_customers.scores(self, ax, kind, style)
        return drawn


def read(name: str, text: str) -> Any:
    """The document of class ``name`` that is written as JSON in ``text``."""
    value = json.loads(text)
    if name in ("FeatureValues", "Params"):
        return value
    if name == "Moment":
        return None if value is None else _instant(value)
    if name == "Scores":
        return Scores(value)
    kind = globals()[name]
    if issubclass(kind, Documents):
        return kind(_build(kind.part, item) for item in value)
    return _build(kind, value)


def _build(kind: type[Document], value: dict[str, Any]) -> Any:
    """The document of that class: its parts are built first."""
    value = {f"{name}_" if name == "from" else name: item for name, item in value.items()}
    for name, build in _parts(kind):
        if value[name] is not None:
            value[name] = build(value[name])
    return kind(**value)


Parts = list[tuple[str, Callable[[Any], Any]]]
_known: dict[str, Parts] = {}


def _parts(kind: type[Document]) -> Parts:
    """The fields that are not as JSON has them, with what makes them so."""
    if kind.__name__ not in _known:
        hints = typing.get_type_hints(kind)
        builders = ((name, _builder(hint)) for name, hint in hints.items())
        _known[kind.__name__] = [(name, build) for name, build in builders if build is not None]
    return _known[kind.__name__]


def _builder(hint: Any) -> Callable[[Any], Any] | None:
    """What makes a field of that type; ``None`` where JSON's value is the field's."""
    if isinstance(hint, types.UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not types.NoneType)
    if typing.get_origin(hint) is list:
        build = _builder(typing.get_args(hint)[0])
        return None if build is None else lambda items: [build(item) for item in items]
    if hint is datetime:
        return _instant
    if isinstance(hint, type) and issubclass(hint, Document):
        return functools.partial(_build, hint)
    return None


def _instant(text: str) -> datetime:
    """An instant as the core writes it, with a fraction of any length or none."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction:0<6}+00:00")


# At the end, for they are documents too.
from ._experiments import (  # noqa: E402
    Choice,
    ExperimentReport,
    OffPolicyReport,
    PowerAnalysis,
    SampleRatio,
    SequentialReport,
)

__all__ = [
    "Choice",
    "ExperimentReport",
    "OffPolicyReport",
    "PowerAnalysis",
    "SampleRatio",
    "SequentialReport",
]
