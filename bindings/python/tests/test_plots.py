"""Plots draw what their answers say, and need matplotlib alone."""

import functools
import pathlib
import subprocess
import sys

import data
import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

import matplotlib.pyplot as plt

import stayput

sys.path.append(str(data.ROOT / "docs" / "images"))
import make

near = functools.partial(pytest.approx, abs=1e-9)


@functools.cache
def company():
    return stayput.simulate(customers=400, days=365, seed=9, start="2026-01-01")


@functools.cache
def rows():
    playbook = stayput.Playbook.load(make.PLAYBOOK)
    cuts = ["2026-05-01", "2026-07-01"]
    return playbook.training_set(company().events, company().customers, as_of=cuts)


@functools.cache
def model(algorithm="gbm"):
    params = {"n_estimators": 20} if algorithm == "gbm" else {}
    return stayput.train(rows(), algorithm, **params)


@functools.cache
def engine():
    events = company().events.to_pandas()
    bundle = stayput.Bundle(stayput.Playbook.load(make.PLAYBOOK), model())
    made = stayput.Engine(bundle)
    made.ingest(events[events["timestamp"] <= make.TODAY], company().customers)
    return made


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def line(ax, gid="series"):
    """The points of the line with that mark."""
    (found,) = [line for line in ax.lines if line.get_gid() == gid]
    return found.get_xdata(), found.get_ydata()


def dots(ax, gid="series"):
    """The points of all scatters with that mark."""
    marked = [dots for dots in ax.collections if dots.get_gid() == gid]
    return np.vstack([dots.get_offsets() for dots in marked]).T


def bars(ax, gid="series"):
    return [bar for bar in ax.patches if bar.get_gid() == gid]


def texts(ax):
    """All that is written on axes, outside of ticks."""
    legend = [text.get_text() for text in ax.get_legend().get_texts()] if ax.get_legend() else []
    return " / ".join([*(text.get_text() for text in ax.texts), ax.get_title(loc="left"), *legend])


def ticks(ax):
    return [tick.get_text() for tick in ax.get_yticklabels()]


def test_curves_have_the_points_of_their_answers():
    roc, curve = model().roc(rows()), model().precision_recall(rows())
    ax = roc.plot()
    assert list(line(ax)[0]) == [point.false_positive_rate for point in roc.points]
    assert list(line(ax)[1]) == [point.true_positive_rate for point in roc.points]
    assert f"AUC {roc.roc_auc:.3f}" in texts(ax)
    ax = curve.plot(color="black", label="new")
    assert list(line(ax)[0]) == [point.recall for point in curve.points]
    assert list(line(ax)[1]) == [point.precision for point in curve.points]
    rate = curve.positives / curve.rows
    assert list(line(ax, "reference")[1]) == [rate, rate]
    assert f"new, AUC {curve.pr_auc:.3f}" in texts(ax)


def test_a_second_curve_on_the_same_axes_has_another_colour():
    ax = plt.figure().add_subplot()
    assert model().roc(rows()).plot(ax, label="one") is ax
    model("logistic").roc(rows()).plot(ax, label="two")
    first, second = [line for line in ax.lines if line.get_gid() == "series"]
    assert first.get_color() != second.get_color()
    assert texts(ax).count("AUC") == 2 and ax.get_title(loc="left") == "ROC curve"


def test_reliability_and_lift_have_the_points_of_their_tables():
    table = model().reliability(rows())
    x, y = dots(table.plot())
    assert list(x) == [bin.mean_probability for bin in table.bins]
    assert list(y) == [bin.churn_rate for bin in table.bins]
    table = model().lift(rows(), bins=8)
    x, y = line(table.plot())
    assert list(x) == [0, *(bin.cumulative_share for bin in table.bins)]
    assert list(y) == [0, *(bin.cumulative_gain for bin in table.bins)]
    heights = [bar.get_height() for bar in bars(table.plot(kind="lift"))]
    assert heights == [bin.lift for bin in table.bins]
    with pytest.raises(stayput.ArgumentError, match="`kind`: found `roc`"):
        table.plot(kind="roc")


def test_a_report_is_drawn_beside_a_guess():
    report = model().evaluate(rows())
    ax = report.plot()
    names = ["roc_auc", "pr_auc", "ks", "brier", "ece"]
    assert list(dots(ax)[0]) == near([getattr(report, name) for name in names])
    guesses = [0.5, report.positives / report.rows, 0, report.brier_uncertainty, 0]
    assert list(dots(ax, "no skill")[0]) == near(guesses)
    assert all(f"{getattr(report, name):.3f}" in texts(ax) for name in names)
    stayed = rows().select(list(np.flatnonzero(rows().y == 0)))
    assert ticks(model().evaluate(stayed).plot()) == ["Brier score ↓", "ECE ↓"]


def test_intervals_and_comparisons_reach_from_low_to_high():
    found = model().intervals(rows(), resamples=50)
    ax = found.plot()
    shown = [row for row in found.measures if row.measure != "empc"]
    assert list(line(ax, "values")[0]) == [row.value for row in shown]
    (reach,) = [lines for lines in ax.collections if lines.get_gid() == "series"]
    ends = [path.vertices[:, 0] for path in reach.get_paths()]
    assert np.array(ends) == near(np.array([[row.low, row.high] for row in shown]))
    assert "EMPC" in texts(ax) and len(ticks(ax)) == len(shown)

    found = stayput.compare(model("logistic"), model(), rows(), resamples=50)
    ax = found.plot()
    shown = [row for row in found.differences if row.measure != "empc"]
    values = [line.get_xdata()[0] for line in ax.lines if line.get_gid() == "values"]
    assert values == [row.difference for row in shown]
    colours = [line.get_color() for line in ax.lines if line.get_gid() == "values"]
    for row, colour in zip(shown, colours):
        better = (
            row.difference < 0
            if row.measure in ("log_loss", "brier", "ece")
            else row.difference > 0
        )
        sure = not row.low <= 0 <= row.high
        assert colour == ("#888888" if not sure else "#228833" if better else "#EE6677")


def test_importance_and_dependence_draw_their_numbers():
    found = model().feature_importance(rows(), repeats=2)
    ax = found.plot(top=4, color="grey")
    assert [bar.get_width() for bar in bars(ax)] == [row.importance for row in found[:4]]
    assert ticks(ax) == [row.feature for row in found[:4]] and "and" in texts(ax)
    for kind in ("partial", "accumulated"):
        curve = model().feature_dependence(rows(), "logins_30d", kind)
        x, y = line(curve.plot())
        assert (list(x), list(y)) == (curve.values, curve.effects)
        table = model().feature_dependence(rows(), "plan", kind)
        ax = table.plot()
        assert [bar.get_height() for bar in bars(ax)] == table.effects
        assert [tick.get_text() for tick in ax.get_xticklabels()] == table.values


def test_explanations_are_drawn_whole():
    some = rows().select(list(range(60)))
    found = model().explain(some.X)
    assert found.data.shape == found.values.shape and found.output == "log_odds"
    assert found.categories["plan"] == some.X.categories("plan")
    codes = some.X.to_numpy()[:, some.X.numeric_names.index("plan")]
    assert np.array_equal(found.data[:, found.names.index("plan")], codes, equal_nan=True)

    sizes = np.abs(found.values).mean(axis=0)
    ax = found.plot_bar(top=5)
    assert [bar.get_width() for bar in bars(ax)] == near(sorted(sizes, reverse=True)[:5])
    assert ticks(ax) == [found.names[at] for at in np.argsort(-sizes, kind="stable")[:5]]

    ax = found.plot_beeswarm(top=len(found.names))
    for at, name in enumerate(found.names):
        if name == "plan":
            drawn = dots(ax, f"{name} without order")[0]
        else:
            there = [gid for gid in (name, f"{name} without order") if marked(ax, gid)]
            drawn = np.concatenate([dots(ax, gid)[0] for gid in there])
        assert np.allclose(np.sort(drawn), np.sort(found.values[:, at]), rtol=0, atol=1e-12)


def marked(ax, gid):
    return any(dots.get_gid() == gid for dots in ax.collections)


@pytest.mark.parametrize("row", [0, 7, -1])
@pytest.mark.parametrize("top", [3, 50])
def test_a_waterfall_leads_from_the_base_to_what_is_stated(row, top):
    some = rows().select(list(range(20)))
    found = model().explain(some.X)
    ax = found.plot_waterfall(row, top=top)
    steps = bars(ax, "step")
    assert len(steps) == min(top + 1, len(found.names))
    ends = [line.get_xdata()[0] for line in ax.lines if line.get_gid() == "end"]
    p = model().predict_proba(some.X)[row]
    # The stated probability is one of single precision.
    assert ends == pytest.approx([found.base, np.log(p / (1 - p))], abs=1e-6)
    assert sum(step.get_width() for step in steps) == near(ends[1] - ends[0])
    assert f"{p:.1%}" in texts(ax)
    # Each step begins where the one below it ended.
    for below, above in zip(steps, steps[1:]):
        assert above.get_x() == near(below.get_x() + below.get_width())


def test_what_cannot_be_drawn_is_refused():
    some = rows().select([0, 1, 2])
    found = model().explain(some.X)
    for call, path in [
        (lambda: found.plot_waterfall(3), "row"),
        (lambda: found.plot_bar(top=0), "top"),
        (lambda: model().explain(some.X, interactions=True).plot_beeswarm(), "explanation"),
        (lambda: engine().score_all(as_of=make.TODAY).plot(kind="age"), "kind"),
        (lambda: engine().segment_counts(as_of=make.MONTHS).plot(kind="plans"), "kind"),
    ]:
        with pytest.raises(stayput.ArgumentError) as error:
            call()
        assert error.value.path == path


def test_a_study_shows_every_trial_and_the_best_so_far():
    study = stayput.tune(rows(), "logistic", trials=8, seed=2, folds=3)
    ax = study.plot()
    done = [trial for trial in study.trials if trial.state == "complete"]
    x, y = dots(ax)
    assert (list(x), list(y)) == ([t.number for t in done], [t.score for t in done])
    best = line(ax, "best so far")[1]
    assert best[-1] == study.best.score and all(np.diff(best) <= 0)
    pruned = [trial for trial in study.trials if trial.state == "pruned"]
    assert marked(ax, "given up") == bool(pruned)


def test_scores_are_counted():
    scores = engine().score_all(as_of=make.TODAY)
    frame = scores.to_pandas()
    heights = [bar.get_height() for bar in scores.plot(gid="series").patches]
    expected, _ = np.histogram(frame["churn"], bins=np.linspace(0, 1, 26))
    assert heights == list(expected) and sum(heights) == len(scores)
    ax = scores.plot(kind="health")
    assert sum(bar.get_height() for bar in ax.patches) == frame["health"].notna().sum()
    for band, share in frame["band"].value_counts(normalize=True).items():
        assert f"{band}, {share:.0%}" in texts(ax)


def test_health_shows_factors_and_what_they_bring():
    health = engine().score_all(as_of=make.TODAY)[3].health
    ax = health.plot()
    assert [bar.get_width() for bar in bars(ax)] == [f.contribution for f in health.factors]
    assert [bar.get_width() for bar in bars(ax, "most")] == near(
        [100 * f.weight for f in health.factors]
    )
    assert ticks(ax) == [factor.name for factor in health.factors]


def test_health_over_time_is_a_line_and_its_change_a_waterfall():
    name = engine().customers[3]
    history = engine().health_history(name, as_of=make.WEEKS)
    ax = history.plot()
    scores = [np.nan if point.score is None else point.score for point in history.points]
    assert np.array_equal(np.array(line(ax)[1], dtype=float), scores, equal_nan=True)
    known = [point for point in history.points if point.score is not None]
    bands = {point.band for point in known}
    assert sum(len(dots(ax, band)[0]) for band in bands) == len(known)

    change = engine().health_change(name, since="2026-07-01", as_of=make.TODAY)
    ax = change.plot()
    steps = [bar.get_width() for bar in bars(ax, "term")]
    assert steps == [term.points for term in change.terms if term.points != 0]
    assert bars(ax, "before")[0].get_width() == change.before
    assert bars(ax, "after")[0].get_width() == change.after == near(change.before + sum(steps))


def test_decisions_are_counted_by_campaign():
    decisions = stayput.Engine.restore(engine().bundle, engine().snapshot()).decide(
        as_of=make.TODAY
    )
    ax = decisions.plot()
    drawn = {bar.get_gid(): bar.get_width() for bar in ax.patches}
    expected = {}
    for one in decisions.decisions:
        key = f"{one.campaign}/{one.action}"
        expected[key] = expected.get(key, 0) + 1
    for one in decisions.suppressions:
        key = f"{one.campaign}/{one.reason}"
        expected[key] = expected.get(key, 0) + 1
    assert drawn == expected and len(expected) > 2


def test_stages_and_their_transitions_are_drawn():
    counts = engine().segment_counts(as_of=make.MONTHS)
    ax = counts.plot()
    there = [row for row in counts.stages if any(row.counts)]
    top = max(area.get_paths()[0].vertices[:, 1].max() for area in ax.collections)
    assert top == max(map(sum, zip(*(row.counts for row in there))))
    ax = counts.plot(kind="segments")
    for row in counts.segments:
        if any(row.counts):
            assert list(line(ax, row.name)[1]) == row.counts

    moves = engine().transitions(as_of=make.MONTHS)
    ax = moves.plot()
    cells = np.ma.filled(ax.images[0].get_array(), np.nan)
    assert np.array_equal(cells, np.array(moves.probabilities, dtype=float), equal_nan=True)
    assert ticks(ax) == [stage.replace("_", " ") for stage in moves.stages]


def test_cohorts_are_a_table_and_a_curve():
    options = {"period": "month", "activity": ["login"], "until": "2027-01-01"}
    found = stayput.cohorts(company().events, company().customers, **options)
    ax = found.plot()
    cells = np.ma.filled(ax.images[0].get_array(), np.nan)
    assert np.array_equal(cells, found.to_pandas().to_numpy(), equal_nan=True)
    ax = found.plot_retention()
    known = [point for point in found.retention if point.rate is not None]
    x, y = line(ax)
    assert (list(x), list(y)) == ([p.ages.first for p in known], [p.rate for p in known])


def test_a_panel_has_four_plots():
    figure = model().plot(rows())
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles == ["ROC curve", "Precision over recall", "Reliability", "Gains"]


def test_without_matplotlib_an_error_says_what_to_install(tmp_path):
    script = """
import sys
sys.modules["matplotlib"] = None
import stayput
from stayput._documents import Lift, LiftBin
lift = Lift(2, 1, [LiftBin(2, 1, 0.1, 0.5, 1.0, 1.0, 1.0, 1.0)])
try:
    lift.plot()
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "plots need matplotlib; install `stayput[plot]`\n", done.stderr


def test_every_image_of_the_docs_is_drawn_by_the_script_and_small():
    folder = pathlib.Path(make.__file__).parent
    page = (data.ROOT / "docs" / "plots.md").read_text()
    assert {path.stem for path in folder.glob("*.png")} == set(make.PLOTS)
    for name in make.PLOTS:
        assert f"(images/{name}.png)" in page
        assert (folder / f"{name}.png").stat().st_size < 60_000
