"""Nhost's variables about providers as the providers themselves. What is missing stops the start, by its name."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from vestibule.kernel.secret import Secret
from vestibule.providers import (
    ROWS,
    AcceptedIdTokens,
    AppleKey,
    ConfiguredProvider,
    Endpoints,
    ProviderSettings,
    Row,
    TwitterSettings,
)
from vestibule.settings.custom_providers import custom_providers
from vestibule.settings.environ import Reader, Variable
from vestibule.settings.nhost import providers as names
from vestibule.settings.urls import is_safe_url, origin

_SEE: Final = "see docs/providers.md"
_TENANT: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_TENANT_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PERSONAL_TENANT: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"  # Microsoft's own, of all personal accounts


def provider_settings(reader: Reader) -> ProviderSettings:
    """Return the providers. Problems are noted in `reader`."""
    found = [_provider(reader, row) for row in ROWS.values() if reader.get(names.PROVIDERS[row.name].enabled)]
    custom = custom_providers(reader)
    return ProviderSettings(
        oauth2=(*(each for each in found if each is not None), *custom.oauth2),
        id_tokens=(
            *(
                AcceptedIdTokens(ROWS[name], audiences)
                for name, variable in (("apple", names.APPLE_AUDIENCE), ("google", names.GOOGLE_AUDIENCE))
                if (audiences := reader.get(variable))
            ),
            *custom.id_tokens,
        ),
        twitter=_twitter(reader),
    )


def _provider(reader: Reader, row: Row) -> ConfiguredProvider | None:
    its = names.PROVIDERS[row.name]
    secret: Secret | AppleKey | None
    if its.client_secret is None:
        is_complete = _are_set(reader, its.enabled, its.client_id, *_APPLE)
        secret = _apple_key(reader) if is_complete else None
    else:
        is_complete = _are_set(reader, its.enabled, its.client_id, its.client_secret)
        secret = Secret(reader.get(its.client_secret))
    if not is_complete or secret is None:
        return None
    return ConfiguredProvider(
        row=_adapted(reader, row),
        client_id=reader.get(its.client_id),
        client_secret=secret,
        scopes=reader.get(its.scopes) or row.scopes,
        extra=_extra(reader) if row.name == "workos" else {},
    )


_APPLE: Final = (names.APPLE_TEAM, names.APPLE_KEY, names.APPLE_PRIVATE_KEY)


def _are_set(reader: Reader, enabled: Variable[bool], *needed: Variable[str]) -> bool:
    missing = [variable.name for variable in needed if not reader.is_set(variable)]
    for name in missing:
        reader.refuse(name, f"is unset, and {enabled.name} needs it", _SEE)
    return not missing


def _apple_key(reader: Reader) -> AppleKey | None:
    from vestibule.providers.apple import private_key_pem  # noqa: PLC0415 - most servers need no part of it

    try:
        private_key = private_key_pem(reader.get(names.APPLE_PRIVATE_KEY))
    except ValueError as error:
        reader.refuse(names.APPLE_PRIVATE_KEY.name, str(error), "copy the .p8 file that Apple gave you")
        return None
    return AppleKey(team_id=reader.get(names.APPLE_TEAM), key_id=reader.get(names.APPLE_KEY), private_key=private_key)


def _adapted(reader: Reader, row: Row) -> Row:
    match row.name:
        case "github":
            return _github(reader, row)
        case "azuread":
            return _of_tenant(reader, row, names.AZUREAD_TENANT)
        case "entraid":
            return _of_tenant(reader, row, names.ENTRAID_TENANT)
        case _:
            return row


def _github(reader: Reader, row: Row) -> Row:
    authorize, token, profile = (
        _url(reader, variable) for variable in (names.GITHUB_AUTHORIZE, names.GITHUB_TOKEN, names.GITHUB_PROFILE)
    )
    adapted = replace(
        row,
        endpoints=Endpoints(authorize=authorize, token=token, profile=profile, emails=f"{profile.rstrip('/')}/emails"),
    )
    server = origin(authorize)
    if server == origin(names.GITHUB_AUTHORIZE.default):
        return adapted
    # Users of another server are other people, though their numbers are the same; wherever its pages are on the host.
    return replace(adapted, issuer=f"{server}/login/oauth", has_known_iss=False)


def _url(reader: Reader, variable: Variable[str]) -> str:
    written = reader.get(variable)
    if not is_safe_url(written):
        reader.refuse(variable.name, "is no https URL", f"write it like {variable.default}")
    return written


def _of_tenant(reader: Reader, row: Row, variable: Variable[str]) -> Row:
    tenant = reader.get(variable)
    if not _TENANT.fullmatch(tenant):
        reader.refuse(
            variable.name, f"is {tenant!r}", "use the tenant's id or domain, common, organizations or consumers"
        )
    if tenant.lower() == "consumers":
        return row.for_tenant(tenant, _PERSONAL_TENANT)
    return row.for_tenant(tenant, tenant.lower() if _TENANT_ID.fullmatch(tenant.lower()) else None)


def _extra(reader: Reader) -> Mapping[str, str]:
    parameters = {
        "organization": reader.get(names.WORKOS_ORGANIZATION),
        "connection": reader.get(names.WORKOS_CONNECTION),
        "domain": reader.get(names.WORKOS_DOMAIN),
    }
    return {name: value for name, value in parameters.items() if value}


def _twitter(reader: Reader) -> TwitterSettings | None:
    if not reader.get(names.TWITTER_ENABLED):
        return None
    if not _are_set(reader, names.TWITTER_ENABLED, names.TWITTER_KEY, names.TWITTER_SECRET):
        return None
    return TwitterSettings(
        consumer_key=reader.get(names.TWITTER_KEY), consumer_secret=Secret(reader.get(names.TWITTER_SECRET))
    )
