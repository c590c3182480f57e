"""Bandits: as good as those of mabwiser, and the same however they learned."""

import pickle

import numpy as np
import pytest
from mabwiser.mab import MAB, LearningPolicy

import stayput

WORTH = {"mail": 0.15, "call": 0.35, "push": 0.25}
SLOPES = {"mail": (0.2, 0.6, 0.0), "call": (0.5, -0.4, 0.1), "push": (0.3, 0.0, 0.3)}
ACTIONS = list(WORTH)


def ours(policy, run, **options):
    names = ["x", "y"] if policy in ("linear_thompson", "lin_ucb") else None
    bandit = stayput.Bandit(ACTIONS, policy, context=names, draws=100, seed=str(run), **options)

    def choose(step, context):
        return bandit.choose(str(step), list(context) if names else None)[0]

    def learn(action, reward, context):
        bandit.update(action, reward, list(context) if names else None)

    return choose, learn


def theirs(policy, run, **options):
    kinds = {
        "epsilon_greedy": LearningPolicy.EpsilonGreedy,
        "thompson": LearningPolicy.ThompsonSampling,
        "linear_thompson": LearningPolicy.LinTS,
        "lin_ucb": LearningPolicy.LinUCB,
    }
    linear = policy in ("linear_thompson", "lin_ucb")
    mab = MAB(ACTIONS, kinds[policy](**options), seed=run)
    started = []

    def row(context):
        return [[1.0, *context]] if linear else None

    def choose(step, context):
        if not started:
            return ACTIONS[step % len(ACTIONS)]
        return mab.predict(row(context))

    def learn(action, reward, context):
        (mab.partial_fit if started else mab.fit)([action], [reward], row(context))
        started.append(True)

    return choose, learn


def regret(make, policy, run, steps, **options):
    """What was lost beside the best action, in a world that the run alone decides."""
    random = np.random.default_rng(run)
    choose, learn = make(policy, run, **options)
    lost = 0.0
    for step in range(steps):
        context = random.random(2)
        if policy in ("linear_thompson", "lin_ucb"):
            means = {a: s[0] + s[1] * context[0] + s[2] * context[1] for a, s in SLOPES.items()}
            noise = 0.3 * random.standard_normal()
        else:
            means, noise = WORTH, None
        unit = random.random()
        action = choose(step, context)
        lost += max(means.values()) - means[action]
        reward = float(unit < means[action]) if noise is None else means[action] + noise
        learn(action, reward, context)
    return lost


@pytest.mark.parametrize(
    ("policy", "own", "other", "steps", "runs"),
    [
        ("epsilon_greedy", {"epsilon": 0.1}, {"epsilon": 0.1}, 400, 60),
        ("thompson", {}, {}, 400, 60),
        ("linear_thompson", {"exploration": 0.3}, {"alpha": 0.3}, 300, 40),
        ("lin_ucb", {"exploration": 0.3}, {"alpha": 0.3}, 300, 40),
    ],
)
def test_the_regret_is_at_most_that_of_mabwiser(policy, own, other, steps, runs):
    found = np.array([regret(ours, policy, run, steps, **own) for run in range(runs)])
    expected = np.array([regret(theirs, policy, run, steps, **other) for run in range(runs)])
    # Within 5%, and what the runs leave open.
    open_ = 2 * np.sqrt((found.var(ddof=1) + expected.var(ddof=1)) / runs)
    assert found.mean() <= 1.05 * expected.mean() + open_, (found.mean(), expected.mean(), open_)
    if policy == "lin_ucb":
        # Nothing is drawn: every choice is the same.
        assert np.abs(found - expected).max() < 1e-9
    uniform = steps * (max(WORTH.values()) - np.mean(list(WORTH.values())))
    if policy in ("epsilon_greedy", "thompson"):
        assert found.mean() < 0.75 * uniform


@pytest.mark.parametrize("policy", ["epsilon_greedy", "thompson", "linear_thompson", "lin_ucb"])
def test_a_bandit_goes_through_json_pickle_and_parts_unchanged(policy):
    names = ["x"] if policy.startswith("lin") else None
    context = {"x": 0.5} if names else None
    make = lambda: stayput.Bandit(ACTIONS, policy, context=names, discount=0.95, seed="s")  # noqa: E731
    whole, one, two = make(), make(), make()
    for step in range(30):
        action, reward, at = ACTIONS[step % 3], (step * 7 % 5) / 5, f"2026-03-{1 + step % 28:02}"
        whole.update(action, reward, context, at=at)
        (one if step % 2 else two).update(action, reward, context, at=at)
    two.merge(one)
    assert two.to_json() == whole.to_json()
    copies = [stayput.Bandit.from_json(whole.to_json()), pickle.loads(pickle.dumps(whole))]
    for copy in copies:
        for key in "abc":
            choice = whole.choice(key, context, at="2026-04-01")
            assert copy.choice(key, context, at="2026-04-01") == choice
            assert sum(choice.propensities) == pytest.approx(1, abs=1e-12)
            assert copy.choose(key, context, at="2026-04-01") == (choice.action, choice.propensity)
            assert (choice.standard_error is not None) == ("thompson" in policy)


def test_decisions_of_a_bandit_can_be_evaluated_off_policy():
    random = np.random.default_rng(5)
    bandit = stayput.Bandit(ACTIONS, "thompson", epsilon=0.2, draws=200, seed="log")
    rows = []
    for step in range(3_000):
        choice = bandit.choice(str(step))
        reward = float(random.random() < WORTH[choice.action])
        rows.append((ACTIONS.index(choice.action), choice.propensity, reward))
        bandit.update(choice.action, reward)
    actions, propensities, rewards = map(np.array, zip(*rows))
    for at, name in enumerate(ACTIONS):
        target = np.tile(np.eye(3)[at], (len(rows), 1))
        estimate = stayput.off_policy(actions.astype(int), propensities, rewards, target)["ips"]
        assert abs(estimate.value - WORTH[name]) < 4 * estimate.standard_error


def test_an_outcome_is_waited_for_and_its_lack_counts_as_nothing():
    bandit = stayput.Bandit(["a", "b"], "thompson", window="7d")
    assert bandit.expect("d1", "a", at="2026-01-01") and bandit.expect("d2", "b", at="2026-01-01")
    assert not bandit.expect("d1", "b", at="2026-01-02")
    assert bandit.outcome("d1", 1, at="2026-01-05")
    assert not bandit.outcome("d2", 1, at="2026-01-09")
    assert bandit.close(at="2026-01-09") == 1
    plain = stayput.Bandit(["a", "b"], "thompson", window="7d")
    plain.update("a", 1, at="2026-01-01")
    plain.update("b", 0, at="2026-01-01")
    assert plain.to_json() == bandit.to_json()


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda: stayput.Bandit([]), "actions"),
        (lambda: stayput.Bandit(["a"], "tompson"), "policy"),
        (lambda: stayput.Bandit(["a"], context=["x"]), "context"),
        (lambda: stayput.Bandit(["a"], discount=0.2), "discount"),
        (lambda: stayput.Bandit(["a"]).update("b", 1), "action"),
        (lambda: stayput.Bandit(["a"]).update("a", 2), "reward"),
        (lambda: stayput.Bandit(["a"], discount=0.9).choose("k"), "at"),
        (lambda: stayput.Bandit(["a"], "lin_ucb", context=["x"]).choose("k", {"y": 1}), "context"),
        (lambda: stayput.Bandit(["a"]).close(at="2026-01-01"), "window"),
        (lambda: stayput.Bandit.from_json("{}"), "bandit"),
    ],
)
def test_what_is_wrong_is_refused_by_name(call, path):
    with pytest.raises(stayput.ArgumentError) as caught:
        call()
    assert caught.value.path == path
