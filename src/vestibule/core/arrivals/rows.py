"""Arrivals as rows: what is bound to the statements that write many at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from vestibule.core.arrivals.people import Arrival
from vestibule.core.totp import TotpSecrets
from vestibule.core.users import EmailAddress
from vestibule.kernel.clock import to_micros
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.ids import ProjectId
from vestibule.storage import Json, Parameter

Row: TypeAlias = Mapping[str, Parameter]

_EMPTY: Final = Json({})


def user(project_id: ProjectId, arrival: Arrival) -> Row:
    """Return the row of the user; when a number was proven nobody knows, so it is as old as the user."""
    return {
        "project_id": project_id,
        "id": arrival.id,
        "created_at": arrival.created_at,
        "updated_at": arrival.updated_at,
        "status": arrival.status,
        "display_name": arrival.display_name,
        "avatar_url": arrival.avatar_url,
        "locale": arrival.locale,
        "default_role": arrival.default_role,
        "roles": Json(list(arrival.roles)),
        "is_anonymous": arrival.is_anonymous,
        "phone_number": arrival.phone_number,
        "phone_verified_at": arrival.created_at if arrival.phone_is_verified else None,
        "empty": _EMPTY,
        "metadata": None if arrival.metadata is None else Json(arrival.metadata),
        "mfa_type": arrival.mfa_type,
        "last_seen_at": arrival.last_seen_at,
    }


def address(project_id: ProjectId, arrival: Arrival, email: EmailAddress, entropy: Entropy) -> Row:
    """Return the row of the primary address, which is as old as the user too."""
    return {
        "project_id": project_id,
        "id": new_uuid7(entropy, to_micros(arrival.created_at)),
        "user_id": arrival.id,
        "email": email.text,
        "email_key": email.key,
        "verified_at": arrival.created_at if arrival.address_is_verified else None,
        "password_hash": arrival.password_hash,
        "is_primary": True,
        "now": arrival.created_at,
    }


def second_factors(
    project_id: ProjectId, arrivals: Sequence[Arrival], secrets: TotpSecrets, now: datetime
) -> Sequence[Row]:
    """Return the secrets of authenticator applications, sealed for their users."""
    return [
        {
            "project_id": project_id,
            "user_id": one.id,
            "secret": secrets.seal(project_id, one.id, one.totp_secret),
            "now": now,
        }
        for one in arrivals
        if one.totp_secret is not None
    ]


def keys(project_id: ProjectId, arrivals: Sequence[Arrival], entropy: Entropy, now: datetime) -> Sequence[Row]:
    """Return the passkeys; what authenticators they are on shows when they are used."""
    return [
        {
            "project_id": project_id,
            "id": new_uuid7(entropy, to_micros(now)),
            "user_id": one.id,
            "credential_id": key.credential_id,
            "public_key": key.public_key,
            "sign_count": key.sign_count,
            "transports": Json(list(key.transports)),
            "nickname": key.nickname,
            "aaguid": None,
            "is_backup_eligible": False,
            "is_backed_up": False,
            "now": now,
        }
        for one in arrivals
        for key in one.keys
    ]


def identities(project_id: ProjectId, arrivals: Sequence[Arrival], entropy: Entropy) -> Sequence[Row]:
    """Return who they are to providers; what those handed out to call them with stays behind."""
    return [
        {
            "project_id": project_id,
            "id": new_uuid7(entropy, to_micros(identity.created_at)),
            "user_id": one.id,
            "provider": identity.provider,
            "issuer": identity.issuer,
            "subject": identity.subject,
            "email": None,
            "now": identity.created_at,
            "last_used_at": None,
            "tokens": None,
        }
        for one in arrivals
        for identity in one.identities
    ]


def access_tokens(project_id: ProjectId, arrivals: Sequence[Arrival], entropy: Entropy, now: datetime) -> Sequence[Row]:
    """Return the personal access tokens."""
    return [
        {
            "project_id": project_id,
            "id": new_uuid7(entropy, to_micros(now)),
            "user_id": one.id,
            "secret_hash": token.token_hash,
            "metadata": None if token.metadata is None else Json(token.metadata),
            "created_at": token.created_at,
            "expires_at": token.expires_at,
        }
        for one in arrivals
        for token in one.access_tokens
    ]


def refresh_tokens(
    project_id: ProjectId, arrivals: Sequence[Arrival], entropy: Entropy, now: datetime
) -> Sequence[Row]:
    """Return the refresh tokens, which wait to be exchanged."""
    return [
        {
            "project_id": project_id,
            "id": new_uuid7(entropy, to_micros(now)),
            "user_id": one.id,
            "token_hash": token.token_hash,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
        }
        for one in arrivals
        for token in one.refresh_tokens
    ]
