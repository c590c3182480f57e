"""The policy ``uplift`` beside ridge regression of scikit-learn on the design written out."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
import stayput
from sklearn.linear_model import Ridge

ACTIONS = ["no_contact", "mail", "call"]
RIDGE, VALUE = 10.0, 1_000.0
COSTS = {"mail": 0.5, "call": 20.0}
PLAYBOOK = """
[playbook]
name = "retain"
[customer]
risk = { type = "number", default = 0 }
frail = { type = "bool", default = false }
[events.renewal_due]
[events.cancelled]
[[campaigns]]
name = "retain"
on = 'renewal_due'
goal = { event = "cancelled", within = "10d", avoid = true }
value = '1000'
policy = { kind = "uplift", context = ['customer.risk', 'customer.frail ? 1 : 0'], control = 0.3 }
actions = [{ name = "mail", channel = "email", cost = 0.5 }, { name = "call", channel = "phone", cost = 20 }]
"""


def design(arm: int, z: np.ndarray) -> np.ndarray:
    """The numbers of a customer, and again for the action. Effects are scaled so that one penalty fits all."""
    row = np.zeros(3 * len(ACTIONS))
    row[:3] = z
    if arm > 0:
        row[3 * arm : 3 * arm + 3] = z / np.sqrt(RIDGE)
    return row


def test_effects_are_those_of_ridge_regression() -> None:
    rng = np.random.default_rng(7)
    count = 600
    risk, frail = rng.gamma(2.0, 8.0, count), rng.random(count) < 0.4
    ids = [f"c{at:03}" for at in range(count)]
    engine = stayput.Engine(stayput.Bundle(stayput.Playbook.parse(PLAYBOOK)))
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    customers = [
        {"customer_id": one, "risk": float(r), "frail": bool(f)} for one, r, f in zip(ids, risk, frail)
    ]
    due = [{"customer_id": one, "timestamp": start, "type": "renewal_due"} for one in ids]
    engine.ingest(due, customers)
    decided = engine.decide(as_of=start)
    arms = dict.fromkeys(ids, 0)
    arms.update({one.customer_id: ACTIONS.index(one.action) for one in decided.decisions})
    assert len(decided.decisions) + len(decided.suppressions) == count
    assert {one.reason for one in decided.suppressions} == {"policy"}
    chances = np.array([0.35, 0.3, 0.1])[list(arms.values())] + 0.01 * risk * frail
    gone = rng.random(count) < chances
    left = start + timedelta(days=3)
    events = [
        {"customer_id": one, "timestamp": left, "type": "cancelled"} for one, is_gone in zip(ids, gone) if is_gone
    ]
    engine.ingest(events)

    later = start + timedelta(days=11)
    engine.decide(as_of=later)
    x = np.column_stack([risk, frail.astype(float)])
    centre, scale = x.mean(axis=0), x.std(axis=0)
    z = np.column_stack([np.ones(count), (x - centre) / scale])
    rows = np.array([design(arm, row) for arm, row in zip(arms.values(), z)])
    stays = (~gone).astype(float)
    fit = Ridge(alpha=1.0, fit_intercept=False, solver="cholesky").fit(rows, stays - stays.mean())
    for at in range(0, count, 50):
        found = {one.action: one for one in engine.next_best_actions(ids[at], as_of=later)}
        for arm, name in enumerate(ACTIONS[1:], start=1):
            effect = design(arm, z[at])[3:] @ fit.coef_[3:]
            assert found[name].value == pytest.approx(VALUE * effect, rel=1e-9, abs=1e-9)
            assert found[name].net == pytest.approx(VALUE * effect - COSTS[name], rel=1e-9, abs=1e-9)
