"""Features of every user of a messaging app at twelve cut-offs, against polars.

59,835 private messages of 1,899 students in 2004, each an event of who sent it and of who received
it. The log spans 193 days, too few for twelve months: the cut-offs are evenly spaced, 16 days
apart, the last of them at the last message. Calendars are those of Irvine, which the playbook gives
as the default of the customers' zone.
"""

import datetime as dt

import by_definition
import data
import polars as pl

PLAYBOOK = """
[playbook]
name = "collegemsg"
[customer]
zone = { type = "timezone", default = "America/Los_Angeles" }
[events.sent]
peer = "text"
[events.received]
peer = "text"
"""

FIRST, LAST = dt.datetime(2004, 4, 15, 14, 56, 1), dt.datetime(2004, 10, 26, 7, 52, 22)
FIRST, LAST = (at.replace(tzinfo=dt.timezone.utc) for at in (FIRST, LAST))
CUTS = [LAST - n * dt.timedelta(days=16) for n in reversed(range(12))]
DAY, HOUR = by_definition.DAY, dt.timedelta(hours=1)
peer, local = pl.col("peer"), pl.col("local")

FEATURES = {
    "messages": ("count(sent)", lambda p: p.count(p.of("sent"))),
    "sent_7d": ('count(sent, "7d")', lambda p: p.count(p.of("sent", 7))),
    "messages_36h": ('count(events, "36h")', lambda p: p.count(p.of(None, 1.5))),
    "received_30d": ('count(received, "30d")', lambda p: p.count(p.of("received", 30))),
    "spoke_3d": ('exists(sent, "3d")', lambda p: p.count(p.of("sent", 3)) > 0),
    "at_night": (
        "count(sent, hour_of(sent.timestamp) < 5)",
        lambda p: p.count(p.of("sent", where=local.dt.hour() < 5)),
    ),
    "weekend_60d": (
        'count(sent, "60d", weekday(sent.timestamp) > 5)',
        lambda p: p.count(p.of("sent", 60, local.dt.weekday() > 5)),
    ),
    "friday_nights": (
        "count(received, weekday(received.timestamp) == 5 && hour_of(received.timestamp) >= 18)",
        lambda p: p.count(
            p.of("received", where=(local.dt.weekday() == 5) & (local.dt.hour() >= 18))
        ),
    ),
    "to_ones": (
        'count(sent, sent.peer.startsWith("1"))',
        lambda p: p.count(p.of("sent", where=peer.str.starts_with("1"))),
    ),
    "to_short": (
        'count(sent, "90d", size(sent.peer) < 3)',
        lambda p: p.count(p.of("sent", 90, peer.str.len_chars() < 3)),
    ),
    "from_some": (
        'count(received, received.peer in ["9", "32", "105"])',
        lambda p: p.count(p.of("received", where=peer.is_in(["9", "32", "105"]))),
    ),
    "to_sevens": (
        'count(sent, sent.peer.endsWith("7") || sent.peer.contains("11"))',
        lambda p: p.count(p.of("sent", where=peer.str.ends_with("7") | peer.str.contains("11"))),
    ),
    "hours_sum_30d": (
        'sum(hour_of(sent.timestamp), "30d")',
        lambda p: p.each(p.of("sent", 30), local.dt.hour().cast(int).sum(), 0),
    ),
    "usual_hour": (
        "mean(hour_of(sent.timestamp))",
        lambda p: p.each(p.of("sent"), local.dt.hour().mean()),
    ),
    "hour_spread": (
        'std(hour_of(sent.timestamp), "60d")',
        lambda p: p.each(p.of("sent", 60), local.dt.hour().std()),
    ),
    "earliest_hour": (
        "min(hour_of(sent.timestamp))",
        lambda p: p.each(p.of("sent"), local.dt.hour().min()),
    ),
    "latest_hour_9d": (
        'max(hour_of(received.timestamp), "9d")',
        lambda p: p.each(p.of("received", 9), local.dt.hour().max()),
    ),
    "newest": ('max(sent.timestamp, "45d")', lambda p: p.last(p.of("sent", 45))),
    "friends": ("distinct(sent.peer)", lambda p: p.distinct(p.of("sent"), peer)),
    "admirers_30d": (
        'distinct(received.peer, "30d")',
        lambda p: p.distinct(p.of("received", 30), peer),
    ),
    "first_friend": ("first(sent.peer)", lambda p: p.first(p.of("sent"), peer)),
    "last_from": ('last(received.peer, "60d")', lambda p: p.last(p.of("received", 60), peer)),
    "last_from_long": (
        "last(received.peer, size(received.peer) == 4)",
        lambda p: p.last(p.of("received", where=peer.str.len_chars() == 4), peer),
    ),
    "joined": ("first(events)", lambda p: p.first(p.of())),
    "last_sent": ("last(sent)", lambda p: p.last(p.of("sent"))),
    "tenth": ("nth(sent, 10)", lambda p: p.nth(p.of("sent"), 10)),
    "third_last_to": ("nth(sent.peer, -3)", lambda p: p.nth(p.of("sent"), -3, peer)),
    "fifth_event_20d": ('nth(events, 5, "20d")', lambda p: p.nth(p.of(None, 20), 5)),
    "hour_p90": (
        "percentile(hour_of(sent.timestamp), 90)",
        lambda p: p.percentile(p.of("sent"), local.dt.hour().cast(float), 90),
    ),
    "breadth": ("entropy(sent.peer)", lambda p: p.entropy(p.of("sent"), peer)),
    "breadth_30d": (
        'entropy(received.peer, "30d")',
        lambda p: p.entropy(p.of("received", 30), peer),
    ),
    "hour_slope": (
        "trend(hour_of(sent.timestamp))",
        lambda p: p.trend(p.of("sent"), local.dt.hour().cast(float)),
    ),
    "sent_slope": ('trend(sent, "28d")', lambda p: p.trend_of_counts(p.of("sent", 28), 28)),
    "streak": ("streak(sent)", lambda p: p.streak(p.of("sent"))),
    "streak_10d": ('streak(events, "10d")', lambda p: p.streak(p.of(None, 10))),
    "gap": ("gaps(sent)", lambda p: p.gaps(p.of("sent"))),
    "gap_30d": ('gaps(received, "30d")', lambda p: p.gaps(p.of("received", 30))),
    "recent_hour": (
        'ewma(hour_of(sent.timestamp), "3d")',
        lambda p: p.ewma(p.of("sent"), local.dt.hour(), 3),
    ),
    "heat": ('ewma(events, "12h")', lambda p: p.each(p.of(), p.weight(0.5).sum(), 0)),
    "active_days": ("active_days(events)", lambda p: p.active_days(p.of())),
    "active_days_14d": ('active_days(sent, "14d")', lambda p: p.active_days(p.of("sent", 14))),
    "quiet": ("days_since(last(sent))", lambda p: p.days_since(p.last(p.of("sent")))),
    "first_hour": (
        "hour_of(first(events))",
        lambda p: p.each(p.of(), local.first().dt.hour()),
    ),
    "last_weekday": (
        "weekday(last(sent))",
        lambda p: p.each(p.of("sent"), local.last().dt.weekday()),
    ),
    "sociable": (
        "bucket(distinct(sent.peer), 1, 5, 20)",
        lambda p: sum((p.distinct(p.of("sent"), peer) >= edge).cast(int) for edge in (1, 5, 20)),
    ),
    "balance": (
        "clamp(ratio(count(sent), count(received)), 0.1, 10)",
        lambda p: either(
            p.count(p.of("received")) > 0,
            (p.count(p.of("sent")) / p.count(p.of("received"))).clip(0.1, 10),
            None,
        ),
    ),
    "latest": (
        "coalesce(last(sent), last(received))",
        lambda p: p.last(p.of("sent")).zip_with(
            p.last(p.of("sent")).is_not_null(), p.last(p.of("received"))
        ),
    ),
    "log_sent": ("log1p(count(sent))", lambda p: p.count(p.of("sent")).log1p()),
    "favourite": (
        'if(exists(sent, "30d"), last(sent.peer), first(received.peer))',
        lambda p: p.last(p.of("sent"), peer).zip_with(
            p.count(p.of("sent", 30)) > 0, p.first(p.of("received"), peer)
        ),
    ),
    "answers_1h": (
        'sequence(received, sent, "1h")',
        lambda p: p.sequence(p.of("received"), p.of("sent"), HOUR),
    ),
    "answered_2m_7d": (
        'sequence(sent, received, "2m", "7d")',
        lambda p: p.sequence(p.of("sent", 7), p.of("received", 7), HOUR / 30),
    ),
    "left_unanswered": (
        'absent(sent, received, "2d")',
        lambda p: p.absent(p.of("sent"), p.of("received"), 2 * DAY),
    ),
    "gone_silent": (
        'absent(events, sent, "21d")',
        lambda p: p.absent(p.of(), p.of("sent"), 21 * DAY),
    ),
}

CLOSE = """usual_hour hour_spread hour_p90 breadth breadth_30d hour_slope sent_slope gap gap_30d
recent_hour heat log_sent""".split()


def either(condition, a, b):
    """`a` where the condition is true, else `b`."""
    return pl.select(pl.when(condition).then(a).otherwise(b)).to_series()


def messages():
    """Every message twice: as sent by one, and as received by the other."""
    path = data.real("collegemsg", "CollegeMsg.txt")
    frame = pl.read_csv(path, separator=" ", schema_overrides={"src": pl.String, "dst": pl.String})
    frame = frame.with_columns(timestamp=pl.from_epoch("time").cast(pl.Datetime("us", "UTC")))
    sides = [
        frame.select("timestamp", customer_id=whose, peer=other, type=pl.lit(kind))
        for whose, other, kind in (("src", "dst", "sent"), ("dst", "src", "received"))
    ]
    return pl.concat(sides).with_columns(zone=pl.lit("America/Los_Angeles"))


def test_every_feature_is_what_its_definition_says():
    events = messages()
    assert (events["timestamp"].min(), events["timestamp"].max()) == (FIRST, LAST)
    customers = events.select("customer_id", "zone").unique()
    assert (len(events), len(customers), len(CUTS)) == (2 * 59_835, 1_899, 12)
    ordered = by_definition.clock(events, pl.col("timestamp")).sort("timestamp", "peer")
    by_definition.compare(PLAYBOOK, FEATURES, ordered, customers, CUTS, CLOSE, ["customer_id"])
