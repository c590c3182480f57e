"""What a playbook would have done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .base import Document
from .data import Reports
from .campaigns import Decision, Passage, Recommendation, Suppression


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


@dataclass(frozen=True, repr=False)
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
    recommendations: list[Recommendation]
    decisions: list[Decision]
    suppressions: list[Suppression]
    passages: list[Passage]
    report: Reports

    def __repr__(self) -> str:
        lines = [
            f"{self.looks:,} looks: {len(self.decisions):,} decisions for {self.reached:,} of "
            f"{self.customers:,} customers, {len(self.suppressions):,} suppressions"
        ]
        lines += [f"  {one.message}: {one.fix}" for one in self.recommendations]
        return "\n".join(lines)


@dataclass(frozen=True)
class ReplayTotal(Document):
    """What a replay comes to."""

    bundle: str
    decisions: int
    suppressions: int
    reached: int
    cost: float
    value: float | None


@dataclass(frozen=True)
class CampaignComparison(Document):
    """One campaign under both bundles; ``None`` where a bundle does not have it."""

    campaign: str
    before: ReplayCampaign | None
    after: ReplayCampaign | None
    kept: int
    added: int
    dropped: int


@dataclass(frozen=True, repr=False)
class ReplayComparison(Document):
    """What another bundle would have done otherwise over the same history.

    ``gained`` customers are sent something only by the other, ``lost`` ones no longer.
    """

    before: ReplayTotal
    after: ReplayTotal
    gained: int
    lost: int
    campaigns: list[CampaignComparison]
    added: list[Decision]
    dropped: list[Decision]

    def __repr__(self) -> str:
        lines = [
            f"{self.before.decisions:,} decisions become {self.after.decisions:,}, cost "
            f"{self.before.cost:,.2f} becomes {self.after.cost:,.2f}; "
            f"{self.gained:,} customers gained, {self.lost:,} lost"
        ]
        for one in self.campaigns:
            what = "new" if one.before is None else "gone" if one.after is None else ""
            lines.append(
                f"  {one.campaign:<24} {one.kept:>7,} kept {one.added:>7,} added "
                f"{one.dropped:>7,} dropped  {what}".rstrip()
            )
        return "\n".join(lines)
