"""Notices: who is told of a change, and who is not."""

from dataclasses import replace
from typing import Any

from tests.support.cores import CoreUnderTest
from vestibule.core.letters import SendNotice
from vestibule.core.outbox import MailVariables
from vestibule.core.users import Subject
from vestibule.kernel.clock import Clock

ANN = "ann@example.com"


def proven(subject: Subject, clock: Clock) -> Subject:
    return replace(subject, email_verified_at=clock.now())


async def told(under_test: CoreUnderTest, subject: Subject, policy: dict[str, Any], **more: Any) -> list[MailVariables]:
    notice = SendNotice(under_test.core.outbox)
    async with under_test.db.write() as tx:
        await notice(tx, under_test.visit(**policy), subject, "security-changed", event="passkey-added", **more)
    return await under_test.letters()


async def test_a_user_is_told_what_was_changed(under_test: CoreUnderTest) -> None:
    """At the proven address, and what it was."""
    ann = (await under_test.sign_up(ANN)).subject
    [letter] = await told(under_test, proven(ann, under_test.clock), {})
    assert (letter.email, letter.event, letter.product) == (ANN, "passkey-added", under_test.project.name)


async def test_an_unproven_address_is_told_nothing(under_test: CoreUnderTest) -> None:
    """It may be somebody else's mailbox."""
    ann = (await under_test.sign_up(ANN)).subject
    assert await told(under_test, ann, {}) == []


async def test_a_named_recipient_is_told_whatever_the_user_has_now(under_test: CoreUnderTest) -> None:
    """The old address hears that it was replaced (security 14)."""
    ann = (await under_test.sign_up("new@example.com")).subject
    [letter] = await told(under_test, ann, {}, recipient=ANN, new_email="new@example.com")
    assert (letter.email, letter.new_email) == (ANN, "new@example.com")


async def test_notices_can_be_switched_off(under_test: CoreUnderTest) -> None:
    """For operators who tell their users themselves."""
    ann = (await under_test.sign_up(ANN)).subject
    assert await told(under_test, proven(ann, under_test.clock), {"notices_enabled": False}) == []
