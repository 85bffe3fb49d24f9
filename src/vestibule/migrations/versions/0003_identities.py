"""Identities at somebody else's: who a user is to a provider."""

import sqlalchemy as sa
from alembic import op

from vestibule.migrations.columns import octets, of_user, time, uuid, words
from vestibule.migrations.tables import index, owned

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table; `issuer` and `subject` are who it is, the address is only what the provider said last."""
    owned(
        "identities",
        uuid("user_id"),
        words("provider"),
        words("issuer"),
        words("subject"),
        words("email", nullable=True),
        time("created_at"),
        time("last_used_at", nullable=True),
        octets("tokens", nullable=True),
        sa.UniqueConstraint("project_id", "issuer", "subject"),
        owner=of_user(),
    )
    index("identities", "project_id", "user_id")


def downgrade() -> None:
    """Drop it, and with it every link to a provider."""
    op.drop_table("vestibule_identities")
