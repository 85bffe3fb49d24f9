"""One worker process: the ASGI application from settings, served on a socket until told to stop.

`vestibule.asgi:app` is a factory for other ASGI servers, as in `uvicorn --factory vestibule.asgi:app`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vestibule.wire.app import App

__all__ = ["app"]


def app() -> "App":
    """Return the application that the environment describes. Raises: SettingsError."""
    # Late: the supervisor reads its exit codes from this room, and must stay small.
    from vestibule.assembly.application import assemble  # noqa: PLC0415
    from vestibule.settings import environment, load  # noqa: PLC0415

    return assemble(load(environment())).app
