"""Tables, columns, instants and JSON: what the extension module leaves to Python."""

from __future__ import annotations

import html as _html
import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import ArgumentError, TableError

if TYPE_CHECKING:
    import pandas

    from ._native import Table

_SHOWN = 10
_DEPTH = 16
_NO_TEXT = 2**32 - 1

Column = tuple[str, Any]
"""The kind of a column, which says what the second part is: see ``column`` in ``frame.rs``."""


def columns(table: Any) -> list[tuple[str, str, Any]]:
    """The columns of a mapping, a data frame or a structured array: name, kind and data."""
    if isinstance(table, np.ndarray) and table.dtype.names is not None:
        items: Iterable[Any] = [(name, table[name]) for name in table.dtype.names]
    elif hasattr(table, "reset_index") and getattr(table.index, "name", None) is not None:
        items = table.reset_index().items()
    elif hasattr(table, "get_columns"):
        items = [(column.name, column) for column in table.get_columns()]
    elif isinstance(table, Mapping) or hasattr(table, "reset_index"):
        items = table.items()
    else:
        wanted = "a data frame, an Arrow table, a dictionary of columns or a list of dictionaries"
        found = type(table).__name__
        raise ArgumentError(f"argument `table`: found `{found}`; expected {wanted}", "argument")
    return [(str(name), *_read(str(name), data)) for name, data in items]


def is_table(value: Any) -> bool:
    """Whether a value has columns with names; a matrix has none."""
    if isinstance(value, np.ndarray):
        return value.dtype.names is not None
    capsule = hasattr(value, "__arrow_c_stream__") or hasattr(value, "__arrow_c_array__")
    # Some sparse matrices are dictionaries too, of cells.
    return capsule or (isinstance(value, Mapping) and not hasattr(value, "shape"))


def _read(name: str, data: Any) -> Column:
    """One column, whatever it comes in."""
    if type(data).__module__.startswith("pandas."):
        data = _without_pandas(data)
    if str(getattr(data, "dtype", None)) == "Null":
        return _of_values([None] * len(data))
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return "arrow", data
    if not isinstance(data, np.ndarray):
        return _of_values(list(data))
    if data.ndim != 1:
        message = f"column `{name}`: has {data.ndim} dimensions; expected one"
        raise TableError(message, "table_column", name)
    kind = data.dtype.kind
    if kind == "f":
        return "numbers", data.astype(np.float64)
    if kind == "i" or (kind == "u" and data.dtype.itemsize < 8):
        return "integers", data.astype(np.int64)
    if kind == "M":
        return "times", data.astype("datetime64[us]").view(np.int64)
    return _of_values(data.tolist())


def _without_pandas(column: Any) -> Any:
    """A pandas column without the types that only pandas has."""
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    if getattr(column.dtype, "kind", "") == "M":
        return np.asarray(column, dtype="datetime64[us]")
    return np.asarray(column, dtype=object)


def _of_values(values: list[Any]) -> Column:
    """Python values: typed where they agree, JSON where they do not."""
    kinds = set(map(type, values)) - {type(None)}
    if not kinds <= {str, bool, int, float}:
        values = [_plain(value) for value in values]
        kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return "texts", values
    if kinds == {bool}:
        return "booleans", values
    if kinds == {int} and all(v is None or -(2**63) <= v < 2**63 for v in values):
        return "integers or none", values
    if float in kinds and kinds <= {int, float}:
        return "numbers", np.array(values, dtype=np.float64)
    if kinds == {np.datetime64}:
        times = [np.datetime64("NaT") if value is None else value for value in values]
        return "times", np.array(times, dtype="datetime64[us]").view(np.int64)
    return "json", as_json([str(v) if type(v) is int and abs(v) >= 2**63 else v for v in values])


def _plain(value: Any) -> Any:
    """A value as ``None``, bool, int, float, str or ``datetime64``; or as it is, for JSON."""
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64):
        value = value.item()
    if value is None or type(value) in (str, bool, int):
        return value
    kind = type(value).__name__
    if kind in ("NAType", "NaTType") or (isinstance(value, np.datetime64) and np.isnat(value)):
        return None
    if isinstance(value, (date, np.datetime64)):
        return _instant(value)
    if isinstance(value, float) or kind in ("Decimal", "Fraction"):
        value = float(value)
        return None if math.isnan(value) else value
    if isinstance(value, (str, int)) or kind == "UUID":
        return str(value) if not isinstance(value, int) else int(value)
    return value


def _instant(value: Any) -> np.datetime64:
    """A date or time stamp in UTC; what has no zone is in UTC already."""
    if hasattr(value, "to_datetime64"):
        value = (value.tz_convert(None) if value.tzinfo is not None else value).to_datetime64()
    elif isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(timezone.utc).replace(tzinfo=None)
    return np.datetime64(value, "us")


def as_json(value: Any) -> str:
    """JSON text: instants in ISO 8601, missing values and NaN as null."""
    try:
        return json.dumps(value, default=_for_json, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        return json.dumps(_cleaned(value, _DEPTH))


def _for_json(value: Any) -> Any:
    plain = _plain(value)
    if isinstance(plain, np.datetime64):
        return f"{plain}Z"
    # What no field can hold: where the playbook asks for it, the report names the type.
    return plain if plain is not value else {"type": type(value).__name__}


def _cleaned(value: Any, depth: int) -> Any:
    """A value that JSON can hold, made with more patience than ``json`` has."""
    if depth > 0 and isinstance(value, Mapping):
        return {str(key): _cleaned(item, depth - 1) for key, item in value.items()}
    if depth > 0 and isinstance(value, (list, tuple)):
        return [_cleaned(item, depth - 1) for item in value]
    value = _plain(value)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        # JSON has no infinity; as a text it is told to the reader as the bad number it is.
        return value if math.isfinite(value) else str(value)
    return _for_json(value)


def instant(value: Any, name: str = "as_of") -> str:
    """One instant as text that the core reads; ``name`` is what an error calls it."""
    if isinstance(value, str):
        return value
    if isinstance(value, (date, np.datetime64)) and value == value:
        return f"{_instant(value)}Z"
    name = "as_of" if name == "asOf" else name
    wanted = "ISO text, a datetime, a date or a numpy datetime64"
    message = f"argument `{name}`: found `{type(value).__name__}`; expected {wanted}"
    raise ArgumentError(message, "argument", name)


def plain_cut_offs(as_of: Any) -> Any:
    """One instant, several, or a grid, with instants as text."""
    if isinstance(as_of, Mapping):
        ends = ("from", "to")
        return {k: instant(v) if k in ends else v for k, v in as_of.items()}
    if isinstance(as_of, str) or not isinstance(as_of, Iterable):
        return instant(as_of)
    return [instant(item) for item in as_of]


def outcomes(rows: Any) -> str:
    """What became of sends, with instants as text, as JSON that the core reads."""
    if isinstance(rows, (str, Mapping)) or not isinstance(rows, Iterable):
        message = "argument `outcomes`: expected a list of mappings"
        raise ArgumentError(message, "argument", "outcomes")
    plain = [{**row, "at": instant(row["at"], "at")} if "at" in row else row for row in rows]
    return as_json(plain)


def cut_offs(as_of: Any) -> str:
    """One instant, several, or a grid, as JSON that the core reads."""
    return as_json(plain_cut_offs(as_of))


def column(table: Table, name: str) -> Any:
    """One column of a table as an array."""
    raw = table._raw(name)
    kind = table.types[name]
    if kind == "bool":
        return np.array(raw, dtype=np.float64)
    if kind == "integer" and isinstance(raw, list):
        return np.array(raw, dtype=np.float64 if None in raw else np.int64)
    if kind == "timestamp":
        return raw.view("datetime64[us]")
    if kind in ("category", "text"):
        codes, values = raw
        return np.array([*values, None], dtype=object)[np.minimum(codes, len(values))]
    # Of numbers, those that tell how many are whole.
    return np.asarray(raw, dtype=object if kind == "json" else None)


def _numbers(table: Table, name: str) -> Any:
    """A number, boolean or category as float64."""
    if table.types[name] != "category":
        return column(table, name)
    codes, _ = table._raw(name)
    return np.where(codes == _NO_TEXT, np.nan, codes)


def numeric_names(table: Table) -> list[str]:
    """The columns that can be numbers."""
    numeric = ("number", "integer", "bool", "category")
    return [name for name, kind in table.types.items() if kind in numeric]


def to_numpy(table: Table) -> np.ndarray[Any, Any]:
    """The matrix of the columns that can be numbers."""
    names = table.numeric_names
    matrix = np.empty((len(table), len(names)))
    for at, name in enumerate(names):
        matrix[:, at] = _numbers(table, name)
    return matrix


def to_pandas(table: Table) -> pandas.DataFrame:
    """The data frame of a table: no Arrow library needed."""
    import pandas as pd

    data: dict[str, Any] = {}
    for name, kind in table.types.items():
        values = table[name]
        if kind == "category":
            data[name] = pd.Categorical(values, categories=table.categories(name))
        elif kind == "bool":
            missing = np.isnan(values)
            data[name] = pd.arrays.BooleanArray(np.where(missing, 0, values).astype(bool), missing)
        elif kind == "timestamp":
            data[name] = pd.Series(values).dt.tz_localize("UTC")
        else:
            data[name] = values
    return pd.DataFrame(data)


def _cells(table: Table) -> tuple[list[str], list[list[str]]]:
    """The names and the first rows of a table as texts."""
    names = list(table.types)
    shown = min(len(table), _SHOWN)
    columns = [[_cell(value) for value in table[name][:shown]] for name in names]
    return names, [list(row) for row in zip(*columns, strict=True)]


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "·"
    if isinstance(value, np.datetime64):
        return str(value).removesuffix(".000000").removesuffix("T00:00:00")
    return f"{value:g}" if isinstance(value, float) else str(value)


def text(table: Table) -> str:
    """The ``repr`` of a table: its size and first rows."""
    names, rows = _cells(table)
    head = f"Table: {len(table):,} rows × {len(names)} columns"
    if not names:
        return head
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths)) for row in [names, *rows]]
    more = [] if len(rows) == len(table) else [f"… {len(table) - len(rows):,} more"]
    return "\n".join([head, *(line.rstrip() for line in lines), *more])


def html(table: Table) -> str:
    """A table for a notebook."""
    names, rows = _cells(table)
    head = "".join(f"<th>{_html.escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{_html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    size = f"{len(table):,} rows × {len(names)} columns"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{size}</p>"
