"""What comes back, and the ways in which nothing does.

Messages name the host and never a path, a query or a body: those may hold secrets, and messages end in logs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class OutboundFailed(Exception):
    """There is no answer that could be used. The kinds below say why; most callers need not know."""


class Refused(OutboundFailed):
    """Nothing was sent: the address is one that this server must not call."""


class Unreachable(OutboundFailed):
    """No connection, no TLS that can be trusted, or no HTTP at the other end."""


class TimedOut(OutboundFailed):
    """The answer was not there in time. Whether the request was acted upon is not known."""


class TooLarge(OutboundFailed):
    """The answer was longer than allowed; the rest was not read."""


class Garbled(OutboundFailed):
    """The answer is not what it should be: no JSON, or JSON of another shape."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Redirects are answers as well, they are not followed. `headers` has names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is one of 200 to 299."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def json(self) -> Any:  # noqa: ANN401 - whatever the other end wrote; better is `read`
        """Return the decoded body. Raises: Garbled."""
        return self.read(object)

    def read(self, shape: type[T]) -> T:
        """Return the body as `shape`, a msgspec struct or any other type that msgspec decodes. Raises: Garbled."""
        try:
            return msgspec.json.decode(self.body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Garbled("the answer is not the JSON that was expected") from error
