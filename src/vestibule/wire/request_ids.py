"""Request ids: 128 unpredictable bits in hexadecimal, drawn in batches since each draw is a system call."""

from typing import Final

from vestibule.kernel.entropy import Entropy
from vestibule.wire.call import Scope

_BATCH: Final = 256
_ID_BYTES: Final = 16
_MAX_FOREIGN: Final = 128
_FOREIGN: Final = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.")


class RequestIds:
    """Gives each request its id; with `echo` a well-formed X-Request-ID of the caller is kept."""

    def __init__(self, entropy: Entropy, *, echo: bool) -> None:
        self._entropy = entropy
        self._echo = echo
        self._ready: list[str] = []

    def __call__(self, scope: Scope) -> str:
        """Return the id for this request."""
        if self._echo:
            for name, value in scope["headers"]:
                if name == b"x-request-id" and 0 < len(value) <= _MAX_FOREIGN and _FOREIGN.issuperset(value):
                    return str(value, "ascii")
        if not self._ready:
            drawn = self._entropy.bytes(_BATCH * _ID_BYTES).hex()
            self._ready = [drawn[at : at + 2 * _ID_BYTES] for at in range(0, len(drawn), 2 * _ID_BYTES)]
        return self._ready.pop()
