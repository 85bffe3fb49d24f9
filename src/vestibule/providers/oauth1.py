"""Signatures of OAuth 1.0a with HMAC-SHA1 (RFC 5849 section 3.4): what Twitter still wants."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from vestibule.kernel.secret import Secret

_PORTS: Final = {"http": 80, "https": 443}


def signature(
    method: str, url: str, parameters: Iterable[tuple[str, str]], consumer_secret: Secret, token_secret: Secret
) -> str:
    """Return the signature over the request; `parameters` are those of the header and the form, the query is added."""
    base = signature_base(method, url, parameters)
    key = f"{_encoded(consumer_secret.reveal())}&{_encoded(token_secret.reveal())}"
    # The protocol has no other hash. What an HMAC needs of it still holds.
    digest = hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()
    return b64encode(digest).decode()


def signature_base(method: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """Return the text that is signed (section 3.4.1)."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = "" if parts.port in {None, _PORTS.get(parts.scheme)} else f":{parts.port}"
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *parameters]
    ordered = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    joined = "&".join(f"{name}={value}" for name, value in ordered)
    return "&".join(map(_encoded, (method.upper(), f"{parts.scheme}://{host}{port}{parts.path or '/'}", joined)))


def header(parameters: Mapping[str, str]) -> str:
    """Return the value of the Authorization header (section 3.5.1)."""
    return "OAuth " + ", ".join(f'{_encoded(name)}="{_encoded(value)}"' for name, value in sorted(parameters.items()))


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")  # section 3.6
