"""Between the core's users and Sublay's: what is stored at sign-up, what is shown afterwards."""

import unicodedata
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar

from vestibule.core.passwords import NewPassword, PasswordSignUp
from vestibule.core.projects import Project
from vestibule.core.users import Profile, Subject, UserOptions
from vestibule.dialects.sublay.shapes import AuthUser, Point, SignUpBody
from vestibule.kernel.errors import MalformedRequest
from vestibule.kernel.secret import Secret

T = TypeVar("T")

_LONGEST_BIO: Final = 300


def sign_up_of(body: SignUpBody) -> PasswordSignUp:
    """Return what the core is to register. Blank texts count as absent; backend metadata is kept, never shown.

    Raises: MalformedRequest.
    """
    username = _trimmed(body.username)
    return PasswordSignUp(
        email=body.email.strip().lower(),
        password=NewPassword(Secret(body.password)),
        options=UserOptions(display_name=_trimmed(body.name) or ""),
        profile=Profile(
            username=None if username is None else unicodedata.normalize("NFC", username).lower(),
            avatar_url=_trimmed(body.avatar) or "",
            identity=_identity(body),
            public_metadata=body.metadata or {},
            secure_metadata=body.secure_metadata or {},
        ),
    )


def _identity(body: SignUpBody) -> dict[str, Any]:
    bio = _trimmed(body.bio)
    if bio is not None and len(bio) > _LONGEST_BIO:
        raise MalformedRequest(f"Expected `str` of length <= {_LONGEST_BIO}", path="bio", problem="max_length")
    birthdate = _trimmed(body.birthdate)
    place = body.location
    told = {
        "bio": bio,
        "birthdate": None if birthdate is None else _moment(birthdate),
        "location": None if place is None else [place.longitude, place.latitude],
    }
    return {name: value for name, value in told.items() if value is not None}


def _moment(text: str) -> str:
    try:
        typed = datetime.fromisoformat(text)
        return _iso(typed.replace(tzinfo=UTC) if typed.tzinfo is None else typed)
    except (ValueError, OverflowError) as error:
        raise MalformedRequest("Expected an ISO 8601 date", path="birthdate", problem="date-time") from error


def _trimmed(text: str | None) -> str | None:
    return (text or "").strip() or None


def auth_user(project: Project, subject: Subject) -> AuthUser:
    """Return the user as the auth endpoints show them, every field of every version."""
    identity = subject.profile or {}
    coordinates = identity.get("location")
    return AuthUser(
        id=str(subject.id),
        project_id=project.public_id,
        foreign_id=subject.foreign_id,
        role=_role(subject.default_role),
        email=None if subject.email is None else subject.email.lower(),
        name=subject.display_name or None,
        username=subject.username,
        avatar=subject.avatar_url or None,
        bio=identity.get("bio"),
        birthdate=identity.get("birthdate"),
        location=None if coordinates is None else Point((coordinates[0], coordinates[1])),
        metadata=subject.public_metadata,
        reputation=subject.reputation,
        is_verified=subject.email_is_verified,
        is_active=subject.status == "active",
        last_active=_iso(subject.last_seen_at or subject.created_at),
        suspensions=[],
        auth_methods=_auth_methods(subject),
        created_at=_iso(subject.created_at),
        updated_at=_iso(subject.updated_at),
    )


def _role(role: str) -> Literal["admin", "moderator", "visitor"]:
    # Any other role of a project means something to other doors only.
    match role:
        case "admin" | "moderator":
            return role
        case _:
            return "visitor"


def _auth_methods(subject: Subject) -> list[str]:
    known = {"password": subject.has_password, "external": subject.foreign_id is not None}
    return [method for method, is_used in known.items() if is_used]


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
