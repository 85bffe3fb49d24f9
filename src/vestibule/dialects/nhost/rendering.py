"""The bodies of failures. Where the endpoint redirects, business errors travel in the query of the target instead."""

from typing import Final

import msgspec

from vestibule.dialects.nhost.errors import BUSY, INTERNAL, INVALID_REQUEST, LIMITED, NOT_ELEVATED, NOT_FOUND, TOO_OFTEN
from vestibule.dialects.nhost.redirecting import delivery_of, redirect
from vestibule.dialects.nhost.shapes.errors import (
    BadRequest,
    CaptchaProblem,
    ErrorResponse,
    RequestProblem,
    Unauthorized,
)
from vestibule.kernel import errors as refusals
from vestibule.kernel.errors import MalformedRequest, Refusal
from vestibule.wire import Answer, Call, InternalError, PlainText, RawBody, Reply, WireError

_FRAMEWORK_JSON: Final = "application/json; charset=utf-8"

# What the request decoder finds before any schema is looked at.
_MISSING: Final = frozenset({"required", "min_length"})
_UNREADABLE: Final = frozenset({"json", "encoding", "depth", "characters", "repeated"})


def render(call: Call, failure: Refusal | InternalError) -> Reply:
    """Return the original's form of a failure."""
    error = call.dialect.wire_error(failure)
    # Whoever follows a mailed link meets these where they are, and may follow it again. A journey ends by them.
    is_passing = error.media_type is not None or error in (BUSY, INTERNAL)
    delivery = None if is_passing and call.delivery is None else delivery_of(call, failure)
    if delivery is not None:
        return redirect(delivery, TOO_OFTEN if error is LIMITED else _business_form(error), failure)
    if error.media_type is not None:
        text = "404 page not found" if error is NOT_FOUND else ""
        return PlainText(text, error.status, content_type=error.media_type)
    if error.schema is not None:
        return RawBody(_framework_body(call, failure, error), _FRAMEWORK_JSON, status=error.status)
    return _business(error)


def _business_form(error: WireError) -> WireError:
    """Return what a redirect tells of an error: of those about the request's own form no more than that.

    What is missing is said of elevation alone, which the original never asks for there.
    """
    if error.schema is None:
        return error
    message = error.message if error is NOT_ELEVATED else INVALID_REQUEST.message
    return WireError(error.status, INVALID_REQUEST.code, message)


def _business(error: WireError) -> Answer[object]:
    return Answer(ErrorResponse(error.code, error.message, error.status), status=error.status)


def _framework_body(call: Call, failure: Refusal | InternalError, error: WireError) -> bytes:
    """Return the body of an error that was found before the handler, without a newline, as the original's framework."""
    body: msgspec.Struct
    match failure:
        case refusals.InvalidEmail() | refusals.UnusableTime():
            body = BadRequest("bad-request", error.message)
        case MalformedRequest():
            body = _request_problem(failure)
        case refusals.Unauthenticated() | refusals.InvalidAccessToken():
            body = Unauthorized(error.code, error.message, "BearerAuth")
        case refusals.ElevationRequired():
            body = Unauthorized(error.code, error.message, "BearerAuthElevated")
        case refusals.InvalidServiceKey():
            body = Unauthorized(error.code, error.message)
        case refusals.CaptchaMissing() | refusals.CaptchaRefused() | refusals.CaptchaUnavailable():
            body = _captcha_problem(failure, error)
        case refusals.PasswordTooLong():
            body = RequestProblem("schema-validation-error", "the password is longer than 1024 bytes")
        case refusals.MetadataTooLarge():
            place = "/options/metadata" if hasattr(call.body, "options") else "/metadata"
            reason = f'Error at "{place}": more than {failure.limit_bytes} bytes'
            body = RequestProblem("schema-validation-error", reason)
        case refusals.PayloadTooLarge():
            body = RequestProblem("request-validation-error", "the request body is too large")
        case _:
            body = RequestProblem("request-validation-error", "header Content-Type has an unexpected value")
    return msgspec.json.encode(body)


def _captcha_problem(failure: Refusal, error: WireError) -> CaptchaProblem:
    said = f"[{' '.join(failure.messages)}]" if isinstance(failure, refusals.CaptchaRefused) else ""
    return CaptchaProblem(error.message + said)


def _request_problem(refusal: MalformedRequest) -> RequestProblem:
    if _is_unreadable(refusal):
        return RequestProblem("request-validation-error", refusal.message)
    name = refusal.path.rpartition(".")[2]
    wordings = {"required": f'property "{name}" is missing', "unknown": f'property "{name}" is unsupported'}
    place = f'Error at "/{refusal.path.replace(".", "/")}": ' if refusal.path else ""
    return RequestProblem("schema-validation-error", place + wordings.get(refusal.problem, refusal.message))


def _is_unreadable(refusal: MalformedRequest) -> bool:
    if refusal.where == "header" or refusal.problem in _UNREADABLE:
        return True
    if refusal.where == "query":
        return refusal.problem in _MISSING
    return refusal.problem == "required" and not refusal.path
