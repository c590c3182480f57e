"""Health over time through Python, and its statistics against those of scipy and pymannkendall."""

import datetime as dt
import math

import data
import numpy as np
import polars as pl
import pymannkendall
import pytest
import scipy.stats
import stayput

PLAYBOOK = """
[playbook]
name = "messages"
[customer]
account = "text"
weight = "number"
[events.message]
[health]
bands = { quiet = 0, busy = 10 }
trend = { over = "140d", every = "7d" }
accounts = { parent = 'customer.account', weight = 'customer.weight' }
[health.factors.sent]
weight = 3
score = 'count(message, "7d")'
[health.factors.lately]
weight = 1
missing = 0
[health.factors.lately.factors.day]
weight = 2
score = 'decay(days_since(last(message)), 3)'
[health.factors.lately.factors.pace]
weight = 1
score = 'percentile_rank(count(message, "14d"), 0, 1, 4, 30)'
"""
LAST = dt.datetime(2004, 10, 26, tzinfo=dt.timezone.utc)
WEEKS = [LAST - dt.timedelta(weeks=n) for n in reversed(range(20))]


def messages():
    """The messages of the busiest thirty users, and who they are."""
    table = pl.read_csv(data.real("collegemsg", "CollegeMsg.txt"), separator=" ")
    ids = table.group_by("src").len().sort("len", "src", descending=True).head(30)["src"]
    events = table.filter(pl.col("src").is_in(ids.to_list())).select(
        customer_id=pl.col("src").cast(str),
        timestamp=pl.from_epoch("time").dt.replace_time_zone("UTC"),
        type=pl.lit("message"),
    )
    return events, [str(one) for one in ids]


def engine_of(text, events, customers=None):
    engine = stayput.Engine(stayput.Bundle(stayput.Playbook.parse(text)))
    engine.ingest(events, customers)
    return engine


def test_trends_are_those_of_scipy_and_pymannkendall():
    events, ids = messages()
    engine = engine_of(PLAYBOOK, events)
    directions = set()
    for customer in ids:
        history = engine.health_history(customer, as_of=WEEKS)
        series = [(point.as_of, point.score) for point in history.points if point.score is not None]
        days = [(at - series[0][0]) / dt.timedelta(days=1) for at, _ in series]
        scores = [score for _, score in series]
        trend = engine.score(customer, as_of=LAST).health.trend
        assert trend == history.trend and trend.points == len(scores) >= 3
        expected = pymannkendall.original_test(scores)
        assert trend.p_value == pytest.approx(expected.p, abs=1e-12)
        slope = scipy.stats.theilslopes(scores, days).slope
        assert trend.slope_per_day == pytest.approx(slope, rel=1e-12, abs=1e-12)
        tau = scipy.stats.kendalltau(days, scores).statistic
        assert trend.tau == pytest.approx(tau, abs=1e-12)
        assert trend.direction == expected.trend.replace("no trend", "no_trend")
        directions.add(trend.direction)
    assert len(directions) >= 2


def test_a_percentile_rank_is_the_inverse_of_numpy_quantiles():
    events, ids = messages()
    counts = events.group_by("customer_id").len()["len"].to_numpy().astype(float)
    quantiles = np.quantile(counts, np.linspace(0, 1, 11))
    asked = np.quantile(counts, np.linspace(0, 1, 101))
    arguments = ", ".join(repr(float(q)) for q in quantiles)
    text = '[playbook]\nname = "rank"\n[customer]\nx = "number"\n[features]\n'
    playbook = stayput.Playbook.parse(text + f"rank = 'percentile_rank(customer.x, {arguments})'")
    customers = {"customer_id": [f"{n:03}" for n in range(101)], "x": asked}
    table = playbook.features([], customers, as_of="2026-01-01")
    expected = np.interp(asked, quantiles, np.linspace(0, 100, 11))
    assert np.allclose(table["rank"], expected, rtol=0, atol=1e-9)


def test_a_history_is_what_was_said_then_and_a_table():
    events, ids = messages()
    engine = engine_of(PLAYBOOK, events)
    history = engine.health_history(ids[0], as_of={"from": WEEKS[0], "to": LAST, "every": "week"})
    assert [point.as_of for point in history.points] == WEEKS
    for point in history.points:
        health = engine.score(ids[0], as_of=point.as_of).health
        assert (point.score, point.coverage) == (health.score, health.coverage)
    frame = history.to_pandas()
    assert list(frame["score"]) == [point.score for point in history.points]
    assert frame.index.name == "as_of" and "band" in frame


def test_changes_sum_exactly_and_groups_to_their_contributions():
    events, ids = messages()
    engine = engine_of(PLAYBOOK, events)
    kinds = set()
    for customer in ids:
        for since, as_of in zip(WEEKS[4:], WEEKS[8:]):
            change = engine.health_change(customer, as_of=as_of, since=since)
            before = engine.score(customer, as_of=since).health
            after = engine.score(customer, as_of=as_of).health
            assert (change.before, change.after) == (before.score, after.score)
            assert math.fsum(term.points for term in change.terms) == change.change
            kinds |= {(term.kind, term.factor) for term in change.terms}
            assert all(term.text.endswith(" points") for term in change.terms)
            group = after.factors[1]
            assert sum(part.contribution for part in group.factors) == group.contribution
            assert sum(part.contribution for part in after.factors) == after.score
    assert {("time", "sent"), ("data", "sent"), ("data", "lately.day")} <= kinds


def test_overrides_and_accounts():
    events, ids = messages()
    customers = [
        {"customer_id": one, "account": "north" if n % 2 else "south", "weight": n}
        for n, one in enumerate(ids)
    ]
    engine = engine_of(PLAYBOOK, events, customers)
    said = engine.override_health(
        ids[1], author="ann", reason="renewed", from_=WEEKS[-2], until="2004-11-01", score=99.5
    )
    assert said == engine.health_overrides(ids[1])[0] and said.from_ == WEEKS[-2]
    assert said.to_dict()["from"] == WEEKS[-2]
    health = engine.score(ids[1], as_of=LAST).health
    assert health.score == 99.5 == health.overridden.computed_score + health.overridden.contribution
    accounts = engine.account_health(as_of=LAST, worst=3)
    assert [account.account for account in accounts] == ["north", "south"]
    for account in accounts:
        scores = {one: engine.score(one, as_of=LAST).health.score for one in ids}
        mine = [row for row in customers if row["account"] == account.account and row["weight"]]
        weights = [row["weight"] for row in mine]
        mean = np.average([scores[row["customer_id"]] for row in mine], weights=weights)
        assert account.score == pytest.approx(mean, abs=1e-10)
        assert sum(child.contribution for child in account.worst) + account.others == account.score
        least = sorted(scores[row["customer_id"]] for row in mine)[:3]
        assert [child.score for child in account.worst] == least
    (ended,) = engine.lift_health_override(ids[1], as_of=LAST)
    assert ended.until == LAST and engine.score(ids[1], as_of=LAST).health.overridden is None
    with pytest.raises(stayput.ArgumentError, match="`band`") as raised:
        engine.override_health(ids[1], author="a", reason="b", from_=LAST, until="2005-01-01", band="x")
    assert raised.value.path == "band"
