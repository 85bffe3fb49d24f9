"""What only this dialect needs to be told."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class SublaySettings:
    """Sublay's access tokens live half an hour, whatever the other doors of a project do.

    Refresh tokens live as long as the project's policy says; its default is Sublay's own, 30 days.
    """

    access_token_life: timedelta = timedelta(minutes=30)
