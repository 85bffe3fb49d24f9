"""Delivers messages without serving requests: `vestibule worker`."""

import asyncio
import signal

from vestibule.asgi.exits import Ending, ExitCode
from vestibule.assembly.application import assemble
from vestibule.settings import Settings


async def deliver(settings: Settings) -> None:
    """Empty the outbox until told to stop. Raises: Ending, StartRefused, StorageUnavailable."""
    application = assemble(settings)
    worker = application.background.mail
    if worker is None:
        raise Ending(ExitCode.CONFIGURATION, "AUTH_SMTP_HOST is unset, so there is nothing to deliver with; set it")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    db = application.core.db
    await db.open()
    try:
        await application.background.prepare()
        await worker.run(stop)
    finally:
        await application.channels.outbound.close()
        await db.close()
