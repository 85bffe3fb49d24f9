"""Somebody who comes from another server with an id of their own choosing: also one that a user elsewhere has."""

from datetime import datetime
from typing import Any
from uuid import UUID

from vestibule.core.arrivals import Arrival
from vestibule.kernel.ids import UserId


def arriving(user_id: UUID, at: datetime, **brought: Any) -> Arrival:
    """Return somebody who brings nothing but what is named."""
    usual: dict[str, Any] = {
        "created_at": at,
        "updated_at": at,
        "last_seen_at": None,
        "status": "active",
        "display_name": "Somebody else",
        "avatar_url": "",
        "locale": "en",
        "default_role": "user",
        "roles": ("user",),
    }
    return Arrival(id=UserId(user_id), **{**usual, **brought})
