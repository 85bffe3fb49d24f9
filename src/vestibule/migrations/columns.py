"""Columns that mean the same on both engines (how values are encoded: storage/parameters.py)."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

Column = sa.Column[Any]  # Any: a migration never looks at values


def uuid(name: str, *, nullable: bool = False) -> Column:
    """Return a UUID; 16 bytes on SQLite."""
    return sa.Column(name, sa.Uuid().with_variant(sqlite.BLOB(), "sqlite"), nullable=nullable)


def time(name: str, *, nullable: bool = False) -> Column:
    """Return a moment; whole microseconds since 1970 UTC on SQLite."""
    kind = postgresql.TIMESTAMP(timezone=True).with_variant(sqlite.INTEGER(), "sqlite")
    return sa.Column(name, kind, nullable=nullable)


def json(name: str, *, nullable: bool = False) -> Column:
    """Return a JSON document, kept as it is written; text on SQLite.

    JSONB would not keep it: members in another order, and `1e308` as 309 digits, a 50-fold of what a user may store.
    """
    return sa.Column(name, postgresql.JSON().with_variant(sqlite.TEXT(), "sqlite"), nullable=nullable)


def octets(name: str, *, nullable: bool = False) -> Column:
    """Return a string of bytes."""
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def words(name: str, *, nullable: bool = False, default: str | None = None) -> Column:
    """Return a text; its length is the core's business."""
    return sa.Column(name, sa.Text(), nullable=nullable, server_default=default)


def flag(name: str, *, default: bool | None = None) -> Column:
    """Return a yes or no; 1 or 0 on SQLite."""
    kind = sa.Boolean().with_variant(sqlite.INTEGER(), "sqlite")
    preset = None if default is None else sa.true() if default else sa.false()
    return sa.Column(name, kind, nullable=False, server_default=preset)


def number(name: str, *, default: int | None = None) -> Column:
    """Return a 32-bit integer."""
    return sa.Column(
        name, sa.Integer(), nullable=False, server_default=None if default is None else sa.text(str(default))
    )


def big_number(name: str, *, default: int | None = None) -> Column:
    """Return a 64-bit integer."""
    kind = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
    return sa.Column(name, kind, nullable=False, server_default=None if default is None else sa.text(str(default)))


def one_of(column: str, *values: str) -> sa.CheckConstraint:
    """Return the constraint that `column` holds one of `values`."""
    choices = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({choices})", name=column)


def of_project() -> sa.ForeignKeyConstraint:
    """Return the constraint that a row goes with its project."""
    return sa.ForeignKeyConstraint(["project_id"], ["vestibule_projects.id"], ondelete="CASCADE")


def of_user() -> sa.ForeignKeyConstraint:
    """Return the constraint that a row goes with its user."""
    return sa.ForeignKeyConstraint(
        ["project_id", "user_id"], ["vestibule_users.project_id", "vestibule_users.id"], ondelete="CASCADE"
    )
