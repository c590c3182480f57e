"""Off-policy evaluation on logged decisions of a shop.

Open Bandit Pipeline (obp 0.4.1) needs torch and a numpy of its own, so the estimators are written here
as it publishes them; they were compared with it once, by hand.
"""

import data
import numpy as np
import pandas as pd
import pytest

import stayput

CASES = [("random", "men"), ("random", "women"), ("bts", "men"), ("bts", "women")]


def logged(policy, campaign):
    table = pd.read_csv(data.real("open_bandit", policy, campaign, f"{campaign}.csv.gz"))
    k = len(pd.read_csv(data.real("open_bandit", policy, campaign, "item_context.csv")))
    actions = table["item_id"].to_numpy()
    propensities = table["propensity_score"].to_numpy()
    rewards = table["click"].to_numpy(float)
    random = np.random.default_rng(7)
    # A target that prefers some items, other ones by position, and a model that is roughly right.
    taste = random.gamma(1.0, size=(table["position"].max() + 1, k))
    target = taste[table["position"].to_numpy()]
    target /= target.sum(axis=1, keepdims=True)
    means = np.bincount(actions, rewards, k) / np.maximum(np.bincount(actions, minlength=k), 1)
    predictions = 0.5 * means[None, :] + 0.002 * random.random((len(table), k))
    return actions, propensities, rewards, target, predictions


def by_definition(actions, propensities, rewards, target, predictions, clip, tau):
    rows = np.arange(len(actions))
    w = np.minimum(target[rows, actions] / propensities, clip)
    direct = (target * predictions).sum(axis=1)
    correction = w * (rewards - predictions[rows, actions])
    return w, {
        "ips": w * rewards,
        "snips": w * rewards / w.mean(),
        "dm": direct,
        "dr": direct + correction,
        "switch_dr": direct + (w <= tau) * correction,
    }


@pytest.mark.parametrize(("policy", "campaign"), CASES)
@pytest.mark.parametrize("clip", [None, 5.0])
def test_estimates_are_those_of_the_published_formulas(policy, campaign, clip):
    columns = logged(policy, campaign)
    report = stayput.off_policy(*columns, clip=clip, switch_threshold=2.0)
    w, expected = by_definition(*columns, clip or np.inf, 2.0)
    for name, terms in expected.items():
        assert report[name].value == pytest.approx(terms.mean(), rel=1e-9), name
        if name != "snips":
            error = terms.std(ddof=1) / np.sqrt(len(terms))
            assert report[name].standard_error == pytest.approx(error, rel=1e-9)
            assert report[name].high == pytest.approx(terms.mean() + 1.959963984540054 * error, rel=1e-9)
    assert report.effective_sample_size == pytest.approx(w.sum() ** 2 / (w**2).sum(), rel=1e-9)
    assert report.mean_weight == pytest.approx((columns[3][np.arange(len(w)), columns[0]] / columns[1]).mean())


def test_a_bootstrap_is_as_wide_as_the_normal_interval_and_drawn_by_its_seed():
    columns = logged("random", "men")
    normal = stayput.off_policy(*columns)
    drawn = stayput.off_policy(*columns, interval="bootstrap", resamples=400, seed=3)
    assert drawn == stayput.off_policy(*columns, interval="bootstrap", resamples=400, seed=3)
    for estimate in drawn.estimates:
        other = normal[estimate.estimator]
        assert estimate.value == other.value
        ratio = (estimate.high - estimate.low) / (other.high - other.low)
        assert 0.85 < ratio < 1.15, estimate


def test_the_truth_of_a_simulated_shop_lies_within_the_intervals_as_often_as_they_say():
    k, n, hits, runs = 4, 400, 0, 200
    for run in range(runs):
        random = np.random.default_rng(run)
        worth = np.array([0.1, 0.3, 0.5, 0.2])
        behaviour, target = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])
        actions = random.choice(k, n, p=behaviour)
        rewards = (random.random(n) < worth[actions]).astype(float)
        report = stayput.off_policy(actions, behaviour[actions], rewards, np.tile(target, (n, 1)))
        hits += report["snips"].low <= target @ worth <= report["snips"].high
    assert 0.90 <= hits / runs <= 0.99


def test_what_does_not_fit_is_refused_by_name():
    good = [np.array([0, 1]), [0.5, 0.5], [1.0, 0.0], [[0.5, 0.5], [0.5, 0.5]]]
    for at, wrong, path in [
        (0, [0.5, 1], "actions"),
        (0, [0, 2], "actions"),
        (1, [0.5, 0.0], "propensities"),
        (2, [1.0], "rewards"),
        (3, [[0.5, 0.5]], "target"),
        (3, [0.5, 0.5], "target"),
        (3, [[0.5, 0.6], [0.5, 0.5]], "target"),
    ]:
        with pytest.raises(stayput.ArgumentError) as caught:
            stayput.off_policy(*[wrong if index == at else one for index, one in enumerate(good)])
        assert caught.value.path == path
    with pytest.raises(stayput.ArgumentError):
        stayput.off_policy(*good, interval="exact")
