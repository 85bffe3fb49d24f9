"""What a ticket is good for, once, and to whom."""

from dataclasses import replace
from uuid import UUID

import pytest

from tests.core.tickets.conftest import LIFE, Counter
from vestibule.core.tickets import NewTicket, Purpose
from vestibule.kernel.errors import ExpiredTicket, InvalidTicket
from vestibule.storage import Statement

HASHES = Statement(bytes, "SELECT secret_hash FROM vestibule_tickets")


async def test_a_ticket_is_recognised(counter: Counter) -> None:
    """With all that was written on it."""
    secret = await counter.issue(address="ann@example.com", payload={"a": 1})

    ticket = await counter.examine(secret)

    assert (ticket.user_id, ticket.address, ticket.payload) == (counter.user, "ann@example.com", {"a": 1})


async def test_a_ticket_reads_as_a_random_uuid(counter: Counter) -> None:
    """Clients that insist on the form find it behind the prefix of a mailed ticket."""
    assert UUID(bytes=await counter.issue()).version == 4


async def test_a_ticket_of_an_older_form_is_recognised(counter: Counter) -> None:
    """What is in somebody's mailbox since before stays good."""
    old = bytes(range(100, 116))
    new = NewTicket(
        project_id=counter.project, purpose=Purpose.PASSWORD_RESET, dialect="nhost", life=LIFE, user_id=counter.user
    )
    async with counter.under_test.db.write() as tx:
        await counter.desk.issue(tx, new, secret=old)
    assert (await counter.examine(old)).user_id == counter.user


async def test_examining_spends_nothing(counter: Counter) -> None:
    """A page that a scanner opens burns no link."""
    secret = await counter.issue()

    assert await counter.examine(secret) == await counter.examine(secret)


async def test_a_ticket_is_spent_once(counter: Counter) -> None:
    """The second spender goes empty-handed, even with the ticket in hand (security 46, 98)."""
    ticket = await counter.examine(await counter.issue())
    await counter.spend(ticket)

    with pytest.raises(InvalidTicket):
        await counter.spend(ticket)


async def test_a_spent_ticket_is_unknown(counter: Counter) -> None:
    """As one that never was."""
    secret = await counter.issue()
    await counter.spend(await counter.examine(secret))

    with pytest.raises(InvalidTicket) as refused:
        await counter.examine(secret)
    assert type(refused.value) is InvalidTicket


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose != Purpose.PASSWORD_RESET])
async def test_a_ticket_is_good_for_its_purpose_only(counter: Counter, purpose: Purpose) -> None:
    """A verification link resets no password (security 75)."""
    secret = await counter.issue(Purpose.PASSWORD_RESET)

    with pytest.raises(InvalidTicket):
        await counter.examine(secret, purpose)


async def test_a_ticket_is_good_at_its_door_only(counter: Counter) -> None:
    """One dialect's ticket is nothing to another (security 134)."""
    secret = await counter.issue()

    with pytest.raises(InvalidTicket):
        await counter.examine(secret, dialect="sublay")


async def test_a_ticket_is_good_in_its_project_only(counter: Counter) -> None:
    """The same secret elsewhere is unknown (security 122)."""
    secret = await counter.issue()
    other = await counter.under_test.other_project()

    with pytest.raises(InvalidTicket):
        await counter.desk.examine(counter.under_test.db, other.id, Purpose.PASSWORD_RESET, "nhost", secret)


async def test_a_ticket_of_another_project_cannot_be_spent(counter: Counter) -> None:
    """Project id is in the predicate that spends, not only in the one that reads."""
    ticket = await counter.examine(await counter.issue())
    other = await counter.under_test.other_project()

    with pytest.raises(InvalidTicket):
        await counter.spend(replace(ticket, project_id=other.id))
    await counter.spend(ticket)


async def test_an_expired_ticket_says_so(counter: Counter) -> None:
    """To the one who holds it: people ask for a new link then."""
    secret = await counter.issue()
    counter.under_test.clock.advance(LIFE)

    with pytest.raises(ExpiredTicket):
        await counter.examine(secret)


async def test_a_ticket_that_expires_in_hand_is_not_spent(counter: Counter) -> None:
    """Expiry is in the predicate of the spending too, whether or not the reaper ran (security 127)."""
    ticket = await counter.examine(await counter.issue())
    counter.under_test.clock.advance(LIFE)

    with pytest.raises(InvalidTicket):
        await counter.spend(ticket)


async def test_a_new_ticket_kills_the_older_one(counter: Counter) -> None:
    """One live link per purpose and user (security 98)."""
    older = await counter.issue()
    newer = await counter.issue()

    assert (await counter.examine(newer)).user_id == counter.user
    with pytest.raises(InvalidTicket):
        await counter.examine(older)


async def test_a_new_ticket_spares_those_of_other_purposes_and_people(counter: Counter) -> None:
    """Whoever asks for a reset link keeps the verification link, and everybody else keeps theirs."""
    bob = (await counter.under_test.sign_up()).subject.id
    spared = [await counter.issue(Purpose.EMAIL_VERIFICATION), await counter.issue(user_id=bob)]
    await counter.issue()

    assert (await counter.examine(spared[0], Purpose.EMAIL_VERIFICATION)).user_id == counter.user
    assert (await counter.examine(spared[1])).user_id == bob


async def test_withdrawn_tickets_are_worth_nothing(counter: Counter) -> None:
    """What they proved no longer holds (security 14)."""
    secret = await counter.issue()
    async with counter.under_test.db.write() as tx:
        await counter.desk.withdraw(tx, counter.project, Purpose.PASSWORD_RESET, counter.user)

    with pytest.raises(InvalidTicket):
        await counter.examine(secret)


async def test_a_refused_transaction_leaves_the_ticket(counter: Counter) -> None:
    """Spending belongs to what it allows: both happen, or neither."""
    secret = await counter.issue()
    ticket = await counter.examine(secret)

    async def spend_and_fail() -> None:
        async with counter.under_test.db.write() as tx:
            await counter.desk.spend(tx, ticket)
            raise RuntimeError("refused after all")

    with pytest.raises(RuntimeError, match="after all"):
        await spend_and_fail()
    assert await counter.examine(secret) == ticket
