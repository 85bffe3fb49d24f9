"""Failures that are told by redirect: where to, and which parameters go along."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from vestibule.core.projects import Project
from vestibule.core.redirects import allowed_target
from vestibule.dialects.nhost.links import with_parameters
from vestibule.dialects.nhost.shapes import VerifyForm, VerifyQuery
from vestibule.kernel import errors as refusals
from vestibule.kernel.errors import MalformedRequest, Refusal
from vestibule.wire import Call, InternalError, Redirect, WireError

REDIRECTS: Final = "redirects"  # the mark of endpoints that deliver errors by redirect


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a handler wants failures told from now on: `call.delivery`."""

    target: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def delivery_of(call: Call, failure: Refusal | InternalError) -> Delivery | None:
    """Return where to tell a failure; None where it is answered as any other."""
    if call.endpoint is None or REDIRECTS not in call.endpoint.marks:
        return None
    if isinstance(failure, MalformedRequest | refusals.OriginNotAllowed):
        return None
    if isinstance(call.delivery, Delivery):
        return call.delivery if call.delivery.target else None
    return _of_mailed_link(call)


def _of_mailed_link(call: Call) -> Delivery | None:
    """Return where the mailed link leads that is followed, once it has been read."""
    link = next((place for place in (call.query, call.body) if isinstance(place, VerifyQuery | VerifyForm)), None)
    if link is None:
        return None
    project: Project = call.project
    try:
        target = allowed_target(project.policy, link.redirect_to)
    except refusals.RedirectNotAllowed:
        target = project.policy.client_url
    return Delivery(target) if target else None


def redirect(delivery: Delivery, error: WireError, failure: Refusal | InternalError) -> Redirect:
    """Return the redirect that tells of `error`: nothing in it but fixed codes, and what was made harmless."""
    told = {"error": error.code, "errorDescription": error.message, **delivery.parameters}
    if isinstance(failure, refusals.ProviderRefused):
        said = {
            "provider_error": failure.said,
            "provider_error_description": failure.description,
            "provider_error_url": failure.uri,
        }
        told |= {name: value for name, value in said.items() if value}
    return Redirect(with_parameters(delivery.target, **told))
