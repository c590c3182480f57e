"""The house style of plots: colours, axes, labels. matplotlib is imported when something is drawn.

Every plot takes axes to draw on, or makes some, and gives them back; further keywords go to what
carries the data, a line, points or bars. Colours are those of Paul Tol's scheme "bright" (2021), which
readers who do not tell red from green can tell apart. Text takes the colour that matplotlib has for
it, so a dark style stays readable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

Axes: TypeAlias = Any
"""Axes of matplotlib, whose types differ from version to version."""

BLUE, RED, GREEN, YELLOW, CYAN, PURPLE, GREY = (
    "#4477AA",
    "#EE6677",
    "#228833",
    "#CCBB44",
    "#66CCEE",
    "#AA3377",
    "#BBBBBB",
)
NEUTRAL = "#888888"
SERIES = (BLUE, RED, GREEN, PURPLE, YELLOW, CYAN)
RAISES, LOWERS = RED, BLUE
"""What makes churn more likely, and less."""

SMALL = 8.5
_FAINT = 0.65
_TRACK = 0.12


def pyplot() -> Any:
    """matplotlib's ``pyplot``."""
    try:
        import matplotlib.pyplot
    except ImportError as error:
        raise ImportError("plots need matplotlib; install `stayput[plot]`") from error
    return matplotlib.pyplot


def ink() -> str:
    """The colour of text."""
    return str(pyplot().rcParams["text.color"])


def axes(ax: Axes | None, size: tuple[float, float] = (6.0, 4.0)) -> Axes:
    """The axes given, or new ones of a size in inches."""
    if ax is None:
        plt = pyplot()
        figure, ax = plt.subplots(figsize=size, layout="constrained")
        figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_alpha(0.4)
    ax.tick_params(labelsize=SMALL, length=3, color=GREY)
    ax.xaxis.label.set_size(SMALL + 0.5)
    ax.yaxis.label.set_size(SMALL + 0.5)
    return ax


def title(ax: Axes, text: str, below: str | None = None) -> None:
    """A title on the left, and in smaller letters what more there is to know."""
    if ax.get_title(loc="left"):
        return
    ax.set_title(text, loc="left", fontsize=10.5, fontweight="bold", pad=22 if below else 8)
    if below:
        at = {"xytext": (0, 7), "textcoords": "offset points"}
        ax.annotate(below, (0, 1), xycoords="axes fraction", fontsize=SMALL, alpha=_FAINT, **at)


def grid(ax: Axes, axis: str) -> None:
    """Faint lines across ``"x"``, ``"y"`` or ``"both"``, behind the data."""
    ax.grid(visible=True, axis=axis, color=GREY, alpha=0.35, linewidth=0.6)
    ax.set_axisbelow(True)


def next_colour(ax: Axes) -> str:
    """The colour of the next series on these axes."""
    drawn = sum(artist.get_gid() == "series" for artist in ax.get_children())
    return SERIES[drawn % len(SERIES)]


def series(ax: Axes, style: dict[str, Any], **defaults: Any) -> dict[str, Any]:
    """The style of one more series: what the caller says, then the defaults, then the house's."""
    short = {"c": "color", "lw": "linewidth", "ls": "linestyle"}
    said = {short.get(name, name): value for name, value in style.items()}
    return {"color": next_colour(ax), "gid": "series", **defaults, **said}


def names(ax: Axes, place: str = "best") -> None:
    """The names of series that have one, in their own colours."""
    if ax.get_legend_handles_labels()[1]:
        ax.legend(
            loc=place, frameon=False, fontsize=SMALL, labelcolor="linecolor", handlelength=1.2
        )


def reference(ax: Axes, xs: Sequence[float], ys: Sequence[float]) -> None:
    """A dashed line to compare with."""
    ax.plot(xs, ys, color=GREY, linewidth=1, linestyle=(0, (4, 3)), zorder=1, gid="reference")


def remark(ax: Axes, x: Any, y: float, text: str, **where: Any) -> Any:
    """A faint text at a place of the data."""
    placed = {"ha": "left", "va": "center", "fontsize": SMALL, "alpha": _FAINT, **where}
    return ax.annotate(text, (x, y), **placed)


def percent(ax: Axes, which: str) -> None:
    """Shares as percentages, on the axes ``"x"``, ``"y"`` or both."""
    from matplotlib.ticker import PercentFormatter

    for name in which:
        getattr(ax, f"{name}axis").set_major_formatter(PercentFormatter(1.0, decimals=0))


def dates(ax: Axes) -> None:
    """Instants with as few words as will do."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=7)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def p_value(value: float) -> str:
    """A p-value in a few letters."""
    return "p < 0.001" if value < 0.001 else f"p {value:.3f}"


def apart(places: Sequence[float], least: float) -> list[float]:
    """The places, moved up where one would stand less than so far above another."""
    moved = [float(place) for place in places]
    order = sorted(range(len(moved)), key=lambda at: moved[at])
    for below, above in zip(order, order[1:]):
        moved[above] = max(moved[above], moved[below] + least)
    return moved


def tracks(ax: Axes, labels: Sequence[str]) -> None:
    """Rows with names, the first at the top."""
    ax.set_yticks(range(len(labels)), [str(label) for label in labels], fontsize=SMALL + 0.5)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def height(rows: int, least: float = 2.2) -> tuple[float, float]:
    """The size of a figure that has so many rows."""
    return 6.0, max(least, 1.1 + 0.27 * rows)


def number(value: float) -> str:
    """A number for a reader: three digits that matter, and no exponent where it can be helped."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        said = f"{value:,.0f}"
    else:
        said = f"{value:.3g}" if abs(value) >= 1e-4 else f"{value:.1e}"
    return said.replace("-", "−")


def signed(value: float) -> str:
    """A number with its sign."""
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{number(abs(value))}"


def shortened(text: str, most: int = 28) -> str:
    """A text that does not push the plot aside."""
    return text if len(text) <= most else text[: most - 1] + "…"


MEASURES = {
    "roc_auc": "ROC-AUC",
    "pr_auc": "PR-AUC",
    "ks": "KS",
    "log_loss": "log-loss",
    "brier": "Brier score",
    "ece": "ECE",
    "empc": "EMPC",
}
"""Measures as people call them."""

LESS_IS_BETTER = frozenset({"log_loss", "brier", "ece"})


def whiskers(
    ax: Axes, values: list[float], rows: list[int], reach: list[list[float]], look: dict[str, Any]
) -> None:
    """Points with lines from low to high, which are to be drawn also where a point lies outside."""
    colour, gid = look["color"], look.pop("gid")
    width = look.pop("elinewidth")
    look.pop("capsize")
    lows = [value - down for value, down in zip(values, reach[0])]
    highs = [value + up for value, up in zip(values, reach[1])]
    ax.hlines(rows, lows, highs, color=colour, linewidth=width, alpha=0.55, gid=gid)
    look["marker"] = look.pop("fmt")
    ax.plot(values, rows, linestyle="none", gid="values", **look)
