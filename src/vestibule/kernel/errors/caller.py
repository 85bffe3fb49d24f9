"""Refusals about who calls, and about projects and clients."""

from vestibule.kernel.errors.base import Refusal


class Unauthenticated(Refusal):
    """No credential was presented where one is needed."""

    code = "unauthenticated"


class InvalidAccessToken(Refusal):
    """The access token is malformed, forged, expired, or was made for somebody else (project, dialect)."""

    code = "invalid-access-token"


class InvalidServiceKey(Refusal):
    """The service key is unknown, expired, revoked or belongs to another project."""

    code = "invalid-service-key"


class NotPermitted(Refusal):
    """The caller is known but may not do this."""

    code = "not-permitted"


class OriginNotAllowed(Refusal):
    """A browser called from an origin that the project or client does not list."""

    code = "origin-not-allowed"


class CsrfFailed(Refusal):
    """The CSRF token is missing or does not belong to the browser's CSRF session."""

    code = "csrf-failed"


class ProjectNotFound(Refusal):
    """No such project, or it does not speak this dialect."""

    code = "project-not-found"


class ClientRequired(Refusal):
    """No client was named, and the host does not tell which one."""

    code = "client-required"


class ClientMismatch(Refusal):
    """Two different clients were named, or the named one does not own the credential."""

    code = "client-mismatch"


class ClientNotFound(Refusal):
    """The named client does not exist."""

    code = "client-not-found"


class EndpointDisabled(Refusal):
    """The project has this feature switched off."""

    code = "endpoint-disabled"


class ElevationRequired(NotPermitted):
    """The caller must prove again who they are (step-up) before this; their session is not enough."""

    code = "elevation-required"
