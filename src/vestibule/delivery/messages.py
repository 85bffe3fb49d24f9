"""The sentences of one language, as translators write them: `templates/messages/<locale>.toml`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

_FOLDER: Final = Path(__file__).parent / "templates" / "messages"


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What several letters say."""

    greeting: str
    code: str
    or_code: str
    link: str
    link_once: str
    code_once: str
    both_once: str
    notice: str


class MailMessages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One mail. `button` is there when it may carry a link, `ending` is its small print.

    A notice tells afterwards what happened, perhaps as one of several `events`, and has `advice` for whom it was not.
    """

    subject: str
    preview: str
    heading: str
    text: str
    button: str = ""
    advice: str = ""
    ending: str = ""
    events: dict[str, str] = {}

    @property
    def is_notice(self) -> bool:
        """Whether it never asks for anything: such a letter shows neither link nor code."""
        return bool(self.advice)


class TextMessages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text message."""

    body: str


class Messages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One language; `tag` is its name in HTML (RFC 5646)."""

    tag: str
    frame: Frame
    mails: dict[str, MailMessages]
    texts: dict[str, TextMessages]

    def sentences(self) -> Iterator[str]:
        """Yield every sentence."""
        yield from msgspec.structs.astuple(self.frame)
        for mail in self.mails.values():
            yield from (value for value in msgspec.structs.astuple(mail) if isinstance(value, str))
            yield from mail.events.values()
        yield from (text.body for text in self.texts.values())


def messages(locale: str) -> Messages:
    """Return the sentences of `locale`, one of `LOCALES`.

    Raises: msgspec.ValidationError when one is missing or unknown.
    """
    import tomllib  # noqa: PLC0415 - few servers need it before the first letter

    content = tomllib.loads((_FOLDER / f"{locale}.toml").read_text("utf-8"))
    return msgspec.convert(content, Messages)
