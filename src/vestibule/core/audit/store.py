"""SQL of the audit trail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from vestibule.storage import Statement


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One audit entry as stored."""

    id: UUID
    at: datetime
    event: str
    user_id: UUID | None
    session_id: UUID | None
    dialect: str | None
    actor: str | None
    request_id: str | None
    detail: dict[str, Any]


INSERT: Final = Statement(
    None,
    """
    INSERT INTO vestibule_audit (project_id, id, at, event, user_id, session_id, dialect, actor, request_id, detail)
    VALUES (:project_id, :id, :at, :event, :user_id, :session_id, :dialect, :actor, :request_id, :detail)
    """,
)

LATEST: Final = Statement(
    AuditRow,
    """
    SELECT id, at, event, user_id, session_id, dialect, actor, request_id, detail
    FROM vestibule_audit
    WHERE project_id = :project_id AND at <= :before
    ORDER BY at DESC, id DESC
    LIMIT :limit
    """,
)

_PEOPLE: Final = """
    SELECT COUNT(DISTINCT user_id) FROM vestibule_audit
    WHERE project_id = :project_id AND at > :since AND event = :event AND {method} IN (:method, :or_method)
"""

PEOPLE: Final = Statement(
    int,
    postgres=_PEOPLE.format(method="detail ->> 'method'"),
    sqlite=_PEOPLE.format(method="json_extract(detail, '$.method')"),
)
