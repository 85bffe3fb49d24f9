"""A stored project's settings, laid over a policy. Unknown or ill-typed settings are refused, never ignored."""

import dataclasses
from datetime import timedelta
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from vestibule.core.projects.model import Client, ElevationMode, Policy, SecondFactorAfter, TokenTerms, WebAuthn
from vestibule.core.projects.relying_party import complaints
from vestibule.core.projects.store import ClientRow
from vestibule.kernel.ids import AccountId, ClientId, ProjectId


class InvalidSettings(Exception):
    """The settings of a project or client do not make sense; the message names the member."""


# A retired signing key is published as long as the default project's tokens live, a day at least: none may outlive it.
_AccessSeconds: TypeAlias = Annotated[int, Meta(ge=1, le=86_400)]
_RefreshSeconds: TypeAlias = Annotated[int, Meta(ge=1, le=10 * 365 * 86_400)]
_Count: TypeAlias = Annotated[int, Meta(ge=0, le=1_000_000_000)]
_Days: TypeAlias = Annotated[int, Meta(ge=0, le=36_500)]
_Country: TypeAlias = Annotated[str, Meta(pattern="^[A-Z]{2}$")]  # ISO 3166-1
_PARTY: Final = "webauthn_"


class PolicyOverlay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `project create --set name=value` may set; lives are in whole seconds."""

    sign_up_enabled: bool | UnsetType = UNSET
    new_users_disabled: bool | UnsetType = UNSET
    verified_email_required: bool | UnsetType = UNSET
    default_role: str | UnsetType = UNSET
    allowed_roles: tuple[str, ...] | UnsetType = UNSET
    default_locale: str | UnsetType = UNSET
    allowed_locales: tuple[str, ...] | UnsetType = UNSET
    password_min_length: _Count | UnsetType = UNSET
    password_change_ends_other_sessions: bool | UnsetType = UNSET
    mfa_change_ends_other_sessions: bool | UnsetType = UNSET
    phone_change_ends_other_sessions: bool | UnsetType = UNSET
    email_change_ends_other_sessions: bool | UnsetType = UNSET
    provider_change_ends_other_sessions: bool | UnsetType = UNSET
    id_token_nonce_required: bool | UnsetType = UNSET
    reclaim_on_first_proof: bool | UnsetType = UNSET
    allowed_emails: tuple[str, ...] | UnsetType = UNSET
    allowed_email_domains: tuple[str, ...] | UnsetType = UNSET
    blocked_emails: tuple[str, ...] | UnsetType = UNSET
    blocked_email_domains: tuple[str, ...] | UnsetType = UNSET
    client_url: str | UnsetType = UNSET
    allowed_redirect_urls: tuple[str, ...] | UnsetType = UNSET
    allowed_origins: tuple[str, ...] | UnsetType = UNSET
    access_token_seconds: _AccessSeconds | UnsetType = UNSET
    refresh_token_seconds: _RefreshSeconds | UnsetType = UNSET
    metadata_limit_bytes: _Count | UnsetType = UNSET
    mail_per_hour: _Count | UnsetType = UNSET
    texts_per_hour: _Count | UnsetType = UNSET
    text_countries: tuple[_Country, ...] | UnsetType = UNSET
    auto_sign_up_enabled: bool | UnsetType = UNSET
    anonymous_users_enabled: bool | UnsetType = UNSET
    anonymous_users_per_hour: _Count | UnsetType = UNSET
    sign_in_links_enabled: bool | UnsetType = UNSET
    email_codes_enabled: bool | UnsetType = UNSET
    text_codes_enabled: bool | UnsetType = UNSET
    phone_kept_days: _Days | UnsetType = UNSET
    mfa_enabled: bool | UnsetType = UNSET
    totp_issuer: str | UnsetType = UNSET
    second_factor_after: SecondFactorAfter | UnsetType = UNSET
    elevation: ElevationMode | UnsetType = UNSET
    notices_enabled: bool | UnsetType = UNSET
    webauthn_enabled: bool | UnsetType = UNSET
    webauthn_rp_id: str | UnsetType = UNSET
    webauthn_rp_name: str | UnsetType = UNSET
    webauthn_origins: tuple[str, ...] | UnsetType = UNSET
    webauthn_decoys: bool | UnsetType = UNSET


def overlaid(policy: Policy, settings: dict[str, Any]) -> Policy:
    """Return `policy` with the project's own settings on top. Raises: InvalidSettings."""
    if not settings:
        return policy
    try:
        overlay = msgspec.convert(settings, PolicyOverlay)
    except msgspec.ValidationError as error:
        raise InvalidSettings(str(error)) from error
    changes: dict[str, Any] = {
        name: value for name, value in msgspec.structs.asdict(overlay).items() if value is not UNSET
    }
    for setting, attribute in (
        ("access_token_seconds", "access_token_life"),
        ("refresh_token_seconds", "refresh_token_life"),
    ):
        if setting in changes:
            changes[attribute] = timedelta(seconds=changes.pop(setting))
    party = {name.removeprefix(_PARTY): changes.pop(name) for name in list(changes) if name.startswith(_PARTY)}
    return dataclasses.replace(policy, webauthn=_relying_party(policy.webauthn, party), **changes)


def _relying_party(party: WebAuthn, changes: dict[str, Any]) -> WebAuthn:
    changed = dataclasses.replace(party, **changes)
    if "rp_name" not in changes and "rp_id" in changes:
        changed = dataclasses.replace(changed, rp_name=changed.rp_id)
    for complaint in complaints(changed):
        raise InvalidSettings(f"{_PARTY}{complaint.member} {complaint.wrong}; {complaint.mend}")
    return changed


def client_from_row(row: ClientRow) -> Client:
    """Return the client with its token terms read from its settings (spec names of the wire)."""
    default = TokenTerms()
    access = row.settings.get("access_token_config") or {}
    refresh = row.settings.get("refresh_token_config") or {}
    terms = TokenTerms(
        access_life=_life(access, default.access_life),
        refresh_life=_life(refresh, default.refresh_life),
        cookies={
            "access_token": access.get("cookie_options") or {},
            "refresh_token": refresh.get("cookie_options") or {},
        },
    )
    return Client(
        id=ClientId(row.id),
        project_id=ProjectId(row.project_id),
        public_id=row.public_id,
        account_id=AccountId(row.account_id) if row.account_id else None,
        name=row.name,
        issuer=row.issuer,
        audience=row.audience,
        allowed_origins=frozenset(row.allowed_origins),
        redirect_uris=frozenset(row.redirect_uris),
        allowed_scope=row.allowed_scope,
        default_scope=row.default_scope,
        settings=row.settings,
        terms=terms,
        sign_up_enabled=row.settings.get("sign_up_enabled") is not False,
        verified_email_required=row.settings.get("require_verified_email") is True,
    )


def _life(config: dict[str, Any], default: timedelta) -> timedelta:
    seconds = config.get("expires_in")
    return timedelta(seconds=seconds) if isinstance(seconds, int) else default
