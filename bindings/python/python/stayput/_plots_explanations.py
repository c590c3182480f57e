"""Plots of why: what features contribute, over many rows and for one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _plots as house
from ._errors import ArgumentError
from ._plots import Axes

if TYPE_CHECKING:
    from ._native import Explanation

_OUTPUTS = {
    "log_odds": "log-odds of churn",
    "margin": "margin",
    "probability": "probability of churn",
}

_TRUTHS = ["false", "true"]

Vector = np.ndarray[Any, Any]


def _values(explanation: Explanation) -> Vector:
    """Rows × features; interactions have a plot for no one yet."""
    values = np.asarray(explanation.values)
    if values.ndim != 2:
        message = "argument `explanation`: is of interactions; expected one of features"
        raise ArgumentError(message, "argument", "explanation")
    if len(values) == 0:
        message = "argument `explanation`: has no rows; expected one or more"
        raise ArgumentError(message, "argument", "explanation")
    return values


def _count(top: int) -> int:
    if top < 1:
        raise ArgumentError(f"argument `top`: is {top}; expected 1 or more", "argument", "top")
    return top


def _strongest(sizes: Vector, top: int) -> list[int]:
    """The places of the greatest sizes, the first of equals first."""
    return [int(at) for at in np.argsort(-sizes, kind="stable")[: _count(top)]]


def bar(explanation: Explanation, ax: Axes | None, numbers: list[int], **style: Any) -> Axes:
    """The mean size of each feature's contributions."""
    sizes = np.abs(_values(explanation)).mean(axis=0)
    shown = _strongest(sizes, numbers[0])
    ax = house.axes(ax, house.height(len(shown)))
    look = house.series(ax, style, height=0.68)
    bars = ax.barh(range(len(shown)), sizes[shown], **look)
    said = [house.number(float(size)) for size in sizes[shown]]
    ax.bar_label(bars, said, fontsize=house.SMALL, padding=3)
    house.tracks(ax, [house.shortened(explanation.names[at]) for at in shown])
    ax.margins(x=0.12)
    ax.set_xlabel(f"mean size of the contribution to the {_what(explanation)}")
    house.grid(ax, "x")
    house.title(ax, "What the model goes by", _rows(explanation, len(shown)))
    return ax


def beeswarm(explanation: Explanation, ax: Axes | None, numbers: list[int], **style: Any) -> Axes:
    """A point for each row and feature, beside each other where they are alike."""
    values = _values(explanation)
    shown = _strongest(np.abs(values).mean(axis=0), numbers[0])
    ax = house.axes(ax, house.height(len(shown), 3.0))
    ax.axvline(0, color=house.ink(), linewidth=0.8, alpha=0.5)
    colours = _colours()
    low, high = values[:, shown].min(), values[:, shown].max()
    size = 14.0 if len(values) <= 500 else 7.0
    look = {"s": size, "linewidths": 0, "cmap": colours, "vmin": 0, "vmax": 1, **style}
    for row, at in enumerate(shown):
        name = explanation.names[at]
        places = row + _spread(values[:, at], low, high)
        named = explanation.categories.get(name, _TRUTHS) != _TRUTHS
        shades = _shades(explanation.data[:, at], named)
        known = ~np.isnan(shades)
        grey = {**look, "color": house.GREY, "cmap": None, "vmin": None, "vmax": None}
        if not known.all():
            ax.scatter(values[~known, at], places[~known], gid=f"{name} without order", **grey)
        if known.any():
            ax.scatter(values[known, at], places[known], c=shades[known], gid=name, **look)
    house.tracks(ax, [house.shortened(explanation.names[at]) for at in shown])
    ax.set_xlabel(f"contribution to the {_what(explanation)}")
    house.grid(ax, "x")
    house.title(ax, "Contributions, row by row", _rows(explanation, len(shown)))
    _scale(ax, colours)
    return ax


def waterfall(explanation: Explanation, ax: Axes | None, numbers: list[int], **style: Any) -> Axes:
    """From the base at the bottom to what is stated of one row at the top."""
    row, top = numbers
    values = _values(explanation)
    if not -len(values) <= row < len(values):
        message = f"argument `row`: is {row}; expected one of {len(values):,} rows"
        raise ArgumentError(message, "argument", "row")
    own = values[row]
    shown = _strongest(np.abs(own), top)
    rest = [at for at in range(len(own)) if at not in shown]
    steps = [(_told(explanation, row, at), float(own[at])) for at in shown]
    if rest:
        steps.append((f"{len(rest)} others", float(own[rest].sum())))
    ax = house.axes(ax, house.height(len(steps) + 2, 2.8))
    place, base = float(explanation.base), float(explanation.base)
    look = {"height": 0.68, **style}
    # From the last step, which starts at the base, up to the first.
    for at in range(len(steps) - 1, -1, -1):
        size = steps[at][1]
        colour = house.RAISES if size > 0 else house.LOWERS
        ax.barh(at, size, left=place, gid="step", **{"color": colour, **look})
        ax.plot([place, place], [at + 0.34, at + 1], color=house.GREY, linewidth=0.8, zorder=0)
        place += size
    ax.plot([place, place], [-1, 0.34], color=house.GREY, linewidth=0.8, zorder=0)
    left = place
    for at, (_, size) in enumerate(steps):
        left -= size
        offset = {"xytext": (4, 0), "textcoords": "offset points"}
        said = f"{size:+.3f}".replace("-", "−")
        house.remark(ax, max(left, left + size), at, said, alpha=1, **offset)
    house.tracks(ax, [name for name, _ in steps])
    ax.set_ylim(len(steps) + 0.5, -1.5)
    stated = (place, -1, f"stated {_stated(explanation, place)}")
    for x, y, text in [(base, len(steps), f"base {_stated(explanation, base)}"), stated]:
        ax.plot([x], [y], marker="|", markersize=9, color=house.ink(), gid="end")
        offset = {"xytext": (5, 0), "textcoords": "offset points"}
        house.remark(ax, x, y, text, alpha=1, fontweight="bold", **offset)
    # Room for the numbers on either side, of which bars would leave none.
    ax.use_sticky_edges = False
    ax.margins(x=0.16)
    ax.set_xlabel(_what(explanation))
    house.grid(ax, "x")
    house.title(ax, "Why this probability", f"row {row:,}; red raises the risk, blue lowers it")
    return ax


def _what(explanation: Explanation) -> str:
    return _OUTPUTS[explanation.output]


def _rows(explanation: Explanation, shown: int) -> str:
    """How many rows, and how many features are not shown."""
    rest = len(explanation.names) - shown
    rows = f"{len(explanation.values):,} rows"
    return f"{rows}; {rest:,} weaker features are not shown" if rest else rows


def _stated(explanation: Explanation, value: float) -> str:
    """A value of what is explained, and as a probability where it is its log-odds."""
    if explanation.output != "log_odds":
        return house.number(value)
    odds = f"{value:+.2f}".replace("-", "−")
    return f"{odds} ({1 / (1 + math.exp(-value)):.1%})"


def _told(explanation: Explanation, row: int, at: int) -> str:
    """A feature with its value in one row."""
    name, value = explanation.names[at], float(explanation.data[row, at])
    names = explanation.categories.get(name)
    if math.isnan(value):
        said = "missing"
    elif names is not None:
        said = names[int(value)] if value < len(names) else "unknown"
    else:
        said = house.number(value)
    return f"{house.shortened(name)} = {house.shortened(said, 14)}"


def _spread(values: Vector, low: float, high: float) -> Vector:
    """How far each point stands from its row's middle: those of one place fill up both sides."""
    places = 120
    width = (high - low) or 1.0
    bins = np.minimum(((values - low) / width * places).astype(int), places)
    offsets = np.zeros(len(values))
    counts = np.bincount(bins, minlength=places + 1)
    step = min(0.06, 0.4 / max(1.0, counts.max() / 2))
    for place in np.flatnonzero(counts > 1):
        alike = np.flatnonzero(bins == place)
        turns = np.arange(len(alike))
        offsets[alike] = (turns + 1) // 2 * np.where(turns % 2, 1, -1) * step
    return offsets


def _shades(data: Vector, named: bool) -> Vector:
    """Each value from 0 to 1, between the 5th and the 95th percentile; NaN where there is no order."""
    data = np.asarray(data, dtype=float)
    if named:
        return np.full(len(data), np.nan)
    known = data[~np.isnan(data)]
    if len(known) == 0:
        return data
    low, high = np.percentile(known, [5, 95])
    if low == high:
        low, high = known.min(), known.max()
    shades: Vector = np.clip((data - low) / ((high - low) or 1.0), 0, 1)
    return shades


def _colours() -> Any:
    """From low values to high ones."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("stayput", [house.LOWERS, "#B9A9C9", house.RAISES])


def _scale(ax: Axes, colours: Any) -> None:
    """A small bar that says which colour is a low value."""
    from matplotlib.cm import ScalarMappable

    scale = ax.figure.colorbar(
        ScalarMappable(cmap=colours), ax=ax, aspect=30, pad=0.02, shrink=0.85
    )
    scale.set_ticks([0, 1], labels=["low", "high"])
    scale.ax.tick_params(length=0, labelsize=house.SMALL)
    scale.set_label("value of the feature", fontsize=house.SMALL, labelpad=-8)
    scale.outline.set_visible(False)
