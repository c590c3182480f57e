"""What the functions of the language give, in polars: written from docs/playbook.md alone.

A test gives each feature twice: as a playbook says it, and as a function of a `Past`, which knows
the events up to one instant and the customers who are asked about. Nothing here has a look at how
Stayput computes: windows are filters, customers are groups, and what is missing is null.
"""

import datetime as dt

import polars as pl

import stayput

DAY = dt.timedelta(days=1)
WHEN = pl.col("timestamp")


def clock(frame, instant):
    """The column `local`: what the customer's clock shows, in the zone of the column `zone`."""
    there = [
        rows.with_columns(local=instant.dt.convert_time_zone(zone).dt.replace_time_zone(None))
        for (zone,), rows in frame.group_by("zone", maintain_order=True)
    ]
    return pl.concat(there)


class Past:
    """The events up to an instant, and one answer for each customer, in the customers' order.

    `events` are in canonical order: by time, then by the properties as the playbook lists them.
    `customers` has the columns `customer_id`, `zone` and the attributes.
    """

    def __init__(self, events, customers, as_of):
        self.as_of = as_of
        self.events = events.filter(WHEN <= as_of)
        self.customers = clock(customers, pl.lit(as_of)).sort("customer_id")

    def of(self, kind=None, days=None, where=None):
        """Events of one type, or of all, inside the window, for which the filter is true."""
        rows = self.events
        if days is not None:
            rows = rows.filter(WHEN > self.as_of - days * DAY)
        if kind is not None:
            rows = rows.filter(pl.col("type") == kind)
        return rows if where is None else rows.filter(where)

    def each(self, rows, answer, nothing=None):
        """One answer for each customer; `nothing` for those without rows."""
        answers = rows.group_by("customer_id").agg(answer.alias("answer"))
        joined = self.customers.join(answers, "customer_id", "left", maintain_order="left")
        return joined["answer"] if nothing is None else joined["answer"].fill_null(nothing)

    def count(self, rows):
        return self.each(rows, pl.len(), 0)

    def attribute(self, name):
        return self.customers[name]

    def first(self, rows, what=WHEN):
        return self.each(rows, what.drop_nulls().first())

    def last(self, rows, what=WHEN):
        return self.each(rows, what.drop_nulls().last())

    def nth(self, rows, n, what=WHEN):
        """From the earliest for n = 1, 2, …; from the latest for n = -1, -2, …."""
        return self.each(rows, what.drop_nulls().get(n - 1 if n > 0 else n, null_on_oob=True))

    def distinct(self, rows, what):
        return self.each(rows, what.drop_nulls().n_unique(), 0)

    def percentile(self, rows, what, p):
        return self.each(rows, what.quantile(p / 100, "linear"))

    def entropy(self, rows, what):
        """In bits, of the shares of the values."""
        kinds = rows.select("customer_id", value=what).drop_nulls()
        share = pl.col("len") / pl.col("len").sum()
        shares = kinds.group_by("customer_id", "value").len()
        return self.each(shares, -(share * share.log(2)).sum())

    def age(self):
        """The time from an event to the instant, in days."""
        return (self.as_of - WHEN) / DAY

    def days_since(self, instants):
        """Divided, and rounded once: by one number polars multiplies with its inverse."""
        micros = (self.as_of - instants).dt.total_microseconds()
        return micros / pl.repeat(86_400_000_000, len(micros), eager=True)

    def trend(self, rows, what):
        """The slope of the least-squares line of the values over their time, a day."""
        rows = rows.select("customer_id", x=what, t=-self.age()).drop_nulls()
        t, x = (pl.col(name) - pl.col(name).mean() for name in "tx")
        several = pl.col("t").n_unique() > 1
        return self.each(rows, pl.when(several).then((t * x).sum() / (t * t).sum()))

    def trend_of_counts(self, rows, days):
        """The slope of the counts of the days before the instant: 0 the last of them, -1, ….

        As Σ (d - mean) is 0, the mean of the counts falls out of the slope's numerator.
        """
        middle = -(days - 1) / 2
        day = -self.age().floor()
        below = sum((-d - middle) ** 2 for d in range(days))
        return self.each(rows, (day - middle).sum() / below, 0.0)

    def gaps(self, rows):
        """The mean time between one event and the next, in days."""
        between = (WHEN.max() - WHEN.min()) / DAY / (pl.len() - 1)
        return self.each(rows, pl.when(pl.len() > 1).then(between))

    def weight(self, half_life):
        """2^(-age / half life); both are in days."""
        return 2.0 ** (-self.age() / half_life)

    def ewma(self, rows, what, half_life):
        weight = self.weight(half_life)
        return self.each(rows.filter(what.is_not_null()), (weight * what).sum() / weight.sum())

    def active_days(self, rows):
        return self.each(rows, pl.col("local").dt.date().n_unique(), 0)

    def streak(self, rows):
        """Days in a row up to today, or to yesterday where today has none yet."""
        days = rows.select("customer_id", day=pl.col("local").dt.date()).unique()
        days = days.sort("customer_id", "day", descending=[False, True])
        last = pl.col("day").max()
        # Counted from the latest day on, the n-th lies n days before it, until a day is left out.
        in_a_row = (pl.col("day") == last - pl.int_range(pl.len()) * DAY).sum()
        runs = days.group_by("customer_id").agg(last=last, run=in_a_row)
        joined = self.customers.join(runs, "customer_id", "left", maintain_order="left")
        fresh = pl.col("last") >= pl.col("local").dt.date() - DAY
        return joined.select(pl.when(fresh).then("run").otherwise(0))["run"]

    def sequence(self, first, then, within):
        """Whether one of the second rows follows one of the first, by at most `within`."""
        second = then.select("customer_id", follows=WHEN).sort("follows")
        pairs = first.select("customer_id", WHEN).sort("timestamp").join_asof(
            second, left_on="timestamp", right_on="follows", by="customer_id",
            strategy="forward", allow_exact_matches=False, check_sortedness=False,
        )
        near = pl.col("follows") - WHEN <= within
        return self.each(pairs, near.any(), False)

    def absent(self, kind, since, wait):
        """Whether none came in (t, t + wait], t being the latest of `since`; null without one."""
        waits = since.group_by("customer_id").agg(since=WHEN.max())
        pairs = waits.join(kind.select("customer_id", WHEN), "customer_id", "left")
        came = (WHEN > pl.col("since")) & (WHEN <= pl.col("since") + wait)
        over = pl.col("since").first() + wait <= self.as_of
        return self.each(pairs, over & ~came.fill_null(False).any())


def compare(playbook, features, events, customers, cuts, close, columns):
    """Holds every feature of every customer at every instant to its definition.

    `features` has for each name the playbook's expression and a function of a `Past`. Values are
    equal; those of the features in `close`, which are made of sums of many numbers, agree to 1e-9
    of themselves (1e-12 where they are about zero). What is missing is missing in both.
    """
    written = "\n".join(f"{name} = '{text}'" for name, (text, _) in features.items())
    playbook = stayput.Playbook.parse(playbook + "\n[features]\n" + written + "\n")
    given = customers.select(columns)
    table = playbook.features(events, given, as_of=cuts)
    assert table.report.events.accepted == len(events), table.report
    assert table.report.customers.accepted == len(customers), table.report
    assert table.names == list(features) and set(close) <= set(features)
    frame = pl.DataFrame(table)
    ours = {at: rows for (at,), rows in frame.group_by("as_of", maintain_order=True)}
    assert sorted(ours) == cuts
    dull = [name for name in features if frame[name].n_unique() < 2]
    assert not dull, f"these never vary, so they show nothing: {dull}"
    missing = sum(frame[name].null_count() for name in features)
    for as_of in cuts:
        past = Past(events, customers, as_of)
        assert ours[as_of]["customer_id"].equals(past.customers["customer_id"])
        for name, (_, defined) in features.items():
            hold(f"{name} at {as_of}", defined(past), ours[as_of][name], name in close)
    values = len(cuts) * len(customers) * len(features)
    print(
        f"{playbook.name}: {len(features)} features of {len(customers):,} customers at {len(cuts)} "
        f"instants, from {len(events):,} events: {values:,} values, {missing:,} of them missing; "
        f"{len(features) - len(close)} features equal, {len(close)} to 1e-9"
    )


def hold(what, expected, found, close):
    """Fails where the two columns differ, with the first rows in which they do."""
    if found.dtype.is_numeric():
        expected, found = expected.cast(pl.Float64), found.cast(pl.Float64)
    elif isinstance(found.dtype, (pl.Categorical, pl.Enum)):
        found = found.cast(pl.String)
    assert expected.dtype == found.dtype, (what, expected.dtype, found.dtype)
    both = pl.DataFrame({"expected": expected, "found": found})
    wrong = pl.col("expected").ne_missing(pl.col("found"))
    if close:
        apart, size = (pl.col("expected") - pl.col("found")).abs(), pl.col("expected").abs()
        wrong &= (apart > 1e-9 * size + 1e-12).fill_null(True)
    differ = both.with_row_index().filter(wrong)
    assert differ.is_empty(), f"{what}: {len(differ)} differ\n{differ.head()}"
