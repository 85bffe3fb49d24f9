"""The first schema: projects and their keys, users, sessions, tickets, bookkeeping, accounts."""

import sqlalchemy as sa
from alembic import op

from vestibule.migrations.columns import flag, json, number, octets, of_project, of_user, one_of, time, uuid, words
from vestibule.migrations.tables import index, owned, table

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    _projects()
    _keys()
    _clients()
    _users()
    _sessions()
    _tickets()
    _bookkeeping()
    _accounts()


def downgrade() -> None:
    """Drop every table, children first."""
    for name in (
        *("memberships", "accounts", "audit", "outbox", "attempts", "tickets", "sessions", "credentials", "users"),
        *("clients", "service_keys", "signing_keys", "hosts", "projects", "meta"),
    ):
        op.drop_table(f"vestibule_{name}")


def _projects() -> None:
    table("meta", words("name"), words("value"), sa.PrimaryKeyConstraint("name"))
    op.execute("INSERT INTO vestibule_meta (name, value) VALUES ('generation', '1')")
    table(
        "projects",
        uuid("id"),
        words("public_id"),
        words("name"),
        json("dialects"),
        json("settings"),
        uuid("parent_account_id", nullable=True),
        time("created_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("public_id"),
    )
    table(
        "hosts",
        words("hostname"),
        uuid("project_id"),
        uuid("client_id", nullable=True),
        time("created_at"),
        sa.PrimaryKeyConstraint("hostname"),
        of_project(),
    )


def _keys() -> None:
    owned(
        "signing_keys",
        uuid("client_id", nullable=True),
        words("kid"),
        words("algorithm"),
        json("public_jwk"),
        octets("private_key"),
        words("state"),
        time("created_at"),
        time("activated_at", nullable=True),
        time("retired_at", nullable=True),
        time("expires_at", nullable=True),
        sa.UniqueConstraint("project_id", "kid"),
        one_of("state", "pending", "active", "retired"),
    )
    index("signing_keys", "project_id", "client_id", "state")
    owned(
        "service_keys",
        words("public_id"),
        words("name"),
        octets("secret_hash"),
        json("scopes"),
        time("created_at"),
        time("expires_at", nullable=True),
        time("revoked_at", nullable=True),
        time("last_used_at", nullable=True),
        sa.UniqueConstraint("public_id"),
        sa.UniqueConstraint("secret_hash"),
    )


def _clients() -> None:
    owned(
        "clients",
        words("public_id"),
        uuid("account_id", nullable=True),
        words("name"),
        words("issuer", nullable=True),
        words("audience", nullable=True),
        json("allowed_origins"),
        json("redirect_uris"),
        words("allowed_scope", nullable=True),
        words("default_scope", nullable=True),
        octets("secret_hash", nullable=True),
        json("settings"),
        time("created_at"),
        sa.UniqueConstraint("public_id"),
    )


def _users() -> None:
    owned(
        "users",
        time("created_at"),
        time("updated_at"),
        words("status", default="active"),
        words("display_name", default=""),
        words("avatar_url", default=""),
        words("locale"),
        words("default_role"),
        json("roles"),
        flag("is_anonymous", default=False),
        words("phone_number", nullable=True),
        time("phone_verified_at", nullable=True),
        words("username", nullable=True),
        words("foreign_id", nullable=True),
        number("reputation", default=0),
        json("profile", nullable=True),
        json("metadata", nullable=True),
        json("public_metadata"),
        json("secure_metadata"),
        uuid("preferred_membership_id", nullable=True),
        words("mfa_type", nullable=True),
        time("last_seen_at", nullable=True),
        time("password_changed_at", nullable=True),
        sa.UniqueConstraint("project_id", "username"),
        sa.UniqueConstraint("project_id", "foreign_id"),
        sa.UniqueConstraint("project_id", "phone_number"),
        one_of("status", "active", "suspended", "disabled", "deleted"),
        fillfactor=90,
    )
    index("users", "project_id", "created_at", "id")
    owned(
        "credentials",
        uuid("user_id"),
        words("email"),
        words("email_key"),
        time("verified_at", nullable=True),
        words("password_hash", nullable=True),
        flag("is_primary"),
        time("created_at"),
        sa.UniqueConstraint("project_id", "email_key"),
        owner=of_user(),
    )
    index("credentials", "project_id", "user_id")
    index("credentials", "project_id", "user_id", name="primary", where="is_primary")


def _sessions() -> None:
    owned(
        "sessions",
        uuid("user_id"),
        words("dialect"),
        uuid("client_id", nullable=True),
        uuid("account_id", nullable=True),
        words("rotation"),
        octets("root_key_id"),
        octets("handle_hash"),
        octets("step_hash"),
        words("rotations", default=""),
        time("created_at"),
        time("refreshed_at"),
        time("expires_at"),
        number("life_seconds"),
        words("scope", nullable=True),
        json("claims", nullable=True),
        words("method"),
        sa.UniqueConstraint("project_id", "handle_hash"),
        one_of("rotation", "rotating", "fixed"),
        owner=of_user(),
        fillfactor=80,
        rowid=False,
    )
    # No index on what a refresh changes (expires_at above all): each would make every refresh write every index.
    index("sessions", "project_id", "user_id")


def _tickets() -> None:
    owned(
        "tickets",
        words("purpose"),
        uuid("user_id", nullable=True),
        uuid("credential_id", nullable=True),
        uuid("client_id", nullable=True),
        words("dialect"),
        words("address", nullable=True),
        octets("secret_hash"),
        number("attempts_left"),
        time("created_at"),
        time("expires_at"),
        json("payload", nullable=True),
        sa.UniqueConstraint("project_id", "purpose", "secret_hash"),
        of_user(),
    )
    index("tickets", "project_id", "user_id", "purpose")  # in this order it also serves the user's deletion
    index("tickets", "expires_at")


def _bookkeeping() -> None:
    table(
        "attempts",
        uuid("project_id"),
        octets("subject_hash"),
        number("tries"),
        time("window_ends_at"),
        sa.PrimaryKeyConstraint("project_id", "subject_hash"),
        of_project(),
        fillfactor=80,
        rowid=False,
    )
    index("attempts", "window_ends_at")
    owned(
        "outbox",
        uuid("user_id", nullable=True),
        words("channel"),
        words("template"),
        words("locale"),
        words("recipient"),
        octets("payload", nullable=True),
        words("state"),
        number("attempts", default=0),
        time("next_attempt_at"),
        time("claimed_until", nullable=True),
        words("claimed_by", nullable=True),
        words("last_error", nullable=True),
        time("created_at"),
        time("finished_at", nullable=True),
        one_of("state", "queued", "sent", "dead"),
    )
    index("outbox", "state", "next_attempt_at")
    owned(
        "audit",
        time("at"),
        words("event"),
        uuid("user_id", nullable=True),
        uuid("session_id", nullable=True),
        words("dialect", nullable=True),
        words("actor", nullable=True),
        words("request_id", nullable=True),
        json("detail"),
    )
    index("audit", "project_id", "at")


def _accounts() -> None:
    owned(
        "accounts",
        uuid("parent_account_id", nullable=True),
        words("name", nullable=True),
        words("avatar_url", nullable=True),
        words("status"),
        time("paid_until", nullable=True),
        time("created_at"),
        time("updated_at"),
        one_of("status", "active", "trial", "past_due", "suspended", "closed"),
    )
    owned(
        "memberships",
        uuid("user_id"),
        uuid("account_id"),
        words("role"),
        time("created_at"),
        sa.UniqueConstraint("project_id", "user_id", "account_id"),
        one_of("role", "owner", "member", "viewer"),
        sa.ForeignKeyConstraint(
            ["project_id", "account_id"],
            ["vestibule_accounts.project_id", "vestibule_accounts.id"],
            ondelete="CASCADE",
        ),
        owner=of_user(),
    )
    index("memberships", "project_id", "account_id")
