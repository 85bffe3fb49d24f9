"""Short codes: counted, hashed with a key, good for one user at one door."""

import pytest

from tests.core.tickets.conftest import LIFE, Counter
from tests.support.cores import ROOT_KEY
from vestibule.core.tickets import Purpose, TicketDesk
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.errors import InvalidTicket, TooManyGuesses
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Statement

CODE = b"482913"
RELABEL = Statement(None, "UPDATE vestibule_tickets SET purpose = :purpose")
HASHES = Statement(bytes, "SELECT secret_hash FROM vestibule_tickets")


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


async def test_a_code_stays_what_it_was_made_for(counter: Counter) -> None:
    """Whoever can write rows and has no key makes no code that elevates of one that signs in (security 75)."""
    await counter.issue(Purpose.EMAIL_CODE, code=CODE, tries=5)
    await counter.under_test.db.run(RELABEL, purpose=Purpose.SECOND_FACTOR.value)

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


async def test_the_last_wrong_guess_says_so(counter: Counter) -> None:
    """Doors may tell somebody to ask for another code; the guess after that is like any other at nothing."""
    await counter.issue(Purpose.SECOND_FACTOR, code=CODE, tries=2)
    with pytest.raises(InvalidTicket) as first:
        await counter.guess(b"000000")
    with pytest.raises(TooManyGuesses):
        await counter.guess(b"000001")
    with pytest.raises(InvalidTicket) as after:
        await counter.guess(CODE)
    assert type(first.value) is type(after.value) is InvalidTicket


async def test_a_code_of_one_door_is_nothing_at_another(counter: Counter) -> None:
    """Right code, right user, wrong dialect (security 134); the try is not taken either."""
    await counter.issue(Purpose.EMAIL_CODE, code=CODE, tries=1)
    with pytest.raises(InvalidTicket):
        await counter.desk.guess(
            counter.under_test.db, counter.project, Purpose.EMAIL_CODE, "sublay", counter.user, CODE
        )
    ticket = await counter.desk.guess(
        counter.under_test.db, counter.project, Purpose.EMAIL_CODE, "nhost", counter.user, CODE
    )
    assert ticket.attempts_left == 0


async def test_a_pending_second_factor_bears_five_tries(counter: Counter) -> None:
    """Its ticket is examined as often as one likes; what is compared against it is counted."""
    ticket = await counter.examine(await counter.issue(Purpose.SECOND_FACTOR, tries=5), Purpose.SECOND_FACTOR)

    left = [await counter.desk.take_try(counter.under_test.db, ticket) for _ in range(5)]

    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(InvalidTicket):
        await counter.desk.take_try(counter.under_test.db, ticket)
