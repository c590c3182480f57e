"""Plots of how good models are: curves, tables, tests, trials and what features are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _plots as house
from ._errors import ArgumentError
from ._plots import Axes

if TYPE_CHECKING:
    from ._documents import (
        Comparison,
        FeatureDependence,
        FeatureImportances,
        Intervals,
        Lift,
        PrecisionRecall,
        Reliability,
        Report,
        Roc,
    )
    from ._native import Model, Study, TrainingSet

_SQUARE = (4.4, 4.2)


def roc(curve: Roc, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """The share of churners contacted over the share of the others."""
    ax = house.axes(ax, _SQUARE)
    look = house.series(ax, style, linewidth=2)
    look["label"] = _said(look, f"AUC {curve.roc_auc:.3f}")
    house.reference(ax, (0, 1), (0, 1))
    xs = [point.false_positive_rate for point in curve.points]
    ax.plot(xs, [point.true_positive_rate for point in curve.points], **look)
    _unit(ax, "others contacted", "churners contacted")
    house.names(ax, "lower right")
    house.title(ax, "ROC curve")
    return ax


def precision_recall(curve: PrecisionRecall, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """Precision over recall, in steps, for between two thresholds there is no model."""
    ax = house.axes(ax, _SQUARE)
    look = house.series(ax, style, linewidth=2, drawstyle="steps-pre")
    look["label"] = _said(look, f"AUC {curve.pr_auc:.3f}")
    rate = curve.positives / curve.rows
    house.reference(ax, (0, 1), (rate, rate))
    if look["color"] == house.SERIES[0]:
        house.remark(ax, 0.01, rate, f"all churn {rate:.1%}", va="bottom")
    xs = [point.recall for point in curve.points]
    ax.plot(xs, [point.precision for point in curve.points], **look)
    _unit(ax, "recall: churners contacted", "precision: contacted who churn")
    house.names(ax, "upper right")
    house.title(ax, "Precision over recall")
    return ax


def reliability(table: Reliability, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """Churn that came over probability stated; the area of a point says how many rows it has."""
    ax = house.axes(ax, _SQUARE)
    look = house.series(ax, style)
    look["label"] = _said(look, f"ECE {table.ece:.3f}")
    xs = [bin.mean_probability for bin in table.bins]
    ys = [bin.churn_rate for bin in table.bins]
    most = max(bin.rows for bin in table.bins)
    areas = [12 + 150 * bin.rows / most for bin in table.bins]
    reach = max(1.05 * max(*xs, *ys), ax.get_xlim()[1] if ax.has_data() else 0.0)
    reach = min(reach, 1.03)
    house.reference(ax, (0, 1), (0, 1))
    ax.plot(xs, ys, color=look["color"], linewidth=1, alpha=0.5, gid="link")
    ax.scatter(xs, ys, s=areas, zorder=3, linewidths=0, **look)
    ax.set(xlim=(0, reach), ylim=(0, reach), aspect="equal")
    ax.set(xlabel="mean probability stated", ylabel="share that churned")
    house.percent(ax, "xy")
    house.grid(ax, "both")
    house.names(ax, "upper left")
    house.title(ax, "Reliability")
    return ax


def lift(table: Lift, ax: Axes | None, kind: str, style: dict[str, Any]) -> Axes:
    """Gains as a curve, or lift as bars."""
    if kind == "gains":
        return _gains(table, ax, style)
    if kind == "lift":
        return _lift(table, ax, style)
    message = f"argument `kind`: found `{kind}`; expected `gains` or `lift`"
    raise ArgumentError(message, "argument", "kind")


def _gains(table: Lift, ax: Axes | None, style: dict[str, Any]) -> Axes:
    ax = house.axes(ax)
    look = house.series(ax, style, linewidth=2, marker="o", markersize=3.5)
    house.reference(ax, (0, 1), (0, 1))
    xs = [0.0, *(bin.cumulative_share for bin in table.bins)]
    ys = [0.0, *(bin.cumulative_gain for bin in table.bins)]
    ax.plot(xs, ys, **look)
    at = min(range(len(xs)), key=lambda place: abs(xs[place] - 0.2))
    if look["color"] == house.SERIES[0] and 0 < at < len(xs) - 1:
        said = f"the first {xs[at]:.0%} hold\n{ys[at]:.0%} of churners"
        offset = {"xytext": (12, -16), "textcoords": "offset points"}
        house.remark(ax, xs[at], ys[at], said, va="top", alpha=0.9, **offset)
    _unit(ax, "customers, those most at risk first", "churners among them", square=False)
    house.names(ax, "lower right")
    house.title(ax, "Gains")
    return ax


def _lift(table: Lift, ax: Axes | None, style: dict[str, Any]) -> Axes:
    ax = house.axes(ax)
    look = house.series(ax, style, width=0.8)
    places = range(1, len(table.bins) + 1)
    lifts = [bin.lift for bin in table.bins]
    bars = ax.bar(list(places), lifts, **look)
    ax.axhline(1, color=house.ink(), linewidth=0.8, alpha=0.6, zorder=0.5)
    if len(lifts) <= 20:
        ax.bar_label(bars, fmt="%.1f", fontsize=house.SMALL, padding=2)
    ax.set_xticks(list(places) if len(lifts) <= 20 else [1, len(lifts)])
    parts = "tenths" if len(lifts) == 10 else f"{len(lifts)} parts"
    ax.set(xlabel=f"{parts} of the customers, those most at risk first")
    ax.set(ylabel="times the churn of all")
    house.title(ax, "Lift", f"all: {table.positives:,} of {table.rows:,} churned")
    return ax


def report(numbers: Report, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """The measures that go from 0 to 1, each with what a guess without a model would have."""
    rate = numbers.positives / numbers.rows
    blind = {
        "roc_auc": 0.5,
        "pr_auc": rate,
        "ks": 0.0,
        "brier": numbers.brier_uncertainty,
        "ece": 0.0,
    }
    shown = [name for name in blind if getattr(numbers, name) is not None]
    ax = house.axes(ax, house.height(len(shown), 2.6))
    look = house.series(ax, style, s=55, zorder=3)
    values = [getattr(numbers, name) for name in shown]
    rows = list(range(len(shown)))
    for row, name in enumerate(shown):
        ax.plot(
            [blind[name], values[row]], [row, row], color=look["color"], alpha=0.35, linewidth=3
        )
        left = 0.1 < values[row] < blind[name]
        edge = values[row] if left else max(values[row], blind[name])
        offset = {"xytext": (-7 if left else 7, 0), "textcoords": "offset points", "alpha": 1}
        side = "right" if left else "left"
        house.remark(ax, edge, row, f"{values[row]:.3f}", ha=side, **offset)
    guesses = [blind[name] for name in shown]
    ax.scatter(guesses, rows, marker="|", s=120, color=house.ink(), alpha=0.6, gid="no skill")
    ax.scatter(values, rows, **look)
    labels = {"brier": "Brier score ↓", "ece": "ECE ↓"}
    house.tracks(ax, [labels.get(name, house.MEASURES[name]) for name in shown])
    ax.set_xlim(-0.03, 1.03)
    house.grid(ax, "x")
    below = f"{numbers.rows:,} rows, {rate:.1%} churned, log-loss {numbers.log_loss:.3f};  | without a model"
    house.title(ax, "Measures of the model", below)
    return ax


def intervals(found: Intervals, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """The measures that go from 0 to 1 with their intervals; the others as text."""
    shown = [row for row in found.measures if row.measure != "empc" and row.high <= 1]
    others = [row for row in found.measures if row not in shown]
    ax = house.axes(ax, house.height(len(shown), 2.6))
    look = house.series(ax, style, fmt="o", markersize=5.5, elinewidth=2.5, capsize=0)
    values = [row.value for row in shown]
    # A bootstrap interval need not hold the value that it is about.
    reach = [[row.value - row.low for row in shown], [row.high - row.value for row in shown]]
    places = list(range(len(shown)))
    house.whiskers(ax, values, places, reach, look)
    for row, place in zip(shown, places):
        text = f"{row.value:.3f}  ({row.low:.3f} to {row.high:.3f})"
        right = max(row.high, row.value) < 0.62
        edge = max(row.high, row.value) if right else min(row.low, row.value)
        offset = {"xytext": (8 if right else -8, 0), "textcoords": "offset points"}
        house.remark(ax, edge, place, text, ha="left" if right else "right", alpha=0.85, **offset)
    house.tracks(ax, [house.MEASURES[row.measure] for row in shown])
    ax.set_xlim(-0.03, 1.03)
    house.grid(ax, "x")
    rest = [
        f"{house.MEASURES[row.measure]} {house.number(row.value)}"
        f" ({house.number(row.low)} to {house.number(row.high)})"
        for row in others
    ]
    kind = f"{found.level:.0%} intervals, {found.resamples:,} resamples"
    house.title(ax, "How far to trust the measures", ";  ".join([kind, *rest]))
    return ax


def comparison(found: Comparison, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """What the challenger's measures are more than the champion's, with intervals."""
    shown = [row for row in found.differences if row.measure != "empc"]
    others = [row for row in found.differences if row.measure == "empc"]
    ax = house.axes(ax, house.height(len(shown), 2.8))
    ax.axvline(0, color=house.ink(), linewidth=0.8, alpha=0.6)
    for place, row in enumerate(shown):
        colour = _verdict(row)
        look = house.series(ax, style, fmt="o", markersize=5.5, elinewidth=2.5, capsize=0)
        look["color"] = style.get("color", colour)
        reach = [[row.difference - row.low], [row.high - row.difference]]
        house.whiskers(ax, [row.difference], [place], reach, look)
        p = house.p_value(row.p_value)
        at = {"xycoords": ("axes fraction", "data"), "annotation_clip": False}
        difference = f"{row.difference:+.4f}".replace("-", "−")
        house.remark(ax, 1.02, place, f"{difference}   {p}", **at)
    less = [" ↓" if row.measure in house.LESS_IS_BETTER else "" for row in shown]
    house.tracks(ax, [house.MEASURES[row.measure] + mark for row, mark in zip(shown, less)])
    widest = max(max(abs(row.low), abs(row.high)) for row in shown) or 1.0
    ax.set_xlim(-1.12 * widest, 1.12 * widest)
    ax.set_xlabel("challenger less champion")
    house.grid(ax, "x")
    rest = "".join(
        f";  EMPC {house.signed(row.difference)} ({house.signed(row.low)} to {house.signed(row.high)})"
        for row in others
    )
    house.title(ax, "Challenger against champion", f"{found.level:.0%} intervals{rest}")
    verdicts = {
        "challenger better": house.GREEN,
        "champion better": house.RED,
        "either": house.NEUTRAL,
    }
    dots = [
        ax.scatter([], [], color=colour, s=24, label=verdict)
        for verdict, colour in verdicts.items()
    ]
    under = {"loc": "upper left", "bbox_to_anchor": (-0.02, -0.2), "ncols": 3, "frameon": False}
    ax.legend(handles=dots, fontsize=house.SMALL, handletextpad=0.1, columnspacing=1.2, **under)
    return ax


def importances(
    found: FeatureImportances, ax: Axes | None, top: int, style: dict[str, Any]
) -> Axes:
    """What the first features are worth."""
    shown = found[:top]
    ax = house.axes(ax, house.height(len(shown)))
    look = house.series(ax, style, height=0.68)
    values = [row.importance for row in shown]
    spread = [row.std or 0.0 for row in shown]
    errors = spread if any(spread) else None
    thin = {"elinewidth": 1, "ecolor": house.ink(), "alpha": 0.7}
    ax.barh(range(len(shown)), values, xerr=errors, error_kw=thin, **look)
    for row, (value, reach) in enumerate(zip(values, spread)):
        offset = {"xytext": (4, 0), "textcoords": "offset points"}
        house.remark(ax, max(value, 0) + reach, row, house.number(value), **offset)
    house.tracks(ax, [house.shortened(row.feature) for row in shown])
    ax.margins(x=0.12)
    ax.set_xlabel("importance")
    house.grid(ax, "x")
    rest = len(found) - len(shown)
    house.title(ax, "What the features are worth", f"and {rest:,} more" if rest > 0 else None)
    return ax


def dependence(found: FeatureDependence, ax: Axes | None, style: dict[str, Any]) -> Axes:
    """What the answer makes of the values of a feature: a curve, or bars where values are names."""
    ax = house.axes(ax)
    named = any(isinstance(value, (str, bool)) for value in found.values)
    if named:
        labels = [
            str(value).lower() if isinstance(value, bool) else str(value) for value in found.values
        ]
        look = house.series(ax, style, width=0.6)
        ax.bar(range(len(labels)), found.effects, **look)
        turned = sum(map(len, labels)) > 60
        ax.set_xticks(range(len(labels)), labels, rotation=30 if turned else 0)
        if turned:
            for tick in ax.get_xticklabels():
                tick.set_horizontalalignment("right")
    else:
        look = house.series(ax, style, linewidth=2)
        values = [float(value) for value in found.values]
        ax.plot(values, found.effects, **look)
        _rug(ax, values)
    if found.counts is None:
        ax.set_ylabel("mean probability")
        house.title(ax, f"Partial dependence on {house.shortened(found.feature, 40)}")
    else:
        ax.axhline(0, color=house.ink(), linewidth=0.8, alpha=0.5)
        ax.set_ylabel("added to the mean probability")
        house.title(ax, f"Accumulated effect of {house.shortened(found.feature, 40)}")
    ax.set_xlabel(found.feature)
    house.grid(ax, "y")
    house.names(ax)
    return ax


def study(trials: Study, ax: Axes | None, _: list[int], **style: Any) -> Axes:
    """Each trial's score, and the best so far; trials that were given up are hollow."""
    ax = house.axes(ax)
    look = house.series(ax, style, s=26, zorder=3)
    done = [
        trial for trial in trials.trials if trial.score is not None and trial.state == "complete"
    ]
    given_up = [trial for trial in trials.trials if trial.scores and trial not in done]
    best = min if trials.measure in house.LESS_IS_BETTER else max
    scores = [float(trial.score) for trial in done if trial.score is not None]
    if scores:
        numbers = [trial.number for trial in done]
        so_far = [best(scores[: at + 1]) for at in range(len(scores))]
        last = trials.trials[-1].number
        steps = [*numbers, last], [*so_far, so_far[-1]]
        ax.step(*steps, where="post", color=look["color"], alpha=0.6, gid="best so far")
        ax.scatter(numbers, scores, **look)
        won = trials.best
        if won is not None and won.score is not None:
            up = best is max
            offset = {"xytext": (0, 8 if up else -8), "textcoords": "offset points"}
            side = (
                "left"
                if won.number < 0.15 * last
                else "right"
                if won.number > 0.85 * last
                else "center"
            )
            place = {"va": "bottom" if up else "top", "ha": side, "alpha": 1}
            text = f"{won.score:.4f}, trial {won.number}"
            house.remark(ax, won.number, won.score, text, color=look["color"], **place, **offset)
    if given_up:
        means = [sum(trial.scores) / len(trial.scores) for trial in given_up]
        hollow = {"facecolors": "none", "edgecolors": house.GREY, "s": look["s"]}
        ax.scatter([trial.number for trial in given_up], means, gid="given up", **hollow)
    ax.margins(y=0.16)
    ax.set(xlabel="trial", ylabel=house.MEASURES.get(trials.measure, trials.measure))
    ax.xaxis.get_major_locator().set_params(integer=True)
    house.grid(ax, "y")
    below = f"{len(trials.trials):,} trials" + (
        f", {len(given_up):,} given up (hollow)" if given_up else ""
    )
    house.title(ax, "Trials", below)
    return ax


def panel(model: Model, data: TrainingSet) -> Any:
    """Four plots of how a model does on some rows."""
    figure, places = house.pyplot().subplots(2, 2, figsize=(8.6, 7.6), layout="constrained")
    model.roc(data).plot(places[0, 0])
    model.precision_recall(data).plot(places[0, 1])
    model.reliability(data).plot(places[1, 0])
    model.lift(data, bins=20 if len(data) >= 20 else len(data)).plot(places[1, 1])
    for ax in places.flat:
        ax.set_box_aspect(1)
    report = model.evaluate(data)
    said = f"{report.rows:,} rows, {report.positives:,} churned"
    figure.suptitle(said, x=0.01, ha="left", fontsize=10, alpha=0.8)
    return figure


def _said(look: dict[str, Any], what: str) -> str:
    """The name of a series and its number."""
    return f"{look['label']}, {what}" if look.get("label") else what


def _unit(ax: Axes, x: str, y: str, square: bool = True) -> None:
    """Axes from 0 to 1."""
    ax.set(xlim=(-0.015, 1.015), ylim=(-0.015, 1.03), xlabel=x, ylabel=y)
    if square:
        ax.set_box_aspect(1)
    house.percent(ax, "xy")
    house.grid(ax, "both")


def _verdict(row: Any) -> str:
    """Which model a difference speaks for, as a colour."""
    if row.low <= 0 <= row.high:
        return house.NEUTRAL
    better = row.difference < 0 if row.measure in house.LESS_IS_BETTER else row.difference > 0
    return house.GREEN if better else house.RED


def _rug(ax: Axes, values: list[float]) -> None:
    """Where the values are, which have about as many rows between them each: ticks at the bottom."""
    below = ax.get_xaxis_transform()
    look = {"marker": "|", "markersize": 7, "linestyle": "none", "gid": "values"}
    ax.plot(
        values, [0.0] * len(values), color=house.NEUTRAL, transform=below, clip_on=False, **look
    )
