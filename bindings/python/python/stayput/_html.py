"""How notebooks show answers: small tables that need no style sheet and no script.

Text takes the page's colour and lines a grey that shows on white and on black, so both themes are
readable. Whatever comes from data is escaped.
"""

from __future__ import annotations

import dataclasses
import html
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ._documents import (
        Decisions,
        Document,
        FeatureImportance,
        Health,
        ReasonCode,
        Recourse,
        Report,
        Score,
        Scores,
        WhatIf,
    )
    from ._native import Explanation, Playbook, Study

_ROWS = 20
_LINE = "1px solid rgba(128,128,128,.35)"
_QUIET = "opacity:.7"


def text(value: Any) -> str:
    """Any value of an answer as escaped text."""
    return html.escape(_plain(value))


def _plain(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return f"{value:,.0f}"
        return f"{value:,.2f}" if abs(value) >= 100 else f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return f"{value:%Y-%m-%d}" if midnight else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_plain(item)}" for name, item in value.items()) or "none"
    return str(value)


def share(value: float | None) -> str:
    """A probability or share as a percentage with a bar."""
    if value is None:
        return "–"
    width = max(0.0, min(1.0, value)) * 60
    bar = (
        f'<span style="display:inline-block;vertical-align:middle;height:.6em;width:{width:.0f}px;'
        'margin-right:6px;background:#4477AA"></span>'
    )
    return f'<span style="white-space:nowrap">{bar}{value:.1%}</span>'


def weight(value: float, most: float) -> str:
    """A number with a bar that is red where it raises the risk and blue where it lowers it."""
    width = 60 * abs(value) / most if most else 0
    colour = "#EE6677" if value > 0 else "#4477AA"
    bar = (
        f'<span style="display:inline-block;vertical-align:middle;height:.6em;width:{width:.0f}px;'
        f'margin-right:6px;background:{colour}"></span>'
    )
    return f'<span style="white-space:nowrap">{bar}{value:+.3f}</span>'


def table(names: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table of cells that are HTML already; columns ``numbers`` stand on the right."""

    def cell(tag: str, at: int, content: str) -> str:
        side = "right" if at in numbers else "left"
        return f'<{tag} style="text-align:{side};padding:2px 8px;border-bottom:{_LINE}">{content}</{tag}>'

    def line(tag: str, cells: Sequence[str]) -> str:
        return f"<tr>{''.join(cell(tag, at, content) for at, content in enumerate(cells))}</tr>"

    head = f"<thead>{line('th', [html.escape(name) for name in names])}</thead>" if names else ""
    body = "".join(line("td", row) for row in rows)
    return (
        f'<table style="border-collapse:collapse;color:inherit">{head}<tbody>{body}</tbody></table>'
    )


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Names and cells, one below the other."""
    return table(
        [], [(f'<span style="{_QUIET}">{html.escape(name)}</span>', cell) for name, cell in rows]
    )


def _headed(head: str, *parts: str) -> str:
    """A part of a page with a line above it, which is text."""
    return f"<div><p><b>{html.escape(head)}</b></p>{''.join(parts)}</div>"


def _faint(said: str) -> str:
    return f'<p style="{_QUIET}">{html.escape(said)}</p>'


def _more(count: int) -> str:
    return _faint(f"… {count:,} more") if count > 0 else ""


def _words(name: str) -> str:
    return name.removesuffix("_").replace("_", " ")


# Documents


def document(of: Any, head: str | None = None) -> str:
    """Any document: as its class is shown, or its fields one below the other below a head."""
    show = _OWN.get(type(of).__name__)
    return show(of) if show else _fields(of, head or type(of).__name__)


def _fields(of: Document, head: str) -> str:
    """The fields; lists of parts are tables of their own."""
    rows, below = [], []
    for field in dataclasses.fields(of):  # type: ignore[arg-type]
        value = getattr(of, field.name)
        if isinstance(value, list) and value and dataclasses.is_dataclass(value[0]):
            below.append(f"<p><b>{html.escape(_words(field.name))}</b></p>{parts(value)}")
        elif dataclasses.is_dataclass(value):
            below.append(document(value, _words(field.name)))
        else:
            rows.append((_words(field.name), text(value)))
    return _headed(head, pairs(rows), *below)


def parts(of: Sequence[Any]) -> str:
    """Documents of one kind as a table: a row each."""
    if not of:
        return _faint("none")
    names = [field.name for field in dataclasses.fields(of[0])]
    values = [[getattr(row, name) for name in names] for row in of[:_ROWS]]
    kinds = (int, float)
    right = [
        at
        for at in range(len(names))
        if any(isinstance(row[at], kinds) and not isinstance(row[at], bool) for row in values)
    ]
    cells = [[_part(value) for value in row] for row in values]
    return table([_words(name) for name in names], cells, right) + _more(len(of) - _ROWS)


def _part(value: Any) -> str:
    """A cell; what has parts itself is told in one line."""
    if isinstance(value, list) and value and dataclasses.is_dataclass(value[0]):
        return html.escape(", ".join(_line(item) for item in value))
    return html.escape(_line(value)) if dataclasses.is_dataclass(value) else text(value)


def _line(of: Any) -> str:
    """A part in a line: its first text, and what belongs to it."""
    values = [getattr(of, field.name) for field in dataclasses.fields(of)]
    return " ".join(_plain(value) for value in values if value not in (None, [], ""))


def _report(of: Report) -> str:
    rate = of.positives / of.rows if of.rows else None
    named = [
        ("rows", text(of.rows)),
        ("churned", f"{text(of.positives)} ({text(rate and round(100 * rate, 2))}%)"),
        ("mean probability", share(of.mean_probability)),
        ("ROC-AUC", text(of.roc_auc)),
        ("PR-AUC", text(of.pr_auc)),
        ("KS", text(of.ks)),
        ("log-loss", text(of.log_loss)),
        ("Brier score", text(of.brier)),
        ("reliability, resolution, uncertainty", _three(of)),
        ("ECE", text(of.ece)),
        ("EMPC", text(of.empc)),
        ("offered to", share(of.empc_fraction)),
    ]
    return _headed("Report", pairs(named))


def _three(of: Report) -> str:
    return text([of.brier_reliability, of.brier_resolution, of.brier_uncertainty])


def _health(of: Health) -> str:
    capped = f", capped by {of.capped_by}" if of.capped_by else ""
    head = f"Health {of.score:.1f}, {of.band}{capped}"
    rows = [
        (
            html.escape(factor.name),
            share(None if factor.score is None else factor.score / 100).replace("%", ""),
            text(factor.weight),
            text(factor.contribution),
        )
        for factor in of.factors
    ]
    known = _faint(f"{of.coverage:.0%} of the weight is known")
    names = ("factor", "score", "weight", "contribution")
    further = [
        document(getattr(of, name), name)
        for name in ("trend", "overridden")
        if getattr(of, name, None) is not None
    ]
    return _headed(head, table(names, rows, (2, 3)), known, *further)


def _score(of: Score) -> str:
    rows = [("as of", text(of.as_of))]
    if of.churn is not None:
        rows.append(("churn", _churn(of)))
    if of.health is not None:
        rows.append(("health", f"{of.health.score:.1f}, {html.escape(of.health.band)}"))
    stage = getattr(of.lifecycle, "stage", of.lifecycle)
    rows += [("lifecycle", text(stage)), ("segments", text(of.segments))]
    values = [(name, text(value)) for name, value in of.features.items()]
    shown = f"<details><summary>{len(values):,} features</summary>{pairs(values)}</details>"
    return _headed(of.customer_id, pairs(rows), shown)


def _churn(of: Score) -> str:
    churn = of.churn
    if churn is None:
        return "–"
    said = share(churn.probability)
    if churn.interval is not None:
        said += f" ({churn.interval.low:.1%} to {churn.interval.high:.1%}"
        said += f", confidence {html.escape(str(churn.confidence_level))})"
    return said


def scores(of: Scores) -> str:
    """The first customers, one a row."""
    names = ("customer", "churn", "health", "band", "lifecycle", "segments")
    shown = [of[at] for at in range(min(len(of), _ROWS))]
    rows = [
        (
            text(score.customer_id),
            share(score.churn.probability if score.churn else None),
            text(score.health.score if score.health else None),
            text(score.health.band if score.health else None),
            text(getattr(score.lifecycle, "stage", score.lifecycle)),
            text(score.segments),
        )
        for score in shown
    ]
    return _headed(repr(of), table(names, rows, (2,)), _more(len(of) - len(rows)))


def _decisions(of: Decisions) -> str:
    sent = [
        (
            text(one.customer_id),
            text(one.campaign),
            text(one.action),
            text(one.channel),
            text(one.value),
            text(one.cost),
            text(one.propensity),
        )
        for one in of.decisions[:_ROWS]
    ]
    names = ("customer", "campaign", "action", "channel", "value", "cost", "propensity")
    counts: dict[tuple[str, str], int] = {}
    for held in of.suppressions:
        counts[held.campaign, held.reason] = counts.get((held.campaign, held.reason), 0) + 1
    why = [(text(name), text(reason), text(count)) for (name, reason), count in counts.items()]
    below = f"<p><b>held back</b></p>{table(('campaign', 'reason', 'customers'), why, (2,))}"
    head = f"{len(of.decisions):,} decisions, {len(of.suppressions):,} suppressions"
    head += f" at {_plain(of.as_of)}"
    listed = table(names, sent, (4, 5, 6)) if sent else ""
    return _headed(head, listed, _more(len(of.decisions) - _ROWS), below if why else "")


def reasons(of: Sequence[ReasonCode]) -> str:
    """Sentences with what each adds to the log-odds."""
    if not of:
        return _faint("nothing raises the churn probability")
    most = max(abs(reason.contribution) for reason in of)
    rows = [
        (
            text(reason.text),
            text(reason.value),
            text(reason.typical),
            weight(reason.contribution, most),
        )
        for reason in of
    ]
    return table(("why", "value", "of those who stay", "adds to the log-odds"), rows)


def importances(of: Sequence[FeatureImportance]) -> str:
    """Features with bars, the most important first."""
    most = max((abs(row.importance) for row in of), default=0.0)
    rows = [(text(row.feature), _bar(row.importance, most), text(row.std)) for row in of[:_ROWS]]
    spread = any(row.std is not None for row in of)
    names = ("feature", "importance", "std")
    shown = table(
        names if spread else names[:2], [row if spread else row[:2] for row in rows], (2,)
    )
    return shown + _more(len(of) - _ROWS)


def _bar(value: float, most: float) -> str:
    width = max(0.0, value) / most if most else 0.0
    return share(width).rsplit("</span>", 2)[0] + f"</span>{text(value)}</span>"


def _what_if(of: WhatIf) -> str:
    before, after = of.before, of.after
    rows = [
        (name, text(one), text(other))
        for name, one, other in _compared(before, after)
        if one != other or name in ("churn", "health")
    ]
    head = f"What if, {before.customer_id}"
    return _headed(
        head, table(("", "before", "after"), [(html.escape(n), a, b) for n, a, b in rows])
    )


def _compared(before: Score, after: Score) -> Iterable[tuple[str, Any, Any]]:
    """What two scores of a customer say, one by one."""

    def percent(of: Score) -> str | None:
        return f"{of.churn.probability:.1%}" if of.churn else None

    yield "churn", percent(before), percent(after)
    for name in ("score", "band"):
        shown = "health" if name == "score" else "band"
        yield shown, getattr(before.health, name, None), getattr(after.health, name, None)
    stages = [getattr(of.lifecycle, "stage", of.lifecycle) for of in (before, after)]
    yield "lifecycle", stages[0], stages[1]
    yield "segments", before.segments, after.segments
    for name, value in before.features.items():
        yield name, value, after.features.get(name)


def _recourse(of: Recourse) -> str:
    head = f"Recourse: {of.status.replace('_', ' ')}"
    said = f"churn {of.probability:.1%}, with the changes {of.changed_probability:.1%}"
    said += f"; threshold {of.threshold:.1%}, cost {_plain(of.cost)}"
    rows = [
        (text(one.feature), text(one.value), text(one.changed_value), text(one.cost))
        for one in of.changes
    ]
    listed = table(("feature", "is", "should be", "cost"), rows, (3,)) if rows else ""
    return _headed(head, listed, _faint(said))


_OWN: dict[str, Callable[[Any], str]] = {
    "Decisions": _decisions,
    "Health": _health,
    "Recourse": _recourse,
    "Report": _report,
    "Score": _score,
    "WhatIf": _what_if,
}


# Classes of the extension


def playbook(of: Playbook) -> str:
    """A playbook's features."""
    return _headed(repr(of), parts(of.definitions()))


def explanation(of: Explanation) -> str:
    """The features by the mean size of their contributions."""
    values = np.asarray(of.values)
    if values.ndim != 2 or len(values) == 0:
        return _headed(repr(of))
    sizes = np.abs(values).mean(axis=0)
    order = np.argsort(-sizes, kind="stable")[:_ROWS]
    most = float(sizes.max(initial=0.0))
    rows = [
        (
            text(of.names[at]),
            _bar(float(sizes[at]), most),
            text(float(values[:, at].min())),
            text(float(values[:, at].max())),
        )
        for at in order
    ]
    names = ("feature", "mean size", "least", "greatest")
    below = _faint(f"contributions to {_words(of.output)}, base {_plain(of.base)}")
    return _headed(repr(of), table(names, rows, (2, 3)), _more(len(sizes) - _ROWS), below)


def study(of: Study) -> str:
    """The best trials."""
    done = [trial for trial in of.trials if trial.state == "complete" and trial.score is not None]
    from ._plots import LESS_IS_BETTER

    sign = 1 if of.measure in LESS_IS_BETTER else -1
    done.sort(key=lambda trial: (sign * (trial.score or 0.0), trial.number))
    rows = [(text(trial.number), text(trial.score), text(trial.params)) for trial in done[:5]]
    names = ("trial", of.measure, "parameters")
    listed = table(names, rows, (0, 1)) if rows else _faint("no trial is complete")
    return _headed(f"Study of {len(of.trials):,} trials", listed, _more(len(done) - 5))
