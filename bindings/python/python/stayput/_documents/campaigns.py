"""What campaigns decided, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .base import SHOWN, Document, Documents
from .customers import ReasonCode
from .data import Rejected

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
        lines += [f"  {d.customer_id}: {d.action} ({d.campaign})" for d in self.decisions[:SHOWN]]
        if len(self.decisions) > SHOWN:
            lines.append(f"  … {len(self.decisions) - SHOWN:,} more")
        return "\n".join(lines)

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws for each campaign what is sent, by action, and what is held back, by reason.

        ``style`` is that of the bars; needs matplotlib.
        """
        from .. import _plots_customers

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


@dataclass(frozen=True)
class LiftArm(Document):
    """Customers on one side of a comparison: those whose time for the goal is over, and ``open`` ones."""

    customers: int
    sent: int
    reached: int
    open: int


@dataclass(frozen=True)
class CampaignLift(Document):
    """What one campaign brings: the share who reach its goal, less that of those held out.

    ``low`` and ``high`` are the ends of a confidence sequence, ``p_value`` is always valid: one may look
    as often as one likes. ``per_contact`` is the difference for each customer who was sent something,
    ``gained`` how many more reach the goal than would have. ``None`` is what cannot be told yet.
    """

    campaign: str
    control: str | None
    treated: LiftArm
    held_out: LiftArm
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    relative_lift: float | None
    per_contact: float | None
    gained: float | None
    sample_ratio_p: float | None


@dataclass(frozen=True)
class Recommendation(Document):
    """A campaign that had better be changed: ``share`` is the share that shows it."""

    campaign: str
    code: str
    share: float
    message: str
    fix: str


@dataclass(frozen=True, repr=False)
class LiftReport(Document):
    """What campaigns bring, by those who are held out."""

    as_of: datetime
    since: datetime | None
    level: float
    effect: float
    campaigns: list[CampaignLift]
    recommendations: list[Recommendation]

    def __repr__(self) -> str:
        lines = [f"lift at {self.as_of:%Y-%m-%d}, {self.level:.0%} whenever one looks"]
        for one in self.campaigns:
            if one.difference is None or one.low is None or one.high is None:
                lines.append(f"  {one.campaign}: not known yet")
            else:
                said = f"{one.difference:+.2%} ({one.low:+.2%} to {one.high:+.2%})"
                of = f"{one.treated.customers:,} beside {one.held_out.customers:,} held out"
                lines.append(f"  {one.campaign}: {said}, {of}")
        lines += [f"  {one.message}: {one.fix}" for one in self.recommendations]
        return "\n".join(lines)

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draws each campaign's difference with its interval.

        ``style`` is that of the points; needs matplotlib.
        """
        from .. import _plots_customers

        drawn: Axes = _plots_customers.lift(self, ax, style)
        return drawn


@dataclass(frozen=True)
class NextAction(Document):
    """Something that could be done for a customer.

    ``net`` is what it is expected to bring less its cost. Where it is not ``allowed``, ``reason`` and
    ``detail`` say why. ``answers`` are the customer's reasons to churn that the campaign is about.
    """

    campaign: str
    action: str
    channel: str
    cost: float
    value: float | None
    net: float
    allowed: bool
    reason: str | None
    detail: str | None
    until: datetime | None
    answers: list[ReasonCode]


class NextActions(Documents[NextAction]):
    """What could be done for a customer, the best first."""

    part = NextAction

    def __repr__(self) -> str:
        def line(action: NextAction) -> str:
            why = ", ".join(reason.text for reason in action.answers) or "no reason of its own"
            state = why if action.allowed else f"stopped: {action.detail}"
            return f"{action.net:>12,.2f}  {action.campaign}: {action.action}  ({state})"

        return "\n".join(map(line, self)) or "nothing"


Moment = datetime | None
"""An instant, or none."""
