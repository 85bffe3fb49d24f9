"""SQL of tries that wait longer the more of them fail: one row per account and network, and what is watched beside it.

`tries` counts failures. Where somebody has signed in before, the row begins at KNOWN instead of 0, so that the same
number tells both; it becomes a stranger's row again after a hundred failures without a success.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vestibule.storage import Statement

KNOWN: Final = -100
FREE: Final = 10
KNOWN_FREE: Final = 30
DELAYS: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 4, 16, 64, 256, 900))


@dataclass(frozen=True, slots=True)
class TryRow:
    """A try that was counted, this one included, and what is known about its account, its network and the project."""

    tries: int
    account_failures: int
    account_ends_at: datetime | None
    network_accounts: int
    alarm_ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class WaitRow:
    """A row that lets nobody try now."""

    tries: int
    window_ends_at: datetime


@dataclass(frozen=True, slots=True)
class FailRow:
    """One of the counts that a failure adds to."""

    subject_hash: bytes
    tries: int
    before: int


def _may_try(base: int, free: int, prefix: str) -> str:
    """Return the condition under which a row that counts from `base` has waited long enough since its last try."""
    steps = [f"(t.tries = {base + free + step} AND t.window_ends_at <= :{prefix}{step})" for step in range(len(DELAYS))]
    last = len(DELAYS) - 1
    most = f"(t.tries > {base + free + last} AND t.window_ends_at <= :{prefix}{last})"
    return " OR ".join([f"t.tries < {base + free}", *steps, most])


_WATCHED: Final = "w.project_id = :project_id AND w.window_ends_at > :now AND w.subject_hash"

# Not in its `WHERE`: nothing is returned, and nothing was counted.
CHARGE: Final = Statement(
    TryRow,
    f"""
    INSERT INTO vestibule_attempts AS t (project_id, subject_hash, tries, window_ends_at)
    VALUES (:project_id, :pair_hash, 1, :stranger_until)
    ON CONFLICT (project_id, subject_hash) DO UPDATE SET
        tries = CASE WHEN t.window_ends_at <= :now THEN 1 ELSE t.tries + 1 END,
        window_ends_at = CASE
            WHEN t.window_ends_at > :now AND t.tries < -1 THEN :known_until
            ELSE excluded.window_ends_at
        END
    WHERE t.window_ends_at <= :now
        OR (t.tries >= 0 AND ({_may_try(0, FREE, "stranger_")}))
        OR (t.tries < 0 AND ({_may_try(KNOWN, KNOWN_FREE, "known_")}))
    RETURNING tries,
        COALESCE((SELECT w.tries FROM vestibule_attempts AS w WHERE {_WATCHED} = :account_hash), 0) AS account_failures,
        (SELECT w.window_ends_at FROM vestibule_attempts AS w WHERE {_WATCHED} = :account_hash) AS account_ends_at,
        COALESCE((SELECT w.tries FROM vestibule_attempts AS w WHERE {_WATCHED} = :network_hash), 0) AS network_accounts,
        (SELECT w.window_ends_at FROM vestibule_attempts AS w WHERE {_WATCHED} = :alarm_hash) AS alarm_ends_at
    """,
)

WAIT: Final = Statement(
    WaitRow,
    """
    SELECT tries, window_ends_at FROM vestibule_attempts
    WHERE project_id = :project_id AND subject_hash = :pair_hash
    """,
)

REMEMBER: Final = Statement(
    None,
    f"""
    UPDATE vestibule_attempts SET tries = {KNOWN}, window_ends_at = :known_until
    WHERE project_id = :project_id AND subject_hash = :pair_hash
    """,
)

# The account's failures, the network's accounts (one more when this one is new there), the project's failures of this
# minute; `before` is the project's of the minute before.
FAIL: Final = Statement(
    FailRow,
    """
    INSERT INTO vestibule_attempts AS t (project_id, subject_hash, tries, window_ends_at)
    VALUES (:project_id, :account_hash, 1, :account_until),
        (:project_id, :network_hash, :new_accounts, :network_until),
        (:project_id, :minute_hash, 1, :minute_until)
    ON CONFLICT (project_id, subject_hash) DO UPDATE SET
        tries = CASE WHEN t.window_ends_at <= :now THEN excluded.tries ELSE t.tries + excluded.tries END,
        window_ends_at = CASE WHEN t.window_ends_at <= :now THEN excluded.window_ends_at ELSE t.window_ends_at END
    RETURNING subject_hash, tries,
        COALESCE((
            SELECT w.tries FROM vestibule_attempts AS w
            WHERE w.project_id = :project_id AND w.subject_hash = :before_hash
        ), 0) AS before
    """,
)

# Nothing is returned while it is on.
ALARM: Final = Statement(
    int,
    """
    INSERT INTO vestibule_attempts AS t (project_id, subject_hash, tries, window_ends_at)
    VALUES (:project_id, :alarm_hash, 1, :until)
    ON CONFLICT (project_id, subject_hash) DO UPDATE SET window_ends_at = excluded.window_ends_at
    WHERE t.window_ends_at <= :now
    RETURNING tries
    """,
)
