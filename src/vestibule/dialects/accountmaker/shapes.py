"""The JSON of this door: what comes in, what goes out, and how the core's outcomes become it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from vestibule.core.accounts import MembershipRow
from vestibule.core.projects import Project
from vestibule.core.users import CredentialRow, Subject
from vestibule.kernel.ids import prefixed

Name = Annotated[str, msgspec.Meta(max_length=256)]
Tag = Annotated[str, msgspec.Meta(max_length=35, pattern="^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$")]  # RFC 5646 section 2.1
Picture = Annotated[str, msgspec.Meta(max_length=2048, pattern="^https?://")]


class SignInBody(msgspec.Struct, frozen=True):
    """Email and password. What is wrong about them is never said, so only presence and type are checked."""

    email: str
    password: str
    client_id: str | None = None
    account_id: str | None = None
    scope: str | None = None
    csrf_token: str | None = None


class IdentityBody(msgspec.Struct, frozen=True):
    """What somebody may say about themselves when signing up."""

    given_name: Name | None = None
    family_name: Name | None = None
    display_name: Name | None = None
    avatar_url: Picture | None = None
    preferred_language: Tag | None = None
    locale: Tag | None = None
    timezone: Name | None = None


class SignUpBody(msgspec.Struct, frozen=True):
    """A new user with an account of their own; `account_name` defaults to the user's name."""

    email: str
    password: str
    client_id: str | None = None
    csrf_token: str | None = None
    preferred_language: Tag | None = None
    account_name: Name | None = None
    identity: IdentityBody | None = None
    invite_token: str | None = None
    redirect_uri: str | None = None


class RefreshBody(msgspec.Struct, frozen=True):
    """The refresh token; without it the cookie counts."""

    refresh_token: str | None = None
    client_id: str | None = None
    csrf_token: str | None = None


class CheckEmailBody(msgspec.Struct, frozen=True):
    """The address somebody is about to sign in or up with."""

    email: str
    client_id: str | None = None
    csrf_token: str | None = None


class LoginMethodsBody(msgspec.Struct, frozen=True):
    """The client whose methods are asked for."""

    client_id: str | None = None
    redirect_uri: str | None = None
    csrf_token: str | None = None


class VerifyQuery(msgspec.Struct, frozen=True):
    """A mailed link's parameters; with a registered `redirect_uri` the browser is sent on."""

    token: str
    client_id: str | None = None
    redirect_uri: str | None = None


class VerifyBody(msgspec.Struct, frozen=True):
    """The same as a body, which keeps the token out of logs."""

    token: str
    client_id: str | None = None
    csrf_token: str | None = None


class SessionTokens(msgspec.Struct, frozen=True):
    """A session's tokens; `expires_in` is the access token's life in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a type, not a token


class Identity(msgspec.Struct, frozen=True):
    """What is known about the person; erasure removes all of it."""

    id: str
    given_name: str | None
    family_name: str | None
    display_name: str | None
    avatar_url: str | None
    preferred_language: str | None
    locale: str | None
    timezone: str | None
    external_id: str | None


class Credential(msgspec.Struct, frozen=True):
    """One address of a user."""

    id: str
    email: str | None
    email_verified_at: datetime | None


class Account(msgspec.Struct, frozen=True):
    """An account; `parent_id` names the account above it, at the top the application."""

    id: str
    parent_id: str | None
    name: str | None
    avatar_url: str | None
    status: str
    paid_until: datetime | None


class Membership(msgspec.Struct, frozen=True):
    """A user's place in an account."""

    id: str
    user_id: str
    account_id: str
    role: str
    account: Account


class SessionProfile(msgspec.Struct, frozen=True):
    """The user as they are now, with the membership that the session works in."""

    id: str
    application_id: str
    status: str
    preferred_membership_id: str | None
    identity: Identity | None
    credentials: list[Credential]
    memberships: list[Membership]
    active_membership: Membership | None


class AuthenticationResult(msgspec.Struct, frozen=True):
    """What every sign-in answers."""

    tokens: SessionTokens
    profile: SessionProfile


class EmailStatus(msgspec.Struct, frozen=True):
    """Whether an address is known, and how its owner may sign in."""

    status: Literal["active", "inactive"]
    preferred: list[str]
    available: list[str]


class PasswordMethod(msgspec.Struct, frozen=True):
    """Where to send email and password."""

    login_method: Literal["email_password"]
    submit_url: str
    sign_up_url: str | UnsetType = UNSET


class LoginMethods(msgspec.Struct, frozen=True):
    """The ways to sign in through a client; those it has switched off are absent."""

    password: PasswordMethod | UnsetType = UNSET


class VerifiedEmail(msgspec.Struct, frozen=True):
    """The address that has just been proven."""

    email: str
    verified: bool = True


def session_profile(
    project: Project,
    subject: Subject,
    credentials: Sequence[CredentialRow],
    memberships: Sequence[MembershipRow],
    account_id: UUID | None,
) -> SessionProfile:
    """Return the profile; `account_id` is the account that the token works in."""
    shown = [_membership(project, row) for row in memberships]
    active = next((row.id for row in memberships if row.account_id == account_id), None)
    preferred = subject.preferred_membership_id
    return SessionProfile(
        id=prefixed("uid", subject.id),
        application_id=project.public_id,
        status=subject.status,
        preferred_membership_id=None if preferred is None else prefixed("mbr", preferred),
        identity=_identity(subject),
        credentials=[Credential(prefixed("crd", row.id), row.email, row.verified_at) for row in credentials],
        memberships=shown,
        active_membership=next((row for row in shown if active and row.id == prefixed("mbr", active)), None),
    )


def _membership(project: Project, row: MembershipRow) -> Membership:
    parent = row.account_parent_id
    account_id = prefixed("acc", row.account_id)
    return Membership(
        id=prefixed("mbr", row.id),
        user_id=prefixed("uid", row.user_id),
        account_id=account_id,
        role=row.role,
        account=Account(
            id=account_id,
            parent_id=project.public_id if parent is None else prefixed("acc", parent),
            name=row.account_name,
            avatar_url=row.account_avatar_url,
            status=row.account_status,
            paid_until=row.account_paid_until,
        ),
    )


def _identity(subject: Subject) -> Identity | None:
    fields = subject.profile
    if fields is None:
        return None
    return Identity(
        id=prefixed("uid", subject.id),
        given_name=_text(fields, "given_name"),
        family_name=_text(fields, "family_name"),
        display_name=subject.display_name or None,
        avatar_url=subject.avatar_url or None,
        preferred_language=_text(fields, "preferred_language"),
        locale=_text(fields, "locale"),
        timezone=_text(fields, "timezone"),
        external_id=_text(fields, "external_id") or subject.foreign_id,
    )


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None
