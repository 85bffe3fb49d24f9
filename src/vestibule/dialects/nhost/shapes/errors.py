"""How failures look: business errors, and what the original's framework says before a handler is reached."""

from typing import Literal

import msgspec


class ErrorResponse(msgspec.Struct, frozen=True):
    """A business error."""

    error: str
    message: str
    status: int


class RequestProblem(msgspec.Struct, frozen=True):
    """The request is malformed; `reason` says where."""

    error: Literal["schema-validation-error", "request-validation-error"]
    reason: str


class Unauthorized(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """No usable credential."""

    error: str
    reason: str
    security_scheme: str = ""


class CaptchaProblem(msgspec.Struct, frozen=True):
    """No captcha was solved."""

    error: str


class BadRequest(msgspec.Struct, frozen=True):
    """A value has the right type and still cannot be used. The key is `errors`, as in the original."""

    errors: Literal["bad-request"]
    message: str
