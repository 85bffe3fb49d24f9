"""The bodies and answers on the wire. Members that are not declared here are ignored, as clients send extra ones."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

Required = Annotated[str, Meta(min_length=1)]
Line = Annotated[str, Meta(max_length=255)]
Url = Annotated[str, Meta(max_length=2048)]


class Location(Struct, frozen=True):
    """A place as clients send it."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]


class Point(Struct, frozen=True):
    """A place as it is answered: a GeoJSON point (RFC 7946 section 3.1.2), longitude first."""

    coordinates: tuple[float, float]
    type: Literal["Point"] = "Point"


class SignUpBody(Struct, frozen=True, rename="camel"):
    """What somebody signs up with."""

    email: Required
    password: Required
    name: Line | None = None
    username: Line | None = None
    avatar: Url | None = None
    bio: str | None = None
    location: Location | None = None
    birthdate: str | None = None
    metadata: dict[str, Any] | None = None
    secure_metadata: dict[str, Any] | None = None


class SignInBody(Struct, frozen=True):
    """Email and password."""

    email: Required
    password: Required


class PushKeys(Struct, frozen=True):
    """Keys of a browser's push subscription."""

    p256dh: Required
    auth: Required


class PushSubscription(Struct, frozen=True):
    """A browser's push subscription."""

    endpoint: Required
    keys: PushKeys


class PushDevice(Struct, frozen=True):
    """A device that should get no more messages. Its shape is checked; there is nothing here to unbind it from."""

    platform: Literal["ios", "android", "web"]
    token: Required | None = None
    subscription: PushSubscription | None = None

    def __post_init__(self) -> None:
        """Insist on what the platform needs."""
        if (self.subscription if self.platform == "web" else self.token) is None:
            raise ValueError("pushDevice lacks the token or subscription of its platform")


class SignOutBody(Struct, frozen=True, rename="camel"):
    """The session to end; null or nothing ends none."""

    refresh_token: str | None = None
    push_device: PushDevice | None = None


class RefreshBody(Struct, frozen=True, rename="camel"):
    """The session to go on with; null or nothing means that there is none."""

    refresh_token: str | None = None


class ChangePasswordBody(Struct, frozen=True, rename="camel"):
    """The current and the new password. `userId` counts only for service keys."""

    password: Required
    new_password: Required
    user_id: str | None = None


class Suspension(Struct, frozen=True, rename="camel"):
    """A time in which the user may not take part; without an end it is for good."""

    start_date: str
    reason: str | None = None
    end_date: str | None = None


class AuthUser(Struct, frozen=True, rename="camel", kw_only=True):
    """A user as shown to themselves. Backend metadata and anything about the password are never part of it."""

    id: str
    project_id: str
    foreign_id: str | None
    role: Literal["admin", "moderator", "visitor"]
    email: str | None
    name: str | None
    username: str | None
    avatar: str | None
    avatar_file_id: str | None = None
    banner_file_id: str | None = None
    avatar_file: dict[str, Any] | None = None
    banner_file: dict[str, Any] | None = None
    bio: str | None
    birthdate: str | None
    location: Point | None
    metadata: dict[str, Any]
    reputation: int
    is_verified: bool
    is_active: bool
    last_active: str
    suspensions: list[Suspension]
    auth_methods: list[str]
    created_at: str
    updated_at: str


class SessionAnswer(Struct, frozen=True, rename="camel", kw_only=True):
    """A new session."""

    success: Literal[True] = True
    access_token: str
    refresh_token: str
    user: AuthUser


class RefreshAnswer(Struct, frozen=True, rename="camel", kw_only=True):
    """The session goes on. Since v7 the refresh token is always here, to be kept instead of the old one."""

    success: Literal[True] = True
    access_token: str
    refresh_token: str | UnsetType = UNSET
    user: AuthUser


class NobodyAnswer(Struct, frozen=True, rename="camel"):
    """No refresh token was sent: nobody is signed in, which is no error."""

    user: None = None
    access_token: None = None


class PasswordAnswer(Struct, frozen=True, kw_only=True):
    """The password was changed."""

    success: Literal[True] = True
    message: str


class LeanProject(Struct, frozen=True):
    """What clients ask about a project when they start."""

    id: str
    name: str
    integrations: list[dict[str, Any]]


class KeyAnswer(Struct, frozen=True, rename="camel", kw_only=True):
    """The service key is good for this project."""

    ok: Literal[True] = True
    project_id: str


class ErrorBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error. `details` is for developers' logs (v5, v6), `field` names what is taken."""

    error: str
    code: str
    details: str = ""
    field: str = ""
