"""Features of all CDNOW customers at twelve monthly cut-offs, against polars.

69,659 purchases of 23,570 customers, 1997 and 1998. All are at midnight, as the cut-offs are, so
every edge of every window is met; and with 255 pairs of equal rows and many of one day, ties count.
The 80 rows for which nothing was paid are events of a type of their own here, `gift`.
"""

import datetime as dt

import by_definition
import data
import polars as pl

PLAYBOOK = """
[playbook]
name = "cdnow"
[events.purchase]
cds    = "number"
amount = { type = "number", unit = "usd" }
[events.gift]
cds = "number"
"""

CUTS = [dt.datetime(1997, month, 1, tzinfo=dt.timezone.utc) for month in range(5, 13)]
CUTS += [dt.datetime(1998, month, 1, tzinfo=dt.timezone.utc) for month in range(1, 5)]
DAY = by_definition.DAY
amount, cds = pl.col("amount"), pl.col("cds")
paid = "purchase"

FEATURES = {
    "orders": ("count(purchase)", lambda p: p.count(p.of(paid))),
    "orders_30d": ('count(purchase, "30d")', lambda p: p.count(p.of(paid, 30))),
    "big_180d": (
        'count(purchase, "180d", purchase.amount > 30 && purchase.cds >= 2)',
        lambda p: p.count(p.of(paid, 180, (amount > 30) & (cds >= 2))),
    ),
    "anything_90d": ('count(events, "90d")', lambda p: p.count(p.of(None, 90))),
    "gifts": ("count(gift)", lambda p: p.count(p.of("gift"))),
    "bought_31d": ('exists(purchase, "31d")', lambda p: p.count(p.of(paid, 31)) > 0),
    "spend": ("sum(purchase.amount)", lambda p: p.each(p.of(paid), amount.sum(), 0)),
    "spend_90d": ('sum(purchase.amount, "90d")', lambda p: p.each(p.of(paid, 90), amount.sum(), 0)),
    "cds_365d": ('sum(purchase.cds, "365d")', lambda p: p.each(p.of(paid, 365), cds.sum(), 0)),
    "points_60d": (
        'sum(purchase.amount * 2 + purchase.cds, "60d")',
        lambda p: p.each(p.of(paid, 60), (amount * 2 + cds).sum(), 0),
    ),
    "mean_amount": ("mean(purchase.amount)", lambda p: p.each(p.of(paid), amount.mean())),
    "mean_price_200d": (
        'mean(purchase.amount / purchase.cds, "200d")',
        lambda p: p.each(p.of(paid, 200), (amount / cds).mean()),
    ),
    "std_amount": ("std(purchase.amount)", lambda p: p.each(p.of(paid), amount.std(ddof=1))),
    "std_cds_180d": ('std(purchase.cds, "180d")', lambda p: p.each(p.of(paid, 180), cds.std())),
    "least": ("min(purchase.amount)", lambda p: p.each(p.of(paid), amount.min())),
    "most_90d": ('max(purchase.amount, "90d")', lambda p: p.each(p.of(paid, 90), amount.max())),
    "sizes": ("distinct(purchase.cds)", lambda p: p.distinct(p.of(paid), cds)),
    "prices_120d": (
        'distinct(purchase.amount, "120d")',
        lambda p: p.distinct(p.of(paid, 120), amount),
    ),
    "first_order": ("first(purchase)", lambda p: p.first(p.of(paid))),
    "last_of_all": ("last(events)", lambda p: p.last(p.of())),
    "first_amount": ("first(purchase.amount)", lambda p: p.first(p.of(paid), amount)),
    "last_big": (
        'last(purchase.amount, "270d", purchase.cds >= 3)',
        lambda p: p.last(p.of(paid, 270, cds >= 3), amount),
    ),
    "second_order": ("nth(purchase, 2)", lambda p: p.nth(p.of(paid), 2)),
    "last_but_one": ("nth(purchase.amount, -2)", lambda p: p.nth(p.of(paid), -2, amount)),
    "third_event": ("nth(events, 3)", lambda p: p.nth(p.of(), 3)),
    "median": ("percentile(purchase.amount, 50)", lambda p: p.percentile(p.of(paid), amount, 50)),
    "high_270d": (
        'percentile(purchase.amount, 87.5, "270d")',
        lambda p: p.percentile(p.of(paid, 270), amount, 87.5),
    ),
    "variety": ("entropy(purchase.cds)", lambda p: p.entropy(p.of(paid), cds)),
    "amount_slope": ("trend(purchase.amount)", lambda p: p.trend(p.of(paid), amount)),
    "order_slope": (
        'trend(purchase, "60d")',
        lambda p: p.trend_of_counts(p.of(paid, 60), 60),
    ),
    "streak": ("streak(events)", lambda p: p.streak(p.of())),
    "gap": ("gaps(purchase)", lambda p: p.gaps(p.of(paid))),
    "gap_180d": (
        'gaps(purchase, "180d", purchase.cds > 1)',
        lambda p: p.gaps(p.of(paid, 180, cds > 1)),
    ),
    "recent_amount": (
        'ewma(purchase.amount, "30d")',
        lambda p: p.ewma(p.of(paid), amount, 30),
    ),
    "recent_orders": (
        'ewma(purchase, "45d", "180d")',
        lambda p: p.each(p.of(paid, 180), p.weight(45).sum(), 0),
    ),
    "active_days_365d": (
        'active_days(events, "365d")',
        lambda p: p.active_days(p.of(None, 365)),
    ),
    "since_first": ("days_since(first(purchase))", lambda p: p.days_since(p.first(p.of(paid)))),
    "since_last": ("days_since(last(purchase))", lambda p: p.days_since(p.last(p.of(paid)))),
    "last_weekday": ("weekday(last(purchase))", lambda p: p.last(p.of(paid)).dt.weekday()),
    "weekend_orders": (
        "count(purchase, weekday(purchase.timestamp) >= 6)",
        lambda p: p.count(p.of(paid, where=pl.col("timestamp").dt.weekday() >= 6)),
    ),
    "pace": (
        'ratio(count(purchase, "30d"), count(purchase, "120d") / 4)',
        lambda p: ratio(p.count(p.of(paid, 30)), p.count(p.of(paid, 120)) / 4),
    ),
    "level": (
        "bucket(sum(purchase.amount), 20, 50, 100, 500)",
        lambda p: sum(
            (p.each(p.of(paid), amount.sum(), 0) >= edge).cast(int) for edge in (20, 50, 100, 500)
        ),
    ),
    "at_most_five": (
        "clamp(count(purchase), 1, 5)",
        lambda p: p.count(p.of(paid)).clip(1, 5),
    ),
    "most_or_none": (
        'coalesce(max(purchase.amount, "60d"), -1)',
        lambda p: p.each(p.of(paid, 60), amount.max(), -1.0),
    ),
    "log_spend": (
        "log1p(sum(purchase.amount))",
        lambda p: p.each(p.of(paid), amount.sum(), 0).log1p(),
    ),
    "worth": (
        "if(count(purchase) > 1, mean(purchase.amount), first(purchase.cds))",
        lambda p: either(
            p.count(p.of(paid)) > 1, p.each(p.of(paid), amount.mean()), p.first(p.of(paid), cds)
        ),
    ),
    "twice_in_14d": (
        'sequence(purchase, purchase, "14d", "180d")',
        lambda p: p.sequence(p.of(paid, 180), p.of(paid, 180), 14 * DAY),
    ),
    "paid_after_gift": (
        'sequence(gift, purchase, "30d")',
        lambda p: p.sequence(p.of("gift"), p.of(paid), 30 * DAY),
    ),
    "no_order_after_gift": (
        'absent(purchase, gift, "60d")',
        lambda p: p.absent(p.of(paid), p.of("gift"), 60 * DAY),
    ),
    "quiet_after_order": (
        'absent(events, purchase, "30d")',
        lambda p: p.absent(p.of(), p.of(paid), 30 * DAY),
    ),
}

CLOSE = """spend spend_90d points_60d mean_amount mean_price_200d std_amount std_cds_180d median
high_270d variety amount_slope order_slope gap gap_180d recent_amount recent_orders log_spend
worth""".split()


def ratio(a, b):
    """The quotient; missing where the divisor is 0."""
    return (a / b).set(b == 0, None)


def either(condition, a, b):
    return a.zip_with(condition, b)


def purchases():
    names = ["customer_id", "date", "cds", "amount"]
    lines = data.real("cdnow", "CDNOW_master.txt").read_text().splitlines()[1:]
    frame = pl.DataFrame([line.split() for line in lines], names, orient="row")
    return frame.select(
        "customer_id",
        timestamp=pl.col("date").str.to_datetime("%Y%m%d", time_unit="us", time_zone="UTC"),
        type=pl.when(pl.col("amount").cast(float) > 0).then(pl.lit(paid)).otherwise(pl.lit("gift")),
        cds=cds.cast(float),
        amount=amount.cast(float),
        zone=pl.lit("UTC"),
    )


def test_every_feature_is_what_its_definition_says():
    events = purchases()
    assert events.shape == (69_659, 6) and (events["type"] == "gift").sum() == 80
    customers = events.select("customer_id", "zone").unique()
    assert len(customers) == 23_570 and len(CUTS) == 12
    # A gift has no amount; the property is not its own.
    events = events.with_columns(pl.when(pl.col("type") == paid).then("amount"))
    events = by_definition.clock(events, pl.col("timestamp"))
    ordered = events.sort("timestamp", "cds", "amount")
    by_definition.compare(PLAYBOOK, FEATURES, ordered, customers, CUTS, CLOSE, ["customer_id"])
