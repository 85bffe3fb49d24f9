"""Further ways in: passkeys, second factors, personal access tokens."""

import sqlalchemy as sa
from alembic import op

from vestibule.migrations.columns import big_number, flag, json, octets, of_user, time, uuid, words
from vestibule.migrations.tables import index, owned, table

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of what a user may prove themselves with."""
    owned(
        "passkeys",
        uuid("user_id"),
        octets("credential_id"),
        octets("public_key"),
        big_number("sign_count"),
        json("transports"),
        words("nickname", nullable=True),
        octets("aaguid", nullable=True),
        flag("is_backup_eligible"),
        flag("is_backed_up"),
        time("created_at"),
        time("last_used_at", nullable=True),
        sa.UniqueConstraint("project_id", "credential_id"),
        owner=of_user(),
    )
    index("passkeys", "project_id", "user_id")
    table(
        "totp",
        uuid("project_id"),
        uuid("user_id"),
        octets("secret", nullable=True),
        octets("offered", nullable=True),
        big_number("last_step", default=-1),
        time("created_at"),
        time("activated_at", nullable=True),
        sa.PrimaryKeyConstraint("project_id", "user_id"),
        of_user(),
        rowid=False,
    )
    owned(
        "recovery_codes",
        uuid("user_id"),
        octets("code_hash"),
        time("created_at"),
        sa.UniqueConstraint("project_id", "user_id", "code_hash"),
        owner=of_user(),
    )
    owned(
        "access_tokens",
        uuid("user_id"),
        octets("secret_hash"),
        json("metadata", nullable=True),
        time("created_at"),
        time("expires_at"),
        time("last_used_at", nullable=True),
        sa.UniqueConstraint("project_id", "secret_hash"),
        owner=of_user(),
    )
    index("access_tokens", "project_id", "user_id")
    index("access_tokens", "expires_at")


def downgrade() -> None:
    """Drop them, and with them every passkey, second factor and personal access token."""
    for name in ("access_tokens", "recovery_codes", "totp", "passkeys"):
        op.drop_table(f"vestibule_{name}")
