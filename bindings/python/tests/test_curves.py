"""ROC and precision over recall, against scikit-learn."""

import functools
import sys

import data
import numpy as np
import pytest
import stayput
from sklearn import metrics

pytestmark = pytest.mark.parametrize("source", ["acme", "telco"])


@functools.cache
def judged(source):
    """Rows, and a model that was trained on every other one."""
    if source == "telco":
        data.real("telco_ibm", "telco_customer_churn.csv")
        sys.path.append(str(data.ROOT / "examples" / "telco"))
        import telco

        rows = telco.training_set()
    else:
        company = stayput.simulate(customers=500, days=365, seed=5)
        playbook = stayput.Playbook.load(data.ROOT / "examples" / "acme" / "playbook.toml")
        cuts = ["2026-05-01", "2026-07-01"]
        rows = playbook.training_set(company.events, company.customers, as_of=cuts)
    half = rows.select(list(range(0, len(rows), 2)))
    return rows, stayput.train(half, "forest", n_estimators=20)


def columns(curve, *names):
    return [np.array([getattr(point, name) for point in curve.points]) for name in names]


def test_the_whole_roc_curve_is_that_of_scikit_learn(source):
    rows, model = judged(source)
    p = model.predict_proba(rows.X)
    others, churners, thresholds = metrics.roc_curve(rows.y, p, drop_intermediate=False)
    curve = model.roc(rows, points=1_000_000)
    x, y, at = columns(curve, "false_positive_rate", "true_positive_rate", "threshold")
    assert np.array_equal(x, others) and np.array_equal(y, churners)
    assert at[0] is None and np.array_equal(at[1:].astype(float), thresholds[1:])
    assert curve.roc_auc == model.evaluate(rows).roc_auc
    assert (curve.rows, curve.positives) == (len(rows), rows.y.sum())


def test_the_whole_curve_of_precision_over_recall_is_that_of_scikit_learn(source):
    rows, model = judged(source)
    p = model.predict_proba(rows.X)
    precision, recall, thresholds = metrics.precision_recall_curve(rows.y, p)
    curve = model.precision_recall(rows, points=1_000_000)
    x, y, at = columns(curve, "recall", "precision", "threshold")
    # Theirs goes the other way, and ends with a point where no one is contacted.
    assert np.array_equal(x, recall[-2::-1]) and np.array_equal(y, precision[-2::-1])
    assert np.array_equal(at, thresholds[::-1])
    assert curve.pr_auc == model.evaluate(rows).pr_auc


@pytest.mark.parametrize("points", [10, 60])
def test_few_points_are_of_the_curve_and_have_its_area_nearly(source, points):
    rows, model = judged(source)
    whole, few = model.roc(rows, points=1_000_000), model.roc(rows, points=points)
    assert len(whole.points) > points >= len(few.points) > points / 3
    assert all(point in whole.points for point in few.points)
    assert (few.points[0], few.points[-1]) == (whole.points[0], whole.points[-1])
    x, y = columns(few, "false_positive_rate", "true_positive_rate")
    area = ((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2).sum()
    assert area == pytest.approx(whole.roc_auc, abs=2 / points)
    assert few.roc_auc == whole.roc_auc and len(few.to_pandas()) == len(few.points)


def test_a_curve_that_cannot_be_is_refused(source):
    rows, model = judged(source)
    with pytest.raises(stayput.ArgumentError, match="`points`: is 2; expected 3 or more"):
        model.roc(rows, points=2)
    stayed = rows.select(list(np.flatnonzero(rows.y == 0)))
    with pytest.raises(stayput.ModelError, match="labels are all alike"):
        model.precision_recall(stayed)
