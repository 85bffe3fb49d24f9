"""What every refusal is."""

from typing import ClassVar


class Refusal(Exception):
    """The core declines: expected, safe to show, rolls back the open transaction."""

    code: ClassVar[str] = "refused"
