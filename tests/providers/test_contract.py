"""Each of the providers, with answers in the shapes that it documents: who somebody is, and what is believed."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.providers.conftest import CLIENT, REQUEST, SECRET, Place, sent_to
from tests.providers.recorded import MISSING, PEOPLE, TENANT, Recorded
from vestibule.core.social.identities import stranger_of
from vestibule.core.social.model import Callback, ExternalIdentity
from vestibule.kernel.errors import ProviderProfileFailed
from vestibule.providers import ROWS, AppleKey

STRANGE: tuple[Any, ...] = (None, [], {}, [{}], True, -1, 1e300, "\U0001f600" * 300, "a\x00b")
NO_OBJECTS: tuple[Any, ...] = ([], "ada", 1, [[]])
BELIEVED = {"apple", "github", "google", "linkedin", "discord", "bitbucket", "azuread", "entraid"}
NO_TRUTHS: tuple[Any, ...] = (False, MISSING, None, "true", "false", 1, 0, [True], {"verified": True})
APPLES_TRUTH = ("apple", "true")  # it documents that text: test_apple.py
ALL = sorted(PEOPLE)
WITH_MAIL = [name for name in ALL if PEOPLE[name].mail]
WITH_A_WORD = [name for name in ALL if PEOPLE[name].verified]


def leaves(recorded: Recorded) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to every value that the provider said."""

    def walk(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for step, each in members:
            yield from [(*path, step)] if not isinstance(each, dict | list) else walk(each, (*path, step))

    for name, document in recorded.documents.items():
        yield from walk(document, (name,))


def test_all_are_here() -> None:
    """Twitter, which speaks another protocol, has its own tests."""
    assert set(PEOPLE) == set(ROWS)
    assert len(ROWS) == 15


@pytest.mark.parametrize("name", ALL)
async def test_somebody_comes_back(place: Place, name: str) -> None:
    """Issuer and subject say who it is; the address is believed of those who vouch for it (security 3, 4)."""
    recorded = PEOPLE[name]
    found = await place.identify(name)
    assert found.identity == ExternalIdentity(
        provider=name,
        issuer=ROWS[name].issuer,
        subject=recorded.subject,
        email=recorded.email,
        email_is_vouched=name in BELIEVED,
        name=recorded.name,
        picture=recorded.picture,
    )
    assert found.session is not None
    assert found.session.access_token.reveal() == "an-access-token"


@pytest.mark.parametrize(
    ("name", "word"), [(name, word) for name in WITH_A_WORD for word in NO_TRUTHS if (name, word) != APPLES_TRUTH]
)
async def test_only_a_real_true_is_believed(place: Place, name: str, word: Any) -> None:
    """Not the text, not the number one, not silence (security 3)."""
    recorded = PEOPLE[name].changed(PEOPLE[name].verified, word)
    found = (await place.identify(name, recorded)).identity
    assert not found.email_is_vouched
    assert found.email is not None


@pytest.mark.parametrize("name", WITH_MAIL)
async def test_nobody_without_an_address_is_believed(place: Place, name: str) -> None:
    """Where the provider always has one, its absence is a failure; elsewhere people come without (security 3)."""
    recorded = PEOPLE[name]
    gone = recorded
    while gone_email(gone) is not None:
        gone = _without_addresses(name, gone)
    if recorded.needs_email:
        with pytest.raises(ProviderProfileFailed):
            await place.identify(name, gone)
        return
    found = (await place.identify(name, gone)).identity
    assert found.subject == recorded.subject
    assert not found.email_is_vouched
    assert found.email in {None, "ada@acme.onmicrosoft.example", "ada@live.example"}


def gone_email(recorded: Recorded) -> str | None:
    written = str(recorded.documents) + str(recorded.claims)
    return "ada@acme.example" if "ada@acme.example" in written else None


def _without_addresses(name: str, recorded: Recorded) -> Recorded:
    """Return the same person without the address, wherever it was said."""
    if name in {"github", "bitbucket"}:
        path = PEOPLE[name].mail[:-2]
        return (
            recorded.changed(path, [])
            if len(path) > 1
            else replace(recorded, documents={**recorded.documents, str(path[0]): []})
        )
    for where in [*(leaf for leaf in leaves(recorded)), *(("claims", claim) for claim in recorded.claims)]:
        place: Any = recorded.claims if where[0] == "claims" else recorded.documents[str(where[0])]
        for step in where[1:]:
            place = place[step]
        if place == "ada@acme.example":
            recorded = recorded.changed(where, MISSING)
    return recorded


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("subject", [MISSING, None, "", [], {}, True, 1.5, "x" * 256, "a\x00b"])
async def test_nobody_comes_without_a_subject(place: Place, name: str, subject: Any) -> None:
    """Empty, of another type, too long or unprintable: it is not clear who came (security 4)."""
    with pytest.raises(ProviderProfileFailed):
        stranger_of(await place.identify(name, PEOPLE[name].changed(PEOPLE[name].id, subject)))


@pytest.mark.parametrize("name", ALL)
async def test_values_of_other_types_break_nothing(place: Place, name: str) -> None:
    """Somebody comes in without what was strange, or not at all; never as somebody else."""
    for path in leaves(PEOPLE[name]):
        for strange in STRANGE:
            try:
                found = stranger_of(await place.identify(name, PEOPLE[name].changed(path, strange))).identity
            except ProviderProfileFailed:
                continue
            assert found.subject == PEOPLE[name].subject or found.subject == strange
            assert len(found.name) <= 255
            assert "\x00" not in found.name + found.picture + (found.email or "")


@pytest.mark.parametrize("name", ALL)
async def test_a_profile_that_is_no_object_is_no_profile(place: Place, name: str) -> None:
    """A list, a text or nothing at all."""
    recorded = PEOPLE[name]
    for path in recorded.documents:
        for strange in NO_OBJECTS:
            documents = {**recorded.documents, path: strange}
            try:
                found = (await place.identify(name, replace(recorded, documents=documents))).identity
            except ProviderProfileFailed:
                continue
            assert found.subject == recorded.subject


DEPARTURES = {
    "apple": ("appleid.apple.com/auth/authorize", {"scope": "name email", "response_mode": "form_post"}),
    "github": ("github.com/login/oauth/authorize", {"scope": "user:email"}),
    "google": ("accounts.google.com/o/oauth2/auth", {"scope": "openid email profile"}),
    "linkedin": ("www.linkedin.com/oauth/v2/authorization", {"scope": "openid profile email"}),
    "discord": ("discord.com/api/oauth2/authorize", {"scope": "identify email"}),
    "spotify": ("accounts.spotify.com/authorize", {"scope": "user-read-email user-read-private"}),
    "twitch": ("id.twitch.tv/oauth2/authorize", {"scope": "user:read:email"}),
    "gitlab": ("gitlab.com/oauth/authorize", {"scope": "read_user"}),
    "bitbucket": ("bitbucket.org/site/oauth2/authorize", {"scope": "account"}),
    "workos": ("api.workos.com/sso/authorize", {}),
    "azuread": (
        f"login.microsoftonline.com/{TENANT}/oauth2/authorize",
        {"scope": "email profile openid offline_access", "prompt": "select_account"},
    ),
    "entraid": (
        f"login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize",
        {"scope": "email profile openid offline_access"},
    ),
    "strava": (
        "www.strava.com/api/v3/oauth/authorize",
        {"scope": "profile:read_all", "approval_prompt": "force"},
    ),
    "facebook": ("www.facebook.com/v22.0/dialog/oauth", {"scope": "email"}),
    "windowslive": ("login.live.com/oauth20_authorize.srf", {"scope": "wl.basic wl.emails"}),
}
WITH_NONCE = {"apple", "google", "azuread", "entraid"}


@pytest.mark.parametrize("name", ALL)
async def test_where_the_browser_goes(place: Place, name: str) -> None:
    """With state, PKCE and, where there is an ID token, a nonce; and nothing else (security 44, 48)."""
    departure = await place.provider(ROWS[name].for_tenant(TENANT, TENANT)).depart(REQUEST)
    where, extra = DEPARTURES[name]
    assert departure.url.split("?")[0] == f"https://{where}"
    expected = {
        "client_id": CLIENT,
        "redirect_uri": f"https://auth.acme.example/v1/signin/provider/{name}/callback",
        "response_type": "code",
        "state": "a state",
        **extra,
    }
    if name != "linkedin":
        expected |= {
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",  # RFC 7636 appendix B
            "code_challenge_method": "S256",
        }
    if name in WITH_NONCE:
        expected["nonce"] = hashlib.sha256(REQUEST.nonce.encode()).hexdigest()
    sent = sent_to(departure)
    assert list(sent) == sorted(sent)
    assert sent == expected
    assert departure.kept == ""


@pytest.mark.parametrize("name", ALL)
async def test_what_the_token_endpoint_gets(place: Place, name: str) -> None:
    """The code, the verifier of PKCE, and who we are: as the provider wants it (security 44)."""
    await place.identify(name)
    (exchange,) = [request for request in place.server.requests if request.method == "POST"]
    form = exchange.form
    assert form["grant_type"] == "authorization_code"
    assert form["code"] == "a-code"
    assert form["redirect_uri"] == f"https://auth.acme.example/v1/signin/provider/{name}/callback"
    assert form.get("code_verifier") == (None if name == "linkedin" else REQUEST.code_verifier)
    assert exchange.headers["accept"] == "application/json"
    if name in {"spotify", "bitbucket"}:
        assert exchange.basic == ("our+client", "our+secret+%26+more")
        assert "client_secret" not in form
    else:
        assert exchange.basic is None
        assert form["client_id"] == CLIENT
        assert name == "apple" or form["client_secret"] == SECRET


@pytest.mark.parametrize("name", ALL)
async def test_what_the_profile_is_asked_with(place: Place, name: str) -> None:
    """The access token, in the header."""
    await place.identify(name)
    for path in PEOPLE[name].documents:
        (request,) = place.server.asked(path)
        assert request.headers["authorization"] == "Bearer an-access-token"
        assert request.headers.get("client-id") == (CLIENT if name == "twitch" else None)


@pytest.mark.parametrize("name", ALL)
async def test_only_apple_answers_by_form(place: Place, name: str) -> None:
    """Cookies of the browser have to come along then."""
    assert place.provider(name).answers_by_form == (name == "apple")


@pytest.mark.parametrize("name", ["google", "linkedin", "azuread", "entraid"])
@pytest.mark.parametrize("subject", ["somebody else", MISSING, None, 1])
async def test_profile_and_id_token_speak_of_one_person(place: Place, name: str, subject: Any) -> None:
    """Else the access token was somebody else's (security 8)."""
    (path,) = PEOPLE[name].documents
    member = "id" if name == "google" else "sub"
    with pytest.raises(ProviderProfileFailed):
        await place.identify(name, PEOPLE[name].changed((path, member), subject))


async def test_the_word_of_another_address_is_not_taken(place: Place) -> None:
    """GitHub lists several: only what it says of the chosen one counts (security 3)."""
    recorded = PEOPLE["github"].changed(("/user/emails", 1, "verified"), value=False)
    found = (await place.identify("github", recorded)).identity
    assert (found.email, found.email_is_vouched) == ("ada@acme.example", False)
    recorded = recorded.changed(("/user/emails", 0, "verified"), value=True)
    found = (await place.identify("github", recorded)).identity
    assert (found.email, found.email_is_vouched) == ("old@acme.example", True)


@pytest.mark.parametrize("name", ["azuread", "entraid"])
async def test_the_domains_owner_vouches_for_one_address_only(place: Place, name: str) -> None:
    """`xms_edov` stands beside the address of the ID token; that of the profile is another matter (security 3)."""
    recorded = PEOPLE[name].changed(("claims", "email"), MISSING)
    found = (await place.identify(name, recorded)).identity
    assert (found.email, found.email_is_vouched) == ("ada@acme.example", False)


async def test_a_name_that_looks_like_an_address_is_not_vouched_for(place: Place) -> None:
    """A UPN is no mailbox (security 3, 4)."""
    (path,) = PEOPLE["azuread"].documents
    recorded = PEOPLE["azuread"].changed((path, "email"), MISSING).changed(("claims", "email"), MISSING)
    found = (await place.identify("azuread", recorded)).identity
    assert (found.email, found.email_is_vouched) == ("ada@acme.onmicrosoft.example", False)


async def test_apple_tells_the_name_once(place: Place) -> None:
    """In a field of the form that anybody could write: the name is all that is taken (security 3)."""
    said = '{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"victim@acme.example","sub":"victim"}'
    found = (await place.identify("apple", callback=Callback(code="a-code", user=said))).identity
    assert (found.name, found.email, found.subject) == ("Ada Lovelace", "ada@acme.example", PEOPLE["apple"].subject)


@pytest.mark.parametrize("user", ["", "{", "[]", '{"name":"Ada"}', '{"name":{"firstName":1}}', '"' + "x" * 3000 + '"'])
async def test_a_strange_name_from_apple_is_no_name(place: Place, user: str) -> None:
    """The address stands for it then."""
    found = (await place.identify("apple", callback=Callback(code="a-code", user=user))).identity
    assert found.name == "ada@acme.example"


async def test_a_new_name_at_discord_has_no_number(place: Place) -> None:
    """Its discriminator is 0."""
    recorded = PEOPLE["discord"].changed(("/api/users/@me", "discriminator"), "0")
    assert (await place.identify("discord", recorded)).identity.name == "ada"


async def test_workos_takes_an_organization_along(place: Place) -> None:
    """The caller's before the configured one; the domain is the operator's, and nothing else passes (security 48)."""
    provider = place.provider("workos", extra={"organization": "org_default", "domain": "acme.example"})
    assert sent_to(await provider.depart(REQUEST)).items() >= {
        ("organization", "org_default"),
        ("domain", "acme.example"),
    }
    asked = {
        "organization": "org_other",
        "connection": "conn_1",
        "domain": "evil.example",
        "login_hint": "x",
        "state": "y",
    }
    sent = sent_to(await provider.depart(replace(REQUEST, parameters=asked)))
    assert sent.items() >= {("organization", "org_other"), ("connection", "conn_1"), ("domain", "acme.example")}
    assert sent["state"] == "a state"
    assert "login_hint" not in sent


@pytest.mark.parametrize("name", sorted(set(ALL) - {"workos"}))
async def test_callers_add_nothing(place: Place, name: str) -> None:
    """Neither `login_hint` nor `prompt` (security 48)."""
    asked = {"login_hint": "victim@acme.example", "prompt": "none", "organization": "o", "redirect_uri": "https://evil"}
    provider = place.provider(name)
    assert await provider.depart(replace(REQUEST, parameters=asked)) == await provider.depart(REQUEST)


def test_only_apple_has_a_key(place: Place) -> None:
    """Others have a secret."""
    assert isinstance(place.configured(place.row("apple")).client_secret, AppleKey)


async def test_apples_form_field_is_only_so_long(place: Place) -> None:
    """Two thousand characters: anybody could have written it, and nobody reads more of that (security 112)."""
    said = json.dumps({"name": {"firstName": "Ada", "lastName": "Lovelace"}, "note": "x" * 2000})
    found = (await place.identify("apple", callback=Callback(code="a-code", user=said))).identity
    assert found.name == "ada@acme.example"
