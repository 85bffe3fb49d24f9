"""What a source of templates makes of one mail, before there is an envelope."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Letter:
    """A filled template in `locale`, from `folder` or, without one, our own; `text` may be empty."""

    locale: str
    folder: Path | None
    subject: str
    html: str
    text: str
