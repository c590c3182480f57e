"""Experiments, bandits and off-policy evaluation."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Document


@dataclass(frozen=True)
class ArmSummary(Document):
    """An arm as it was compared: adjusted where there is a covariate."""

    arm: str
    n: float
    mean: float
    variance: float


@dataclass(frozen=True)
class ArmComparison(Document):
    """An arm less the control: ``z`` for proportions (``df`` is ``None``), Welch's ``t`` for means.

    ``p_adjusted`` is the p-value adjusted for the number of arms (Holm). The relative lift is ``None``
    where the control's mean is 0.
    """

    arm: str
    difference: float
    low: float
    high: float
    statistic: float
    df: float | None
    p_value: float
    p_adjusted: float
    relative_lift: float | None
    relative_low: float | None
    relative_high: float | None


@dataclass(frozen=True)
class Cuped(Document):
    """What the covariate did: its slope, and the share of the variance that it took away."""

    theta: float
    variance_reduction: float


@dataclass(frozen=True)
class ExperimentReport(Document):
    """What an experiment showed: each arm beside the control."""

    metric: str
    control: str
    level: float
    arms: list[ArmSummary]
    comparisons: list[ArmComparison]
    cuped: Cuped | None


@dataclass(frozen=True)
class SampleRatio(Document):
    """Whether the arms have the sizes that were meant."""

    expected: list[float]
    statistic: float
    df: int
    p_value: float
    mismatch: bool


@dataclass(frozen=True)
class SequentialLook(Document):
    """An arm beside the control at one look; no interval where an arm does not vary yet."""

    arm: str
    difference: float
    low: float | None
    high: float | None
    p_value: float
    p_adjusted: float


@dataclass(frozen=True)
class SequentialComparison(Document):
    """What became of an arm: the first look at which it differed, counted from 0."""

    arm: str
    significant_at: int | None
    difference: float
    p_adjusted: float


@dataclass(frozen=True)
class SequentialReport(Document):
    """An experiment as it was followed; ``stop`` where every arm is told from the control."""

    metric: str
    control: str
    level: float
    mixing_variance: float
    looks: list[list[SequentialLook]]
    comparisons: list[SequentialComparison]
    stop: bool


@dataclass(frozen=True)
class PowerAnalysis(Document):
    """An experiment as planned."""

    metric: str
    effect: float
    n_control: float
    n_treatment: float
    power: float
    level: float


@dataclass(frozen=True)
class OffPolicyEstimate(Document):
    """The value of a policy by one estimator; no error for a single row."""

    estimator: str
    value: float
    standard_error: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class OffPolicyReport(Document):
    """What a policy would have brought, a decision."""

    rows: int
    observed: float
    effective_sample_size: float
    mean_weight: float
    max_weight: float
    clipped: int
    switch_threshold: float
    level: float
    estimates: list[OffPolicyEstimate]

    def __getitem__(self, estimator: str) -> OffPolicyEstimate:
        """The estimate by ``"ips"``, ``"snips"``, ``"dm"``, ``"dr"`` or ``"switch_dr"``."""
        for estimate in self.estimates:
            if estimate.estimator == estimator:
                return estimate
        raise KeyError(estimator)


@dataclass(frozen=True)
class Choice(Document):
    """What a bandit chose, and the chance that it was chosen with."""

    action: str
    propensity: float
    standard_error: float | None
    propensities: list[float]
