"""How mail leaves. The environment is read elsewhere."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal, TypeAlias

from vestibule.kernel.secret import Secret

StartTls = Literal["auto", "required", "off"]
AuthMethod = Literal["PLAIN", "LOGIN", "CRAM-MD5"]

_MAX_PORT: Final = 65535
# Not by email.utils: people write `Acme, Inc. <auth@acme.example>` without the quotes that RFC 5322 wants.
_SENDER: Final = re.compile(r'(?:"?(?P<name>[^<>"]*?)"?\s*<)?(?P<address>[!-~]+@[^\s<>@]+?)>?')


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """One mail server. `secure` is TLS from the first byte (usually port 465).

    `starttls` "auto" upgrades when the server offers it, "required" sends nothing without it.
    `sender` may be `Name <address>`; `x_smtpapi` is the value of a header of that name.
    `ca_file` names certificate authorities to trust instead of the system's.

    Raises: ValueError, saying what to change.
    """

    host: str
    sender: str
    port: int = 587
    secure: bool = False
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    auth_method: AuthMethod = "PLAIN"
    starttls: StartTls = "auto"
    x_smtpapi: str = ""
    ca_file: str | None = None

    def __post_init__(self) -> None:
        if not self.host:
            raise ValueError("the SMTP host is empty")
        if not 0 < self.port <= _MAX_PORT:
            raise ValueError(f"the SMTP port is from 1 to {_MAX_PORT}")
        require_sender(self.sender)
        if not self.x_smtpapi.isprintable():
            raise ValueError("the X-SMTPAPI header of SMTP mail is a single line")
        if self.secure and self.starttls == "required":
            raise ValueError("the SMTP connection is either secure from the start or upgraded by STARTTLS, not both")

    @property
    def sender_name(self) -> str:
        """The name in `sender`; empty when there is none."""
        return _sender_part(self.sender, "name")

    @property
    def sender_address(self) -> str:
        """The bare address in `sender`."""
        return _sender_part(self.sender, "address")


@dataclass(frozen=True, slots=True)
class PostmarkSettings:
    """Postmark's own API. With `templates` its templates are used, else our letters are sent as they are.

    `default_locale` is the one whose template is taken where the user's own is missing.

    Raises: ValueError, saying what to change.
    """

    token: Secret
    sender: str
    templates: bool = True
    default_locale: str = "en"
    url: str = "https://api.postmarkapp.com"

    def __post_init__(self) -> None:
        if not self.token:
            raise ValueError("Postmark wants the token of a server")
        require_sender(self.sender)

    @property
    def sender_name(self) -> str:
        """The name in `sender`; empty when there is none."""
        return _sender_part(self.sender, "name")

    @property
    def sender_address(self) -> str:
        """The bare address in `sender`."""
        return _sender_part(self.sender, "address")


MailSettings: TypeAlias = SmtpSettings | PostmarkSettings


def require_sender(sender: str) -> None:
    """Raises: ValueError unless `sender` is an address, with or without a name, on one line."""
    if _SENDER.fullmatch(sender.strip()) is None:
        raise ValueError("the SMTP sender is an address, or a name and an address: Acme <auth@acme.example>")
    if not sender.isprintable():
        raise ValueError("the SMTP sender is a single line")


def _sender_part(sender: str, part: str) -> str:
    match = _SENDER.fullmatch(sender.strip())
    return (match[part] or "") if match else ""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How eagerly messages are sent.

    `lease` is longer than `deadline`: a message is never claimed by a second worker while the first still sends it.
    """

    concurrency: int = 4
    idle: timedelta = timedelta(seconds=1)
    longest_idle: timedelta = timedelta(seconds=2)
    deadline: timedelta = timedelta(seconds=60)
    lease: timedelta = timedelta(minutes=2)
    farewell: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        if self.lease <= self.deadline:
            raise ValueError("the lease must outlast the deadline of one message")
