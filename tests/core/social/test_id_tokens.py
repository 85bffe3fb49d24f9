"""ID tokens from an application: who they speak of, and that one is shown once."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.cores import DOOR, LETTER, CoreUnderTest
from tests.support.travelling import ANN, linked, travelled
from vestibule.core.projects import Visit
from vestibule.core.signin import Method, SecondFactorRequired, SignedIn
from vestibule.core.social import Entered, Entry, PresentedIdToken
from vestibule.kernel.errors import (
    EmailNotVerified,
    EmailRefused,
    EndpointDisabled,
    IdentityTaken,
    InvalidIdToken,
    SignUpDisabled,
    UserExists,
)
from vestibule.kernel.secret import Secret


def token_of(under_test: CoreUnderTest, provider: str = "google", subject: str = "1", **more: Any) -> str:
    """Return a token of an hour about somebody."""
    nonce = more.pop("nonce", None)
    scripted = under_test.identities[provider]
    person = scripted.person(subject, **{"email": ANN, **more})
    return scripted.id_token(person, under_test.clock.now() + timedelta(hours=1), nonce)


def presented(token: str, provider: str = "google", nonce: str | None = None) -> PresentedIdToken:
    return PresentedIdToken(provider, Secret(token), nonce)


async def enter(
    under_test: CoreUnderTest, token: PresentedIdToken, *, visit: Visit | None = None, flow: Any = "sign-in"
) -> Entered:
    entry = Entry(flow=flow, method=Method.ID_TOKEN, letter=LETTER)
    return await under_test.core.enter_with_id_token(visit or under_test.visit(), token, entry, DOOR)


async def test_a_token_signs_in_as_the_provider_does(under_test: CoreUnderTest) -> None:
    """By the same identity as a journey to the provider: one user, whichever way they come."""
    signed_in = await enter(under_test, presented(token_of(under_test)))
    assert isinstance(signed_in, SignedIn)
    assert signed_in.session.method == "id-token"
    again = await travelled(under_test, under_test.identities["google"].person("1"))
    assert again.subject.id == signed_in.subject.id


async def test_a_nonce_is_used_once(under_test: CoreUnderTest) -> None:
    """Whoever finds a token cannot show it again, nor another with its nonce, as long as it is good (security 7)."""
    token = presented(token_of(under_test, nonce="n"), nonce="n")
    await enter(under_test, token)
    with pytest.raises(InvalidIdToken):
        await enter(under_test, token)
    with pytest.raises(InvalidIdToken):
        await enter(under_test, presented(token_of(under_test, nonce="n"), nonce="n"))
    under_test.clock.advance(timedelta(minutes=60))
    with pytest.raises(InvalidIdToken):
        await enter(under_test, token)
    assert isinstance(await enter(under_test, presented(token_of(under_test, nonce="m"), nonce="m")), SignedIn)


async def test_a_used_nonce_stays_used_however_the_sign_in_ended(under_test: CoreUnderTest) -> None:
    """It is spent before anything is decided, and linking counts as well (security 7)."""
    token = presented(token_of(under_test, nonce="n"), nonce="n")
    with pytest.raises(SignUpDisabled):
        await enter(under_test, token, visit=under_test.visit(sign_up_enabled=False))
    ann = await under_test.sign_up()
    with pytest.raises(InvalidIdToken):
        await under_test.core.link_with_id_token(under_test.visit(), ann.subject.id, token)


async def test_a_wrong_nonce_uses_nothing_up(under_test: CoreUnderTest) -> None:
    """Only who knows the nonce spends it."""
    token = token_of(under_test, nonce="n")
    for wrong in (None, "", "m"):
        with pytest.raises(InvalidIdToken):
            await enter(under_test, presented(token, nonce=wrong))
    assert isinstance(await enter(under_test, presented(token, nonce="n")), SignedIn)


async def test_a_token_without_a_nonce_passes(under_test: CoreUnderTest) -> None:
    """As in Nhost Auth: an application that wants each token used once asks the provider for a nonce."""
    token = presented(token_of(under_test))
    assert isinstance(await enter(under_test, token), SignedIn)
    assert isinstance(await enter(under_test, token), SignedIn)


async def test_a_nonce_may_be_mandatory(under_test: CoreUnderTest) -> None:
    """Then a token that could be shown again opens nothing and links nothing (security 7)."""
    visit = under_test.visit(id_token_nonce_required=True)
    token = token_of(under_test)
    ann = await under_test.sign_up()
    for nonce in (None, "n"):
        with pytest.raises(InvalidIdToken):
            await enter(under_test, presented(token, nonce=nonce), visit=visit)
        with pytest.raises(InvalidIdToken):
            await under_test.core.link_with_id_token(visit, ann.subject.id, presented(token, nonce=nonce))
    token = token_of(under_test, nonce="n")
    assert isinstance(await enter(under_test, presented(token, nonce="n"), visit=visit), SignedIn)


async def test_who_takes_no_tokens_is_disabled(under_test: CoreUnderTest) -> None:
    """A provider without an audience, or one that is none."""
    for provider in ("github", "spotify"):
        with pytest.raises(EndpointDisabled):
            await enter(under_test, presented("x", provider))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.e30"])
async def test_a_token_that_nobody_made_is_refused(under_test: CoreUnderTest, token: str) -> None:
    """Whatever it looks like."""
    with pytest.raises(InvalidIdToken):
        await enter(under_test, presented(token))


async def test_signing_up_is_for_who_is_new(under_test: CoreUnderTest) -> None:
    """And the access lists count before anybody is told who is known."""
    await enter(under_test, presented(token_of(under_test)), flow="sign-up")
    with pytest.raises(UserExists):
        await enter(under_test, presented(token_of(under_test)), flow="sign-up")
    visit = under_test.visit(blocked_email_domains=("example.com",))
    with pytest.raises(EmailRefused):
        await enter(under_test, presented(token_of(under_test)), flow="sign-up", visit=visit)
    with pytest.raises(SignUpDisabled):
        await enter(under_test, presented("x"), flow="sign-up", visit=under_test.visit(sign_up_enabled=False))


async def test_a_token_without_an_address_is_refused(under_test: CoreUnderTest) -> None:
    """As the contract has it."""
    with pytest.raises(EmailRefused):
        await enter(under_test, presented(token_of(under_test, email=None)))


async def test_the_rules_on_addresses_are_those_of_every_provider(under_test: CoreUnderTest) -> None:
    """Nobody is signed in by an address that nobody vouches for (security 1)."""
    await under_test.sign_up(ANN)
    with pytest.raises(EmailNotVerified):
        await enter(under_test, presented(token_of(under_test, vouched=False)))


async def test_a_token_does_not_skip_the_second_factor(under_test: CoreUnderTest) -> None:
    """It is a first factor (security 88)."""
    signed_in = await enter(under_test, presented(token_of(under_test)))
    await under_test.change(signed_in.subject.id, mfa_type="totp")
    assert isinstance(await enter(under_test, presented(token_of(under_test))), SecondFactorRequired)


async def test_a_token_links_whoever_it_speaks_of(under_test: CoreUnderTest) -> None:
    """Once, to one user; several accounts of one provider are fine (security 10, 12)."""
    ann, bob = await under_test.sign_up(), await under_test.sign_up()
    link = under_test.core.link_with_id_token
    await link(under_test.visit(), ann.subject.id, presented(token_of(under_test, subject="1")))
    await link(under_test.visit(), ann.subject.id, presented(token_of(under_test, subject="2")))
    with pytest.raises(IdentityTaken):
        await link(under_test.visit(), bob.subject.id, presented(token_of(under_test, subject="1")))
    assert await under_test.count("identities") == 2
    with pytest.raises(IdentityTaken):
        await linked(under_test, bob, under_test.identities["google"].person("2"))
