"""An index of the passwords that came as bcrypt: the dearest cost among them is asked for again and again."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create it; it holds what was imported and has not come in yet, so it shrinks by itself."""
    op.execute(
        """
        CREATE INDEX vestibule_credentials_bcrypt_cost_idx
        ON vestibule_credentials (project_id, substr(password_hash, 5, 2))
        WHERE substr(password_hash, 1, 2) = '$2'
        """
    )


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP INDEX vestibule_credentials_bcrypt_cost_idx")
