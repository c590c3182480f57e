"""What is in tables, and what became of their rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .base import SHOWN, Document


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
        lines += [f"  {row.message}" for row in self.rejected[:SHOWN]]
        if len(self.rejected) > SHOWN:
            lines.append(f"  … {len(self.rejected) - SHOWN:,} more")
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
        for kind in self.types[:SHOWN]:
            owned = f": {', '.join(kind.properties)}" if kind.properties else ""
            lines.append(f"  {kind.name}  {kind.rows:,} ({kind.share:.1%}){owned}")
        if len(self.types) > SHOWN:
            lines.append(f"  … {len(self.types) - SHOWN:,} more types")
        for found in self.suspicious:
            place = f"{found.table} {found.column}" if found.column else found.table
            lines.append(f"  ! {place}: {found.message}")
        return "\n".join(lines)
