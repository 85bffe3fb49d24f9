"""Every statement of the code base is prepared on both engines: a renamed column fails here and not at night."""

import dataclasses
import importlib
import sqlite3
import subprocess
import sys
import types
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

import asyncpg
import pytest

import vestibule
from vestibule.storage import Engine, Statement
from vestibule.storage.rows import bare_type, field_types

SCALAR = ""  # a single value has no field whose name a column could miss
ROOT = Path(vestibule.__path__[0])
PLAIN = {
    "uuid": (UUID,),
    "timestamptz": (datetime,),
    "bool": (bool,),
    "int2": (int,),
    "int4": (int,),
    "int8": (int,),
    "float8": (float,),
    "text": (str, Enum),
    "varchar": (str, Enum),
    "bytea": (bytes,),
}
DUMMIES = {"uuid": b"\0" * 16, "bytea": b"\0", "text": "1", "varchar": "1", "json": "[]", "timestamptz": 0, "bool": 0}
PROGRAM = (
    "from tests.storage.test_every_statement import declared; from vestibule.storage import statements; "
    "print(len(declared()), len(statements()))"
)


def declared() -> dict[str, Statement[Any]]:
    """Return every statement that stands in a module of vestibule, by where it stands."""
    found: dict[str, Statement[Any]] = {}
    for file in sorted(ROOT.rglob("*.py")):
        if "Statement(" in file.read_text():
            module = ".".join(file.relative_to(ROOT.parent).with_suffix("").parts)
            for name, value in vars(importlib.import_module(module)).items():
                found.update(_statements(f"{module}.{name}", value))
    unique = {id(statement): (place, statement) for place, statement in reversed(found.items())}
    return dict(sorted(unique.values(), key=lambda pair: pair[0]))


def _statements(place: str, value: object) -> Iterator[tuple[str, Statement[Any]]]:
    if isinstance(value, Statement):
        yield place, value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _statements(f"{place}[{key}]", member)
    elif isinstance(value, tuple | list):
        for index, member in enumerate(value):
            yield from _statements(f"{place}[{index}]", member)


# These are for a database of somebody else; tests/importing prepares them there.
FOREIGN = "vestibule.importing."
ALL = {place: statement for place, statement in declared().items() if not place.startswith(FOREIGN)}


@pytest.mark.parametrize("place", ALL)
async def test_it_prepares_on_both_engines_and_fits_its_row(place: str, sqlite_url: str, postgres_url: str) -> None:
    """Names and types of the columns are those of the row's fields, in their order."""
    statement = ALL[place]
    on_postgres, on_sqlite = (statement.prepared(engine) for engine in (Engine.POSTGRESQL, Engine.SQLITE))
    connection = await asyncpg.connect(postgres_url)
    try:
        prepared = await connection.prepare(on_postgres.sql)
        columns = [(column.name, column.type.name) for column in prepared.get_attributes()]
        kinds = {name: kind.name for name, kind in zip(on_postgres.names, prepared.get_parameters(), strict=True)}
    finally:
        await connection.close()
    fields = _fields(statement.row)
    assert len(columns) == len(fields)
    for (field, annotation), (name, kind) in zip(fields, columns, strict=True):
        assert field in {name, SCALAR}
        assert _fits(annotation, kind), (name, kind, annotation)
    assert set(on_postgres.names) == set(on_sqlite.names)
    names = _sqlite_columns(sqlite_url, statement, kinds)
    assert len(names) == len(fields)
    for (field, _), name in zip(fields, names, strict=True):
        assert field in {name, SCALAR} or not name.isidentifier()  # SQLite calls a subquery by its text


def test_no_statement_hides_in_a_function() -> None:
    """Each one stands in a module, where the test above finds it; and each is compiled once."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    found, registered = done.stdout.split()
    assert found == registered


def _fields(row: object) -> list[tuple[str, object]]:
    """Return name and annotation of each column a row takes, those of a joined row in their place."""
    if row is types.NoneType:
        return []
    fields = field_types(row)
    if fields is None:
        return [(SCALAR, row)]
    flat: list[tuple[str, object]] = []
    for name, annotation in fields.items():
        flat += _fields(annotation) if dataclasses.is_dataclass(annotation) else [(name, annotation)]
    return flat


def _fits(annotation: object, kind: str) -> bool:
    plain = bare_type(annotation)
    if kind == "json":
        return get_origin(plain) is not None or plain in {dict, list} or hasattr(plain, "__struct_fields__")
    if get_origin(plain) is Literal:
        return all(isinstance(value, PLAIN[kind]) for value in get_args(plain))
    return isinstance(plain, type) and issubclass(plain, PLAIN[kind])


def _sqlite_columns(url: str, statement: Statement[Any], kinds: dict[str, str]) -> list[str]:
    """Run it in a transaction that is undone: sqlite3 tells the columns only of what has run."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")  # and foreign keys are off unless asked for
        connection.execute("BEGIN")
        values = {name: DUMMIES.get(kind, 1) for name, kind in kinds.items()}
        cursor = connection.execute(statement.prepared(Engine.SQLITE).sql, values)
        cursor.fetchall()
        connection.execute("ROLLBACK")
        return [column[0] for column in cursor.description or ()]
