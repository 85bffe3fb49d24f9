"""How people may sign in, beside the password: which methods are on, and what they need to be told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from vestibule.core.projects import WebAuthn, complaints, wrong_with_origin
from vestibule.settings import nhost, own
from vestibule.settings.environ import Reader
from vestibule.settings.process import DEV

_SHORTEST_CEREMONY: Final = timedelta(minutes=5)
_LONGEST_CEREMONY: Final = timedelta(minutes=10)


def ways_in(reader: Reader) -> dict[str, Any]:  # Any: members of Policy, each of its own type
    """Return the members of the policy that say how people come in."""
    return {
        "auto_sign_up_enabled": not reader.get(nhost.users.DISABLE_AUTO_SIGNUP),
        "anonymous_users_enabled": reader.get(nhost.ways_in.ANONYMOUS_ENABLED),
        "anonymous_users_per_hour": reader.get(own.limits.ANONYMOUS_PER_HOUR),
        "sign_in_links_enabled": reader.get(nhost.ways_in.LINKS_ENABLED),
        "email_codes_enabled": reader.get(nhost.ways_in.EMAIL_CODES_ENABLED),
        "text_codes_enabled": reader.get(nhost.ways_in.TEXT_CODES_ENABLED),
        "phone_kept_days": reader.get(own.sessions.PHONE_KEPT),
        "texts_per_hour": reader.get(own.limits.SMS_PER_HOUR),
        "text_countries": reader.get(own.limits.SMS_COUNTRIES),
        "mfa_enabled": reader.get(nhost.ways_in.MFA_ENABLED),
        "totp_issuer": reader.get(nhost.ways_in.TOTP_ISSUER),
        "second_factor_after": reader.get(own.sessions.SECOND_FACTOR_AFTER),
        "mfa_change_ends_other_sessions": reader.get(own.sessions.MFA_CHANGE_ENDS_SESSIONS),
        "elevation": reader.get(nhost.ways_in.ELEVATION),
        "notices_enabled": reader.get(own.sessions.NOTICES),
        "webauthn": _webauthn(reader),
    }


def _webauthn(reader: Reader) -> WebAuthn:
    parts = urlsplit(reader.get(nhost.server.CLIENT_URL))
    rp_id = reader.get(nhost.ways_in.WEBAUTHN_RP_ID) or parts.hostname or ""
    listed = tuple(_as_browsers_write(origin) for origin in reader.get(nhost.ways_in.WEBAUTHN_ORIGINS))
    origins = tuple(origin for origin in listed if not wrong_with_origin(rp_id, origin))
    if _is_assumed(reader, nhost.ways_in.WEBAUTHN_ORIGINS.name):
        listed = origins
    own_origin = f"{parts.scheme}://{parts.netloc}"
    # Of a client that is no page of the site, an app say, no browser ever speaks.
    if own_origin not in origins and not wrong_with_origin(rp_id, own_origin):
        origins = (*origins, own_origin)
    party = WebAuthn(
        enabled=reader.get(nhost.ways_in.WEBAUTHN_ENABLED),
        rp_id=rp_id,
        rp_name=reader.get(nhost.ways_in.WEBAUTHN_RP_NAME) or rp_id,
        origins=origins or listed,  # of none that fits, each is told what is wrong with it
        timeout=_ceremony_time(reader),
        decoys=reader.get(own.sessions.PASSKEY_DECOYS),
    )
    found = list(complaints(party))
    if found and _is_assumed(reader, nhost.ways_in.WEBAUTHN_ENABLED.name):
        return replace(party, enabled=False)
    variables = {"rp_id": nhost.ways_in.WEBAUTHN_RP_ID.name, "origins": nhost.ways_in.WEBAUTHN_ORIGINS.name}
    for complaint in found:
        reader.refuse(variables[complaint.member], complaint.wrong, complaint.mend)
    if party.enabled and not found:
        for origin in listed:
            if wrong := wrong_with_origin(rp_id, origin):
                reader.adjust(nhost.ways_in.WEBAUTHN_ORIGINS.name, f"has {origin!r}: {wrong}", "it is left out")
    return party


def _ceremony_time(reader: Reader) -> timedelta:
    """Return how long a ceremony may take.

    Files often have a minute, which is what Nhost Auth documents as the default and never meant: nothing is said of it.
    """
    variable = nhost.ways_in.WEBAUTHN_TIMEOUT
    written = reader.get(variable)
    if written > _LONGEST_CEREMONY and reader.get(nhost.ways_in.WEBAUTHN_ENABLED):
        reader.adjust(variable.name, "is more than 600000", "ten minutes are the most")
    return min(max(written, _SHORTEST_CEREMONY), _LONGEST_CEREMONY)


def _as_browsers_write(origin: str) -> str:
    """Return an origin of the web in lower case and without the slash that is often written after it."""
    is_web = origin.lower().startswith(("https://", "http://"))
    return origin.removesuffix("/").lower() if is_web else origin


def _is_assumed(reader: Reader, name: str) -> bool:
    """Tell whether nobody said it: what `--dev` assumes must not stop the start of who says something else."""
    return reader.origin(name) == DEV
