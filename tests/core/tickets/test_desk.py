"""What a ticket is good for, once, and to whom."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.cores import ROOT_KEY, CoreUnderTest
from vestibule.core.tickets import NewTicket, Purpose, Ticket, TicketDesk
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.errors import ExpiredTicket, InvalidTicket
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Statement

LIFE = timedelta(minutes=10)
CODE = b"482913"
HASHES = Statement(bytes, "SELECT secret_hash FROM vestibule_tickets")


@dataclass
class Counter:
    """A desk at which one user stands."""

    under_test: CoreUnderTest
    desk: TicketDesk
    user: UUID

    @property
    def project(self) -> ProjectId:
        """The project that the tickets are of."""
        return self.under_test.project.id

    async def issue(self, purpose: Purpose = Purpose.PASSWORD_RESET, **more: Any) -> bytes:
        """Hand out a ticket to the user."""
        user_id, code = more.pop("user_id", self.user), more.pop("code", None)
        replace_older = more.pop("replace", True)
        new = NewTicket(
            project_id=more.pop("project_id", self.project),
            purpose=purpose,
            dialect="nhost",
            life=LIFE,
            user_id=user_id,
            **more,
        )
        async with self.under_test.db.write() as tx:
            return await self.desk.issue(tx, new, code=code, replace=replace_older)

    async def examine(
        self, secret: bytes, purpose: Purpose = Purpose.PASSWORD_RESET, *, dialect: str = "nhost"
    ) -> Ticket:
        """Look at a ticket that came back."""
        return await self.desk.examine(self.under_test.db, self.project, purpose, dialect, secret)

    async def spend(self, ticket: Ticket) -> None:
        """Use a ticket up."""
        async with self.under_test.db.write() as tx:
            await self.desk.spend(tx, ticket)

    async def guess(self, code: bytes, *, user: UUID | None = None) -> Ticket:
        """Try a code."""
        return await self.desk.guess(
            self.under_test.db, self.project, Purpose.SECOND_FACTOR, "nhost", user or self.user, code
        )


@pytest.fixture
async def counter(under_test: CoreUnderTest) -> Counter:
    """A desk, and a user who comes to it."""
    signed_in = await under_test.sign_up()
    return Counter(under_test, under_test.core.verify_email.tickets, signed_in.subject.id)


async def test_a_ticket_is_recognised(counter: Counter) -> None:
    """With all that was written on it."""
    secret = await counter.issue(address="ann@example.com", payload={"a": 1})

    ticket = await counter.examine(secret)

    assert (ticket.user_id, ticket.address, ticket.payload) == (counter.user, "ann@example.com", {"a": 1})


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


async def test_a_code_is_guessed_right(counter: Counter) -> None:
    """Within its tries, the last one included."""
    await counter.issue(Purpose.SECOND_FACTOR, code=CODE, tries=5)
    for _ in range(4):
        with pytest.raises(InvalidTicket):
            await counter.guess(b"000000")

    assert (await counter.guess(CODE)).user_id == counter.user


async def test_five_wrong_guesses_burn_a_code(counter: Counter) -> None:
    """The right one after that is refused as well (security 73)."""
    await counter.issue(Purpose.SECOND_FACTOR, code=CODE, tries=5)
    for number in range(5):
        with pytest.raises(InvalidTicket):
            await counter.guess(b"%06d" % number)

    with pytest.raises(InvalidTicket):
        await counter.guess(CODE)


async def test_right_guesses_cost_tries_as_well(counter: Counter) -> None:
    """Nobody learns by the counter whether a guess was right."""
    await counter.issue(Purpose.SECOND_FACTOR, code=CODE, tries=2)
    await counter.guess(CODE)
    await counter.guess(CODE)

    with pytest.raises(InvalidTicket):
        await counter.guess(CODE)


async def test_an_expired_code_is_not_guessed(counter: Counter) -> None:
    """However right it is (security 127)."""
    await counter.issue(Purpose.SECOND_FACTOR, code=CODE, tries=5)
    counter.under_test.clock.advance(LIFE)

    with pytest.raises(InvalidTicket):
        await counter.guess(CODE)


async def test_a_code_is_good_for_its_user_only(counter: Counter) -> None:
    """Somebody else's right code is a wrong one, and costs its owner no try (security 75)."""
    bob = (await counter.under_test.sign_up()).subject.id
    await counter.issue(Purpose.SECOND_FACTOR, code=CODE, tries=1)

    with pytest.raises(InvalidTicket):
        await counter.guess(CODE, user=bob)
    assert (await counter.guess(CODE)).user_id == counter.user


async def test_two_users_may_have_the_same_code(counter: Counter) -> None:
    """A million codes are few: they meet soon, and each opens one door only."""
    bob = (await counter.under_test.sign_up()).subject.id
    await counter.issue(Purpose.SECOND_FACTOR, code=CODE, tries=5)
    await counter.issue(Purpose.SECOND_FACTOR, code=CODE, tries=5, user_id=bob)

    assert (await counter.guess(CODE)).user_id == counter.user
    assert (await counter.guess(CODE, user=bob)).user_id == bob


async def test_a_code_opens_nothing_without_its_user(counter: Counter) -> None:
    """A short code is guessed at and counted, never looked up: nobody walks around the count (security 73)."""
    await counter.issue(Purpose.SECOND_FACTOR, code=CODE, tries=5)

    with pytest.raises(InvalidTicket):
        await counter.examine(CODE, Purpose.SECOND_FACTOR)


async def test_a_code_without_a_bound_on_guesses_is_a_bug(counter: Counter) -> None:
    """It is refused before it is stored."""
    with pytest.raises(ValueError, match="bounded number of tries"):
        await counter.issue(Purpose.SECOND_FACTOR, code=CODE)


async def test_a_stolen_database_gives_away_no_code(counter: Counter) -> None:
    """A million hashes are quick to try, so codes are hashed with a key from outside the database (security 39)."""
    await counter.issue(Purpose.SECOND_FACTOR, code=CODE, tries=5)
    [stored] = await counter.under_test.db.all(HASHES)
    thief = TicketDesk(counter.desk.clock, counter.desk.entropy, Keyring([b"what a thief may guess"], SystemEntropy()))

    with pytest.raises(InvalidTicket):
        await thief.guess(counter.under_test.db, counter.project, Purpose.SECOND_FACTOR, "nhost", counter.user, CODE)
    assert CODE not in stored


async def test_tickets_outlive_a_change_of_the_root_key(counter: Counter) -> None:
    """Links that are in the mail go on working while the older root key is listed."""
    link, roots = await counter.issue(), [b"another root key comes first", ROOT_KEY.encode()]
    await counter.issue(Purpose.SECOND_FACTOR, code=CODE, tries=5)
    counter.desk = TicketDesk(counter.desk.clock, counter.desk.entropy, Keyring(roots, SystemEntropy()))

    assert (await counter.examine(link)).user_id == counter.user
    assert (await counter.guess(CODE)).user_id == counter.user
