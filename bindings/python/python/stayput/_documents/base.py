"""What every document is: attributes, dictionaries, a table, a view in a notebook."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    import pandas

SHOWN = 5


class Document:
    """A part of an answer: attributes to read, ``to_dict`` for the rest."""

    kinds: ClassVar[dict[str, Any]] = {}
    """Every class of documents by its name, which the core's answers are read by."""

    def __init_subclass__(cls) -> None:
        Document.kinds[cls.__name__] = cls

    def to_dict(self) -> dict[str, Any]:
        """The same as dictionaries and lists, with instants as ``datetime``."""
        return dataclasses.asdict(self, dict_factory=_keys)  # type: ignore[call-overload, no-any-return]

    def _repr_html_(self) -> str:
        from .. import _html

        return _html.document(self)


def _keys(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Attributes under their names in JSON: ``from_`` is ``from``."""
    return {name.removesuffix("_"): value for name, value in fields}


Part = TypeVar("Part", bound=Document)


class Documents(list[Part]):
    """Parts of one kind: a list, shown as a table."""

    part: ClassVar[type[Document]]

    def __init_subclass__(cls) -> None:
        Document.kinds[cls.__name__] = cls

    def __repr__(self) -> str:
        return as_table(self)

    def _repr_html_(self) -> str:
        from .. import _html

        return _html.parts(self)

    def to_dict(self) -> list[dict[str, Any]]:
        """The same as dictionaries and lists."""
        return [part.to_dict() for part in self]

    def to_pandas(self) -> pandas.DataFrame:
        """One row a part."""
        import pandas as pd

        return pd.DataFrame(self.to_dict())


def _cell(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def as_table(rows: Sequence[Document]) -> str:
    """Parts of one kind as a table: one line each, below a line of names."""
    if not rows:
        return "none"
    names = [field.name for field in dataclasses.fields(rows[0])]  # type: ignore[arg-type]
    lines = [names] + [[_cell(getattr(row, name)) for name in names] for row in rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(names))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths)) for line in lines
    )
