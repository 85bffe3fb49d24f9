"""What `/readyz` asks: is the database there, is its clock ours, was the schema found to be ours, can mail leave."""

from typing import Final

from vestibule.assembly.background import MAX_SKEW, Background, clock_skew
from vestibule.core.facade import Core
from vestibule.wire.own import ReadinessCheck

NO_MAIL_SERVER: Final = "no mail server is configured: messages wait in the outbox (AUTH_SMTP_HOST)"
NO_TEXT_PROVIDER: Final = "text messages wait, and nobody is configured to carry them (AUTH_SMS_PROVIDER)"


def readiness_checks(core: Core, background: Background, *, texts_leave: bool) -> dict[str, ReadinessCheck]:
    """Return the checks by name; each returns False, or raises, when it fails, and text to warn."""

    async def database() -> bool:
        await core.db.ping()
        return True

    async def clock() -> bool:
        return abs(await clock_skew(core)) <= MAX_SKEW

    async def prepared() -> bool:
        return background.is_prepared

    async def mail() -> str | bool:
        return background.mail_leaves or NO_MAIL_SERVER

    async def texts() -> str | bool:
        # Most servers send none: only texts that wait are worth a word.
        return texts_leave or not await core.outbox.has_waiting(core.db, "sms") or NO_TEXT_PROVIDER

    return {"database": database, "clock": clock, "prepared": prepared, "mail": mail, "texts": texts}
