"""Signing up with a passkey: one challenge, one user, one key, or nothing at all."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.authenticator import AAGUID, Authenticator, unb64
from tests.support.cores import DOOR, LETTER, CoreUnderTest
from tests.support.passkeys import EMAIL, PARTY, PasskeyUser, new_key
from vestibule.core.letters import LetterForm
from vestibule.core.passkeys import PasskeySignUpAnswer
from vestibule.core.passkeys.store import BY_CREDENTIAL_ID
from vestibule.core.projects import WebAuthn
from vestibule.core.signin import SignedIn
from vestibule.core.users import UserOptions
from vestibule.kernel.errors import (
    DefaultRoleNotAllowed,
    EmailRefused,
    EmailTaken,
    EndpointDisabled,
    InvalidEmail,
    MetadataTooLarge,
    PasskeyRefused,
    RedirectNotAllowed,
    Refusal,
    RoleNotAllowed,
    SignUpDisabled,
    UserNotActive,
)


@pytest.fixture
def ann(under_test: CoreUnderTest) -> PasskeyUser:
    return PasskeyUser(under_test)


async def test_a_new_user_is_signed_in(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """The id of the options is the user's, and the key is kept with all that it said of itself."""
    options = await ann.begin_sign_up()
    signed_in = await ann.finish_sign_up(ann.authenticator.create(options), nickname="my phone")

    assert isinstance(signed_in, SignedIn)
    assert str(signed_in.subject.id) == options["user"]["id"]
    assert (signed_in.subject.email, signed_in.session.method) == (EMAIL, "sign-up")
    assert not signed_in.subject.has_password
    passkey = ann.authenticator.passkeys[0]
    kept = await under_test.db.one(BY_CREDENTIAL_ID, project_id=under_test.project.id, credential_id=passkey.id)
    assert kept is not None
    assert (kept.user_id, kept.nickname, kept.aaguid) == (signed_in.subject.id, "my phone", AAGUID)
    assert kept.transports == ["hybrid", "internal"]
    assert (kept.is_backup_eligible, kept.is_backed_up, kept.sign_count) == (True, True, 0)
    assert (kept.created_at, kept.last_used_at) == (under_test.clock.now(), None)
    assert set(await under_test.events()) >= {"user.created", "passkey.added", "sign_in.succeeded"}


async def test_beginning_writes_no_user(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Whoever gives up leaves a challenge behind, for five minutes."""
    await ann.begin_sign_up()
    assert await under_test.count("users") == 0
    assert await under_test.count("tickets") == 1


async def test_the_options_name_the_user_as_asked(ann: PasskeyUser) -> None:
    """By the chosen name, else by the address."""
    assert (await ann.begin_sign_up())["user"]["name"] == EMAIL
    named = await ann.begin_sign_up(options=UserOptions(display_name="Ann"))
    assert named["user"]["name"] == "Ann"


async def test_what_was_asked_for_at_the_beginning_is_remembered(ann: PasskeyUser) -> None:
    """And replaced, member by member, by what is said at the end."""
    asked = UserOptions(display_name="Ann", metadata={"plan": "pro"}, roles=("user",), default_role="user")
    options = await ann.begin_sign_up(options=asked)
    signed_in = await ann.finish_sign_up(ann.authenticator.create(options), options=UserOptions(display_name="Anna"))
    assert signed_in is not None
    subject = signed_in.subject
    assert (subject.display_name, subject.metadata, subject.roles) == ("Anna", {"plan": "pro"}, ["user"])


async def test_who_must_prove_the_address_gets_a_letter_and_no_session(
    under_test: CoreUnderTest, ann: PasskeyUser
) -> None:
    """The session comes with the proof; the key is kept already."""
    visit = ann.visit(verified_email_required=True)
    options = await ann.begin_sign_up(visit)
    assert await ann.finish_sign_up(ann.authenticator.create(options), visit) is None
    assert await under_test.count("sessions") == 0
    assert await under_test.count("passkeys") == 1
    [letter] = await under_test.letters()
    assert letter.email == EMAIL


async def test_the_letter_leads_where_was_asked(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """To the target of the beginning, unless another is named at the end."""
    wanted: list[str | None] = []

    def write(redirect_to: str | None) -> LetterForm:
        wanted.append(redirect_to)
        return LETTER

    for later in (None, "/later"):
        options = await ann.begin_sign_up(redirect_to="/first")
        answer = PasskeySignUpAnswer(passkey=new_key(ann.authenticator.create(options)), redirect_to=later)
        with pytest.raises(PasskeyRefused):  # from another origin: what was asked for is looked at before
            await under_test.core.sign_up_with_passkey.finish(
                ann.visit(webauthn=WebAuthn(enabled=True, rp_id="localhost", origins=())), answer, write, DOOR
            )
    assert wanted == ["/first", "/later"]


@pytest.mark.parametrize(
    ("policy", "asked", "refusal"),
    [
        ({"webauthn": WebAuthn()}, {}, EndpointDisabled),
        ({"sign_up_enabled": False}, {}, SignUpDisabled),
        ({"webauthn": WebAuthn(), "sign_up_enabled": False}, {}, EndpointDisabled),
        ({"blocked_emails": (EMAIL,)}, {}, EmailRefused),
        ({}, {"options": UserOptions(roles=("admin",))}, RoleNotAllowed),
        ({}, {"options": UserOptions(default_role="admin")}, DefaultRoleNotAllowed),
        ({}, {"options": UserOptions(metadata={"a": "x" * 20_000})}, MetadataTooLarge),
        # the options are looked at before the access lists, as the contract has it
        ({"blocked_emails": (EMAIL,)}, {"options": UserOptions(roles=("admin",))}, RoleNotAllowed),
    ],
)
async def test_who_may_not_sign_up_does_not_begin(
    under_test: CoreUnderTest, ann: PasskeyUser, policy: dict[str, Any], asked: dict[str, Any], refusal: type[Refusal]
) -> None:
    """The project's rules come before the ceremony, so that nobody makes a key in vain."""
    with pytest.raises(refusal):
        await ann.begin_sign_up(ann.visit(**policy), **asked)
    assert await under_test.count("tickets") == 0


async def test_no_address_is_no_beginning(under_test: CoreUnderTest) -> None:
    """It is read like any other."""
    with pytest.raises(InvalidEmail):
        await PasskeyUser(under_test, email="no address").begin_sign_up()


@pytest.mark.parametrize(
    ("policy", "said", "refusal"),
    [
        ({"webauthn": WebAuthn()}, {}, EndpointDisabled),
        ({"sign_up_enabled": False}, {}, SignUpDisabled),
        ({"blocked_emails": (EMAIL,)}, {}, EmailRefused),
        ({}, {"options": UserOptions(roles=("admin",))}, RoleNotAllowed),
    ],
)
async def test_what_is_forbidden_meanwhile_is_forbidden(
    under_test: CoreUnderTest, ann: PasskeyUser, policy: dict[str, Any], said: dict[str, Any], refusal: type[Refusal]
) -> None:
    """A challenge is no promise."""
    credential = ann.authenticator.create(await ann.begin_sign_up())
    with pytest.raises(refusal):
        await ann.finish_sign_up(credential, ann.visit(**policy), **said)
    assert await under_test.count("users") == 0


async def test_a_forbidden_target_ends_the_ceremony(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Before there is a user."""

    def forbid(redirect_to: str | None) -> LetterForm:
        raise RedirectNotAllowed

    answer = PasskeySignUpAnswer(passkey=new_key(ann.authenticator.create(await ann.begin_sign_up())))
    with pytest.raises(RedirectNotAllowed):
        await under_test.core.sign_up_with_passkey.finish(ann.visit(), answer, forbid, DOOR)
    assert await under_test.count("users") == 0


async def test_a_taken_address_is_told_at_the_end(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Beginning asks nobody; and nothing of the second user stays."""
    await under_test.sign_up(EMAIL)
    credential = ann.authenticator.create(await ann.begin_sign_up())
    with pytest.raises(EmailTaken):
        await ann.finish_sign_up(credential)
    assert await under_test.count("users") == 1
    assert await under_test.count("passkeys") == 0


async def test_new_users_may_have_to_be_enabled(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """The row is there, no session and no letter."""
    visit = ann.visit(new_users_disabled=True, verified_email_required=True)
    credential = ann.authenticator.create(await ann.begin_sign_up(visit))
    with pytest.raises(UserNotActive):
        await ann.finish_sign_up(credential, visit)
    assert await under_test.count("passkeys") == 1
    assert await under_test.count("sessions") == 0
    assert await under_test.letters() == []


async def test_a_known_key_makes_no_second_user(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Credential ids are unique within a project, whoever they belong to (security 92)."""
    await ann.sign_up()
    bob = PasskeyUser(under_test, Authenticator(), "bob@example.com")
    options = await bob.begin_sign_up()
    with pytest.raises(PasskeyRefused):
        await bob.finish_sign_up(bob.authenticator.create(options, credential_id=ann.authenticator.passkeys[0].id))
    assert await under_test.count("users") == 1


async def test_two_projects_may_know_one_key(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """What one project stores is nothing to another (security 122)."""
    await ann.sign_up()
    other = under_test.visit(project=await under_test.other_project(), webauthn=PARTY)
    options = await ann.begin_sign_up(other)
    known = ann.authenticator.passkeys[0].id
    assert await ann.finish_sign_up(ann.authenticator.create(options, credential_id=known), other)


async def test_a_challenge_makes_one_user(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """It is spent with the first answer (security 92)."""
    options = await ann.begin_sign_up()
    await ann.finish_sign_up(ann.authenticator.create(options))
    with pytest.raises(PasskeyRefused):
        await ann.finish_sign_up(ann.authenticator.create(options))
    assert await under_test.count("passkeys") == 1


async def test_a_wrong_answer_spends_the_challenge_too(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Nobody tries until it fits (security 92)."""
    options = await ann.begin_sign_up()
    with pytest.raises(PasskeyRefused):
        await ann.finish_sign_up(ann.authenticator.create(options, origin="https://evil.example"))
    with pytest.raises(PasskeyRefused):
        await ann.finish_sign_up(ann.authenticator.create(options))
    assert await under_test.count("users") == 0


async def test_a_challenge_lives_for_five_minutes(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Not a second longer (security 92)."""
    options = await ann.begin_sign_up()
    under_test.clock.advance(timedelta(minutes=5))
    with pytest.raises(PasskeyRefused):
        await ann.finish_sign_up(ann.authenticator.create(options))


async def test_the_handle_is_the_id_as_browsers_decode_it(ann: PasskeyUser) -> None:
    """27 bytes that read as the id's text in base64url."""
    signed_in = await ann.sign_up()
    assert ann.authenticator.passkeys[0].user_handle == unb64(str(signed_in.subject.id))
    assert len(ann.authenticator.passkeys[0].user_handle) == 27
