"""What can be read of a damaged database, put into a new one. The damaged file is only read.

Every page that can hold rows is looked at by itself. Of which table a row is, its shape tells: how many columns, and of
which types; all tables are STRICT. Indexes and the full-text index are made anew, and links are mended.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from chatapp.storage.message_links import mend_links
from chatapp.storage.migrations import MIGRATIONS, create
from chatapp.storage.sqlite_file import PAGE_SIZES, SqliteFile
from chatapp.storage.sqlite_rows import Row, Value, rows_of

_LARGEST_NUMBER = 1 << 40
_DERIVED = ("message_block",)  # made anew when it is missing
_TYPES: dict[str, tuple[type, ...]] = {"TEXT": (str,), "INTEGER": (int,), "REAL": (int, float), "BLOB": (bytes,)}
_EMPTY: dict[str, Value] = {"TEXT": "", "INTEGER": 0, "REAL": 0.0, "BLOB": b""}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    name: str
    type: str
    may_be_null: bool
    may_be_missing: bool  # it was added later, so rows from before do not have it
    is_rowid: bool
    is_key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableShape:
    """What tells the rows of a table from those of the others."""

    name: str
    columns: tuple[_Column, ...]

    def fits(self, row: Row) -> bool:
        lost = self.columns[len(row.values) :]
        if len(row.values) > len(self.columns) or any(column.is_key for column in lost):
            return False
        if not row.is_cut and not all(column.may_be_missing for column in lost):
            return False
        return all(_fits(column, value) for column, value in zip(self.columns, row.values, strict=False))

    def filled(self, row: Row) -> dict[str, Value]:
        """Its values by column; those a cut row has lost are empty, those of columns added later are left out."""
        found = {column.name: value for column, value in zip(self.columns, row.values, strict=False)}
        for column in self.columns:
            if column.is_rowid:
                found[column.name] = row.rowid
            elif column.name not in found and not column.may_be_missing:
                found[column.name] = _EMPTY[column.type]
        return found


def salvage(damaged: Path, target: Path) -> None:
    """Makes `target` a whole database, of the version the rows are of. Raises OSError or sqlite3.Error."""
    page_size, version = _best_reading(damaged)
    with (
        SqliteFile(damaged, page_size) as file,
        closing(sqlite3.connect(target, isolation_level=None)) as connection,
    ):
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("PRAGMA synchronous = OFF")  # repair.py flushes the file
        create(connection, version)
        connection.execute("BEGIN")
        insert_rows(connection, _sorted_out(rows_of(file), shapes_of(version)))
        mend_links(connection)
        connection.execute("COMMIT")


def insert_rows(connection: sqlite3.Connection, rows: Iterable[tuple[TableShape, Row]]) -> int:
    """Adds the rows that are not there yet and returns their number; one whose number is taken, or so large that it can
    only be damaged, gets another."""
    added = 0
    for shape, row in rows:
        number = next((column.name for column in shape.columns if column.is_rowid), "rowid")
        values = {**shape.filled(row), number: row.rowid}
        done = _insert(connection, shape.name, values) if 0 < row.rowid <= _LARGEST_NUMBER else 0
        if not done:  # a row like this is there, or only one of this number
            del values[number]
            done = _insert(connection, shape.name, values)
        added += done
    return added


def shapes_of(version: int) -> list[TableShape]:
    """Of the tables of that version that hold what can't be made anew."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        create(fresh, version)
        names = fresh.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict")
        return [
            TableShape(name=name, columns=_columns(fresh, name)) for (name,) in names.fetchall() if name not in _DERIVED
        ]


def _insert(connection: sqlite3.Connection, table: str, values: dict[str, Value]) -> int:
    places = ", ".join("?" * len(values))
    inserted = connection.execute(
        f"INSERT OR IGNORE INTO {table} ({', '.join(values)}) VALUES ({places})", tuple(values.values())
    )
    return max(0, inserted.rowcount)


def _best_reading(damaged: Path) -> tuple[int, int]:
    """(page size, version): as the file says, where rows are found so, else whatever finds the most."""
    with SqliteFile(damaged) as file:
        said_size, said_version = file.page_size, file.version
    shapes = {version: shapes_of(version) for version in range(1, len(MIGRATIONS) + 1)}
    for page_size in (said_size, *(size for size in PAGE_SIZES if size != said_size)):
        found = dict.fromkeys(shapes, 0)
        with SqliteFile(damaged, page_size) as file:
            for row in rows_of(file):
                for version, tables in shapes.items():
                    found[version] += any(shape.fits(row) for shape in tables)
        if any(found.values()):
            return page_size, max(found, key=lambda version: (found[version], version == said_version, version))
    return said_size, len(MIGRATIONS)


def _sorted_out(rows: Iterable[Row], shapes: list[TableShape]) -> Iterator[tuple[TableShape, Row]]:
    """The rows that are of one of the tables; those of pages that are damaged themselves come last."""
    doubtful: list[tuple[TableShape, Row]] = []
    for row in rows:
        shape = next((shape for shape in shapes if shape.fits(row)), None)
        if shape is None:
            continue
        if row.is_cut or not row.of_whole_page:
            doubtful.append((shape, row))
        else:
            yield shape, row
    yield from doubtful


def _columns(connection: sqlite3.Connection, table: str) -> tuple[_Column, ...]:
    rows = connection.execute(
        'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)', (table,)
    ).fetchall()
    keys = sum(bool(pk) for *_, pk in rows)
    return tuple(
        _Column(
            name=name,
            type=kind,
            may_be_null=not notnull and not pk,
            may_be_missing=default is not None or (not notnull and not pk),
            is_rowid=bool(pk) and kind == "INTEGER" and keys == 1,
            is_key=bool(pk),
        )
        for name, kind, notnull, default, pk in rows
    )


def _fits(column: _Column, value: Value) -> bool:
    if column.is_rowid:
        return value is None
    if value is None:
        return column.may_be_null
    if column.is_key and isinstance(value, str) and not (value and "�" not in value):
        return False
    return isinstance(value, _TYPES[column.type])
