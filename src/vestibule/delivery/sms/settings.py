"""Who carries our text messages. The environment is read elsewhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from vestibule.kernel.secret import Secret

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
_SID: Final = re.compile(r"[A-Z]{2}[0-9a-zA-Z]{1,62}")


@dataclass(frozen=True, slots=True)
class TwilioTexts:
    """Twilio's Messages API. `sender` is a number, a name, or the SID of a messaging service ("MG...").

    Raises: ValueError, saying what to change.
    """

    account: str
    token: Secret
    sender: str
    url: str = "https://api.twilio.com"

    def __post_init__(self) -> None:
        _require_sid(self.account, "AC")


@dataclass(frozen=True, slots=True)
class TwilioVerification:
    """Twilio Verify: makes, sends and checks codes by itself. `account` may be an API key ("SK...") too.

    Raises: ValueError, saying what to change.
    """

    account: str
    token: Secret
    service: str
    url: str = "https://verify.twilio.com"

    def __post_init__(self) -> None:
        _require_sid(self.account, "AC", "SK")
        _require_sid(self.service, "VA")


@dataclass(frozen=True, slots=True)
class ModicaTexts:
    """Modica's Mobile Gateway."""

    username: str
    password: Secret
    url: str = "https://api.modicagroup.com"


@dataclass(frozen=True, slots=True)
class GenericTexts:
    """Any provider with one call. `template` has `${to}` and `${body}` where the values belong.

    Raises: ValueError, saying what to change.
    """

    url: str
    template: str
    content_type: str = "application/json"
    headers: Mapping[str, Secret] = field(default_factory=dict)
    timeout: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        from vestibule.delivery.sms.generic import Body  # noqa: PLC0415 - it reads these settings

        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise ValueError("the URL is one like https://sms.acme.example/messages")
        for name, value in self.headers.items():
            if not _HEADER_NAME.fullmatch(name) or not value.reveal().isprintable():
                raise ValueError("the headers are names with single lines")
        Body(self.content_type, self.template)


@dataclass(frozen=True, slots=True)
class DevTexts:
    """While developing: the console, the mailbox page and, if given, a file for each text in `folder`."""

    folder: Path | None = None


TextSettings: TypeAlias = TwilioTexts | TwilioVerification | ModicaTexts | GenericTexts | DevTexts


def _require_sid(sid: str, *kinds: str) -> None:
    if not sid.startswith(kinds) or not _SID.fullmatch(sid):
        raise ValueError(f"a SID that starts with {' or '.join(kinds)} is needed")
