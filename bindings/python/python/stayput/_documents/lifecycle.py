"""How customers move between stages and segments, and RFM."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .base import Document, as_table

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes


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
        from .. import _plots_time

        drawn: Axes = _plots_time.transitions(self, ax, style)
        return drawn


@dataclass(frozen=True)
class NamedCounts(Document):
    """The customers of one stage, segment or band at each instant."""

    name: str
    counts: list[int]


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
        from .. import _plots_time

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
        return as_table(self.segments)

    def to_pandas(self) -> pandas.DataFrame:
        """One row a customer."""
        import pandas as pd

        return pd.DataFrame([vars(customer) for customer in self.customers])
