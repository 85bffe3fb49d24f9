"""What a source of templates makes of one message, before there is an envelope."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Letter:
    """A filled template in `locale`, from `folder` or, without one, our own.

    A mail may lack the `text`, a text message has nothing else.
    """

    locale: str
    folder: Path | None
    text: str
    subject: str = ""
    html: str = ""
