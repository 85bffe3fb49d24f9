"""SQL of the attempt counters."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vestibule.storage import Statement


@dataclass(frozen=True, slots=True)
class Charged:
    """How many tries the running window has seen, this one included, and when it ends."""

    tries: int
    window_ends_at: datetime


CHARGE: Final = Statement(
    Charged,
    """
    INSERT INTO vestibule_attempts (project_id, subject_hash, tries, window_ends_at)
    VALUES (:project_id, :subject_hash, 1, :window_ends_at)
    ON CONFLICT (project_id, subject_hash) DO UPDATE SET
        tries = CASE WHEN vestibule_attempts.window_ends_at <= :now THEN 1 ELSE vestibule_attempts.tries + 1 END,
        window_ends_at = CASE
            WHEN vestibule_attempts.window_ends_at <= :now THEN excluded.window_ends_at
            ELSE vestibule_attempts.window_ends_at
        END
    RETURNING tries, window_ends_at
    """,
)

CLEAR: Final = Statement(
    None,
    "DELETE FROM vestibule_attempts WHERE project_id = :project_id AND subject_hash = :subject_hash",
)

REFUND: Final = Statement(
    None,
    """
    UPDATE vestibule_attempts SET tries = tries - 1
    WHERE project_id = :project_id AND subject_hash = :subject_hash AND tries > 0 AND window_ends_at > :now
    """,
)

BUCKETS: Final = 14
BUCKET_NAMES: Final = tuple(f"bucket_{number}" for number in range(BUCKETS))

TOTAL: Final = Statement(
    int,
    f"""
    SELECT COALESCE(SUM(tries), 0) FROM vestibule_attempts
    WHERE project_id = :project_id AND subject_hash IN ({", ".join(f":{name}" for name in BUCKET_NAMES)})
    """,
)
