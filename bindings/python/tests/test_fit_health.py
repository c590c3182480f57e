"""Health that is learned and judged, through Python's calls."""

import numpy as np
import pandas as pd
import pytest

import stayput


@pytest.fixture(scope="module")
def customers():
    draw = np.random.default_rng(5)
    logins, plan = draw.poisson(8, 4_000), draw.choice(["free", "pro"], 4_000)
    odds = 1.5 - 0.4 * logins + np.where(plan == "free", 1.0, 0.0)
    gone = draw.random(4_000) < 1 / (1 + np.exp(-odds))
    return pd.DataFrame({"logins": logins.astype(float), "plan": plan}), gone


def test_a_learned_section_loads_and_predicts(customers):
    table, gone = customers
    train = stayput.TrainingSet.from_table(table[:3_000], gone[:3_000])
    unseen = stayput.TrainingSet.from_table(table[3_000:], gone[3_000:])
    fitted = stayput.fit_health(train, directions={"logins": "up"})
    assert {factor.feature for factor in fitted.factors} == {"logins", "plan"}
    head = (
        '[playbook]\nname = "t"\n[customer]\nlogins = "number"\nplan = "category"\n'
        "[features]\nlogins = 'customer.logins'\nplan = 'customer.plan'\n"
    )
    playbook = stayput.Playbook.parse(head + fitted.playbook)
    found = stayput.validate_health(playbook, unseen)
    assert found.monotone and found.without_score == 0
    assert found.auc_low < found.auc < found.auc_high and found.auc > 0.7
    assert found.to_pandas()["rows"].sum() == 1_000


def test_a_wrong_direction_is_refused(customers):
    table, gone = customers
    data = stayput.TrainingSet.from_table(table, gone)
    with pytest.raises(stayput.ArgumentError, match="expected `up` or `down`"):
        stayput.fit_health(data, directions={"logins": "more"})
