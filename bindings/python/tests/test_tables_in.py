"""Whatever a table comes in, Stayput reads the same bits."""

import datetime as dt
import uuid
from decimal import Decimal

import acme
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import stayput

UTC = dt.timezone.utc
TIMES = [dt.datetime(2026, 1, 1, 12, 30, 0, 123456), None, dt.datetime(1969, 12, 31, 23, 59, 59, 999999)]
IDS = ["a", "b", "a"]
AMOUNTS = [1.5, None, -0.0]
COUNTS = [1, 2, 3]
FLAGS = [True, None, False]
MISSING = object()


def rows():
    return {"customer_id": IDS, "at": TIMES, "amount": AMOUNTS, "count": COUNTS, "flag": FLAGS}


def pandas_without_arrow():
    """A frame as pandas makes it where pyarrow is not installed: no usable Arrow interface."""

    class Frame(pd.DataFrame):
        def __arrow_c_stream__(self, requested_schema=None):
            raise ImportError("no pyarrow")

    return Frame({name: pd.Series(column, dtype=object) for name, column in rows().items()})


def pandas_categories():
    frame = pd.DataFrame(rows())
    frame["customer_id"] = pd.Categorical(frame["customer_id"], categories=["z", "b", "a"])
    return frame


def numpy_columns():
    return {
        "customer_id": np.array(IDS),
        "at": np.array(TIMES, dtype="datetime64[us]"),
        "amount": np.array([1.5, np.nan, -0.0], dtype=np.float32),
        "count": np.array(COUNTS, dtype=np.uint8),
        "flag": np.array(FLAGS, dtype=object),
    }


def structured():
    kinds = [("customer_id", "U4"), ("at", "datetime64[us]"), ("amount", "f8"), ("count", "i4"), ("flag", "O")]
    columns = numpy_columns()
    array = np.empty(3, dtype=kinds)
    for name, _ in kinds:
        array[name] = columns[name]
    return array


def polars_frame():
    return pl.DataFrame(rows())


def duckdb_relation():
    frame = polars_frame()
    return duckdb.sql("select * from frame")


def zoned(times):
    """The same instants as seen from elsewhere."""
    zone = dt.timezone(dt.timedelta(hours=-7))
    return [t and t.replace(tzinfo=UTC).astimezone(zone) for t in times]


SOURCES = {
    "dict of lists": rows,
    "dict of numpy": numpy_columns,
    "structured numpy": structured,
    "pandas": lambda: pd.DataFrame(rows()),
    "pandas without pyarrow": pandas_without_arrow,
    "pandas categories": pandas_categories,
    "pandas nullable": lambda: pd.DataFrame(rows()).convert_dtypes(dtype_backend="numpy_nullable"),
    "pandas of arrow": lambda: pd.DataFrame(rows()).convert_dtypes(dtype_backend="pyarrow"),
    "pandas zoned": lambda: pd.DataFrame(rows() | {"at": pd.to_datetime(pd.Series(zoned(TIMES)), utc=True)}),
    "polars": polars_frame,
    "polars categories": lambda: polars_frame().with_columns(pl.col("customer_id").cast(pl.Categorical)),
    "polars chunks": lambda: pl.concat([polars_frame()[:1], polars_frame()[1:]], rechunk=False),
    "pyarrow": lambda: pa.table(rows()),
    "pyarrow batch": lambda: pa.RecordBatch.from_pydict(rows()),
    "pyarrow large, view": lambda: pa.table(rows() | {"customer_id": pa.array(IDS, pa.string_view())}),
    "pyarrow dictionary": lambda: pa.table(rows() | {"customer_id": pa.array(IDS).dictionary_encode()}),
    "pyarrow zoned": lambda: pa.table(rows() | {"at": pa.array(zoned(TIMES), pa.timestamp("us", "America/Denver"))}),
    "pyarrow decimal": lambda: pa.table(rows() | {"amount": pa.array([Decimal("1.5"), None, Decimal("0")])}),
    "duckdb": duckdb_relation,
    "stayput": lambda: stayput.table(rows()),
}


def bits(table):
    """The columns of a table, floats as their bits, NaN and −0 told apart."""
    out = {}
    for name in table.names:
        column = table[name]
        if column.dtype == np.float64:
            column = (column + 0.0).view(np.uint64)  # −0 in a decimal column is 0
        elif column.dtype.kind == "M":
            column = column.view(np.int64)
        out[name] = (column.dtype.str, column.tolist())
    return out


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_gives_the_same_bits(source):
    assert bits(stayput.table(SOURCES[source]())) == bits(stayput.table(rows()))


def test_a_list_of_dictionaries_keeps_its_values():
    table = stayput.table(
        [
            {"customer_id": 2.5, "timestamp": TIMES[0], "properties": {"amount": np.float32(2.5)}},
            {"customer_id": "x", "amount": None, "flag": np.True_},
        ]
    )
    assert table.names == ["customer_id", "timestamp", "amount", "flag"]
    assert table["amount"].tolist()[0] == 2.5 and np.isnan(table["amount"][1])
    assert table["customer_id"].tolist() == ["2.5", '"x"']
    assert table["timestamp"].tolist() == ["2026-01-01T12:30:00.123456Z", None]
    assert np.isnan(table["flag"][0]) and table["flag"][1] == 1.0


@pytest.mark.parametrize("make", [np.array, list, pa.array, pl.Series, pd.Series])
def test_whole_number_ids_keep_every_digit(make):
    ids = [9_007_199_254_740_993, 9_007_199_254_740_992]
    assert stayput.table({"id": make(ids)})["id"].tolist() == ids


def test_ids_of_64_bits_without_sign_keep_every_digit():
    ids = [2**64 - 1, 3]
    array = np.array(ids, dtype=np.uint64)
    for column in (ids, array, pa.array(array), pl.Series(array), pd.Series(array)):
        found = stayput.table({"id": column})["id"]
        assert [text.strip('"') for text in found] == [str(i) for i in ids]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_time_units_agree_and_fractions_are_cut_off_downwards(unit):
    whole = ["1969-12-31T23:59:59", "2026-01-01T00:00:00"]
    times = np.array(whole, dtype=f"datetime64[{unit}]")
    if unit == "ns":
        times = times + np.timedelta64(1, "ns") * np.array([999_999_999, 1])
    expected = np.array(whole, dtype="datetime64[us]")
    if unit == "ns":
        expected = expected + np.array([999_999, 0])
    for source in (times, pd.Series(times), pa.array(times), pl.Series(times) if unit != "s" else times):
        assert (stayput.table({"t": source})["t"] == expected).all()


def test_dates_are_their_midnight_in_utc():
    days = [dt.date(2026, 1, 2), None]
    for column in (days, pa.array(days), pa.array(days, pa.date64()), pl.Series(days), pd.Series(days)):
        got = stayput.table({"d": column})["d"]
        assert got[0] == np.datetime64("2026-01-02T00:00:00", "us") and np.isnat(got[1])


@pytest.mark.parametrize("kind", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"])
def test_numbers_of_any_width_are_numbers(kind):
    values = np.array([0, 1, 100], dtype=kind)
    for source in (values, pa.array(values), values[::-1][::-1], np.asfortranarray(values)):
        assert stayput.table({"x": source})["x"].tolist() == [0.0, 1.0, 100.0]


def test_an_empty_table_is_a_table():
    for empty in ([], {}, pa.table({"a": pa.array([], pa.string())}), pd.DataFrame({"a": []})):
        assert len(stayput.table(empty)) == 0


def test_an_index_with_a_name_is_a_column():
    frame = pd.DataFrame({"x": [1.0]}, index=pd.Index(["c1"], name="customer_id"))
    assert stayput.table(frame)["customer_id"].tolist() == ["c1"]


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (3, "argument", "`int`"),
        (np.zeros((2, 2)), "argument", "`ndarray`"),
        ({"a": [1], "b": [1, 2]}, "table_column", "`b`"),
        ({"a": np.zeros((1, 1))}, "table_column", "`a`"),
    ],
)
def test_what_is_not_a_table_is_refused_with_its_place(data, code, words):
    with pytest.raises(stayput.StayputError) as raised:
        stayput.table(data)
    assert raised.value.code == code
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("column", "seen"),
    [
        ([object()], '{"type":"object"}'),
        (pa.array([[1]]), '{"type":"List(Int64)"}'),
        ([uuid.UUID(int=7)], "00000000-0000-0000-0000-000000000007"),
        ([dt.time(3)], '{"type":"time"}'),
        (np.array([3], "timedelta64[D]"), '{"type":"timedelta"}'),
        ([{"a": [1, None]}], '{"a":[1,null]}'),
        ([float("inf"), "x"], '"inf"'),
    ],
)
def test_a_column_that_no_playbook_can_ask_for_does_not_stop_the_others(column, seen):
    assert stayput.table({"a": column})["a"][0] == seen


def test_an_instant_out_of_range_is_refused_with_its_row():
    times = np.array([2**62, 10**15], "datetime64[us]")
    events = {"customer_id": ["a", "a"], "timestamp": times, "type": ["login", "login"]}
    for table in (events, pd.DataFrame(events), pa.table(events)):
        report = acme.playbook().features(table, as_of="2026-01-01").report.events
        assert (report.accepted, [row.index for row in report.rejected]) == (1, [0])
        assert "outside the years -9999 to 9999" in report.rejected[0].message


def test_a_column_of_nothing_is_read_from_every_library():
    rows = {"a": [1.5, 2.0], "b": [None, None]}
    for table in (rows, pd.DataFrame(rows), pl.DataFrame(rows), pa.table(rows)):
        read = stayput.table(table)
        assert read.names == ["a", "b"] and read["a"].tolist() == [1.5, 2.0]
        assert list(read["b"]) == [None, None]


def test_a_list_that_contains_itself_comes_to_an_end():
    loop = []
    loop.append(loop)
    assert len(stayput.table([{"a": loop}])) == 1
