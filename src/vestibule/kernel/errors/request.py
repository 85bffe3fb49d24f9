"""Refusals about the request itself, and about a server that cannot answer now."""

from datetime import timedelta

from vestibule.kernel.errors.base import Refusal


class MalformedRequest(Refusal):
    """The request does not have the documented shape.

    `where` is body, query, path, header or cookie; `path` is dotted (`options.locale`, `` for the whole);
    `problem` is a short code (`required`, `type`, `unknown`, `json`, `min_length`, `max_length`, `pattern`, ...);
    `message` is for people.
    """

    code = "malformed-request"

    def __init__(self, message: str, *, where: str = "body", path: str = "", problem: str = "invalid") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.path = path
        self.problem = problem


class NothingAsked(MalformedRequest):
    """The parts are well-formed, yet ask for nothing that can be done: neither a token nor a ticket, say."""

    code = "nothing-asked"


class UnusableTime(MalformedRequest):
    """A moment without an offset from UTC, or further away than any calendar goes: which one is meant is not known."""

    code = "unusable-time"


class PayloadTooLarge(Refusal):
    """The body is larger than the server reads."""

    code = "payload-too-large"


class UnsupportedMediaType(Refusal):
    """The body is not of a content type that the endpoint takes."""

    code = "unsupported-media-type"


class RouteNotFound(Refusal):
    """No endpoint answers at this path."""

    code = "route-not-found"


class MethodNotAllowed(Refusal):
    """The path exists, the method does not."""

    code = "method-not-allowed"

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(self.code)
        self.allowed = allowed


class TooManyRequests(Refusal):
    """A rate limit is used up; `retry_after` says when to come again."""

    code = "too-many-requests"

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(self.code)
        self.retry_after = retry_after


class Overloaded(Refusal):
    """Too much work is queued (password hashing) to answer in time; nothing was changed."""

    code = "overloaded"

    def __init__(self, retry_after: timedelta = timedelta(seconds=1)) -> None:
        super().__init__(self.code)
        self.retry_after = retry_after


class StorageUnavailable(Refusal):
    """The database is away, read-only or full; nothing is known to be lost. Come again later.

    `reason` is for operators, not for callers: what the driver said, without secrets. With `is_shut` the database
    answers and lets us in by no means until somebody corrects the URL, or the database.
    """

    code = "storage-unavailable"

    def __init__(
        self, retry_after: timedelta = timedelta(seconds=1), *, reason: str = "", is_shut: bool = False
    ) -> None:
        super().__init__(self.code)
        self.retry_after = retry_after
        self.reason = reason
        self.is_shut = is_shut


class CaptchaMissing(Refusal):
    """A captcha is asked for here, and the request brings no solution."""

    code = "captcha-missing"


class CaptchaRefused(Refusal):
    """The captcha's provider does not accept the solution; `messages` is what it says about it."""

    code = "captcha-refused"

    def __init__(self, messages: tuple[str, ...] = ()) -> None:
        super().__init__(self.code)
        self.messages = messages


class CaptchaUnavailable(Refusal):
    """The captcha's provider does not say whether the solution is right: nobody passes meanwhile."""

    code = "captcha-unavailable"


class ClaimsUnavailable(Refusal):
    """Whoever knows the custom claims of a token does not say, and without them there is none. Come again later."""

    code = "claims-unavailable"

    def __init__(self, retry_after: timedelta = timedelta(seconds=5)) -> None:
        super().__init__(self.code)
        self.retry_after = retry_after
