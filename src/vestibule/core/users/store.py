"""SQL of users and their credentials."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from vestibule.storage import Statement

TOTP: Final = "totp"  # the one second factor there is, in `mfa_type`


@dataclass(frozen=True, slots=True)
class Subject:
    """A user with the primary email address: what sessions and answers are made from. No secrets in it."""

    id: UUID
    created_at: datetime
    updated_at: datetime
    status: str
    display_name: str
    avatar_url: str
    locale: str
    default_role: str
    roles: list[str]
    is_anonymous: bool
    phone_number: str | None
    phone_verified_at: datetime | None
    username: str | None
    foreign_id: str | None
    reputation: int
    profile: dict[str, Any] | None
    metadata: dict[str, Any] | None
    public_metadata: dict[str, Any]
    preferred_membership_id: UUID | None
    mfa_type: str | None
    last_seen_at: datetime | None
    password_changed_at: datetime | None
    email: str | None
    email_verified_at: datetime | None
    has_password: bool

    @property
    def email_is_verified(self) -> bool:
        """Whether the primary address was proven."""
        return self.email_verified_at is not None

    @property
    def has_totp(self) -> bool:
        """Whether sign-ins ask for a code of the authenticator application."""
        return self.mfa_type == TOTP


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """One email address of a user; the password hash stays in the passwords slice."""

    id: UUID
    user_id: UUID
    email: str
    email_key: str
    verified_at: datetime | None
    is_primary: bool


@dataclass(frozen=True, slots=True)
class UserRow:
    """A line of a user list."""

    id: UUID
    created_at: datetime
    status: str
    display_name: str
    email: str | None
    email_verified_at: datetime | None
    last_seen_at: datetime | None


SUBJECT_COLUMNS: Final = """
    u.id, u.created_at, u.updated_at, u.status, u.display_name, u.avatar_url, u.locale, u.default_role, u.roles,
    u.is_anonymous, u.phone_number, u.phone_verified_at, u.username, u.foreign_id, u.reputation, u.profile,
    u.metadata, u.public_metadata, u.preferred_membership_id, u.mfa_type, u.last_seen_at, u.password_changed_at,
    c.email, c.verified_at AS email_verified_at,
    (c.password_hash IS NOT NULL) AS has_password
"""

SUBJECT_JOIN: Final = """
    vestibule_users AS u
    LEFT JOIN vestibule_credentials AS c
        ON c.project_id = u.project_id AND c.user_id = u.id AND c.is_primary
"""

_BY_ID: Final = f"SELECT {SUBJECT_COLUMNS} FROM {SUBJECT_JOIN} WHERE u.project_id = :project_id AND u.id = :user_id"

SUBJECT_BY_ID: Final = Statement(Subject, _BY_ID)

# Lets rows that refer to the user be written meanwhile. SQLite has one writer at a time anyway.
HELD_SUBJECT: Final = Statement(Subject, postgres=f"{_BY_ID} FOR NO KEY UPDATE OF u", sqlite=_BY_ID)

SUBJECT_BY_EMAIL: Final = Statement(
    Subject,
    f"""
    SELECT {SUBJECT_COLUMNS} FROM {SUBJECT_JOIN}
    WHERE u.project_id = :project_id AND u.id = (
        SELECT user_id FROM vestibule_credentials WHERE project_id = :project_id AND email_key = :email_key
    )
    """,
)

SUBJECT_BY_PHONE: Final = Statement(
    Subject,
    f"""
    SELECT {SUBJECT_COLUMNS} FROM {SUBJECT_JOIN}
    WHERE u.project_id = :project_id AND u.phone_number = :phone_number
    """,
)

INSERT_USER: Final = Statement(
    UUID,
    """
    INSERT INTO vestibule_users
        (project_id, id, created_at, updated_at, status, display_name, avatar_url, locale, default_role, roles,
         is_anonymous, phone_number, username, foreign_id, profile, metadata, public_metadata, secure_metadata,
         last_seen_at)
    VALUES
        (:project_id, :id, :now, :now, :status, :display_name, :avatar_url, :locale, :default_role, :roles,
         :is_anonymous, :phone_number, :username, :foreign_id, :profile, :metadata, :public_metadata,
         :secure_metadata, :now)
    ON CONFLICT DO NOTHING
    RETURNING id
    """,
)

INSERT_CREDENTIAL: Final = Statement(
    UUID,
    """
    INSERT INTO vestibule_credentials
        (project_id, id, user_id, email, email_key, verified_at, password_hash, is_primary, created_at)
    VALUES (:project_id, :id, :user_id, :email, :email_key, :verified_at, :password_hash, :is_primary, :now)
    ON CONFLICT (project_id, email_key) DO NOTHING
    RETURNING id
    """,
)

CREDENTIAL_BY_EMAIL: Final = Statement(
    CredentialRow,
    """
    SELECT id, user_id, email, email_key, verified_at, is_primary
    FROM vestibule_credentials WHERE project_id = :project_id AND email_key = :email_key
    """,
)

CREDENTIALS_OF_USER: Final = Statement(
    CredentialRow,
    """
    SELECT id, user_id, email, email_key, verified_at, is_primary
    FROM vestibule_credentials WHERE project_id = :project_id AND user_id = :user_id
    ORDER BY is_primary DESC, created_at
    """,
)

VERIFY_CREDENTIAL: Final = Statement(
    None,
    """
    UPDATE vestibule_credentials SET verified_at = :now
    WHERE project_id = :project_id AND id = :credential_id AND email_key = :email_key AND verified_at IS NULL
    """,
)

# An UPDATE cannot say ON CONFLICT. An address is claimed by an INSERT, and given back for the UPDATE: nobody else gets
# past the claim before this transaction ends.
DROP_CLAIM: Final = Statement(
    None, "DELETE FROM vestibule_credentials WHERE project_id = :project_id AND id = :credential_id"
)

MOVE_CREDENTIAL: Final = Statement(
    None,
    """
    UPDATE vestibule_credentials SET email = :email, email_key = :email_key, verified_at = :now
    WHERE project_id = :project_id AND id = :credential_id AND user_id = :user_id
    """,
)

VERIFY_PHONE: Final = Statement(
    None,
    """
    UPDATE vestibule_users SET phone_verified_at = :now
    WHERE project_id = :project_id AND id = :user_id AND phone_number = :phone_number AND phone_verified_at IS NULL
    """,
)

# Taken back at once: an UPDATE cannot say ON CONFLICT, but nobody else gets past the claim while this transaction runs.
CLAIM_PHONE: Final = Statement(
    UUID,
    """
    INSERT INTO vestibule_users
        (project_id, id, created_at, updated_at, locale, default_role, roles, phone_number, public_metadata,
         secure_metadata)
    SELECT project_id, :claim_id, created_at, updated_at, locale, default_role, roles, :phone_number, public_metadata,
           secure_metadata
    FROM vestibule_users WHERE project_id = :project_id AND id = :user_id
    ON CONFLICT DO NOTHING
    RETURNING id
    """,
)

SET_PHONE: Final = Statement(
    None,
    """
    UPDATE vestibule_users SET phone_number = :phone_number, phone_verified_at = :now, updated_at = :now
    WHERE project_id = :project_id AND id = :user_id
    """,
)

RELEASE_PHONE: Final = Statement(
    None,
    """
    UPDATE vestibule_users SET phone_number = NULL, phone_verified_at = NULL, updated_at = :now
    WHERE project_id = :project_id AND id = :user_id
    """,
)

RELEASE_UNPROVEN_PHONE: Final = Statement(
    None,
    """
    UPDATE vestibule_users SET phone_number = NULL, updated_at = :now
    WHERE project_id = :project_id AND phone_number = :phone_number AND phone_verified_at IS NULL AND id <> :user_id
    """,
)

TOUCH: Final = Statement(
    None, "UPDATE vestibule_users SET last_seen_at = :now WHERE project_id = :project_id AND id = :user_id"
)

SET_STATUS: Final = Statement(
    UUID,
    """
    UPDATE vestibule_users SET status = :status, updated_at = :now
    WHERE project_id = :project_id AND id = :user_id AND status <> 'deleted'
    RETURNING id
    """,
)

CHANGE: Final = Statement(
    None,
    """
    UPDATE vestibule_users
    SET display_name = :display_name, avatar_url = :avatar_url, locale = :locale, default_role = :default_role,
        roles = :roles, metadata = :metadata, updated_at = :now
    WHERE project_id = :project_id AND id = :user_id
    """,
)

# Reads every user of the project: for an operator's command, not for requests.
ROLES: Final = Statement(
    str,
    postgres="""
    SELECT DISTINCT role FROM vestibule_users AS u CROSS JOIN LATERAL json_array_elements_text(u.roles) AS role
    WHERE u.project_id = :project_id
    """,
    sqlite="""
    SELECT DISTINCT role.value AS role FROM vestibule_users AS u, json_each(u.roles) AS role
    WHERE u.project_id = :project_id
    """,
)

SET_PREFERRED_MEMBERSHIP: Final = Statement(
    None,
    """
    UPDATE vestibule_users SET preferred_membership_id = :membership_id
    WHERE project_id = :project_id AND id = :user_id
    """,
)

DELETE_USER: Final = Statement(
    UUID, "DELETE FROM vestibule_users WHERE project_id = :project_id AND id = :user_id RETURNING id"
)

USERS: Final = Statement(
    UserRow,
    """
    SELECT u.id, u.created_at, u.status, u.display_name, c.email, c.verified_at AS email_verified_at, u.last_seen_at
    FROM vestibule_users AS u
    LEFT JOIN vestibule_credentials AS c ON c.project_id = u.project_id AND c.user_id = u.id AND c.is_primary
    WHERE u.project_id = :project_id AND u.id > :after
    ORDER BY u.id
    LIMIT :limit
    """,
)
