"""SQL as a declared constant: compiled once per engine, bound by name, decoded into a typed row."""

import re
import types
import weakref
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar, overload

from vestibule.storage.parameters import POSTGRES_ADAPTERS, SQLITE_ADAPTERS, Parameter
from vestibule.storage.rows import Decode, decoder

R_co = TypeVar("R_co", covariant=True)


class Engine(StrEnum):
    """The database a statement runs on."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


# What is not a parameter comes first, so that a colon inside it is never taken for one.
_TOKENS: Final = re.compile(
    r"""
      '(?:[^']|'')*'            # string
    | "(?:[^"]|"")*"            # quoted name
    | --[^\n]* | /\*.*?\*/      # comments
    | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$
    | ::                        # PostgreSQL's cast
    | :(?P<name>[A-Za-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)
_WRITES: Final = re.compile(r"\b(?:insert|update|delete|replace)\b", re.IGNORECASE)
_READS: Final = re.compile(r"\s*(?:select|with|values)\b", re.IGNORECASE)

_registered: "Final[weakref.WeakSet[Statement[Any]]]" = weakref.WeakSet()  # Any: of every row type


class Prepared(Generic[R_co]):
    """One statement for one engine: its text, the names it binds, and how a row is decoded."""

    __slots__ = ("_adapters", "_count", "decode", "names", "reads_only", "sql")

    def __init__(self, engine: Engine, text: str, row: object) -> None:
        found: dict[str, int] = {}

        def place(match: re.Match[str]) -> str:
            name = match["name"]
            if name is None:
                return match[0]
            number = found.setdefault(name, len(found) + 1)
            return f"${number}" if engine is Engine.POSTGRESQL else match[0]

        self.sql = _TOKENS.sub(place, text).strip()
        self.names = tuple(found)
        self._count = len(found)
        self.decode: Decode[R_co] = decoder(row, sqlite=engine is Engine.SQLITE)
        self._adapters = POSTGRES_ADAPTERS if engine is Engine.POSTGRESQL else SQLITE_ADAPTERS
        bare = _TOKENS.sub(" ", text)
        self.reads_only = _READS.match(bare) is not None and _WRITES.search(bare) is None

    def positional(self, parameters: Mapping[str, Parameter]) -> list[object]:
        """Return the values in the order of `$1`, `$2` ... Raises: TypeError when the names do not match."""
        adapters = self._adapters
        values: list[object] = []
        try:
            for name in self.names:
                value = parameters[name]
                adapt = adapters.get(value.__class__)
                values.append(value if adapt is None else adapt(value))
        except KeyError:
            raise self._mismatch(parameters) from None
        if len(parameters) != self._count:
            raise self._mismatch(parameters)
        return values

    def named(self, parameters: Mapping[str, Parameter]) -> dict[str, object]:
        """Return the values by name. Raises: TypeError when the names do not match."""
        return dict(zip(self.names, self.positional(parameters), strict=True))

    def _mismatch(self, parameters: Mapping[str, Parameter]) -> TypeError:
        return TypeError(f"the statement binds {sorted(self.names)}, it was given {sorted(parameters)}: {self.sql}")


class Statement(Generic[R_co]):
    """One SQL statement with `:named` parameters, for both engines or one text for each.

    `row` is a frozen dataclass or msgspec Struct whose fields stand in the order of the columns, a plain type for
    a single column, or None when there is no result. A field that is itself a frozen dataclass takes as many columns
    as it has fields (a join). A field of a JSON column is annotated with what
    msgspec decodes the document into: a dict, a list, a Struct.
    """

    __slots__ = ("__weakref__", "_postgres", "_prepared", "_sqlite", "row")

    @overload
    def __init__(
        self: "Statement[None]",
        row: None,
        sql: str | None = None,
        *,
        postgres: str | None = None,
        sqlite: str | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self, row: type[R_co], sql: str | None = None, *, postgres: str | None = None, sqlite: str | None = None
    ) -> None: ...
    def __init__(
        self, row: type[R_co] | None, sql: str | None = None, *, postgres: str | None = None, sqlite: str | None = None
    ) -> None:
        if [sql is not None, postgres is not None, sqlite is not None] not in (
            [True, False, False],
            [False, True, True],
        ):
            raise TypeError("a statement has one text for both engines, or one for each")
        self.row: object = types.NoneType if row is None else row
        self._postgres = sql or postgres or ""
        self._sqlite = sql or sqlite or ""
        self._prepared: dict[Engine, Prepared[R_co]] = {}
        _registered.add(self)

    def prepared(self, engine: Engine) -> Prepared[R_co]:
        """Return the statement as compiled for `engine`; the first call does the work."""
        prepared = self._prepared.get(engine)
        if prepared is None:
            text = self._postgres if engine is Engine.POSTGRESQL else self._sqlite
            prepared = self._prepared[engine] = Prepared(engine, text, self.row)
        return prepared


def statements() -> list[Statement[Any]]:  # Any: of every row type
    """Return every statement declared so far: a test prepares them all on both engines."""
    return list(_registered)
