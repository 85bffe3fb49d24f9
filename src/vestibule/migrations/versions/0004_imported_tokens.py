"""Refresh tokens of the server that users came from, until each is exchanged for a session."""

import sqlalchemy as sa
from alembic import op

from vestibule.migrations.columns import octets, of_user, time, uuid
from vestibule.migrations.tables import index, owned

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table; only hashes are known, and none of them is ours."""
    owned(
        "imported_tokens",
        uuid("user_id"),
        octets("token_hash"),
        time("created_at"),
        time("expires_at"),
        sa.UniqueConstraint("project_id", "token_hash"),
        owner=of_user(),
        rowid=False,
    )
    index("imported_tokens", "project_id", "user_id")
    index("imported_tokens", "expires_at")


def downgrade() -> None:
    """Drop it; whoever has not come back since the move must sign in again."""
    op.drop_table("vestibule_imported_tokens")
