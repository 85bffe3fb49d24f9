"""What an application may call a provider with: sealed while it waits, handed out once, renewed for its own users."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.support.cores import CoreUnderTest
from tests.support.identities import session_of_provider
from tests.support.travelling import linked, travelled
from vestibule.core.signin import SignedIn
from vestibule.core.social.model import ProviderSession
from vestibule.kernel.errors import EndpointDisabled, IdentityNotFound, ProviderRefused, UserNotActive
from vestibule.kernel.secret import Secret
from vestibule.storage import Statement

STORED = Statement(bytes, "SELECT tokens FROM vestibule_identities WHERE tokens IS NOT NULL")
SWAP = Statement(
    None,
    """
    UPDATE vestibule_identities SET tokens =
        (SELECT tokens FROM vestibule_identities WHERE subject = '1') WHERE subject = '2'
    """,
)


async def _come(under_test: CoreUnderTest, subject: str = "1", access_token: str = "at") -> SignedIn:
    session = session_of_provider(under_test.clock.now(), access_token)
    return await travelled(under_test, under_test.identities["github"].person(subject), session=session)


async def _take(under_test: CoreUnderTest, who: SignedIn, provider: str = "github") -> ProviderSession | None:
    return await under_test.core.take_provider_session(under_test.visit(), who.subject.id, provider)


async def test_what_the_callback_brought_is_handed_out_once(under_test: CoreUnderTest) -> None:
    """All of it the first time; then there is nothing."""
    ann = await _come(under_test)
    expected = session_of_provider(under_test.clock.now())
    assert await _take(under_test, ann) == expected
    assert await _take(under_test, ann) is None


async def test_the_newest_callback_counts(under_test: CoreUnderTest) -> None:
    """Each journey replaces what the one before has brought; one that brings nothing leaves it."""
    ann = await _come(under_test, access_token="old")
    under_test.clock.advance(timedelta(seconds=1))
    await _come(under_test, access_token="new")
    await travelled(under_test, under_test.identities["github"].person("1"))
    taken = await _take(under_test, ann)
    assert taken is not None
    assert taken.access_token.reveal() == "new"


async def test_the_account_that_was_used_last_counts(under_test: CoreUnderTest) -> None:
    """Tokens that another account of theirs has left at the same provider are never taken for its own."""
    ann = await _come(under_test, "1", access_token="of the first")
    under_test.clock.advance(timedelta(seconds=1))
    second = under_test.identities["github"].person("2")
    await linked(under_test, ann, second)
    assert await _take(under_test, ann) is None
    under_test.clock.advance(timedelta(seconds=1))
    await travelled(under_test, second, session=session_of_provider(under_test.clock.now(), "of the second"))
    taken = await _take(under_test, ann)
    assert taken is not None
    assert taken.access_token.reveal() == "of the second"
    assert await _take(under_test, ann) is None


async def test_it_is_sealed_while_it_waits(under_test: CoreUnderTest) -> None:
    """Whoever reads the database has nothing to call the provider with (security 39)."""
    await _come(under_test, access_token="the access token")
    [stored] = await under_test.db.all(STORED)
    assert b"the access token" not in stored


async def test_it_is_bound_to_its_identity(under_test: CoreUnderTest) -> None:
    """A row that was copied over another one opens nothing (security 39)."""
    await _come(under_test, "1")
    bob = await _come(under_test, "2")
    await under_test.db.run(SWAP)
    assert await _take(under_test, bob) is None


async def test_nobody_gets_what_is_not_theirs(under_test: CoreUnderTest) -> None:
    """Of another user, or of another provider: nothing."""
    ann, bob = await _come(under_test, "1"), await under_test.sign_up()
    assert await _take(under_test, bob) is None
    assert await _take(under_test, ann, "google") is None
    await under_test.change(ann.subject.id, status="disabled")
    with pytest.raises(UserNotActive):
        await _take(under_test, ann)


async def test_a_session_is_renewed_at_its_provider(under_test: CoreUnderTest) -> None:
    """Nothing of it is kept here."""
    ann = await _come(under_test)
    await _take(under_test, ann)
    renewed = session_of_provider(under_test.clock.now(), "newer", None)
    under_test.identities["github"].sessions["rt"] = renewed
    refresh = under_test.core.refresh_provider_session
    assert await refresh(under_test.visit(), ann.subject.id, "github", Secret("rt")) == renewed
    assert await under_test.db.all(STORED) == []
    with pytest.raises(ProviderRefused):
        await refresh(under_test.visit(), ann.subject.id, "github", Secret("another"))


async def test_a_session_is_renewed_for_who_is_linked_only(under_test: CoreUnderTest) -> None:
    """Our client's secret at the provider is nobody's to use who does not come in by it."""
    ann = await under_test.sign_up()
    under_test.identities["github"].sessions["rt"] = session_of_provider(under_test.clock.now())
    refresh = under_test.core.refresh_provider_session
    with pytest.raises(IdentityNotFound):
        await refresh(under_test.visit(), ann.subject.id, "github", Secret("rt"))
    with pytest.raises(EndpointDisabled):
        await refresh(under_test.visit(), ann.subject.id, "spotify", Secret("rt"))


async def test_a_session_is_renewed_at_a_provider_that_is_linked_itself(under_test: CoreUnderTest) -> None:
    """Coming in by one provider renews nobody's token at another."""
    ann = await _come(under_test)
    under_test.identities["google"].sessions["rt"] = session_of_provider(under_test.clock.now())
    with pytest.raises(IdentityNotFound):
        await under_test.core.refresh_provider_session(under_test.visit(), ann.subject.id, "google", Secret("rt"))


async def test_who_was_shut_out_renews_nothing(under_test: CoreUnderTest) -> None:
    """Before the provider is asked (security 18)."""
    ann = await _come(under_test)
    under_test.identities["github"].sessions["rt"] = session_of_provider(under_test.clock.now())
    await under_test.change(ann.subject.id, status="disabled")
    with pytest.raises(UserNotActive):
        await under_test.core.refresh_provider_session(under_test.visit(), ann.subject.id, "github", Secret("rt"))


async def test_it_is_bound_to_its_project(under_test: CoreUnderTest) -> None:
    """A row of another project with the same id opens nothing that was sealed here (security 39, 122)."""
    seal = under_test.core.take_provider_session.seal
    identity_id, session = uuid4(), session_of_provider(under_test.clock.now())
    sealed = seal(under_test.project.id, identity_id, session)
    assert seal.open(under_test.project.id, identity_id, sealed) == session
    assert seal.open((await under_test.other_project()).id, identity_id, sealed) is None


async def test_an_older_account_that_was_used_last_counts(under_test: CoreUnderTest) -> None:
    """Which of two was linked first does not matter."""
    ann = await _come(under_test, "1")
    under_test.clock.advance(timedelta(seconds=1))
    await linked(under_test, ann, under_test.identities["github"].person("2"))
    under_test.clock.advance(timedelta(seconds=1))
    await _come(under_test, "1", access_token="of the first")
    taken = await _take(under_test, ann)
    assert taken is not None
    assert taken.access_token.reveal() == "of the first"
