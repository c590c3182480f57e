"""Window features over a simulated event log: Stayput beside polars and DuckDB, in one run.

5,000,000 events of 100,000 customers over a year, sorted by customer; 20 window features at one
cut-off and at twelve, alone and with 20 expressions over them. Each library runs in a process of its
own on the same table, held in memory in the form it likes best, on two threads. They take turns, for
no machine is equally fast at all times: polars in each of them, DuckDB, which takes long, in every
third. Of a turn the median of some calls counts; printed are medians over the turns, of the ratios of
one turn too, and from which to which these were. Memory is what a first call needed above its table.
The answers are compared before anything is timed.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EVENTS, CUSTOMERS, THREADS = 5_000_000, 100_000, 2
TURNS, CALLS, SLOW = 9, 3, 3
ENGINES = ["stayput", "polars", "duckdb"]

# name, function, event type, property, days, filter
FEATURES = [
    ("logins_7d", "count", "login", None, 7, None),
    ("logins_28d", "count", "login", None, 28, None),
    ("logins_90d", "count", "login", None, 90, None),
    ("login_days_28d", "active_days", "login", None, 28, None),
    ("used_30d", "count", "feature_used", None, 30, None),
    ("used_90d", "count", "feature_used", None, 90, None),
    ("reports_90d", "count", "feature_used", None, 90, ("feature", "==", "reports")),
    ("purchases_30d", "count", "purchase", None, 30, None),
    ("purchases_90d", "count", "purchase", None, 90, None),
    ("spend_30d", "sum", "purchase", "amount", 30, None),
    ("spend_90d", "sum", "purchase", "amount", 90, None),
    ("spend_365d", "sum", "purchase", "amount", 365, None),
    ("spend_mean_365d", "mean", "purchase", "amount", 365, None),
    ("spend_max_365d", "max", "purchase", "amount", 365, None),
    ("spend_min_365d", "min", "purchase", "amount", 365, None),
    ("spend_std_365d", "std", "purchase", "amount", 365, None),
    ("large_90d", "sum", "purchase", "amount", 90, ("amount", ">", 50.0)),
    ("tickets_90d", "count", "ticket_opened", None, 90, None),
    ("high_tickets_90d", "count", "ticket_opened", None, 90, ("severity", "==", "high")),
    ("last_login", "last", "login", None, 365, None),
]

# name, the expression in the playbook and in SQL, which polars reads too: `4.0` would be a decimal there
EXPRESSIONS = [
    ("login_pace", "logins_7d / (logins_28d / 4.0)", "logins_7d / nullif(logins_28d / 4e0, 0)"),
    ("quarter_pace", "logins_28d / (logins_90d / 3.0)", "logins_28d / nullif(logins_90d / 3e0, 0)"),
    ("login_drop", "logins_28d / 4.0 - logins_7d", None),
    ("uses_per_login", "used_30d / logins_28d", "used_30d / nullif(logins_28d, 0)"),
    ("uses_per_day", "used_30d / login_days_28d", "used_30d / nullif(login_days_28d, 0)"),
    ("spend_pace", "spend_30d / (spend_90d / 3.0)", "spend_30d / nullif(spend_90d / 3.0, 0)"),
    ("basket_90d", "spend_90d / purchases_90d", "spend_90d / nullif(purchases_90d, 0)"),
    ("large_share", "large_90d / spend_90d", "large_90d / nullif(spend_90d, 0)"),
    ("reports_share", "reports_90d / used_90d", "reports_90d / nullif(used_90d, 0)"),
    ("spend_range", "spend_max_365d - spend_min_365d", None),
    ("spend_spread", "spend_std_365d / spend_mean_365d", "spend_std_365d / nullif(spend_mean_365d, 0)"),
    ("spend_usual", "coalesce(spend_mean_365d, 0.0)", None),
    ("worth", "spend_365d * 0.3 - tickets_90d * 5.0", None),
    ("points", "logins_28d * 2.0 + used_30d * 0.5 + purchases_30d * 10.0", None),
    ("engaged", "clamp(logins_28d / 20.0, 0.0, 1.0)", "least(greatest(logins_28d / 20.0, 0.0), 1.0)"),
    (
        "level",
        "logins_28d > 12 ? 3 : logins_28d > 4 ? 2 : 1",
        "case when logins_28d > 12 then 3 when logins_28d > 4 then 2 else 1 end",
    ),
    ("active", "logins_7d > 0 && used_30d > 0", "logins_7d > 0 and used_30d > 0"),
    ("silent", "logins_28d == 0 && logins_90d > 0", "logins_28d = 0 and logins_90d > 0"),
    ("complains", "high_tickets_90d > 0 || tickets_90d > 2", "high_tickets_90d > 0 or tickets_90d > 2"),
    ("falling", "spend_30d < spend_90d / 3.0", None),
]


def sql() -> list[tuple[str, str]]:
    return [(name, other or text) for name, text, other in EXPRESSIONS]


def playbook(expressions: bool) -> str:
    lines = [
        '[playbook]\nname = "bench"\n[events.login]\n[events.feature_used]\nfeature = "category"',
        '[events.purchase]\namount = "number"\n[events.ticket_opened]\nseverity = "category"',
        '[events.price_raised]\npercent = "number"\n[events.payment_failed]\n[events.cancelled]\n[features]',
    ]
    for name, function, event, value, days, kept in FEATURES:
        read = f"{event}.{value}" if value else event
        condition = ""
        if kept:
            column, operator, than = kept
            condition = f", {event}.{column} {operator} {json.dumps(than)}"
        lines.append(f"{name} = '{function}({read}, \"{days}d\"{condition})'")
    lines += [f"{name} = '{text}'" for name, text, _ in EXPRESSIONS if expressions]
    return "\n".join(lines)


def make(path: Path) -> None:
    """The simulator's log of a year, thinned evenly to the number of events wanted."""
    import polars
    import stayput

    company = stayput.simulate(customers=CUSTOMERS, days=365, seed=1, event_ids=False)
    log = polars.DataFrame(company.events)
    of = log.height
    log = log.gather_every(1) if of <= EVENTS else log[[at * of // EVENTS for at in range(EVENTS)]]
    log = log.with_columns(
        polars.col("customer_id").str.slice(1).cast(polars.UInt32),
        polars.col("timestamp").dt.replace_time_zone(None),
        polars.col("type", "severity", "feature").cast(polars.String).cast(polars.Categorical),
    ).sort("customer_id", "timestamp")
    log.select("customer_id", "timestamp", "type", "amount", "severity", "feature").write_parquet(path)


def cut_offs(count: int) -> list[str]:
    month = ["02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"]
    twelve = [f"2026-{at}-01" for at in month] + ["2027-01-01"]
    return twelve if count == 12 else twelve[-1:]


def with_stayput(path: Path, as_of: list[str], expressions: bool):
    import polars
    import stayput

    log = polars.read_parquet(path).to_arrow().combine_chunks()
    book = stayput.Playbook.parse(playbook(expressions))
    return lambda: book.features(log, as_of=as_of, n_jobs=THREADS)


def with_polars(path: Path, as_of: list[str], expressions: bool):
    import polars as pl

    log = pl.read_parquet(path).with_columns(pl.col("customer_id").set_sorted())

    def feature(at, name, function, event, value, days, kept):
        # Everything is computed on one group's rows: `keep` says which of them count.
        keep = (pl.col("type") == event) & (pl.col("timestamp") > at - pl.duration(days=days))
        if kept:
            column, operator, than = kept
            keep &= (pl.col(column) > than) if operator == ">" else (pl.col(column) == than)
        rows = pl.col(value or "timestamp").filter(keep)
        made = {
            "count": lambda: keep.sum(),
            "active_days": lambda: rows.dt.date().n_unique(),
            "sum": lambda: rows.sum(),
            "mean": lambda: rows.mean(),
            "max": lambda: rows.max(),
            "min": lambda: rows.min(),
            "std": lambda: rows.std(),
            "last": lambda: rows.last(),
        }[function]()
        return made.alias(name)

    def one(text):
        at = pl.lit(text).str.to_datetime(time_unit="us")
        return (
            log.lazy()
            .filter(pl.col("timestamp") <= at)
            .group_by("customer_id", maintain_order=True)
            .agg(feature(at, *spec) for spec in FEATURES)
            .with_columns(*over, as_of=at)
        )

    over = [pl.sql_expr(text).alias(name) for name, text in sql()] if expressions else []

    return lambda: pl.concat(pl.collect_all([one(text) for text in as_of]))


def with_duckdb(path: Path, as_of: list[str], expressions: bool):
    import duckdb
    import polars

    connection = duckdb.connect(config={"threads": THREADS})
    log = polars.read_parquet(path).to_arrow()  # noqa: F841, read by name
    connection.execute("create table events as select * from log")
    del log

    def feature(name, function, event, value, days, kept):
        keep = f"type = '{event}' and timestamp > as_of - interval {days} day"
        if kept:
            column, operator, than = kept
            than = f"'{than}'" if operator == "==" else than
            keep += f" and {column} {operator.replace('==', '=')} {than}"
        made = {
            "count": "count(*)",
            "active_days": "count(distinct timestamp::date)",
            "sum": f"coalesce(sum({value})",
            "mean": f"avg({value})",
            "max": f"max({value})",
            "min": f"min({value})",
            "std": f"stddev_samp({value})",
            "last": "max(timestamp)",
        }[function]
        made = f"{made} filter ({keep})"
        return f"{made}, 0) as {name}" if function == "sum" else f"{made} as {name}"

    columns = ", ".join(feature(*spec) for spec in FEATURES)
    instants = ", ".join(f"(timestamp '{text}')" for text in as_of)
    query = (
        f"select customer_id, as_of, {columns} from (values {instants}) instants(as_of) "
        "join events on timestamp <= as_of group by customer_id, as_of"
    )
    if len(as_of) == 1:
        query = (
            f"select customer_id, as_of, {columns} from "
            f"(select *, timestamp '{as_of[0]}' as as_of from events) "
            "where timestamp <= as_of group by customer_id, as_of"
        )
    if expressions:
        query = f"select *, {', '.join(f'{text} as {name}' for name, text in sql())} from ({query})"
    return lambda: connection.sql(query).to_arrow_table()


def answer(table, expressions: bool):
    """Whatever a library gave, as one polars table in one order."""
    import polars as pl

    table = table if isinstance(table, pl.DataFrame) else pl.DataFrame(table)
    key = pl.col("customer_id").cast(pl.String).str.to_integer()
    names = [spec[0] for spec in FEATURES + (EXPRESSIONS if expressions else [])]
    instant = pl.col("as_of", "last_login").cast(pl.Datetime("us")).dt.timestamp("us")
    table = table.with_columns(key, instant).select("customer_id", "as_of", *names)
    kinds = [pl.Float64, pl.Int64, pl.Int32, pl.UInt32, pl.Decimal, pl.Boolean]
    numbers = pl.col(kinds).cast(pl.Float64)
    return table.with_columns(numbers).sort("customer_id", "as_of")


def child(engine: str, path: Path, count: int, expressions: bool, save: str | None) -> None:
    ask = {"stayput": with_stayput, "polars": with_polars, "duckdb": with_duckdb}[engine](
        path, cut_offs(count), expressions
    )
    if save:
        answer(ask(), expressions).write_ipc(save)
        return
    import gc

    gc.collect()
    before = resident()
    Path("/proc/self/clear_refs").write_text("5")  # from here on the peak counts anew
    table = ask()
    memory = peak() - before
    seconds = []
    for _ in range(CALLS):
        del table
        start = time.perf_counter()
        table = ask()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": statistics.median(seconds), "memory": memory, "rows": len(table)}))


def status(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def resident() -> int:
    return status("VmRSS:")


def peak() -> int:
    return status("VmHWM:")


def run(*arguments: str) -> str:
    environment = os.environ | {"POLARS_MAX_THREADS": str(THREADS)}
    command = [sys.executable, __file__, *arguments]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def compare(folder: Path, asked: list[str]) -> None:
    import polars as pl
    from polars.testing import assert_frame_equal

    tables = []
    for engine in ENGINES:
        saved = folder / f"{engine}.arrow"
        run("--engine", engine, *asked, "--save", str(saved))
        tables.append(pl.read_ipc(saved))
    for engine, table in zip(ENGINES[1:], tables[1:]):
        assert_frame_equal(tables[0], table, check_dtypes=False, rel_tol=1e-9, abs_tol=1e-6)
        print(f"  the answers of stayput and {engine} are equal")


def take_turn(turn: int, asked: list[str]) -> dict[str, dict]:
    """What each library took, one after the other, now forwards and now backwards."""
    engines = ENGINES if turn % SLOW == 0 else ENGINES[:2]
    engines = engines if turn % 2 == 0 else engines[::-1]
    return {engine: json.loads(run("--engine", engine, *asked)) for engine in engines}


def show(engine: str, turns: list[dict[str, dict]]) -> None:
    of = {
        what: statistics.median(turn[engine][what] for turn in turns)
        for what in ("seconds", "memory", "rows")
    }
    line = f"  {engine:8} {of['seconds']:7.3f} s {of['memory'] / 1e6:7.0f} MB {of['rows']:9,.0f} rows"
    if engine != ENGINES[0]:
        for what in ("seconds", "memory"):
            ratios = sorted(turn[engine][what] / turn[ENGINES[0]][what] for turn in turns)
            line += f"   {what} {statistics.median(ratios):.2f} times stayput's"
            line += f" ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    print(line, flush=True)


def main(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = given.log or folder / "log.parquet"
        print(f"{EVENTS:,} events of {CUSTOMERS:,} customers, {len(FEATURES)} features, {THREADS} threads")
        if not log.exists():
            run("--make", "--log", str(log))
        for count, expressions in ((1, False), (12, False), (1, True), (12, True)):
            with_them = f", {len(EXPRESSIONS)} expressions over the features" if expressions else ""
            print(f"{count} cut-off{'s' if count > 1 else ''}{with_them}")
            asked = ["--log", str(log), "--cut-offs", str(count)]
            asked += ["--expressions"] if expressions else []
            compare(folder, asked)
            turns = [take_turn(turn, asked) for turn in range(TURNS)]
            for engine in ENGINES:
                show(engine, [turn for turn in turns if engine in turn])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--cut-offs", type=int, default=1)
    parser.add_argument("--expressions", action="store_true")
    parser.add_argument("--save")
    given = parser.parse_args()
    if given.make:
        make(given.log)
    elif given.engine:
        child(given.engine, given.log, given.cut_offs, given.expressions, given.save)
    else:
        main(given)
