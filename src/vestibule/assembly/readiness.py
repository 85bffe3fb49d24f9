"""What `/readyz` asks: is the database there, is its clock ours, was the schema found to be ours."""

from datetime import timedelta
from typing import Final

from vestibule.assembly.background import Background
from vestibule.core.facade import Core
from vestibule.wire.own import ReadinessCheck

MAX_SKEW: Final = timedelta(seconds=2)


def readiness_checks(core: Core, background: Background) -> dict[str, ReadinessCheck]:
    """Return the checks by name; each returns False, or raises, when it fails."""

    async def database() -> bool:
        await core.db.ping()
        return True

    async def clock() -> bool:
        # One clock decides on expiry, the application's. One that differs from its neighbours' ends sessions early.
        theirs = await core.db.ping()
        return theirs is None or abs(theirs - core.clock.now()) <= MAX_SKEW

    async def prepared() -> bool:
        return background.is_prepared

    return {"database": database, "clock": clock, "prepared": prepared}
