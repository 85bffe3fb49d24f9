"""The time of the running event loop, put forward by hand: what waits in vain need not be waited for.

Deadlines keep the length that they have in the product, or get a longer one: no test asks a slow machine to be quick.
"""

import asyncio
from datetime import timedelta

from vestibule.kernel.clock import monotonic_seconds


def skip(by: timedelta) -> None:
    """Let every timer of the loop find that `by` has passed: those that were due meanwhile ring next."""
    loop = asyncio.get_running_loop()
    ahead = loop.time() - monotonic_seconds() + by.total_seconds()
    loop.time = lambda: monotonic_seconds() + ahead  # type: ignore[method-assign] # no loop takes a clock
