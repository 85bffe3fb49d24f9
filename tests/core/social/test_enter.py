"""Who somebody is that a provider sends: known, vouched for, or new."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.cores import DOOR, PASSWORD, CoreUnderTest
from tests.support.linking import CHALLENGE, VERIFIER
from tests.support.travelling import ANN, elsewhere, travel, travelled
from vestibule.core.pkce import AuthorizationCode
from vestibule.core.signin import SecondFactorRequired, SignedIn
from vestibule.core.social import Registered
from vestibule.core.social.words import shown_picture
from vestibule.core.users import UserOptions
from vestibule.kernel.errors import (
    DefaultRoleNotAllowed,
    EmailNotVerified,
    EmailRefused,
    InvalidCredentials,
    InvalidRefreshToken,
    NoPassword,
    ProviderProfileFailed,
    RoleNotAllowed,
    SignUpDisabled,
    TooManyAttempts,
    UserExists,
    UserNotActive,
)
from vestibule.storage import Statement

VERIFIED = Statement(None, "UPDATE vestibule_credentials SET verified_at = :at WHERE user_id = :user_id")


def _ann(under_test: CoreUnderTest, **more: Any) -> Any:
    return under_test.identities["github"].person("1", **{"email": ANN, **more})


async def _verify(under_test: CoreUnderTest, signed_in: SignedIn) -> None:
    await under_test.db.run(VERIFIED, at=under_test.clock.now(), user_id=signed_in.subject.id)


async def test_whoever_is_new_is_registered(under_test: CoreUnderTest) -> None:
    """With the provider's name and picture, the address proven where the provider vouches for it."""
    picture = "https://img.example/a.png"
    signed_in = await travelled(under_test, _ann(under_test, name=" Ann \n B ", picture=picture))
    subject = signed_in.subject
    assert (subject.display_name, subject.avatar_url, subject.email) == ("Ann B", picture, ANN)
    assert subject.email_is_verified
    assert signed_in.session.method == "provider"
    assert {"identity.linked", "user.created", "sign_in.succeeded"} <= {*await under_test.events()}
    assert await under_test.letters() == []


async def test_whoever_is_known_signs_in_whatever_the_address_is_now(under_test: CoreUnderTest) -> None:
    """Issuer and subject are who it is: a changed address, name or vouching changes nothing (security 1, 4)."""
    first = await travelled(under_test, _ann(under_test))
    bob = await under_test.sign_up("bob@example.com")
    await _verify(under_test, bob)
    again = await travelled(under_test, _ann(under_test, email="bob@example.com", name="Bob"))
    assert again.subject.id == first.subject.id != bob.subject.id
    assert (again.subject.email, again.subject.display_name) == (ANN, "1")


async def test_a_subject_is_somebody_at_one_issuer_only(under_test: CoreUnderTest) -> None:
    """The same number at another provider is somebody else (security 1)."""
    one = await travelled(under_test, _ann(under_test))
    other = await travelled(under_test, elsewhere(_ann(under_test, email=None), "google"))
    assert other.subject.id != one.subject.id


async def test_an_identity_is_of_one_project(under_test: CoreUnderTest) -> None:
    """Somebody whom another project knows is new here (security 111)."""
    one = await travelled(under_test, _ann(under_test))
    other = await travelled(
        under_test, _ann(under_test), visit=under_test.visit(project=await under_test.other_project())
    )
    assert other.subject.id != one.subject.id


async def test_a_vouched_address_leads_to_whoever_has_proven_it(under_test: CoreUnderTest) -> None:
    """Both sides are sure of it: the provider is linked, password and sessions stay, the user is told (security 1)."""
    ann = await under_test.sign_up(ANN)
    await _verify(under_test, ann)
    signed_in = await travelled(under_test, _ann(under_test))
    assert signed_in.subject.id == ann.subject.id
    assert (await under_test.sign_in(ANN, PASSWORD)).subject.id == ann.subject.id
    assert await under_test.refresh(ann.secret)
    [letter] = await under_test.letters()
    assert (letter.email, letter.event) == (ANN, "provider-added")


async def test_an_address_that_nobody_vouches_for_leads_to_nobody(under_test: CoreUnderTest) -> None:
    """Proven here or not: whoever typed it in at the provider may be anybody (security 1)."""
    ann = await under_test.sign_up(ANN)
    with pytest.raises(EmailNotVerified):
        await travel(under_test, _ann(under_test, vouched=False))
    await _verify(under_test, ann)
    with pytest.raises(EmailNotVerified):
        await travel(under_test, _ann(under_test, vouched=False))
    assert await under_test.count("identities") == 0


async def test_a_vouched_address_that_was_never_proven_here_is_taken_over(under_test: CoreUnderTest) -> None:
    """Whoever registered it before its owner came loses password, sessions and linked providers (security 2)."""
    squatter = await under_test.sign_up(ANN)
    owner = await travelled(under_test, _ann(under_test))
    assert owner.subject.id == squatter.subject.id
    assert owner.subject.email_is_verified
    with pytest.raises(NoPassword):
        await under_test.sign_in(ANN, PASSWORD)
    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(squatter.secret)
    assert await under_test.refresh(owner.secret)
    assert "user.reclaimed" in await under_test.events()


async def test_a_provider_takes_over_also_where_a_mailbox_would_not(under_test: CoreUnderTest) -> None:
    """What is linked to an address that nobody has proven here shares the account with whoever registered it.

    VESTIBULE_RECLAIM_ON_FIRST_PROOF is about letters (security 1, 2).
    """
    squatter = await under_test.sign_up(ANN)
    visit = under_test.visit(reclaim_on_first_proof=False)
    await travelled(under_test, _ann(under_test), visit=visit)
    with pytest.raises(NoPassword):
        await under_test.sign_in(ANN, PASSWORD)
    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(squatter.secret)


async def test_a_squatters_own_provider_goes_as_well(under_test: CoreUnderTest) -> None:
    """Somebody who came by a provider with an address that nobody vouched for is out (security 2)."""
    squatter = under_test.identities["twitter"].person("666", ANN, vouched=False)
    await travelled(under_test, squatter)
    owner = await travelled(under_test, _ann(under_test))
    assert [row.provider for row in await under_test.core.linked_identities(under_test.visit(), owner.subject.id)] == [
        "github"
    ]
    with pytest.raises(EmailNotVerified):
        await travel(under_test, squatter)


async def test_an_unvouched_address_is_mailed_first_where_the_project_wants_it(under_test: CoreUnderTest) -> None:
    """No session, one letter; and afterwards the provider lets nobody in before the address is proven (security 1)."""
    visit = under_test.visit(verified_email_required=True)
    outcome = await travel(under_test, _ann(under_test, vouched=False), visit=visit)
    assert isinstance(outcome, Registered)
    assert not outcome.subject.email_is_verified
    assert await under_test.count("sessions") == 0
    [letter] = await under_test.letters()
    assert letter.email == ANN
    with pytest.raises(EmailNotVerified):
        await travel(under_test, _ann(under_test, vouched=False), visit=visit)
    assert await under_test.letters() == []


async def test_a_letter_is_counted_before_anybody_is_registered(under_test: CoreUnderTest) -> None:
    """The project's amount bounds these as well (security 96)."""
    visit = under_test.visit(verified_email_required=True, mail_per_hour=0)
    with pytest.raises(TooManyAttempts):
        await travel(under_test, _ann(under_test, vouched=False), visit=visit)
    assert await under_test.count("users") == 0


async def test_nobody_needs_an_address(under_test: CoreUnderTest) -> None:
    """Some providers tell none: such users have none, also where addresses must be proven."""
    visit = under_test.visit(verified_email_required=True)
    signed_in = await travelled(under_test, _ann(under_test, email=None), visit=visit)
    assert (signed_in.subject.email, signed_in.subject.display_name) == (None, "1")


async def test_signing_up_is_for_who_is_new(under_test: CoreUnderTest) -> None:
    """Known by the identity, or by the address: taken. The options count for the new one."""
    await travelled(under_test, _ann(under_test), flow="sign-up", options=UserOptions(display_name="Ann", locale="en"))
    with pytest.raises(UserExists):
        await travel(under_test, _ann(under_test), flow="sign-up")
    with pytest.raises(UserExists):
        await travel(under_test, elsewhere(_ann(under_test), "google"), flow="sign-up")
    assert await under_test.count("users") == 1


async def test_signing_in_registers_nobody_where_signing_up_is_apart(under_test: CoreUnderTest) -> None:
    """And still lets in who is known, or vouched for."""
    visit = under_test.visit(auto_sign_up_enabled=False)
    with pytest.raises(InvalidCredentials):
        await travel(under_test, _ann(under_test), visit=visit)
    ann = await under_test.sign_up(ANN)
    await _verify(under_test, ann)
    assert (await travelled(under_test, _ann(under_test), visit=visit)).subject.id == ann.subject.id
    await travelled(under_test, under_test.identities["github"].person("2"), visit=visit, flow="sign-up")


@pytest.mark.parametrize(
    ("policy", "options", "refusal"),
    [
        ({"sign_up_enabled": False}, {}, SignUpDisabled),
        ({"blocked_email_domains": ("example.com",)}, {}, EmailRefused),
        ({}, {"roles": ("admin",)}, RoleNotAllowed),
        ({}, {"default_role": "admin"}, DefaultRoleNotAllowed),
    ],
)
async def test_the_rules_on_new_users_count_here_too(
    under_test: CoreUnderTest, policy: dict[str, Any], options: dict[str, Any], refusal: type[Exception]
) -> None:
    """Switches, access lists and options are asked when somebody comes back, and nothing is left (security 18)."""
    with pytest.raises(refusal):
        await travel(under_test, _ann(under_test), visit=under_test.visit(**policy), options=UserOptions(**options))
    assert [await under_test.count(table) for table in ("users", "identities", "sessions")] == [0, 0, 0]


async def test_new_users_may_have_to_wait(under_test: CoreUnderTest) -> None:
    """They are registered, told so, and mailed nothing."""
    visit = under_test.visit(new_users_disabled=True, verified_email_required=True)
    with pytest.raises(UserNotActive):
        await travel(under_test, _ann(under_test, vouched=False), visit=visit)
    assert [await under_test.count(table) for table in ("users", "identities", "sessions")] == [1, 1, 0]
    assert await under_test.letters() == []


async def test_a_refused_user_is_not_linked_either(under_test: CoreUnderTest) -> None:
    """The gate is passed in the transaction that links: a disabled user keeps what they had (security 18)."""
    ann = await under_test.sign_up(ANN)
    await _verify(under_test, ann)
    await under_test.change(ann.subject.id, status="disabled")
    with pytest.raises(UserNotActive):
        await travel(under_test, _ann(under_test))
    assert await under_test.count("identities") == 0


async def test_a_provider_does_not_skip_the_second_factor(under_test: CoreUnderTest) -> None:
    """It is a first factor like the password (security 88)."""
    ann = await travelled(under_test, _ann(under_test))
    await under_test.change(ann.subject.id, mfa_type="totp")
    assert isinstance(await travel(under_test, _ann(under_test)), SecondFactorRequired)
    assert await under_test.count("sessions") == 1


async def test_with_a_challenge_comes_a_code(under_test: CoreUnderTest) -> None:
    """No session in any redirect: only who has the verifier gets it (security 37)."""
    outcome = await travel(under_test, _ann(under_test), challenge=CHALLENGE)
    assert isinstance(outcome, AuthorizationCode)
    assert await under_test.count("sessions") == 0
    exchanged = await under_test.core.exchange_code(under_test.visit(), outcome.code, VERIFIER, DOOR)
    assert isinstance(exchanged, SignedIn)
    assert exchanged.session.method == "provider"


@pytest.mark.parametrize(
    "broken",
    [
        {"subject": ""},
        {"issuer": ""},
        {"subject": "a\0b"},
        {"subject": "x" * 256},
        {"issuer": "x" * 513},
        {"email": "nobody"},
    ],
)
async def test_what_cannot_be_relied_on_is_refused(under_test: CoreUnderTest, broken: dict[str, str]) -> None:
    """Nothing that no database takes, no empty key that everybody would share, no address that is none (security 4)."""
    with pytest.raises(ProviderProfileFailed):
        await travel(under_test, replace(_ann(under_test), **broken))
    assert await under_test.count("users") == 0


async def test_a_name_or_picture_that_cannot_be_shown_is_left_out(under_test: CoreUnderTest) -> None:
    """Control characters, endless names, pictures that are scripts: the user is called by what is left."""
    odd = _ann(under_test, name="A\0\u202e" + "n" * 300, picture="javascript:alert(1)")
    subject = (await travelled(under_test, odd)).subject
    assert len(subject.display_name) == 255
    assert subject.display_name.isprintable()
    assert "javascript" not in subject.avatar_url


@pytest.mark.parametrize(
    "picture",
    [
        "",
        "//img.example/a",
        "ftp://img.example/a",
        "https:///a",
        "https://[::1",
        "https://img.example/\u00e4",
        "https://a b",
    ],
)
def test_a_picture_is_a_web_address(picture: str) -> None:
    """It becomes the source of an image on pages of applications."""
    assert shown_picture(picture) == ""
    assert shown_picture("https://img.example/a.png?s=96") == "https://img.example/a.png?s=96"


@pytest.mark.parametrize(
    ("policy", "refusal"),
    [({"sign_up_enabled": False}, SignUpDisabled), ({"blocked_email_domains": ("example.com",)}, EmailRefused)],
)
async def test_who_may_not_register_uses_up_no_letter(
    under_test: CoreUnderTest, policy: dict[str, Any], refusal: type[Exception]
) -> None:
    """Strangers whom no letter will reach leave the project's amount to others (security 96)."""
    visit = under_test.visit(verified_email_required=True, mail_per_hour=0, **policy)
    with pytest.raises(refusal):
        await travel(under_test, _ann(under_test, vouched=False), visit=visit)


async def test_an_issuer_is_one_line(under_test: CoreUnderTest) -> None:
    """Of characters that show: what stands for a provider is compared, and told to operators (security 4)."""
    with pytest.raises(ProviderProfileFailed):
        await travel(under_test, replace(_ann(under_test), issuer="https://github.example\n"))
