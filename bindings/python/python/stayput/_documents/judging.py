"""How good models are: figures, curves, intervals and comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .base import Document, as_table

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes


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
        from .. import _plots_models

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
        return as_table(self.bins)

    def to_pandas(self) -> pandas.DataFrame:
        """One row a stretch."""
        import pandas as pd

        return pd.DataFrame([bin.to_dict() for bin in self.bins])

    def plot(self, ax: Axes | None = None, kind: str = "gains", **style: Any) -> Axes:
        """Draws ``"gains"``, how many churners are found among how many customers, or ``"lift"``.

        ``style`` is that of the line or the bars; needs matplotlib.
        """
        from .. import _plots_models

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
        from .. import _plots_models

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
        from .. import _plots_models

        drawn: Axes = _plots_models.precision_recall(self, ax, style)
        return drawn


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
        return f"{as_table(self.bins)}\nECE {self.ece:.4f}, greatest {self.mce:.4f}"

    def to_pandas(self) -> pandas.DataFrame:
        """One row a bin."""
        import pandas as pd

        return pd.DataFrame([bin.to_dict() for bin in self.bins])

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws churn that came over probability stated; areas of points say how many rows they have.

        ``style`` is that of the points; needs matplotlib.
        """
        from .. import _plots_models

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
        return as_table(self.measures)

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws the measures with their intervals.

        ``style`` is that of the points; needs matplotlib.
        """
        from .. import _plots_models

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
        return f"{as_table(self.differences)}\n{test}"

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws the differences with their intervals, coloured by which model is better.

        ``style`` is that of the points; needs matplotlib.
        """
        from .. import _plots_models

        drawn: Axes = _plots_models.comparison(self, ax, style)
        return drawn
