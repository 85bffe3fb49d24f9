"""Providers of somebody who is signed in: linked on purpose only, unlinked unless they are the last way in."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.core.proofs.test_first_proof import PASSKEY
from tests.support.arriving import arriving
from tests.support.cores import PASSWORD, CoreUnderTest
from tests.support.identities import session_of_provider
from tests.support.passkeys import PARTY
from tests.support.travelling import ANN, come_back, connecting, departing, linked, set_out, travel, travelled
from vestibule.core.arrivals import ArrivingIdentity, ArrivingKey
from vestibule.core.projects import Visit
from vestibule.core.signin import SignedIn
from vestibule.core.social import Linked
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    IdentityNotFound,
    IdentityTaken,
    InvalidProviderState,
    InvalidRefreshToken,
    LastWayIn,
    UserNotActive,
)
from vestibule.kernel.secret import Secret
from vestibule.storage import Statement

VERIFIED = Statement(None, "UPDATE vestibule_credentials SET verified_at = created_at")


async def test_a_linked_provider_is_another_way_in(under_test: CoreUnderTest) -> None:
    """To the same user, whatever address the provider tells; they are told by mail (security 10)."""
    ann = await under_test.sign_up(ANN)
    await under_test.db.run(VERIFIED)
    github = under_test.identities["github"].person("1", "other@example.com", vouched=False)
    state = await set_out(under_test, connecting(ann))
    assert isinstance(await come_back(under_test, state, github), Linked)
    assert await under_test.count("sessions") == 1
    assert (await travelled(under_test, github)).subject.id == ann.subject.id
    assert "identity.linked" in await under_test.events()
    [letter] = await under_test.letters()
    assert (letter.email, letter.event) == (ANN, "provider-added")


async def test_an_account_at_a_provider_is_of_one_user(under_test: CoreUnderTest) -> None:
    """It never changes hands: neither to somebody else nor once more to its own user (security 12)."""
    ann, bob = await under_test.sign_up(), await under_test.sign_up()
    github = under_test.identities["github"].person("1")
    await linked(under_test, ann, github)
    for somebody in (bob, ann):
        state = await set_out(under_test, connecting(somebody))
        with pytest.raises(IdentityTaken):
            await come_back(under_test, state, github)
    assert (await travelled(under_test, github)).subject.id == ann.subject.id


async def test_a_link_belongs_to_the_session_that_asked_for_it(under_test: CoreUnderTest) -> None:
    """Who has signed out meanwhile, or was shut out, gets nothing linked (security 10, 18)."""
    github = under_test.identities["github"].person("1")
    ann = await under_test.sign_up()
    state = await set_out(under_test, connecting(ann))
    async with under_test.db.write() as tx:
        await under_test.core.revoke_sessions.all_of(tx, under_test.project.id, ann.subject.id)
    with pytest.raises(InvalidProviderState):
        await come_back(under_test, state, github)

    bob = await under_test.sign_up()
    state = await set_out(under_test, connecting(bob))
    await under_test.change(bob.subject.id, status="disabled")
    with pytest.raises(UserNotActive):
        await come_back(under_test, state, github)
    assert await under_test.count("identities") == 0


async def test_who_may_not_come_in_does_not_set_out(under_test: CoreUnderTest) -> None:
    """Nothing can be linked to a user without a name."""
    ann = await under_test.sign_up()
    await under_test.change(ann.subject.id, is_anonymous=True)
    with pytest.raises(AnonymousNotAllowed):
        await under_test.core.depart_to_provider(under_test.visit(), connecting(ann))


async def test_a_link_needs_a_user(under_test: CoreUnderTest) -> None:
    """A door that forgets to say who it is has a bug, and nothing is begun."""
    with pytest.raises(ValueError, match="is a user"):
        await under_test.core.depart_to_provider(under_test.visit(), departing(flow="connect"))


async def test_an_unlinked_provider_lets_nobody_in(under_test: CoreUnderTest) -> None:
    """Whoever comes by it afterwards is somebody new; the user is told, and their other sessions end (security 29)."""
    ann = await under_test.sign_up(ANN)
    elsewhere = await under_test.sign_in(ANN, PASSWORD)
    await under_test.db.run(VERIFIED)
    github = under_test.identities["github"].person("1")
    identity_id = await linked(under_test, ann, github)
    await under_test.core.unlink_identity(under_test.visit(), ann.subject.id, identity_id, kept_session=ann.session.id)
    assert await under_test.refresh(ann.secret)
    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(elsewhere.secret)
    assert {letter.event for letter in await under_test.letters()} == {"provider-added", "provider-removed"}
    assert "identity.unlinked" in await under_test.events()
    assert (await travelled(under_test, github)).subject.id != ann.subject.id


async def test_unlinking_may_spare_the_other_sessions(under_test: CoreUnderTest) -> None:
    """Where the project wants it so."""
    ann = await under_test.sign_up()
    identity_id = await linked(under_test, ann, under_test.identities["github"].person("1"))
    visit = under_test.visit(provider_change_ends_other_sessions=False)
    await under_test.core.unlink_identity(visit, ann.subject.id, identity_id)
    assert await under_test.refresh(ann.secret)


async def test_the_last_way_in_stays(under_test: CoreUnderTest) -> None:
    """Somebody who came by a provider and has nothing else would be locked out of everything."""
    ann = await travelled(under_test, under_test.identities["github"].person("1", ANN))
    [row] = await under_test.core.linked_identities(under_test.visit(), ann.subject.id)
    with pytest.raises(LastWayIn):
        await under_test.core.unlink_identity(under_test.visit(), ann.subject.id, row.id)
    assert await under_test.count("identities") == 1


async def test_nobody_unlinks_what_is_not_theirs(under_test: CoreUnderTest) -> None:
    """Neither the provider of somebody else, nor one that is not there."""
    ann, bob = await under_test.sign_up(), await under_test.sign_up()
    of_ann = await linked(under_test, ann, under_test.identities["github"].person("1"))
    for identity_id in (of_ann, uuid4()):
        with pytest.raises(IdentityNotFound):
            await under_test.core.unlink_identity(under_test.visit(), bob.subject.id, identity_id)
    assert await under_test.core.linked_identities(under_test.visit(), bob.subject.id) == []


async def test_a_deleted_user_leaves_no_provider(under_test: CoreUnderTest) -> None:
    """The provider's account can be linked again, by whoever has it (security 17)."""
    github = under_test.identities["github"].person("1")
    ann = await travelled(under_test, github)
    await under_test.core.users.delete(under_test.project.id, ann.subject.id, actor="test")
    assert await under_test.count("identities") == 0
    assert (await travel(under_test, github)) is not None


async def test_another_session_does_not_stand_in_for_the_one_that_asked(under_test: CoreUnderTest) -> None:
    """Whoever signs out where the link was asked for has ended it, wherever else they are signed in (security 10)."""
    await under_test.sign_up(ANN)
    asking = await under_test.sign_in(ANN)
    state = await set_out(under_test, connecting(asking))
    assert await under_test.core.revoke_sessions.by_secret(under_test.visit(), asking.secret)
    with pytest.raises(InvalidProviderState):
        await come_back(under_test, state, under_test.identities["github"].person("1"))
    assert (await under_test.count("sessions"), await under_test.count("identities")) == (1, 0)


async def test_who_was_shut_out_neither_sees_nor_unlinks_providers(under_test: CoreUnderTest) -> None:
    """Their access token is good for some minutes more, and for nothing here (security 18)."""
    ann = await under_test.sign_up()
    identity_id = await linked(under_test, ann, under_test.identities["github"].person("1"))
    await under_test.change(ann.subject.id, status="disabled")
    with pytest.raises(UserNotActive):
        await under_test.core.linked_identities(under_test.visit(), ann.subject.id)
    with pytest.raises(UserNotActive):
        await under_test.core.unlink_identity(under_test.visit(), ann.subject.id, identity_id)
    assert await under_test.count("identities") == 1


async def _twin(under_test: CoreUnderTest, of: SignedIn, **brought: Any) -> Visit:
    """Let the user be in another project as well, by the same id, as after two imports; return a request there."""
    other, now = await under_test.other_project(), under_test.clock.now()
    twin = arriving(of.subject.id, now, **brought)
    assert (await under_test.core.settle_arrivals(other.id, [twin])).settled == {of.subject.id}
    return under_test.visit(project=other)


async def test_a_user_with_the_same_id_in_another_project_has_providers_of_their_own(
    under_test: CoreUnderTest,
) -> None:
    """None is shown, unlinked or called by the twin, nor counted as a way in of theirs (security 122)."""
    github = under_test.identities["github"]
    ann = await travelled(under_test, github.person("1"), session=session_of_provider(under_test.clock.now()))
    theirs = ArrivingIdentity(
        provider="google", issuer="https://google.example", subject="1", created_at=under_test.clock.now()
    )
    there = await _twin(under_test, ann, identities=[theirs])
    core = under_test.core
    [here] = await core.linked_identities(under_test.visit(), ann.subject.id)
    [other] = await core.linked_identities(there, ann.subject.id)
    assert (here.provider, other.provider) == ("github", "google")
    with pytest.raises(IdentityNotFound):
        await core.unlink_identity(there, ann.subject.id, here.id)
    with pytest.raises(LastWayIn):
        await core.unlink_identity(there, ann.subject.id, other.id)
    with pytest.raises(IdentityNotFound):
        await core.refresh_provider_session(there, ann.subject.id, "github", Secret("rt"))
    assert await core.take_provider_session(there, ann.subject.id, "github") is None
    assert await core.take_provider_session(under_test.visit(), ann.subject.id, "github") is not None


async def test_a_passkey_of_the_same_user_elsewhere_is_no_way_in(under_test: CoreUnderTest) -> None:
    """Only what is in the project counts as what is left (security 122)."""
    ann = await travelled(under_test, under_test.identities["github"].person("1"))
    await _twin(under_test, ann, keys=[ArrivingKey(credential_id=b"k", public_key=b"k", sign_count=0)])
    [row] = await under_test.core.linked_identities(under_test.visit(), ann.subject.id)
    with pytest.raises(LastWayIn):
        await under_test.core.unlink_identity(under_test.visit(webauthn=PARTY), ann.subject.id, row.id)


async def test_what_others_have_is_no_way_in(under_test: CoreUnderTest) -> None:
    """Neither their providers nor their passkeys (security 120)."""
    ann, bob = [await travelled(under_test, under_test.identities["github"].person(who)) for who in ("1", "2")]
    await linked(under_test, bob, under_test.identities["google"].person("2"))
    await under_test.db.run(
        PASSKEY,
        project_id=under_test.project.id,
        user_id=bob.subject.id,
        id=uuid4(),
        secret=b"of bob",
        now=under_test.clock.now(),
    )
    [row] = await under_test.core.linked_identities(under_test.visit(), ann.subject.id)
    with pytest.raises(LastWayIn):
        await under_test.core.unlink_identity(under_test.visit(webauthn=PARTY), ann.subject.id, row.id)


async def test_what_a_twin_in_another_project_used_last_is_not_what_is_handed_out(under_test: CoreUnderTest) -> None:
    """The newest account at the provider is looked for among one's own (security 122)."""
    github, now = under_test.identities["github"], under_test.clock.now()
    ann = await travelled(under_test, github.person("1"), session=session_of_provider(now))
    later = ArrivingIdentity(
        provider="github", issuer=github.issuer, subject="2", created_at=now + timedelta(seconds=1)
    )
    await _twin(under_test, ann, identities=[later])
    assert await under_test.core.take_provider_session(under_test.visit(), ann.subject.id, "github") is not None
