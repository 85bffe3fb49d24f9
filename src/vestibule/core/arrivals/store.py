"""SQL of people who arrive: who is here already, what is taken, and their rows."""

from typing import Final
from uuid import UUID

from vestibule.storage import Statement

KNOWN_USER: Final = Statement(UUID, "SELECT id FROM vestibule_users WHERE project_id = :project_id AND id = :id")

TAKEN_PHONE: Final = Statement(
    str,
    "SELECT phone_number FROM vestibule_users WHERE project_id = :project_id AND phone_number = :phone_number",
)

TAKEN_ADDRESS: Final = Statement(
    str, "SELECT email_key FROM vestibule_credentials WHERE project_id = :project_id AND email_key = :email_key"
)

# Somebody who comes from another server keeps their id and their times.
INSERT_ARRIVAL: Final = Statement(
    UUID,
    """
    INSERT INTO vestibule_users
        (project_id, id, created_at, updated_at, status, display_name, avatar_url, locale, default_role, roles,
         is_anonymous, phone_number, phone_verified_at, profile, metadata, public_metadata, secure_metadata, mfa_type,
         last_seen_at)
    VALUES
        (:project_id, :id, :created_at, :updated_at, :status, :display_name, :avatar_url, :locale, :default_role,
         :roles, :is_anonymous, :phone_number, :phone_verified_at, :empty, :metadata, :empty, :empty, :mfa_type,
         :last_seen_at)
    ON CONFLICT DO NOTHING
    RETURNING id
    """,
)

INSERT_ARRIVED_ADDRESS: Final = Statement(
    UUID,
    """
    INSERT INTO vestibule_credentials
        (project_id, id, user_id, email, email_key, verified_at, password_hash, is_primary, created_at)
    VALUES (:project_id, :id, :user_id, :email, :email_key, :verified_at, :password_hash, :is_primary, :now)
    ON CONFLICT DO NOTHING
    RETURNING user_id
    """,
)
