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
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import pandas

_SHOWN = 5


class Document:
    """A part of an answer: attributes to read, ``to_dict`` for the rest."""

    def to_dict(self) -> dict[str, Any]:
        """The same as dictionaries and lists, with instants as ``datetime``."""
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]


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
        test = f"DeLong's test of ROC-AUC: {self.delong.difference:+.4f}, p {self.delong.p_value:.4f}"
        return f"{_lines(self.differences)}\n{test}"


@dataclass(frozen=True)
class Factor(Document):
    """What one factor did to the health score."""

    name: str
    score: float | None
    weight: float
    contribution: float


@dataclass(frozen=True)
class Health(Document):
    """The health of one customer: the contributions of the factors add up to the score."""

    score: float
    band: str
    coverage: float
    capped_by: str | None
    factors: list[Factor]


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


Reasons = list[ReasonCode]
"""What raises a churn probability, the strongest first."""

FeatureValues = dict[str, float | bool | str | None]
"""Features by name, in the playbook's order."""


@dataclass(frozen=True)
class Score(Document):
    """Everything known of one customer at one instant."""

    customer_id: str
    as_of: datetime
    features: FeatureValues
    health: Health | None
    churn: Churn | None
    lifecycle: str | None
    segments: list[str]
    bundle: str


@dataclass(frozen=True)
class FeatureImportance(Document):
    """What a feature is worth to a model; ``std`` is that of its shuffles, where there are any."""

    feature: str
    importance: float
    std: float | None


FeatureImportances = list[FeatureImportance]
"""What the features are worth, the most important first."""


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
    channel: str
    at: datetime
    propensity: float
    value: float | None
    cost: float
    epoch: int
    trace: list[str]
    bundle: str


@dataclass(frozen=True)
class Suppression(Document):
    """Something that is not sent, and why."""

    id: str
    customer_id: str
    campaign: str
    at: datetime
    reason: str
    detail: str
    until: datetime | None
    epoch: int


@dataclass(frozen=True, repr=False)
class Decisions(Document):
    """What was decided at one instant."""

    as_of: datetime
    decisions: list[Decision]
    suppressions: list[Suppression]

    def __repr__(self) -> str:
        lines = [f"{len(self.decisions):,} decisions, {len(self.suppressions):,} suppressions"]
        lines += [f"  {d.customer_id}: {d.action} ({d.campaign})" for d in self.decisions[:_SHOWN]]
        if len(self.decisions) > _SHOWN:
            lines.append(f"  … {len(self.decisions) - _SHOWN:,} more")
        return "\n".join(lines)


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


class Scores(Sequence[Score]):
    """The scores of many customers; a score is made when it is asked for."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

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
                "lifecycle": score["lifecycle"],
                "segments": score["segments"],
                **score["features"],
            }

        return pd.DataFrame([row(score) for score in self._rows])

    def __repr__(self) -> str:
        return f"Scores of {len(self):,} customers"

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.to_pandas().head(10).to_html(index=False)}"


def read(name: str, text: str) -> Any:
    """The document of class ``name`` that is written as JSON in ``text``."""
    value = json.loads(text)
    if name in ("FeatureValues", "Params"):
        return value
    if name == "Scores":
        return Scores(value)
    kind = globals()[name]
    if typing.get_origin(kind) is list:
        (item,) = typing.get_args(kind)
        return [_build(item, part) for part in value]
    return _build(kind, value)


def _build(kind: type[Document], value: dict[str, Any]) -> Any:
    """The document of that class: its parts are built first."""
    value = dict(value)
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
