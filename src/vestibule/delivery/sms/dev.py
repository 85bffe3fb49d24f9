"""For development: texts that go nowhere but to the console, a page of the same process, and files."""

import asyncio
import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from vestibule.delivery.mail import Mail
from vestibule.delivery.mailbox import Mailbox
from vestibule.delivery.sms.transport import TextDelayed
from vestibule.delivery.texts import Text

_CODE: Final = re.compile(r"(?<!\d)\d{4,10}(?!\d)")
_PAGE: Final = (
    '<!DOCTYPE html><html><head><meta charset="utf-8">'
    '<meta name="color-scheme" content="light dark"><title>Text message</title></head>'
    '<body style="font:16px/1.5 system-ui,sans-serif;margin:2rem;white-space:pre-wrap">{}</body></html>'
)


class DevTransport:
    """Shows each text where a developer looks."""

    def __init__(self, mailbox: Mailbox | None, announce: Callable[[str], None], folder: Path | None = None) -> None:
        self._mailbox = mailbox
        self._announce = announce
        self._folder = folder

    async def send(self, text: Text) -> None:
        """Show the text. Raises: TextDelayed when its file cannot be written."""
        if self._folder is not None:
            try:
                await asyncio.to_thread(_write, self._folder, text)
            except OSError as error:
                raise TextDelayed(f"the file cannot be written: {type(error).__name__}") from error
        if self._mailbox is not None:
            self._mailbox.put(_as_mail(text))
        self._announce(f"text: {' '.join(text.body.split())} -> {text.recipient}")


def _write(folder: Path, text: Text) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{text.created_at:%Y%m%dT%H%M%S}-{text.id}.txt"
    file.write_text(f"To: {text.recipient}\n\n{text.body}\n", encoding="utf-8")
    file.chmod(0o600)


def _as_mail(text: Text) -> Mail:
    code = _CODE.search(text.body)
    return Mail(
        id=text.id,
        template=text.template,
        recipient=text.recipient,
        subject="Text message",
        html=_PAGE.format(html.escape(text.body)),
        text=text.body,
        link="",
        ticket="",
        code=code[0] if code else "",
        created_at=text.created_at,
        headers={},
    )
