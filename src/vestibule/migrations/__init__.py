"""The one definition of the schema, for both engines, written by hand as Alembic migrations.

Alembic and SQLAlchemy cost 22 MB, so they run in a child process (`python -m vestibule.migrations`); importing this
package imports neither. A server compares `head` with what the database stands at and refuses any other.
"""

from typing import Final

from vestibule.migrations.child import MigrationFailed, upgrade_in_child

head: Final = "0005"

__all__ = ["MigrationFailed", "head", "upgrade_in_child"]
