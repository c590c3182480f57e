"""Every feature of every CDNOW customer against a plain computation in pandas.

69,659 purchases of 23,570 customers, at five cut-offs: counts and dates are equal, sums agree to
1e-9 of themselves. The pandas code below knows nothing of Stayput but what a window means:
``(as_of - w, as_of]``.
"""

import data
import numpy as np
import pandas as pd
import pytest

import stayput

PLAYBOOK = """
[playbook]
name = "cdnow"
[events.purchase]
cds    = { type = "number" }
amount = { type = "number" }
[features]
orders        = 'count(purchase)'
orders_90d    = 'count(purchase, "90d")'
big_180d      = 'count(purchase, "180d", purchase.amount > 30.0 && purchase.cds >= 2.0)'
bought_30d    = 'exists(purchase, "30d")'
cds_90d       = 'sum(purchase.cds, "90d")'
spend         = 'sum(purchase.amount)'
spend_90d     = 'sum(purchase.amount, "90d")'
mean_amount   = 'mean(purchase.amount)'
std_amount    = 'std(purchase.amount)'
least         = 'min(purchase.amount)'
most_90d      = 'max(purchase.amount, "90d")'
kinds         = 'distinct(purchase.cds)'
active_days   = 'active_days(purchase, "365d")'
first_order   = 'first(purchase)'
last_order    = 'last(purchase)'
since_first   = 'days_since(first(purchase))'
since_last    = 'days_since(last(purchase))'
pace          = 'count(purchase, "30d") / (count(purchase, "120d") / 4.0)'
[churn]
label   = 'count(purchase, horizon) == 0'
horizon = "90d"
"""

# The last of them is the midnight of a day with purchases, as all of them are: the edge counts.
CUTS = ["1997-02-01", "1997-05-15", "1997-09-30", "1998-01-01", "1998-04-01"]
EXACT = ["orders", "orders_90d", "big_180d", "bought_30d", "cds_90d", "least", "most_90d", "kinds"]
EXACT += ["active_days", "since_first", "since_last", "pace"]
CLOSE = ["spend", "spend_90d", "mean_amount", "std_amount"]
DATES = ["first_order", "last_order"]


@pytest.fixture(scope="module")
def purchases():
    names = ["customer_id", "date", "cds", "amount"]
    path = data.real("cdnow", "CDNOW_master.txt")
    frame = pd.read_csv(path, sep=r"\s+", skiprows=1, names=names, dtype={"customer_id": str})
    frame["timestamp"] = pd.to_datetime(frame.pop("date").astype(str), format="%Y%m%d")
    frame["type"] = "purchase"
    return frame


@pytest.fixture(scope="module")
def playbook():
    return stayput.Playbook.parse(PLAYBOOK)


def by_hand(purchases, cut):
    """The features of every customer at one cut-off, in pandas."""
    ids = pd.Index(sorted(purchases["customer_id"].unique()), name="customer_id")
    past = purchases[purchases["timestamp"] <= cut]

    def within(days):
        return past[past["timestamp"] > cut - pd.Timedelta(days=days)]

    def of(rows, column, how):
        return getattr(rows.groupby("customer_id")[column], how)().reindex(ids)

    def counts(rows):
        return rows.groupby("customer_id").size().reindex(ids, fill_value=0).astype(float)

    half_year, day = within(180), pd.Timedelta(days=1)
    out = pd.DataFrame(index=ids)
    out["orders"] = counts(past)
    out["orders_90d"] = counts(within(90))
    out["big_180d"] = counts(half_year[(half_year["amount"] > 30) & (half_year["cds"] >= 2)])
    out["bought_30d"] = (counts(within(30)) > 0).astype(float)
    out["cds_90d"] = of(within(90), "cds", "sum").fillna(0)
    out["spend"] = of(past, "amount", "sum").fillna(0)
    out["spend_90d"] = of(within(90), "amount", "sum").fillna(0)
    out["mean_amount"] = of(past, "amount", "mean")
    out["std_amount"] = past.groupby("customer_id")["amount"].std(ddof=1).reindex(ids)
    out["least"] = of(past, "amount", "min")
    out["most_90d"] = of(within(90), "amount", "max")
    out["kinds"] = of(past, "cds", "nunique").fillna(0)
    out["active_days"] = of(within(365), "timestamp", "nunique").fillna(0)
    out["first_order"] = of(past, "timestamp", "min")
    out["last_order"] = of(past, "timestamp", "max")
    out["since_first"] = (cut - out["first_order"]) / day
    out["since_last"] = (cut - out["last_order"]) / day
    month, quarter = counts(within(30)), counts(within(120)) / 4
    out["pace"] = (month / quarter).where(quarter > 0)
    return out


def test_features_of_all_customers_equal_those_by_hand(playbook, purchases):
    customers = pd.DataFrame({"customer_id": purchases["customer_id"].unique()})
    assert (len(purchases), len(customers)) == (69_659, 23_570)
    table = playbook.features(purchases, customers, as_of=CUTS)
    assert len(table) == 5 * 23_570 and table.report.events.accepted == 69_659
    for cut in map(pd.Timestamp, CUTS):
        at = table["as_of"] == np.datetime64(cut, "us")
        expected = by_hand(purchases, cut)
        assert (table["customer_id"][at] == expected.index).all()
        for name in EXACT:
            np.testing.assert_array_equal(table[name][at], expected[name].to_numpy(), name)
        for name in CLOSE:
            ours, theirs = table[name][at], expected[name].to_numpy()
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9, err_msg=name)
        for name in DATES:
            theirs = expected[name].to_numpy().astype("datetime64[us]")
            np.testing.assert_array_equal(table[name][at], theirs, name)


def test_without_customers_the_rows_are_those_who_bought_by_then(playbook, purchases):
    table = playbook.features(purchases, as_of=CUTS[0])
    known = purchases[purchases["timestamp"] <= CUTS[0]]["customer_id"]
    assert list(table["customer_id"]) == sorted(known.unique())


@pytest.mark.parametrize("cut", CUTS[:4])
def test_what_happens_later_changes_no_feature(playbook, purchases, cut):
    later = purchases["timestamp"] > cut
    shifted = purchases.copy()
    shifted.loc[later, "timestamp"] += pd.Timedelta(days=41)
    shifted.loc[later, "amount"] *= 3
    customers = purchases[["customer_id"]].drop_duplicates()
    data, moved = (
        playbook.training_set(events, customers, as_of=cut) for events in (purchases, shifted)
    )
    assert len(data) == len(customers)
    ours, theirs = data.to_numpy(), moved.to_numpy()
    assert (ours.view(np.uint64) == theirs.view(np.uint64)).all()
    assert (data.X["last_order"].view(np.int64) == moved.X["last_order"].view(np.int64)).all()
    assert (data.y != moved.y).any()
    without = playbook.features(purchases[~later], customers, as_of=cut).to_numpy()
    assert (ours.view(np.uint64) == without.view(np.uint64)).all()


def test_labels_say_who_bought_nothing_in_the_90_days_after(playbook, purchases):
    cut, customers = pd.Timestamp(CUTS[2]), purchases[["customer_id"]].drop_duplicates()
    data = playbook.training_set(purchases, customers, as_of=cut)
    times = purchases["timestamp"]
    after = purchases[(times > cut) & (times <= cut + pd.Timedelta(days=90))]["customer_id"]
    assert (data.y == ~data.X.to_pandas()["customer_id"].isin(after)).all()
    # The purchases end on 1998-06-30, which is 90 days after 04-01 and one too few after 04-02.
    late = playbook.training_set(purchases, customers, as_of="1998-04-02")
    assert (len(late), late.left_out.horizon_past_data) == (0, 23_570)
