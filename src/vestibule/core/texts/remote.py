"""Codes that are not ours: some providers make, send and check them themselves."""

from typing import Protocol


class RemoteVerification(Protocol):
    """Sends a code to a number and knows whether it was right; neither code nor hash is ever seen here.

    Numbers are in E.164. An answer comes within ten seconds, whatever the provider does.
    """

    async def start(self, phone: str, locale: str) -> None:
        """Have a code sent. Call it outside any transaction. Raises: CannotSendText."""
        ...

    async def check(self, phone: str, code: str) -> bool:
        """Tell whether `code` is the one that was sent last, and spend it; the provider counts wrong guesses too.

        Raises: CannotSendText when the provider does not say: then nothing is known about the code.
        """
        ...
