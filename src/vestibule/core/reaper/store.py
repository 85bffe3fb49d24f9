"""SQL of the reaper: each statement removes at most one batch."""

from typing import Final

from vestibule.storage import Statement

SESSIONS: Final = Statement(
    None,
    """
    DELETE FROM vestibule_sessions WHERE (project_id, id) IN (
        SELECT project_id, id FROM vestibule_sessions WHERE expires_at < :before LIMIT :batch
    )
    """,
)

IMPORTED_TOKENS: Final = Statement(
    None,
    """
    DELETE FROM vestibule_imported_tokens WHERE (project_id, id) IN (
        SELECT project_id, id FROM vestibule_imported_tokens WHERE expires_at < :before LIMIT :batch
    )
    """,
)

ACCESS_TOKENS: Final = Statement(
    None,
    """
    DELETE FROM vestibule_access_tokens WHERE (project_id, id) IN (
        SELECT project_id, id FROM vestibule_access_tokens WHERE expires_at < :before LIMIT :batch
    )
    """,
)

TICKETS: Final = Statement(
    None,
    """
    DELETE FROM vestibule_tickets WHERE (project_id, id) IN (
        SELECT project_id, id FROM vestibule_tickets WHERE expires_at < :before LIMIT :batch
    )
    """,
)

# Who signs in holds rows of several subjects, in an order that a sweep does not know: it leaves those for the next one.
_ATTEMPTS: Final = """
    DELETE FROM vestibule_attempts WHERE (project_id, subject_hash) IN (
        SELECT project_id, subject_hash FROM vestibule_attempts WHERE window_ends_at < :before LIMIT :batch {skip}
    )
"""

ATTEMPTS: Final = Statement(
    None, postgres=_ATTEMPTS.format(skip="FOR UPDATE SKIP LOCKED"), sqlite=_ATTEMPTS.format(skip="")
)

SIGNING_KEYS: Final = Statement(
    None,
    """
    DELETE FROM vestibule_signing_keys WHERE (project_id, id) IN (
        SELECT project_id, id FROM vestibule_signing_keys WHERE expires_at < :before LIMIT :batch
    )
    """,
)

AUDIT: Final = Statement(
    None,
    """
    DELETE FROM vestibule_audit WHERE (project_id, id) IN (
        SELECT project_id, id FROM vestibule_audit WHERE at < :before LIMIT :batch
    )
    """,
)
