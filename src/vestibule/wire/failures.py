"""What refusals and accidents have in common, whatever the dialect. `endpoint.py` is where they become answers."""

import math

from vestibule.kernel.errors import MethodNotAllowed, Refusal


class InternalError:
    """Stands for an unexpected exception when a dialect renders its own internal error. Carries no detail."""

    code = "internal-error"


def failure_headers(failure: Refusal | InternalError, status: int) -> list[tuple[bytes, bytes]]:
    """Return the headers that a failure implies whatever the dialect: Retry-After and Allow."""
    wait = getattr(failure, "retry_after", None)
    if wait is not None:
        return [(b"retry-after", b"%d" % max(1, math.ceil(wait.total_seconds())))]
    if isinstance(failure, MethodNotAllowed) and status == 405:  # noqa: PLR2004 - a dialect may call it 404
        return [(b"allow", ", ".join(failure.allowed).encode())]
    return []
