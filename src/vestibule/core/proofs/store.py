"""SQL of proofs: what is taken from a user whose address somebody proves for the first time."""

from typing import Final

from vestibule.storage import Statement

FORGET_PASSWORDS: Final = Statement(
    None,
    """
    UPDATE vestibule_credentials SET password_hash = NULL
    WHERE project_id = :project_id AND user_id = :user_id AND password_hash IS NOT NULL
    """,
)

# A sign-in that has compared the old password already sees by `password_changed_at` that it came too late.
FORGET_OWNER: Final = Statement(
    None,
    """
    UPDATE vestibule_users
    SET mfa_type = NULL, phone_number = NULL, phone_verified_at = NULL, password_changed_at = :now, updated_at = :now
    WHERE project_id = :project_id AND id = :user_id
    """,
)

_OF_USER: Final = "WHERE project_id = :project_id AND user_id = :user_id"

DELETE_PASSKEYS: Final = Statement(None, f"DELETE FROM vestibule_passkeys {_OF_USER}")
DELETE_TOTP: Final = Statement(None, f"DELETE FROM vestibule_totp {_OF_USER}")
DELETE_RECOVERY_CODES: Final = Statement(None, f"DELETE FROM vestibule_recovery_codes {_OF_USER}")
DELETE_IDENTITIES: Final = Statement(None, f"DELETE FROM vestibule_identities {_OF_USER}")
DELETE_ACCESS_TOKENS: Final = Statement(None, f"DELETE FROM vestibule_access_tokens {_OF_USER}")
