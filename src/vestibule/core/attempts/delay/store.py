"""SQL of tries that wait longer the more of them fail.

A row counts the failures of one account from one network, whoever has that account. Beside it stand rows that no
answer may show: that the network is known, the account's failures from everywhere, the accounts that a network failed
at, the project's failures of a minute and its alarm.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vestibule.storage import Statement

FREE: Final = 30
HELD_FREE: Final = 30  # tries of a known network while others are held, until the next success
DELAYS: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 4, 16, 64, 256, 900))
ACCOUNT_FAILURES: Final = 100


@dataclass(frozen=True, slots=True)
class StandingRow:
    """What lets nobody try now: too many failures from there, the account's lock, the project's alarm."""

    tries: int
    window_ends_at: datetime | None
    lock_ends_at: datetime | None
    alarm_ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class FailRow:
    """One of the counts that a failure adds to."""

    subject_hash: bytes
    tries: int
    before: int


def _may_try() -> str:
    """Return the condition under which a row has waited long enough since its last try."""
    steps = [f"(t.tries = {FREE + step} AND t.window_ends_at <= :last_{step})" for step in range(len(DELAYS))]
    last = len(DELAYS) - 1
    most = f"(t.tries > {FREE + last} AND t.window_ends_at <= :last_{last})"
    return " OR ".join([f"t.tries < {FREE}", *steps, most])


_LIVE: Final = (
    "FROM vestibule_attempts AS w WHERE w.project_id = :project_id AND w.window_ends_at > :now AND w.subject_hash"
)
_LOCK: Final = f"SELECT w.window_ends_at {_LIVE} = :account_hash AND w.tries >= {ACCOUNT_FAILURES}"
_WAVE: Final = f"EXISTS (SELECT 1 {_LIVE} = :network_hash AND w.tries >= :accounts)"
_SEEN: Final = f"SELECT 1 {_LIVE} = :seen_hash"
_ALARM: Final = f"SELECT w.window_ends_at {_LIVE} = :alarm_hash AND {_WAVE}"

# While a lock or an alarm is on only known networks try, and are counted in the row that says so: what others see
# afterwards must not tell that they were there. Nothing is returned, and nothing was counted, where nobody may try.
CHARGE: Final = Statement(
    bytes,
    f"""
    WITH hold AS (SELECT EXISTS ({_LOCK}) OR EXISTS ({_ALARM}) AS is_on)
    INSERT INTO vestibule_attempts AS t (project_id, subject_hash, tries, window_ends_at)
    SELECT :project_id, :pair_hash, 1, :free_until FROM hold WHERE NOT hold.is_on
    UNION ALL
    SELECT known.project_id, known.subject_hash, 1, known.window_ends_at FROM vestibule_attempts AS known, hold
    WHERE hold.is_on AND known.project_id = :project_id AND known.subject_hash = :known_hash
        AND known.window_ends_at > :now
    ON CONFLICT (project_id, subject_hash) DO UPDATE SET
        tries = CASE WHEN t.window_ends_at <= :now THEN 1 ELSE t.tries + 1 END,
        window_ends_at = CASE
            WHEN t.subject_hash = :known_hash THEN t.window_ends_at
            WHEN t.window_ends_at > :now AND t.tries + 1 >= {FREE} THEN :waiting_until
            ELSE excluded.window_ends_at
        END
    WHERE (t.subject_hash = :known_hash AND t.tries < {HELD_FREE})
        OR (t.subject_hash = :pair_hash AND (t.window_ends_at <= :now OR {_may_try()}))
    RETURNING subject_hash
    """,
)

STANDING: Final = Statement(
    StandingRow,
    f"""
    SELECT COALESCE((SELECT w.tries {_LIVE} = :pair_hash), 0) AS tries,
        (SELECT w.window_ends_at {_LIVE} = :pair_hash) AS window_ends_at,
        ({_LOCK}) AS lock_ends_at,
        ({_ALARM}) AS alarm_ends_at
    """,
)

REMEMBER: Final = Statement(
    None,
    """
    INSERT INTO vestibule_attempts (project_id, subject_hash, tries, window_ends_at)
    VALUES (:project_id, :pair_hash, 0, :free_until), (:project_id, :known_hash, 0, :known_until)
    ON CONFLICT (project_id, subject_hash) DO UPDATE SET
        tries = excluded.tries, window_ends_at = excluded.window_ends_at
    """,
)

FORGET: Final = Statement(
    None,
    """
    UPDATE vestibule_attempts SET tries = 0, window_ends_at = :free_until
    WHERE project_id = :project_id AND subject_hash = :pair_hash
    """,
)

# The account's failures; the network's accounts, one more when this one has not failed there in the network's window,
# which the row of the two shares; the project's failures of this minute, and as `before` those of the minute before.
FAIL: Final = Statement(
    FailRow,
    f"""
    INSERT INTO vestibule_attempts AS t (project_id, subject_hash, tries, window_ends_at)
    VALUES (:project_id, :account_hash, 1, :account_until),
        (:project_id, :network_hash, CASE WHEN EXISTS ({_SEEN}) THEN 0 ELSE 1 END, :network_until),
        (:project_id, :minute_hash, 1, :minute_until),
        (:project_id, :seen_hash, 1, COALESCE((SELECT w.window_ends_at {_LIVE} = :network_hash), :network_until))
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
