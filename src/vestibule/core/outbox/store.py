"""SQL of the outbox. `next_attempt_at` alone says what is due, so the index (state, next_attempt_at) finds it:
a claim moves it to the end of the lease, an ending to the moment of the ending.
"""

from datetime import datetime
from typing import Final

from vestibule.core.outbox.message import Claimed
from vestibule.storage import Statement

INSERT: Final = Statement(
    None,
    """
    INSERT INTO vestibule_outbox (
        project_id, id, user_id, channel, template, locale, recipient, payload, state, attempts, next_attempt_at,
        created_at
    )
    VALUES (
        :project_id, :id, :user_id, :channel, :template, :locale, :recipient, :payload, 'queued', 0, :now,
        :now
    )
    """,
)

_CLAIMED: Final = """
    RETURNING project_id, id, channel, template, locale, recipient, payload, attempts, created_at
"""

_WANTED: Final = "((:email AND channel = 'email') OR (:sms AND channel = 'sms'))"

# The picked rows are a materialised CTE: a plain IN (... LIMIT) may be evaluated more than once by a join.
CLAIM: Final = Statement(
    Claimed,
    postgres=f"""
    WITH picked AS MATERIALIZED (
        SELECT project_id, id FROM vestibule_outbox
        WHERE state = 'queued' AND next_attempt_at <= :now AND {_WANTED}
        ORDER BY next_attempt_at LIMIT :limit
        FOR UPDATE SKIP LOCKED
    )
    UPDATE vestibule_outbox
    SET attempts = attempts + 1, next_attempt_at = :lease_ends_at, claimed_until = :lease_ends_at, claimed_by = :worker
    FROM picked
    WHERE vestibule_outbox.project_id = picked.project_id AND vestibule_outbox.id = picked.id
    {_CLAIMED.replace("project_id, id,", "vestibule_outbox.project_id, vestibule_outbox.id,")}
    """,
    sqlite=f"""
    UPDATE vestibule_outbox
    SET attempts = attempts + 1, next_attempt_at = :lease_ends_at, claimed_until = :lease_ends_at, claimed_by = :worker
    WHERE (project_id, id) IN (
        SELECT project_id, id FROM vestibule_outbox
        WHERE state = 'queued' AND next_attempt_at <= :now AND {_WANTED}
        ORDER BY next_attempt_at LIMIT :limit
    )
    {_CLAIMED}
    """,
)

IS_WAITING: Final = Statement(
    str, "SELECT channel FROM vestibule_outbox WHERE state = 'queued' AND channel = :channel LIMIT 1"
)

OLDEST: Final = Statement(
    datetime, "SELECT created_at FROM vestibule_outbox WHERE state = 'queued' ORDER BY next_attempt_at LIMIT 1"
)

FINISH: Final = Statement(
    None,
    """
    UPDATE vestibule_outbox
    SET state = :state, payload = NULL, last_error = :error, next_attempt_at = :now, finished_at = :now,
        claimed_until = NULL, claimed_by = NULL
    WHERE project_id = :project_id AND id = :id AND state = 'queued' AND attempts = :attempts
    """,
)

RETRY: Final = Statement(
    None,
    """
    UPDATE vestibule_outbox
    SET next_attempt_at = :next_attempt_at, last_error = :error, claimed_until = NULL, claimed_by = NULL
    WHERE project_id = :project_id AND id = :id AND state = 'queued' AND attempts = :attempts
    """,
)

EXPIRE: Final = Statement(
    None,
    """
    UPDATE vestibule_outbox
    SET state = 'dead', payload = NULL, last_error = 'expired', next_attempt_at = :now, finished_at = :now,
        claimed_until = NULL, claimed_by = NULL
    WHERE state = 'queued' AND (claimed_until IS NULL OR claimed_until <= :now) AND (project_id, id) IN (
        SELECT project_id, id FROM vestibule_outbox
        WHERE state = 'queued' AND created_at <= :created_before AND (claimed_until IS NULL OR claimed_until <= :now)
        ORDER BY next_attempt_at LIMIT :limit
    )
    """,
)

DELETE_OF_USER: Final = Statement(
    None, "DELETE FROM vestibule_outbox WHERE project_id = :project_id AND user_id = :user_id"
)

DELETE_FINISHED: Final = Statement(
    None,
    """
    DELETE FROM vestibule_outbox
    WHERE (project_id, id) IN (
        SELECT project_id, id FROM vestibule_outbox
        WHERE state = :state AND next_attempt_at <= :finished_before
        ORDER BY next_attempt_at LIMIT :limit
    )
    """,
)
