"""What a browser would refuse about a relying party, told to the operator before a user meets it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import urlsplit

from vestibule.core.projects.model import WebAuthn

_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LOCALHOST: Final = "localhost"
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_APPLICATION: Final = re.compile(r"android:apk-key-hash:[A-Za-z0-9_-]{43}")  # an app's origin, as Android states it


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong with one member; `wrong` follows its name, `mend` says what to do."""

    member: Literal["rp_id", "origins"]
    wrong: str
    mend: str


def complaints(party: WebAuthn) -> Iterator[Complaint]:
    """Return what is wrong with a relying party that is in use."""
    if not party.enabled:
        return
    if not _is_domain(party.rp_id):
        wrong = f"is {party.rp_id!r}, which passkeys cannot belong to"
        yield Complaint("rp_id", wrong, "set it to the domain of your site, like acme.example, or to localhost")
        return
    if not party.origins:
        yield Complaint("origins", "is empty", f"set it to the origins of your pages, like https://{party.rp_id}")
    for origin in party.origins:
        wrong = wrong_with_origin(party.rp_id, origin)
        if wrong:
            mend = f"list origins of {party.rp_id} and its subdomains, like https://{party.rp_id}"
            yield Complaint("origins", f"has {origin!r}: {wrong}", mend)


def wrong_with_origin(rp_id: str, origin: str) -> str:
    """Return why no browser would use the relying party's passkeys there; empty when one would."""
    if _APPLICATION.fullmatch(origin):
        return ""
    scheme, host = _scheme_and_host(origin)
    if not host:
        return "an origin is scheme, host and unusual port, in lower case, without a slash at the end"
    if scheme != "https" and not (scheme == "http" and _is_within(host, _LOCALHOST)):
        return "passkeys need https, except on localhost"
    return "" if _is_within(host, rp_id) else f"its host does not end in {rp_id}"


def _scheme_and_host(origin: str) -> tuple[str, str]:
    """Return both parts of an origin that is written as browsers write it, else empty texts."""
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "", ""
    shown_port = "" if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f":{port}"
    is_written_so = origin == f"{parts.scheme}://{host}{shown_port}"
    return (parts.scheme, host) if is_written_so and _DOMAIN.fullmatch(host) else ("", "")


def _is_within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _is_domain(rp_id: str) -> bool:
    try:
        ip_address(rp_id)
    except ValueError:
        return _DOMAIN.fullmatch(rp_id) is not None and (rp_id == _LOCALHOST or "." in rp_id)
    return False
