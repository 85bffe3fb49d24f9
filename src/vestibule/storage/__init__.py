"""The two engines, PostgreSQL and SQLite, behind one face: declared statements in, frozen rows out.

Their differences (parameters, types, transactions, what unavailability looks like) end in this room.
"""

from vestibule.storage.database import Database, Queries, database_from_url
from vestibule.storage.parameters import Json, Parameter
from vestibule.storage.sqlite_backup import backup_sqlite
from vestibule.storage.statement import Engine, Statement, statements

__all__ = [
    "Database",
    "Engine",
    "Json",
    "Parameter",
    "Queries",
    "Statement",
    "backup_sqlite",
    "database_from_url",
    "statements",
]
