"""Where the commands of operators work: the core on a prepared database, without a server around it."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from vestibule.settings.process import Flags, environment

if TYPE_CHECKING:
    from vestibule.core.facade import Core
    from vestibule.settings import Settings

T = TypeVar("T")


def at_desk(flags: Flags, work: "Callable[[Core], Awaitable[T]]") -> T:
    """Run `work` on the core that the settings describe. Raises: Ending."""
    return at_desk_with_settings(flags, lambda core, _: work(core))


def at_desk_with_settings(flags: Flags, work: "Callable[[Core, Settings], Awaitable[T]]") -> T:
    """Run `work` on the core, with the settings that describe it. Raises: Ending."""
    import asyncio  # noqa: PLC0415 - `--help` needs none of these

    from vestibule.asgi.endings import endings  # noqa: PLC0415
    from vestibule.settings import read  # noqa: PLC0415

    with endings():
        return asyncio.run(_work(read(environment(), flags).settings, work))


async def _work(settings: "Settings", work: "Callable[[Core, Settings], Awaitable[T]]") -> T:
    from vestibule.assembly.cores import build_core  # noqa: PLC0415
    from vestibule.assembly.start import Preparation  # noqa: PLC0415
    from vestibule.kernel.clock import SystemClock  # noqa: PLC0415
    from vestibule.kernel.entropy import SystemEntropy  # noqa: PLC0415
    from vestibule.storage import database_from_url  # noqa: PLC0415

    db = database_from_url(settings.database_url, pool_size=1, pgbouncer=settings.pgbouncer)
    core = build_core(settings, db, SystemClock(), SystemEntropy())
    await db.open()
    try:
        await Preparation(core, settings)()
        return await work(core, settings)
    finally:
        await db.close()
        core.sign_in_with_password.hashing.close()
