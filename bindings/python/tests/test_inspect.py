"""What a model makes of its features: importance, dependence, what if, recourse."""

import foreign
import numpy as np
import pytest
import stayput
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.inspection import partial_dependence, permutation_importance

PLAYBOOK = """
[playbook]
name = "shop"
[customer]
plan = { type = "category", values = ["free", "pro", "enterprise"] }
mrr = "number"
[events.login]
[events.cancelled]
[features]
logins = 'count(login, "30d")'
quiet = 'days_since(last(login))'
plan = 'customer.plan'
mrr = 'customer.mrr'
[churn]
label = 'count(login, horizon) == 0'
horizon = "30d"
[segments]
busy = 'logins > 15.0'
[reasons.features.logins]
actionable = { direction = "increase", max = 40, step = 1 }
[reasons.features.plan]
actionable = { cost = 5 }
"""


class Asked(ClassifierMixin, BaseEstimator):
    """One of our models as scikit-learn asks one."""

    def __init__(self, model=None):
        self.model = model
        self.classes_ = np.array([0, 1])
        self.is_fitted_ = True

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        p = self.model.predict_proba(np.asarray(X, dtype=np.float64))
        return np.column_stack([1 - p, p])

    def predict(self, X):
        return (self.predict_proba(X)[:, 1] > 0.5).astype(int)


@pytest.fixture(scope="module")
def telco():
    """A model of Telco customers' numbers, and the rows it is asked about."""
    frame, left = foreign.telco()
    rows = np.nan_to_num(foreign.matrix(frame), nan=-1.0)
    names = [f"f{at}" for at in range(rows.shape[1])]
    table = stayput.table(dict(zip(names, rows.T)))
    data = stayput.TrainingSet.from_table(table, left)
    return stayput.train(data, n_estimators=40, max_depth=4), data, rows, np.asarray(left)


def test_permutation_importance_is_scikit_learns(telco):
    model, data, rows, left = telco
    ours = model.feature_importance(data, repeats=10)
    theirs = permutation_importance(
        Asked(model), rows, left, scoring="roc_auc", n_repeats=10, random_state=0
    )
    assert [one.importance for one in ours] == sorted(
        (one.importance for one in ours), reverse=True
    )
    assert {one.feature for one in ours} == set(model.names)
    # The shuffles are others, so the means differ by what chance makes of ten of them.
    for one in ours:
        at = model.names.index(one.feature)
        spread = max(one.std, theirs.importances_std[at], 1e-4)
        assert abs(one.importance - theirs.importances_mean[at]) < 4 * spread / np.sqrt(10) + 1e-3
    assert model.feature_importance(data, repeats=10) == ours
    assert model.feature_importance(data, repeats=10, seed=1) != ours


def test_other_kinds_of_importance(telco):
    model, data, rows, _ = telco
    contribution = {
        one.feature: one.importance for one in model.feature_importance(data, "contribution")
    }
    found = np.abs(model.explain(rows, output="margin").values).mean(axis=0)
    for name, value in zip(model.names, found):
        assert contribution[name] == pytest.approx(value, rel=1e-12)
    gain = {one.feature: one.importance for one in model.feature_importance(data, "gain")}
    assert gain == dict(model.importance)
    cover = model.feature_importance(data, "cover")
    assert sum(one.importance for one in cover) == pytest.approx(1)
    assert all(one.std is None for one in cover)
    with pytest.raises(stayput.StayputError, match="expected `permutation`"):
        model.feature_importance(data, "gains")


def test_partial_dependence_is_scikit_learns(telco):
    model, data, rows, _ = telco
    for at in range(rows.shape[1]):
        ours = model.feature_dependence(data, model.names[at], points=20)
        theirs = partial_dependence(
            Asked(model),
            rows,
            [at],
            custom_values={at: np.array(ours.values)},
            kind="average",
            response_method="predict_proba",
        )
        np.testing.assert_allclose(ours.effects, theirs["average"][0], rtol=0, atol=1e-12)
        assert ours.counts is None


def test_accumulated_effects_are_those_of_the_paper(telco):
    model, data, rows, _ = telco
    at = int(np.argmax([len(np.unique(column)) for column in rows.T]))
    ours = model.feature_dependence(data, model.names[at], "accumulated", points=15)
    edges = np.array(ours.values)
    # Apley and Zhu 2020, (15) and (16): mean differences within bins, added up, then centred.
    column = rows[:, at]
    bins = np.clip(np.searchsorted(edges, column, side="left") - 1, 0, len(edges) - 2)
    low, high = rows.copy(), rows.copy()
    low[:, at], high[:, at] = edges[bins], edges[bins + 1]
    steps = model.predict_proba(high) - model.predict_proba(low)
    means = [steps[bins == k].mean() if (bins == k).any() else 0.0 for k in range(len(edges) - 1)]
    sums = np.concatenate([[0.0], np.cumsum(means)])
    counts = np.bincount(bins, minlength=len(edges) - 1)
    centre = np.sum((sums[:-1] + sums[1:]) / 2 * counts) / len(rows)
    np.testing.assert_allclose(ours.effects, sums - centre, rtol=0, atol=1e-12)
    assert ours.counts == [0, *counts.tolist()]


@pytest.fixture(scope="module")
def engine():
    simulation = stayput.simulate(customers=300, start="2025-01-01", seed=2)
    playbook = stayput.Playbook.parse(PLAYBOOK)
    data = playbook.training_set(
        simulation.events, simulation.customers, as_of=["2025-06-01", "2025-08-01"]
    )
    model = stayput.train(data, n_estimators=30, learning_rate=0.1)
    engine = stayput.Engine(stayput.Bundle(playbook, model))
    engine.ingest(simulation.events, simulation.customers)
    return engine


def test_what_if_changes_what_follows(engine):
    at = "2025-09-01"
    for score in engine.score_all(as_of=at)[:50]:
        answer = engine.what_if(score.customer_id, as_of=at, changes={"logins": 30})
        assert answer.before == score
        assert answer.after.features == {**score.features, "logins": 30.0}
        assert "busy" in answer.after.segments
        same = engine.what_if(score.customer_id, as_of=at, changes={})
        assert same.after == score
        plan = engine.what_if(score.customer_id, as_of=at, changes={"customer.plan": "pro"})
        assert plan.after.features["plan"] == "pro"


def test_recourse_does_what_it_says_and_nothing_cheaper_does(engine):
    at, told = "2025-09-01", 0
    scores = sorted(engine.score_all(as_of=at), key=lambda score: -score.churn.probability)
    for score in scores[:12]:
        threshold = 0.7 * score.churn.probability
        found = engine.recourse(score.customer_id, as_of=at, threshold=threshold)
        ask = lambda changes: (  # noqa: E731
            engine.what_if(score.customer_id, as_of=at, changes=changes).after.churn.probability
        )
        if found.status == "optimal":
            told += 1
            changes = {change.feature: change.changed_value for change in found.changes}
            assert ask(changes) == found.changed_probability <= threshold
            assert found.cost == pytest.approx(sum(change.cost for change in found.changes))
        assert found.status in ("optimal", "impossible")
        logins = score.features["logins"]
        # Every number of logins and every plan, at what they cost.
        unit = [change.cost / (change.changed_value - change.value)
                for change in found.changes if change.feature == "logins"]
        for plan in ("free", "pro", "enterprise"):
            for more in range(int(logins), max(41, int(logins) + 1)):
                if ask({"plan": plan, "logins": more}) > threshold:
                    continue
                assert found.status == "optimal"
                if unit:
                    cost = unit[0] * (more - logins) + 5 * (plan != score.features["plan"])
                    assert cost >= found.cost - 1e-9
    assert told > 2
    with pytest.raises(stayput.StayputError, match="did you mean `logins`"):
        engine.recourse(scores[0].customer_id, as_of=at, threshold=0.5, features=["login"])
