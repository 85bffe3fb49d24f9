"""Where every sign-in ends: the gate, then the second factor, then the session."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.support.cores import DOOR, CoreUnderTest
from vestibule.core.projects import NewClient, Visit
from vestibule.core.signin import SIGN_INS, DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.tickets import Purpose
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailNotVerified,
    EmailRefused,
    InvalidTicket,
    NotAMember,
    UserNotActive,
    UserNotFound,
)
from vestibule.storage import Statement

ANN = "ann@example.com"
IN_ACCOUNT = replace(DOOR, in_account=True)
MAKE_ANONYMOUS = Statement(None, "UPDATE vestibule_users SET is_anonymous = :value")


async def finish(
    under_test: CoreUnderTest, user_id: UUID, terms: DoorTerms = DOOR, visit: Visit | None = None
) -> SignedIn | SecondFactorRequired:
    """End a sign-in of somebody who was identified by whatever method."""
    ending: FinishSignIn = under_test.core.sign_in_with_password.finish
    async with under_test.db.write() as tx:
        return await ending(tx, visit or under_test.visit(), Identified(user_id, Method.EMAIL_LINK), terms)


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        ({"status": "suspended"}, UserNotActive),
        ({"status": "disabled"}, UserNotActive),
        ({"status": "deleted"}, UserNotActive),
        ({"is_anonymous": True}, AnonymousNotAllowed),
        ({"verified_email_required": True}, EmailNotVerified),
        ({"blocked_emails": (ANN,)}, EmailRefused),
        ({"allowed_email_domains": ("corp.example",)}, EmailRefused),
    ],
)
async def test_who_may_not_come_in_gets_nothing(
    under_test: CoreUnderTest, state: dict[str, Any], refusal: type[Exception]
) -> None:
    """Whatever the method: neither session nor ticket (security 18)."""
    ann = await under_test.sign_up(ANN)
    policy = dict(state)
    if status := policy.pop("status", None):
        await under_test.change(ann.subject.id, status=status)
    if policy.pop("is_anonymous", None):
        await under_test.db.run(MAKE_ANONYMOUS, value=True)
    before = await under_test.count("sessions")

    with pytest.raises(refusal):
        await finish(under_test, ann.subject.id, visit=under_test.visit(**policy))

    assert await under_test.count("sessions") == before
    assert await under_test.count("tickets") == 0


async def test_the_gate_comes_before_the_second_factor(under_test: CoreUnderTest) -> None:
    """A disabled user is not even asked for the code."""
    ann = await under_test.sign_up(ANN)
    await under_test.change(ann.subject.id, mfa_type="totp", status="disabled")

    with pytest.raises(UserNotActive):
        await finish(under_test, ann.subject.id)
    assert await under_test.count("tickets") == 0


async def test_who_is_gone_gets_nothing(under_test: CoreUnderTest) -> None:
    """The user is read again in the transaction: they may just have been deleted (security 17)."""
    ann = await under_test.sign_up(ANN)
    await under_test.core.users.delete(under_test.project.id, ann.subject.id, actor="test")

    with pytest.raises(UserNotFound):
        await finish(under_test, ann.subject.id)


async def test_a_user_of_another_project_gets_nothing(under_test: CoreUnderTest) -> None:
    """However right the id (security 122)."""
    ann = await under_test.sign_up(ANN)

    with pytest.raises(UserNotFound):
        await finish(under_test, ann.subject.id, visit=under_test.visit(project=await under_test.other_project()))


async def test_a_second_factor_that_is_due_is_a_ticket_and_no_session(under_test: CoreUnderTest) -> None:
    """It opens nothing by itself, and is of a kind of its own (security 30, 38)."""
    ann = await under_test.sign_up(ANN)
    await under_test.change(ann.subject.id, mfa_type="totp")
    before = await under_test.count("sessions")

    outcome = await finish(under_test, ann.subject.id)

    assert isinstance(outcome, SecondFactorRequired)
    assert outcome.factor == "totp"
    assert await under_test.count("sessions") == before
    assert (await under_test.events()).count("sign_in.succeeded") == 1  # that of the sign-up
    tickets, project = under_test.core.verify_email.tickets, under_test.project.id
    ticket = await tickets.examine(under_test.db, project, Purpose.SECOND_FACTOR, "nhost", outcome.ticket)
    assert ticket.user_id == ann.subject.id
    for purpose in (Purpose.EMAIL_VERIFICATION, Purpose.PASSWORD_RESET):
        with pytest.raises(InvalidTicket):
            await tickets.examine(under_test.db, project, purpose, "nhost", outcome.ticket)


async def test_the_ticket_of_a_second_factor_is_no_refresh_secret(under_test: CoreUnderTest) -> None:
    """Both are 16 bytes; neither is taken for the other (security 30, 38)."""
    ann = await under_test.sign_up(ANN)
    await under_test.change(ann.subject.id, mfa_type="totp")
    outcome = await finish(under_test, ann.subject.id)
    assert isinstance(outcome, SecondFactorRequired)

    with pytest.raises(InvalidTicket):
        await under_test.core.verify_email.tickets.examine(
            under_test.db, under_test.project.id, Purpose.SECOND_FACTOR, "nhost", ann.secret
        )
    assert not await under_test.core.revoke_sessions.by_secret(under_test.visit(), outcome.ticket)


async def test_a_session_is_of_its_door_client_and_method(under_test: CoreUnderTest) -> None:
    """What the terms say is what is stored (security 27)."""
    ann = await under_test.sign_up(ANN)
    client = await under_test.core.registry.create_client(under_test.project, NewClient("App"))
    visit = replace(under_test.visit("accountmaker"), client=client)

    outcome = await finish(under_test, ann.subject.id, replace(DOOR, scope="openid profile"), visit)

    assert isinstance(outcome, SignedIn)
    session = outcome.session
    assert (session.dialect, session.client_id, session.method) == ("accountmaker", client.id, "email-link")
    assert (session.scope, session.account_id, session.claims) == ("openid profile", None, None)


async def test_at_a_door_of_accounts_the_session_works_in_one(under_test: CoreUnderTest) -> None:
    """With the role that the user has in it, until the next sign-in."""
    ann = await under_test.sign_up(ANN, account_name="Co")

    outcome = await finish(under_test, ann.subject.id, IN_ACCOUNT)

    assert isinstance(outcome, SignedIn)
    assert outcome.membership is not None
    assert outcome.session.account_id == outcome.membership.account_id
    assert outcome.session.claims == {"role": "owner"}
    assert list(outcome.memberships) == [outcome.membership]


async def test_at_other_doors_accounts_play_no_part(under_test: CoreUnderTest) -> None:
    """Nothing is chosen, nothing is told."""
    ann = await under_test.sign_up(ANN, account_name="Co")

    outcome = await finish(under_test, ann.subject.id)

    assert isinstance(outcome, SignedIn)
    assert (outcome.membership, outcome.session.account_id, list(outcome.memberships)) == (None, None, [])


async def test_an_account_of_others_is_refused(under_test: CoreUnderTest) -> None:
    """And no session is begun in any (security 120)."""
    ann = await under_test.sign_up(ANN, account_name="Hers")
    bob = await under_test.sign_up("bob@example.com", account_name="His", door=IN_ACCOUNT)
    assert bob.membership is not None
    before = await under_test.count("sessions")

    with pytest.raises(NotAMember):
        await finish(under_test, ann.subject.id, replace(IN_ACCOUNT, account_id=bob.membership.account_id))
    assert await under_test.count("sessions") == before


async def test_a_user_without_an_account_comes_in_without_one(under_test: CoreUnderTest) -> None:
    """They may be invited later."""
    ann = await under_test.sign_up(ANN)

    outcome = await finish(under_test, ann.subject.id, IN_ACCOUNT)

    assert isinstance(outcome, SignedIn)
    assert (outcome.membership, outcome.session.account_id) == (None, None)


async def test_a_sign_in_that_is_rolled_back_is_not_metered(under_test: CoreUnderTest) -> None:
    """What is counted has happened."""
    ann = await under_test.sign_up(ANN)
    ending = under_test.core.sign_in_with_password.finish

    async def refused_at_last() -> None:
        async with under_test.db.write() as tx:
            await ending(tx, under_test.visit(), Identified(ann.subject.id, Method.EMAIL_LINK), DOOR)
            raise InvalidTicket

    with pytest.raises(InvalidTicket):
        await refused_at_last()
    assert ending.meters.total(SIGN_INS, "email-link") == 0
    await finish(under_test, ann.subject.id)
    assert ending.meters.total(SIGN_INS, "email-link") == 1
