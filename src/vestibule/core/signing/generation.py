"""The generation of the catalog: every worker compares it each few seconds, and forgets what it knew when it moved."""

from vestibule.core.signing import store
from vestibule.storage import Queries


async def announce_change(tx: Queries) -> None:
    """Tell every worker that keys, clients or projects changed, in the transaction that changes them."""
    await tx.run(store.BUMP_GENERATION)
