"""Where a provider makes, sends and checks the codes: it knows whether one is right, we know what it is good for."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.codes import NUMBER, Provider, codes_on, come_by_text
from tests.support.cores import DOOR, CoreUnderTest, core_under_test
from tests.support.fakes import FakeClock
from vestibule.core.signin import SignedIn
from vestibule.core.text_codes import PhoneProof, TextCodeWish
from vestibule.core.text_codes.sending import REMOTE_ANSWER_AFTER_SECONDS
from vestibule.kernel.errors import (
    CannotSendText,
    EndpointDisabled,
    InvalidTextCode,
    SignUpDisabled,
    TooManyTextGuesses,
    UserNotActive,
)
from vestibule.storage import Database

OTHER = "+14165550123"


@pytest.fixture
def provider() -> Provider:
    """The one that the core below asks."""
    return Provider()


@pytest.fixture
async def under_test(
    database_url: str, db: Database, clock: FakeClock, provider: Provider
) -> AsyncIterator[CoreUnderTest]:
    """A core that leaves the codes to somebody else."""
    ready = await core_under_test(database_url, db, clock, remote_verification=provider)
    yield ready
    ready.core.sign_in_with_password.hashing.close()


async def ask(under_test: CoreUnderTest, number: str = NUMBER, **policy: Any) -> None:
    await under_test.core.request_text_code(codes_on(under_test, **policy), TextCodeWish(phone_number=number))


async def registered(under_test: CoreUnderTest, provider: Provider, number: str = NUMBER) -> SignedIn:
    await ask(under_test, number)
    signed_in = await come_by_text(under_test, provider.sent[number], number)
    assert isinstance(signed_in, SignedIn)
    return signed_in


async def test_the_provider_s_code_signs_in(under_test: CoreUnderTest, provider: Provider) -> None:
    """It sends it in the user's language; no text of ours waits anywhere, and no code of its is stored."""
    ann = await registered(under_test, provider)

    assert provider.started == [(NUMBER, "en")]
    assert ann.subject.phone_verified_at == under_test.clock.now()
    assert (await under_test.count("outbox"), await under_test.count("tickets")) == (0, 0)


async def test_nobody_is_registered_whose_number_the_provider_refuses(
    under_test: CoreUnderTest, provider: Provider
) -> None:
    """They are told, and nothing is left."""
    provider.is_away = True

    with pytest.raises(CannotSendText):
        await ask(under_test)
    assert (await under_test.count("users"), await under_test.count("tickets")) == (0, 0)


@pytest.mark.parametrize(
    ("policy", "refusal"),
    [
        ({"text_codes_enabled": False}, EndpointDisabled),
        ({"sign_up_enabled": False}, SignUpDisabled),
        ({"new_users_disabled": True}, UserNotActive),
        ({"text_countries": ("CA",)}, CannotSendText),
    ],
)
async def test_the_provider_is_asked_last(
    under_test: CoreUnderTest, provider: Provider, policy: dict[str, Any], refusal: type[Exception]
) -> None:
    """What our own rules refuse costs nothing (security 95)."""
    with pytest.raises(refusal):
        await ask(under_test, **policy)
    assert provider.started == []


async def test_five_guesses_are_passed_on(under_test: CoreUnderTest, provider: Provider) -> None:
    """We count them as well: then the code is burnt, whatever the provider thinks (security 73)."""
    await ask(under_test)
    for _ in range(4):
        with pytest.raises(InvalidTextCode):
            await come_by_text(under_test, "000000")
    for code in ("000000", provider.sent[NUMBER]):
        with pytest.raises(TooManyTextGuesses):
            await come_by_text(under_test, code)
    assert await under_test.count("sessions") == 0


async def test_nobody_is_checked_like_somebody(under_test: CoreUnderTest, provider: Provider) -> None:
    """The provider is asked about unknown numbers too: an answer without it would come sooner (security 82)."""
    await ask(under_test)
    for number in (NUMBER, OTHER):
        with pytest.raises(InvalidTextCode):
            await come_by_text(under_test, "000000", number)

    assert provider.checked == [(NUMBER, "000000"), (OTHER, "000000")]


async def test_a_code_that_the_provider_sent_for_nobody_signs_nobody_in(
    under_test: CoreUnderTest, provider: Provider
) -> None:
    """Right as it may be: the ticket says what for (security 75)."""
    provider.sent[NUMBER] = "7000001"

    with pytest.raises(InvalidTextCode):
        await come_by_text(under_test, "7000001")


@pytest.mark.parametrize("known", [True, False])
async def test_where_signing_up_is_apart_nobody_learns_who_is_known(
    under_test: CoreUnderTest, provider: Provider, *, known: bool
) -> None:
    """No refusal, not even that the provider is away, and an answer as late as it may take to ask it (security 82)."""
    if known:
        await registered(under_test, provider)
    provider.is_away = True
    asked_at_seconds = under_test.clock.seconds()

    await ask(under_test, auto_sign_up_enabled=False)

    assert under_test.clock.seconds() - asked_at_seconds > REMOTE_ANSWER_AFTER_SECONDS - 0.001


async def test_a_code_is_good_for_what_was_asked_last(under_test: CoreUnderTest, provider: Provider) -> None:
    """The provider sends one code for everything, so only one thing is pending at a time (security 75)."""
    ann = await registered(under_test, provider)
    visit = codes_on(under_test)
    await ask(under_test)
    await under_test.core.request_elevation_text(visit, ann.subject.id)
    code = provider.sent[NUMBER]

    with pytest.raises(InvalidTextCode):
        await come_by_text(under_test, code)
    provider.sent[NUMBER] = code  # which was spent by that
    assert isinstance(await under_test.core.elevate_with_text_code(visit, ann.subject.id, code, DOOR), SignedIn)


async def test_a_number_is_changed_with_the_provider_s_code(under_test: CoreUnderTest, provider: Provider) -> None:
    """In the same way."""
    ann = await registered(under_test, provider)
    await under_test.core.request_phone_change(codes_on(under_test), ann.subject.id, OTHER)

    proof = PhoneProof(user_id=ann.subject.id, new_number=OTHER, code=provider.sent[OTHER])
    await under_test.core.change_phone(codes_on(under_test), proof)

    row = await under_test.core.users.subject(under_test.db, under_test.project.id, ann.subject.id)
    assert row.phone_number == OTHER


async def test_a_provider_that_does_not_say_is_told(under_test: CoreUnderTest, provider: Provider) -> None:
    """About known and unknown numbers alike; the try is gone, the code is not."""
    await ask(under_test)
    provider.is_away = True
    for number in (NUMBER, OTHER):
        with pytest.raises(CannotSendText):
            await come_by_text(under_test, provider.sent[NUMBER], number)
    provider.is_away = False

    assert isinstance(await come_by_text(under_test, provider.sent[NUMBER]), SignedIn)
