"""Alembic's environment: the connection, its transaction and the lock come from steps.py."""

from alembic import context
from sqlalchemy import MetaData

from vestibule.storage.database import SCHEMA_VERSION_TABLE

names = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=MetaData(naming_convention=names),
    version_table=SCHEMA_VERSION_TABLE,
    transactional_ddl=True,  # Alembic does not expect it of SQLite, which can
)
context.run_migrations()
