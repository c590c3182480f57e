"""Cohorts of real customers against plain computations in pandas."""

import math

import data
import numpy as np
import pandas as pd
import pytest

import stayput


@pytest.fixture(scope="module")
def cdnow():
    path = data.real("cdnow", "CDNOW_master.txt")
    names = ["customer_id", "date", "cds", "amount"]
    kinds = {"customer_id": str, "date": str}
    log = pd.read_csv(path, sep=r"\s+", names=names, skiprows=1, dtype=kinds)
    log["timestamp"] = pd.to_datetime(log["date"], format="%Y%m%d")
    log["type"] = "purchase"
    return log[["customer_id", "timestamp", "type", "amount"]]


def number(instants, period):
    """The number of the civil period that each instant lies in."""
    if period == "day":
        return (instants - pd.Timestamp(0)).dt.days
    if period == "week":
        return ((instants - pd.Timestamp(0)).dt.days + 3) // 7
    if period == "month":
        return instants.dt.year * 12 + instants.dt.month
    return instants.dt.year * 4 + instants.dt.quarter


END = "1998-07-01"


@pytest.mark.parametrize(
    ("period", "age"),
    [("month", "month"), ("week", "week"), ("quarter", "month"), ("month", "day"), ("day", "week")],
)
def test_retention_of_cdnow_is_that_of_pandas(cdnow, period, age):
    start = cdnow.groupby("customer_id")["timestamp"].transform("min")
    log = cdnow.assign(cohort=number(start, period), age=number(cdnow["timestamp"], age) - number(start, age))
    sizes = log.groupby("cohort")["customer_id"].nunique()
    exact = log.groupby(["cohort", "age"])["customer_id"].nunique()
    last = log.groupby(["cohort", "customer_id"])["age"].max()
    options = {"period": period, "age": age, "until": END}
    found = stayput.cohorts(cdnow, **options)
    rolling = stayput.cohorts(cdnow, **options, definition="unbounded")
    assert found.customers == 23_570 and found.unreadable == 0
    assert [cohort.size for cohort in found.cohorts] == sizes.tolist()
    known = 0
    for key, cohort, other in zip(sizes.index, found.cohorts, rolling.cohorts):
        for column, (count, later) in enumerate(zip(cohort.retained, other.retained)):
            assert (count is None) == (cohort.known_from[column] > pd.Timestamp(END, tz="UTC"))
            if count is not None:
                known += 1
                assert count == exact.get((key, column), 0)
                assert later == (last[key] >= column).sum()
                assert cohort.rates[column] == count / cohort.size
    assert known > 10
    table = found.to_pandas("retained")
    assert table.shape == (len(sizes), len(found.ages))


def test_brackets_and_curves_of_cdnow_are_those_of_pandas(cdnow):
    edges = [1, 4, 7, 13]
    found = stayput.cohorts(cdnow, definition="bracket", brackets=edges, until=END)
    start = cdnow.groupby("customer_id")["timestamp"].transform("min")
    age = number(cdnow["timestamp"], "month") - number(start, "month")
    log = cdnow.assign(start=start, age=age)
    for column, (low, high) in enumerate(zip(edges, edges[1:])):
        inside = log[(log["age"] >= low) & (log["age"] < high)]
        active = inside.groupby(number(inside["start"], "month"))["customer_id"].nunique()
        counts = [cohort.retained[column] for cohort in found.cohorts]
        assert [count for count in counts if count is not None] == active.tolist()[: len(counts)]
    point = found.retention[0]
    assert (point.customers, point.ages.first, point.ages.last) == (23_570, 1, 3)
    p, n, z = point.retained / point.customers, point.customers, 1.959963984540054
    middle, reach = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert point.low == pytest.approx((middle - reach) / (1 + z * z / n), rel=1e-12)
    assert point.high == pytest.approx((middle + reach) / (1 + z * z / n), rel=1e-12)


def test_revenue_of_cdnow_is_that_of_pandas(cdnow):
    found = stayput.cohorts(cdnow, amount="amount", until=END)
    start = cdnow.groupby("customer_id")["timestamp"].transform("min")
    age = number(cdnow["timestamp"], "month") - number(start, "month")
    log = cdnow.assign(cohort=number(start, "month"), age=age)
    own = log.pivot_table(
        index=["cohort", "customer_id"], columns="age", values="amount", aggfunc="sum", fill_value=0
    )
    held = own.clip(upper=own[0], axis=0)
    amounts, capped = own.groupby("cohort").sum(), held.groupby("cohort").sum()
    sizes = own.groupby("cohort").size()
    for key, cohort in zip(sizes.index, found.cohorts):
        revenue = cohort.revenue
        for column, amount in enumerate(revenue.amounts):
            if amount is None:
                continue
            first, now = amounts.loc[key, 0], amounts.loc[key, column]
            assert amount == pytest.approx(now, rel=1e-9)
            assert revenue.net_retention[column] == pytest.approx(now / first, rel=1e-9)
            gross = capped.loc[key, column] / first
            assert revenue.gross_retention[column] == pytest.approx(gross, rel=1e-9)
            so_far = amounts.loc[key, :column].sum() / sizes[key]
            assert revenue.cumulative_per_customer[column] == pytest.approx(so_far, rel=1e-9)


def test_contracts_of_telco_are_those_of_pandas():
    contracts = pd.read_csv(data.real("telco_interconnect", "contract.csv"))
    begin = pd.to_datetime(contracts["BeginDate"])
    end = pd.to_datetime(contracts["EndDate"].replace("No", None))
    until = pd.Timestamp("2020-02-01")
    customers = pd.DataFrame({"customer_id": contracts["customerID"], "begin": begin, "end": end})
    found = stayput.cohorts(
        None, customers, start_attribute="begin", end_attribute="end", until="2020-02-01"
    )
    assert (found.customers, found.not_started, found.unreadable) == (7_043, 0, 0)
    cohort = number(begin, "month")
    left = number(end.fillna(until), "month") - cohort
    for key, document in zip(sorted(cohort.unique()), found.cohorts):
        for column, count in enumerate(document.retained):
            # Every contract ends with the first day of a month.
            stays = (cohort == key) & (end.isna() | (left > column))
            assert count is None or count == stays.sum()
    # Kaplan and Meier: who began most lately is at risk for the shortest time.
    survival, variance = 1.0, 0.0
    for point in found.survival:
        at_risk = (left >= point.age).sum()
        ended = ((left == point.age) & end.notna()).sum()
        assert (point.at_risk, point.ended) == (at_risk, ended)
        survival *= 1 - ended / at_risk
        variance += ended / (at_risk * (at_risk - ended))
        assert point.survival == pytest.approx(survival, rel=1e-12)
        if ended:
            reach = 1.959963984540054 * math.sqrt(variance) / math.log(survival)
            assert point.low == pytest.approx(survival ** math.exp(-reach), rel=1e-9)
            assert point.high == pytest.approx(survival ** math.exp(reach), rel=1e-9)


def test_rfm_of_cdnow_is_that_of_pandas(cdnow):
    text = '[playbook]\nname = "cdnow"\n[events.purchase]\namount = "number"\n'
    engine = stayput.Engine(stayput.Bundle(stayput.Playbook.parse(text)))
    engine.ingest(cdnow)
    found = engine.rfm(as_of="1998-06-30", value="purchase.amount", window="365d")
    now = pd.Timestamp("1998-06-30")
    log = cdnow[cdnow["timestamp"] > now - pd.Timedelta(days=365)]
    own = log.groupby("customer_id").agg(
        last=("timestamp", "max"), f=("amount", "size"), m=("amount", "sum")
    )
    assert [customer.customer_id for customer in found.customers] == own.index.tolist()

    def fifths(values):
        return (1 + 5 * (values.rank(method="min") - 1) // len(values)).astype(int)

    table = found.to_pandas().set_index("customer_id")
    days = (now - own["last"]).dt.days
    assert (table["recency_days"] == days).all()
    assert (table["r"] == fifths(-days)).all()
    assert (table["f"] == fifths(own["f"])).all()
    # Sums that differ in their last bit may change places.
    assert (table["m"] == fifths(own["m"].round(9))).mean() > 0.999
    assert np.isclose(sum(segment.share for segment in found.segments), 1)
