"""Plots of what becomes of customers over time: health, stages, cohorts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _plots as house
from ._errors import ArgumentError
from ._plots import Axes

if TYPE_CHECKING:
    from ._documents import Cohorts, HealthChange, HealthHistory, SegmentCounts, Transitions

_BANDS = (house.RED, house.YELLOW, house.GREEN, house.CYAN, house.PURPLE)
_KINDS = {
    "time": "time passed",
    "data": "new data",
    "missingness": "known or not",
    "cap": "cap",
    "override": "override",
}


def health_history(of: HealthHistory, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """The score over time; where someone has overridden it, what was computed is dashed."""
    ax = house.axes(ax)
    known = [point for point in of.points if point.score is not None]
    look = house.series(ax, style, linewidth=1.8)
    # A gap of the line is a time without a score.
    times = [point.as_of for point in of.points]
    lines = [_or_gap(point.score) for point in of.points]
    ax.plot(times, lines, **look)
    if any(point.computed_score not in (None, point.score) for point in of.points):
        computed = [_or_gap(point.computed_score) for point in of.points]
        dashes = {"linestyle": (0, (4, 3)), "linewidth": 1, "gid": "computed"}
        ax.plot(times, computed, color=look["color"], alpha=0.6, label="computed", **dashes)
    middles: dict[str, list[float]] = {}
    for point in known:
        middles.setdefault(str(point.band), []).append(float(point.score or 0.0))
    for at, band in enumerate(sorted(middles, key=lambda name: float(np.median(middles[name])))):
        own = [point for point in known if point.band == band]
        place = [point.as_of for point in own], [_or_gap(point.score) for point in own]
        dots = {"s": 34, "zorder": 3, "linewidths": 0, "color": _BANDS[at % len(_BANDS)]}
        ax.scatter(*place, label=band.replace("_", " "), gid=band, **dots)
    ax.set(ylim=(-3, 103), ylabel="health")
    house.dates(ax)
    house.grid(ax, "y")
    if known:
        beside = {"bbox_to_anchor": (1.0, 1.0), "handlelength": 1.2, "fontsize": house.SMALL}
        ax.legend(loc="upper left", frameon=False, **beside)
    below = None
    if of.trend is not None:
        way = of.trend.direction.replace("_", " ")
        slope = house.signed(30 * of.trend.slope_per_day)
        below = f"{way}: {slope} points in 30 days, {house.p_value(of.trend.p_value)}"
    house.title(ax, f"Health of {house.shortened(of.customer_id)}", below)
    return ax


def _or_gap(value: float | None) -> float:
    return float("nan") if value is None else value


def health_change(of: HealthChange, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """From the score before, at the top, to the one after, at the bottom."""
    if of.before is None or of.after is None:
        message = "argument `change`: has no score at one of its instants; expected one at both"
        raise ArgumentError(message, "argument", "change")
    terms = [term for term in of.terms if term.points != 0]
    ax = house.axes(ax, house.height(len(terms) + 2, 2.6))
    look = {"height": 0.68, **style}
    ends = {"color": house.NEUTRAL, "alpha": 0.6, **look}
    ax.barh(0, of.before, gid="before", **ends)
    place = of.before
    for row, term in enumerate(terms, start=1):
        colour = house.GREEN if term.points > 0 else house.RED
        ax.barh(row, term.points, left=place, gid="term", **{"color": colour, **look})
        ax.plot([place, place], [row - 1 + 0.34, row - 0.34], color=house.GREY, linewidth=0.8)
        right = max(place, place + term.points)
        offset = {"xytext": (4, 0), "textcoords": "offset points", "alpha": 1}
        said = f"{term.points:+.1f}".replace("-", "−")
        house.remark(ax, right, row, said, **offset)
        place += term.points
    last = len(terms) + 1
    ax.plot([place, place], [last - 1 + 0.34, last - 0.34], color=house.GREY, linewidth=0.8)
    ax.barh(last, of.after, gid="after", **ends)
    for row, score, band in ((0, of.before, of.band_before), (last, of.after, of.band_after)):
        offset = {"xytext": (4, 0), "textcoords": "offset points", "alpha": 1}
        said = f"{score:.1f}, {str(band).replace('_', ' ')}"
        house.remark(ax, score, row, said, fontweight="bold", **offset)
    labels = [f"{term.factor or 'score'}, {_KINDS.get(term.kind, term.kind)}" for term in terms]
    house.tracks(ax, [f"{of.since:%Y-%m-%d}", *labels, f"{of.as_of:%Y-%m-%d}"])
    ax.set_xlim(0, 122)
    ax.set_xticks(range(0, 101, 20))
    ax.set_xlabel("health")
    house.grid(ax, "x")
    change = f"{of.change:+.1f} points".replace("-", "−") if of.change is not None else None
    house.title(ax, f"What changed the health of {house.shortened(of.customer_id, 20)}", change)
    return ax


def transitions(of: Transitions, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """Shares by colour, shares and counts in words."""
    size = 1.6 + 0.85 * len(of.stages), 1.5 + 0.7 * len(of.stages)
    ax = house.axes(ax, size)
    shares = np.array([[_or_gap(cell) for cell in row] for row in of.probabilities], dtype=float)
    cells = _cells(ax, shares.reshape(len(of.stages), -1), style)
    for row, counts in enumerate(of.counts):
        for column, count in enumerate(counts):
            share = shares[row, column]
            said = "–" if np.isnan(share) else f"{share:.0%}\n{count:,}"
            _write(ax, cells, row, column, share, said, house.SMALL)
    names = [house.shortened(stage.replace("_", " "), 14) for stage in of.stages]
    ax.set_xticks(range(len(names)), names, fontsize=house.SMALL + 0.5)
    ax.set_yticks(range(len(names)), names, fontsize=house.SMALL + 0.5)
    ax.set(xlabel="to", ylabel="from")
    steps = max(len(of.as_of) - 1, 0)
    between = f", {of.as_of[0]:%Y-%m-%d} to {of.as_of[-1]:%Y-%m-%d}" if of.as_of else ""
    house.title(ax, "From stage to stage", f"{steps:,} steps{between}")
    return ax


def segment_counts(of: SegmentCounts, ax: Axes | None, kind: str, style: dict[str, Any]) -> Axes:
    """Areas for stages and bands, where each customer is in one; lines for segments."""
    if kind not in ("stages", "segments", "bands"):
        message = f"argument `kind`: found `{kind}`; expected `stages`, `segments` or `bands`"
        raise ArgumentError(message, "argument", "kind")
    ax = house.axes(ax)
    rows = [row for row in getattr(of, kind) if any(row.counts)]
    ends: list[float] = []
    below = np.zeros(len(of.as_of))
    for at, row in enumerate(rows):
        colour = house.SERIES[at % len(house.SERIES)]
        look = {"color": colour, "gid": row.name, **style}
        if kind == "segments":
            ax.plot(of.as_of, row.counts, **{"linewidth": 2, **look})
            ends.append(row.counts[-1])
        else:
            above = below + row.counts
            ax.fill_between(of.as_of, below, above, linewidth=0, **{"alpha": 0.75, **look})
            ends.append((below[-1] + above[-1]) / 2)
            below = above
    highest = below.max() if kind != "segments" else max((max(r.counts) for r in rows), default=1)
    for at, (row, place) in enumerate(zip(rows, house.apart(ends, 0.055 * highest))):
        offset = {"xytext": (5, 0), "textcoords": "offset points", "annotation_clip": False}
        said = f"{house.shortened(row.name.replace('_', ' '), 16)} {row.counts[-1]:,}"
        letters = house.SERIES[at % len(house.SERIES)] if kind == "segments" else house.ink()
        house.remark(ax, of.as_of[-1], place, said, alpha=1, color=letters, **offset)
    if rows:
        ax.set_xlim(of.as_of[0], of.as_of[-1])
    ax.set_ylim(bottom=0)
    ax.set_ylabel("customers")
    house.dates(ax)
    house.grid(ax, "y")
    house.title(ax, f"Customers by {'stage' if kind == 'stages' else kind[:-1]}")
    return ax


def cohorts(of: Cohorts, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """Retention as colour and in words; a cell that is not known yet is empty."""
    rates = [[_or_gap(rate) for rate in cohort.rates] for cohort in of.cohorts]
    across, down = len(of.ages), len(of.cohorts)
    size = max(4.5, min(11.0, 1.6 + 0.5 * across)), max(2.2, min(9.0, 1.2 + 0.3 * down))
    ax = house.axes(ax, size)
    shares = np.array(rates, dtype=float).reshape(down, across)
    cells = _cells(ax, shares, style)
    if across <= 20 and down <= 40:
        for row, column in zip(*np.nonzero(~np.isnan(shares))):
            share = float(shares[row, column])
            _write(ax, cells, int(row), int(column), share, f"{100 * share:.0f}", house.SMALL - 1)
    each = max(1, across // 20)
    columns = range(0, across, each)
    ax.set_xticks(columns, [_age(of, at) for at in columns], fontsize=house.SMALL)
    each = max(1, down // 30)
    lines = range(0, down, each)
    names = [f"{of.cohorts[at].start[:10]}  ({of.cohorts[at].size:,})" for at in lines]
    ax.set_yticks(lines, names, fontsize=house.SMALL)
    ax.set(xlabel=f"age in {of.age}s", ylabel="")
    said = {"n_day": "active in that period", "unbounded": "active then or later"}
    what = said.get(of.definition, "active within those ages")
    below = f"% of the cohort {what}; number who started"
    house.title(ax, f"Retention of cohorts by {of.period}", below)
    return ax


def _age(of: Cohorts, at: int) -> str:
    ages = of.ages[at]
    if of.definition != "bracket":
        return str(ages.first)
    return f"{ages.first}+" if ages.last is None else f"{ages.first}–{ages.last}"


def retention(of: Cohorts, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """All cohorts together, by age, or how many are left where cohorts have an end."""
    ax = house.axes(ax)
    look = house.series(ax, style, linewidth=2)
    if of.survival is not None:
        points = [(point.age, point.survival, point.low, point.high) for point in of.survival]
        look = {"drawstyle": "steps-post", **look}
    else:
        look = {"marker": "o", "markersize": 3.5, **look}
        points = [
            (point.ages.first, point.rate, _or_gap(point.low), _or_gap(point.high))
            for point in of.retention
            if point.rate is not None
        ]
    ages = [point[0] for point in points]
    ax.plot(ages, [point[1] for point in points], **look)
    band = {"color": look["color"], "alpha": 0.18, "linewidth": 0, "gid": "interval"}
    step = "post" if of.survival is not None else None
    lows, highs = [point[2] for point in points], [point[3] for point in points]
    ax.fill_between(ages, lows, highs, step=step, **band)
    ax.set_ylim(0, 1.03)
    house.percent(ax, "y")
    ax.set(xlabel=f"age in {of.age}s", ylabel="left" if of.survival is not None else "active")
    ax.xaxis.get_major_locator().set_params(integer=True)
    house.grid(ax, "y")
    house.names(ax)
    kind = "Survival" if of.survival is not None else "Retention"
    house.title(ax, kind, f"{of.customers:,} customers, with 95% intervals")
    return ax


def _cells(ax: Axes, shares: Any, style: dict[str, Any]) -> Any:
    """A table of shares as colours, the first row at the top."""
    look = {"cmap": "Blues", "vmin": 0.0, "vmax": 1.0, "aspect": "auto", **style}
    image = ax.imshow(shares, gid="cells", **look)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.tick_params(length=0)
    return image


def _write(
    ax: Axes, cells: Any, row: int, column: int, share: float, said: str, size: float
) -> None:
    """A cell's words, light on dark colours and dark on light ones."""
    if np.isnan(share):
        letters = house.ink()
    else:
        red, green, blue, _ = cells.cmap(cells.norm(share))
        letters = "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.55 else "black"
    place = {"ha": "center", "color": letters, "alpha": 1, "fontsize": size}
    house.remark(ax, column, row, said, **place)
