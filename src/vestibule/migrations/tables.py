"""Tables and indexes as every migration makes them."""

import sqlalchemy as sa
from alembic import op

from vestibule.migrations.columns import Column, of_project, uuid


def table(name: str, *parts: Column | sa.Constraint, fillfactor: int | None = None, rowid: bool = True) -> None:
    """Create `vestibule_<name>`; types are enforced on SQLite too.

    `fillfactor` leaves room on PostgreSQL's pages, so that updates stay on theirs (HOT). Without `rowid` SQLite
    keeps the rows in the primary key itself: for narrow rows that are found by it.
    """
    op.create_table(
        f"vestibule_{name}",
        *parts,
        sqlite_strict=True,
        sqlite_with_rowid=rowid,
        postgresql_with={"fillfactor": fillfactor} if fillfactor else {},
    )


def owned(
    name: str,
    *parts: Column | sa.Constraint,
    owner: sa.Constraint | None = None,
    fillfactor: int | None = None,
    rowid: bool = True,
) -> None:
    """Create the table of things that have an id inside a project and go with their `owner`: the project, or less.

    A row that goes with its user does not refer to the project as well: every insert would lock the project's row.
    """
    key = sa.PrimaryKeyConstraint("project_id", "id")
    own = (uuid("project_id"), uuid("id"), *parts, key, of_project() if owner is None else owner)
    table(name, *own, fillfactor=fillfactor, rowid=rowid)


def index(of: str, *columns: str, name: str | None = None, where: str | None = None) -> None:
    """Create an index; with `where` a partial one that allows each combination once."""
    op.create_index(
        f"vestibule_{of}_{name or '_'.join(columns)}_idx",
        f"vestibule_{of}",
        list(columns),
        unique=where is not None,
        postgresql_where=None if where is None else sa.text(where),
        sqlite_where=None if where is None else sa.text(where),
    )
