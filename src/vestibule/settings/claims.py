"""Nhost's variables about custom claims, and those of the webhook, as the settings of their sources."""

from datetime import timedelta
from typing import Any, Final

import msgspec

from vestibule.claims import ClaimsSettings, HasuraSettings, WebhookSettings, graphql_name_problem
from vestibule.core.claims import (
    MOST_CLAIMS,
    USER_FIELDS,
    ClaimPath,
    Path,
    claim_name,
    claim_text,
    is_reserved,
    parse_path,
    unknown_field,
)
from vestibule.kernel.secret import Secret
from vestibule.settings import nhost, own
from vestibule.settings.environ import Reader, Variable

_LONGEST_TIMEOUT: Final = timedelta(seconds=10)
_PAGE: Final = "see docs/nhost/custom-claims.md"


def claims_settings(reader: Reader) -> ClaimsSettings | None:
    """Return which custom claims there are; None for none. Problems are noted in `reader`."""
    paths = _paths(reader)
    hasura = _hasura(reader, paths) if paths else None
    webhook = _webhook(reader)
    if not paths and webhook is None:
        return None
    if hasura is None and not reader.is_set(nhost.tokens.GRAPHQL_URL):
        _refuse_unknown_fields(reader, paths)
    return ClaimsSettings(
        paths=paths,
        hasura=hasura,
        webhook=webhook,
        omit_on_failure=reader.get(own.claims.CLAIMS_ON_FAILURE) == "omit",
    )


def _paths(reader: Reader) -> tuple[ClaimPath, ...]:
    written = _members(reader, nhost.tokens.CUSTOM_CLAIMS)
    defaults = _members(reader, nhost.tokens.CUSTOM_CLAIMS_DEFAULTS)
    if unknown := sorted(defaults.keys() - written.keys()):
        reader.warn(
            nhost.tokens.CUSTOM_CLAIMS_DEFAULTS.name, f"has a default for {unknown[0]!r}, which is no custom claim"
        )
    found: dict[str, ClaimPath] = {}
    for name, text in written.items():
        path = _path(reader, name, text)
        if path is None:
            continue
        key = claim_name(name).lower()
        if key in found:
            _refuse(reader, name, f"is the same in tokens as {found[key].name!r}")
        elif is_reserved(key):
            reader.warn(
                nhost.tokens.CUSTOM_CLAIMS.name, f"has {name!r}, which the server sets itself, so it is left out"
            )
        else:
            found[key] = ClaimPath(name, path, defaults.get(name))
    if len(found) > MOST_CLAIMS:
        reader.refuse(nhost.tokens.CUSTOM_CLAIMS.name, f"has more than {MOST_CLAIMS} claims")
    return tuple(found.values())


def _path(reader: Reader, name: str, text: object) -> Path | None:
    try:
        claim_name(name)
    except ValueError as error:
        reader.refuse(nhost.tokens.CUSTOM_CLAIMS.name, f"has what {error}", _PAGE)
        return None
    if not isinstance(text, str):
        _refuse(reader, name, "has a path that is no text")
        return None
    try:
        return parse_path(text)
    except ValueError as error:
        _refuse(reader, name, f"has the path {text[:64]!r}, which {error}")
        return None


def _refuse(reader: Reader, name: str, wrong: str) -> None:
    reader.refuse(nhost.tokens.CUSTOM_CLAIMS.name, f"cannot be used: the claim {name!r} {wrong}", _PAGE)


def _members(reader: Reader, variable: Variable[str | None]) -> dict[str, Any]:  # Any: JSON
    written = reader.get(variable)
    if written is None:
        return {}
    try:
        found = msgspec.json.decode(written, type=dict[str, Any])
        claim_text(found)
    except (msgspec.DecodeError, RecursionError, ValueError):
        reader.refuse(variable.name, "is no JSON object", _PAGE)
        return {}
    return found


def _refuse_unknown_fields(reader: Reader, paths: tuple[ClaimPath, ...]) -> None:
    for claim in paths:
        field = unknown_field(claim.path)
        if field is not None:
            reader.refuse(
                nhost.tokens.CUSTOM_CLAIMS.name,
                f"cannot be used: the claim {claim.name!r} needs {field!r}, which no user has here",
                f"set {nhost.tokens.GRAPHQL_URL.name}, or take one of {', '.join(sorted(USER_FIELDS))}",
            )


def _hasura(reader: Reader, paths: tuple[ClaimPath, ...]) -> HasuraSettings | None:
    url, secret = reader.get(nhost.tokens.GRAPHQL_URL), reader.get(nhost.tokens.ADMIN_SECRET)
    if url is None:
        return None
    try:
        found = HasuraSettings(url, None if secret is None else Secret(secret))
    except ValueError as error:
        reader.refuse(nhost.tokens.GRAPHQL_URL.name, f"cannot be used: {error}", _PAGE)
        return None
    for claim in paths:
        problem = graphql_name_problem(claim)
        if problem is not None:
            _refuse(reader, claim.name, f"cannot be asked of Hasura: {problem}")
    if found.is_plain and "." in found.host and not found.host.replace(".", "").isdigit():
        reader.warn(
            nhost.tokens.GRAPHQL_URL.name, "is not https, so the admin secret could be read on the way", "use https"
        )
    return found


def _webhook(reader: Reader) -> WebhookSettings | None:
    url, secrets = reader.get(own.claims.CLAIMS_WEBHOOK_URL), reader.get(own.claims.CLAIMS_WEBHOOK_SECRET)
    timeout = reader.get(own.claims.CLAIMS_WEBHOOK_TIMEOUT)
    if url is None:
        return None
    if not secrets:
        reader.refuse(
            own.claims.CLAIMS_WEBHOOK_SECRET.name,
            f"is unset, and {own.claims.CLAIMS_WEBHOOK_URL.name} needs it",
            'make one with: echo "whsec_$(openssl rand -base64 32)"',
        )
        return None
    if not timedelta() < timeout <= _LONGEST_TIMEOUT:
        reader.refuse(own.claims.CLAIMS_WEBHOOK_TIMEOUT.name, "is out of bounds", "use more than 0s and at most 10s")
        return None
    try:
        return WebhookSettings(url, tuple(Secret(secret) for secret in secrets), timeout)
    except ValueError as error:
        wrong = own.claims.CLAIMS_WEBHOOK_URL if "URL" in str(error) else own.claims.CLAIMS_WEBHOOK_SECRET
        reader.refuse(wrong.name, f"cannot be used: {error}", _PAGE)
        return None
