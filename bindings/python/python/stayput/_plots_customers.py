"""Plots of customers: how scores are spread, and what campaigns decided."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _plots as house
from ._errors import ArgumentError
from ._plots import Axes

if TYPE_CHECKING:
    from ._documents import Decisions, Health, LiftReport, Scores

_BANDS = (house.RED, house.YELLOW, house.GREEN, house.CYAN, house.PURPLE)


def scores(of: Scores, ax: Axes | None, kind: str, style: dict[str, Any]) -> Axes:
    """How many customers have which churn probability, or which health."""
    if kind == "churn":
        return _churn(of, ax, style)
    if kind == "health":
        return _health(of, ax, style)
    message = f"argument `kind`: found `{kind}`; expected `churn` or `health`"
    raise ArgumentError(message, "argument", "kind")


def _churn(of: Scores, ax: Axes | None, style: dict[str, Any]) -> Axes:
    known = [row["churn"]["probability"] for row in of.rows if row["churn"] is not None]
    ax = house.axes(ax)
    look = house.series(ax, style, bins=np.linspace(0, 1, 26), rwidth=0.92)
    ax.hist(known, **look)
    if known:
        middle = float(np.median(known))
        ax.axvline(middle, color=house.ink(), linewidth=1, alpha=0.7, gid="median")
        at = {"xycoords": ax.get_xaxis_transform(), "ha": "left" if middle < 0.7 else "right"}
        offset = {"xytext": (5 if middle < 0.7 else -5, 0), "textcoords": "offset points"}
        house.remark(ax, middle, 0.96, f"median {middle:.1%}", **at, **offset)
    ax.set(xlim=(-0.01, 1.01), xlabel="churn probability", ylabel="customers")
    house.percent(ax, "x")
    house.grid(ax, "y")
    house.names(ax)
    house.title(ax, "Churn probabilities", _without(len(of), len(known)))
    return ax


def _health(of: Scores, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """One colour a band, in the order of the bands' scores."""
    bands: dict[str, list[float]] = {}
    for row in of.rows:
        if row["health"] is not None:
            bands.setdefault(row["health"]["band"], []).append(row["health"]["score"])
    order = sorted(bands, key=lambda name: float(np.median(bands[name])))
    ax = house.axes(ax)
    look = {"bins": np.linspace(0, 100, 26), "rwidth": 0.92, "stacked": True, **style}
    if order:
        colours = [_BANDS[at % len(_BANDS)] for at in range(len(order))]
        look.setdefault("color", colours if len(order) > 1 else colours[:1])
        known = sum(map(len, bands.values()))
        labels = [f"{name}, {len(bands[name]) / known:.0%}" for name in order]
        ax.hist([bands[name] for name in order], label=labels, **look)
        # Yellow letters are hard to read, so names have the colour of text.
        ax.legend(frameon=False, fontsize=house.SMALL, handlelength=1)
    ax.set(xlim=(-1, 101), xlabel="health", ylabel="customers")
    house.grid(ax, "y")
    house.title(ax, "Health", _without(len(of), sum(map(len, bands.values()))))
    return ax


def _without(all_of_them: int, known: int) -> str:
    rest = all_of_them - known
    said = f"{known:,} customers"
    return f"{said}; {rest:,} have none" if rest else said


def health(of: Health, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """What each factor brings to the score, of what it could bring."""
    ax = house.axes(ax, house.height(len(of.factors)))
    rows = range(len(of.factors))
    # A weight is a share of what is known of, so a factor brings at most its weight times 100.
    most = [100 * factor.weight for factor in of.factors]
    ax.barh(rows, most, height=0.68, color=house.GREY, alpha=0.35, gid="most")
    look = house.series(ax, style, height=0.68)
    brings = [factor.contribution for factor in of.factors]
    ax.barh(rows, brings, **look)
    for row, factor in enumerate(of.factors):
        said = "missing" if factor.score is None else f"{factor.score:.0f} of 100"
        offset = {"xytext": (5, 0), "textcoords": "offset points"}
        house.remark(ax, max(most[row], brings[row], 0), row, said, **offset)
    house.tracks(ax, [house.shortened(factor.name) for factor in of.factors])
    ax.margins(x=0.15)
    ax.set_xlabel("points of the score, of those that the factor could bring")
    house.grid(ax, "x")
    capped = f", capped by {of.capped_by}" if of.capped_by else ""
    below = f"{of.score:.1f} of 100, {of.band}{capped}; {of.coverage:.0%} of the weight is known"
    house.title(ax, "Health by factor", below)
    return ax


def decisions(of: Decisions, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """For each campaign what is sent, by action, and what is not, by reason."""
    sent = Counter((decision.campaign, decision.action) for decision in of.decisions)
    held = Counter((one.campaign, one.reason) for one in of.suppressions)
    totals: Counter[str] = Counter()
    for (campaign, _), count in [*sent.items(), *held.items()]:
        totals[campaign] += count
    campaigns = sorted(totals, key=lambda name: (-totals[name], name))
    # Two rows a campaign: what goes out, and what is held back.
    rows = [(campaign, kind) for campaign in campaigns for kind in ("sent", "held back")]
    ax = house.axes(ax, house.height(2 * len(rows), 2.4))
    widest = max(totals.values(), default=1)
    look = {"height": 0.72, **style}
    for row, (campaign, kind) in enumerate(rows):
        parts = sent if kind == "sent" else held
        own = sorted(
            (
                (count, name)
                for (of_campaign, name), count in parts.items()
                if of_campaign == campaign
            ),
            key=lambda part: (-part[0], part[1]),
        )
        left, small = 0, []
        for at, (count, name) in enumerate(own):
            colour = house.BLUE if kind == "sent" else house.GREY
            shade = {"color": colour, "alpha": max(0.35, 0.95 - 0.2 * at)}
            ax.barh(row, count, left=left, gid=f"{campaign}/{name}", **{**shade, **look})
            said = f"{name.replace('_', ' ')} {count:,}"
            if count / widest > 0.025 * len(said):
                letters = "white" if kind == "sent" and at < 2 else "black"
                place = {"ha": "center", "color": letters, "alpha": 1}
                house.remark(ax, left + count / 2, row, said, **place)
            else:
                small.append(said)
            left += count
        if small or not own:
            offset = {"xytext": (5, 0), "textcoords": "offset points"}
            said = textwrap.fill(", ".join(small) or "none", 34)
            house.remark(ax, left, row, said, **offset).set_in_layout(False)
    names = [f"{house.shortened(name)}, {kind}" if kind == "sent" else kind for name, kind in rows]
    house.tracks(ax, names)
    # A third of the width is for the names of what is too small to hold its own.
    ax.set_xlim(0, 1.65 * widest)
    ax.set_xlabel("customers")
    house.grid(ax, "x")
    below = f"{len(of.decisions):,} sent, {len(of.suppressions):,} held back"
    house.title(ax, f"Decisions of {of.as_of:%Y-%m-%d}", below)
    return ax


def lift(of: LiftReport, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """Each campaign's difference, where it is known, with its interval; what is worth having as a line."""
    known = [one for one in of.campaigns if one.p_value is not None]
    ax = house.axes(ax, house.height(len(known), 2.6))
    ax.axvline(0, color=house.ink(), linewidth=0.8, alpha=0.6)
    worth, widest = 100 * of.effect, 100 * abs(of.effect)
    ax.axvline(worth, color=house.NEUTRAL, linewidth=1, linestyle=(0, (4, 3)), gid="effect")
    for place, one in enumerate(known):
        low, value, high = (100 * (share or 0.0) for share in (one.low, one.difference, one.high))
        widest = max(widest, abs(low), abs(high))
        colour = house.GREEN if low > 0 else house.RED if high < 0 else house.NEUTRAL
        look = house.series(ax, style, fmt="o", markersize=5.5, elinewidth=2.5, capsize=0)
        look["color"] = style.get("color", colour)
        house.whiskers(ax, [value], [place], [[value - low], [high - value]], look)
        at = {"xycoords": ("axes fraction", "data"), "annotation_clip": False}
        gained = f"{one.gained or 0.0:+,.0f}".replace("-", "−")
        said = f"{gained} customers   {house.p_value(one.p_value or 0.0)}"
        house.remark(ax, 1.02, place, said, **at)
    house.tracks(ax, [house.shortened(one.campaign.replace("_", " "), 24) for one in known])
    ax.set_xlim(-1.12 * widest, 1.12 * widest)
    ax.set_xlabel("customers in 100 who reach the goal, less those held out")
    house.grid(ax, "x")
    below = f"{of.level:.0%} intervals that hold whenever one looks; dashed: what is worth having"
    house.title(ax, f"What campaigns bring by {of.as_of:%Y-%m-%d}", below)
    return ax
