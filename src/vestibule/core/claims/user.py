"""The user as a source of claims: by the names that a user has in Nhost's GraphQL API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from vestibule.core.claims.model import Claimant, ClaimPath
from vestibule.core.claims.paths import Path
from vestibule.core.claims.rules import values_at
from vestibule.core.claims.selection import Selection, selection_of
from vestibule.core.users import Subject


def user_object(subject: Subject) -> dict[str, Any]:
    """Return what is known of a user without asking anybody: JSON values under Nhost's names."""
    return {
        "id": str(subject.id),
        "createdAt": subject.created_at.isoformat(),
        "updatedAt": subject.updated_at.isoformat(),
        "lastSeen": _moment(subject.last_seen_at),
        "displayName": subject.display_name,
        "avatarUrl": subject.avatar_url,
        "locale": subject.locale,
        "email": subject.email,
        "emailVerified": subject.email_verified_at is not None,
        "phoneNumber": subject.phone_number,
        "phoneNumberVerified": subject.phone_verified_at is not None,
        "isAnonymous": subject.is_anonymous,
        "activeMfaType": subject.mfa_type,
        "defaultRole": subject.default_role,
        "roles": [{"role": role} for role in subject.roles],
        "metadata": subject.metadata,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


# Written down, since settings are judged while there is no user yet.
USER_FIELDS: Final = frozenset(
    {
        "id",
        "createdAt",
        "updatedAt",
        "lastSeen",
        "displayName",
        "avatarUrl",
        "locale",
        "email",
        "emailVerified",
        "phoneNumber",
        "phoneNumberVerified",
        "isAnonymous",
        "activeMfaType",
        "defaultRole",
        "roles",
        "metadata",
    }
)


# What has members of its own. Those of `metadata` are whatever somebody stored.
_BELOW: Final[Selection] = {"roles": {"role": {}}}


def unknown_field(path: Path) -> str | None:
    """Return the first field of a path that no user has here; None when all may be found in the user at hand."""
    for field, below in selection_of([path]).items():
        if field not in USER_FIELDS:
            return field
        for name, deeper in below.items():
            if deeper or name not in _BELOW.get(field, {}):
                return f"{field}.{name}"
    return None


@dataclass(frozen=True, slots=True)
class UserClaims:
    """Reads paths in the user at hand: no statement, no request."""

    claims: tuple[ClaimPath, ...]

    async def values(self, claimant: Claimant) -> Mapping[str, object]:
        """Return the value of each path."""
        return values_at(self.claims, user_object(claimant.subject))
