"""The one journey over all rows: what is refused on the way back, and what a failing provider costs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.providers.conftest import BACK, CLIENT, PROJECT, REQUEST, SECRET, Place, sent_to
from tests.providers.recorded import PEOPLE, TENANT
from tests.support.providers.identity import signed
from tests.support.providers.standing_in import Answer, Fault
from vestibule.core.social.model import Callback
from vestibule.kernel.errors import ProviderExchangeFailed, ProviderProfileFailed, ProviderRefused
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.secret import Secret
from vestibule.providers import ProviderSettings

HUGE = Answer(200, b'"' + b"x" * 300_000 + b'"')
REDIRECT = Answer(302, b"", {"Location": "http://127.0.0.1/elsewhere"})
FAULTS = [
    Fault.LATE,
    Fault.SLOW,
    Fault.ENDLESS,
    Fault.HANGS_UP,
    Fault.GARBAGE,
    Fault.ZIPPED,
    HUGE,
    REDIRECT,
    Answer(200, b"<html>Something went wrong</html>", {"Content-Type": "text/html"}),
    Answer(500, b"<html>Something went wrong</html>"),
    Answer(400, {"error": "invalid_grant", "error_description": "<b>no</b>"}),
    Answer(401, {"error": "invalid_client"}),
    Answer(200, {"error": "bad_verification_code", "error_uri": "https://docs.github.com"}),
    Answer(200, []),
    Answer(200, {"access_token": None}),
    Answer(200, {"access_token": 7}),
    Answer(200, {"access_token": ""}),
    Answer(200, {"access_token": "two\r\nlines"}),
    Answer(200, {"access_token": "\u00fcml\u00e4ut"}),
    Answer(200, b"[" * 100_000),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_no_token_is_a_failed_exchange(place: Place, fault: Answer | Fault) -> None:
    """Whatever the token endpoint does; nothing is asked afterwards (security 49, 97)."""
    place.say("github", PEOPLE["github"])
    place.server.faults.append(fault)
    with pytest.raises(ProviderExchangeFailed):
        await place.provider("github").identify(BACK, REQUEST)
    assert len(place.server.requests) == 1


@pytest.mark.parametrize("fault", [*FAULTS[:12], Answer(404), Answer(200, b"[" * 100_000)], ids=str)
async def test_no_profile_is_a_failed_profile(place: Place, fault: Answer | Fault) -> None:
    """Whatever the profile's server does; no redirect is followed with the token (security 49, 97)."""
    place.say("discord", PEOPLE["discord"])
    token = place.server.tokens
    place.server.faults += [token, fault]
    with pytest.raises(ProviderProfileFailed):
        await place.provider("discord").identify(BACK, REQUEST)
    assert not place.server.asked("/elsewhere")


async def test_the_second_document_may_fail_as_well(place: Place) -> None:
    """Without the list of addresses it is not known which ones were confirmed."""
    documents = {"/user": PEOPLE["github"].documents["/user"]}
    with pytest.raises(ProviderProfileFailed):
        await place.identify("github", replace(PEOPLE["github"], documents=documents))


async def test_a_provider_that_does_not_answer_is_left_alone(place: Place) -> None:
    """After five calls nobody waits for it, for a while (security 97)."""
    provider = place.provider("github")
    place.server.faults += [Fault.HANGS_UP] * 9
    for _ in range(7):
        with pytest.raises(ProviderExchangeFailed):
            await provider.identify(BACK, REQUEST)
    assert len(place.server.requests) == 5


async def test_wrong_codes_do_not_close_a_provider(place: Place) -> None:
    """Anybody can send those (security 97)."""
    provider = place.provider("github")
    place.say("github", PEOPLE["github"])
    place.server.faults += [Answer(400, {"error": "invalid_grant"})] * 7
    for _ in range(7):
        with pytest.raises(ProviderExchangeFailed):
            await provider.identify(BACK, REQUEST)
    assert (await provider.identify(BACK, REQUEST)).identity.subject == PEOPLE["github"].subject


@pytest.mark.parametrize("code", [None, "", "two words", "line\n", "\u00fc", "\x00", "\ud800", "x" * 20_000])
async def test_what_is_no_code_is_not_sent(place: Place, code: str | None) -> None:
    """It comes from the browser."""
    with pytest.raises(ProviderExchangeFailed):
        await place.identify("github", callback=Callback(code=code))
    assert place.server.requests == []


ISSUERS = {
    "apple": "https://appleid.apple.com",
    "github": "https://github.com/login/oauth",
    "google": "https://accounts.google.com",
    "linkedin": "https://www.linkedin.com/oauth",
    "entraid": f"https://login.microsoftonline.com/{TENANT}/v2.0",
}


@pytest.mark.parametrize("name", ISSUERS)
async def test_the_issuer_of_an_answer_is_compared(place: Place, name: str) -> None:
    """Else a code of one provider would be sent to another (security 45)."""
    found = await place.identify(name, callback=Callback(code="a-code", issuer=ISSUERS[name]))
    assert found.identity.subject == PEOPLE[name].subject
    for other in ("https://evil.example", "", ISSUERS[name] + "/", "https://github.com"):
        place.server.requests.clear()
        with pytest.raises(ProviderExchangeFailed):
            await place.identify(name, callback=Callback(code="a-code", issuer=other))
        assert place.server.requests == []  # the code stays here


async def test_an_issuer_may_be_missing(place: Place) -> None:
    """Most providers do not know RFC 9207 yet."""
    assert (await place.identify("github")).identity.subject == PEOPLE["github"].subject


NONCES = [None, "", "another", 5, ["a nonce"], "a nonce", "\ud800"]


@pytest.mark.parametrize("name", ["apple", "google", "azuread", "entraid"])
@pytest.mark.parametrize("nonce", NONCES, ids=ascii)
async def test_an_id_token_of_another_request_is_refused(place: Place, name: str, nonce: Any) -> None:
    """Also one without a nonce, where we asked for one (security 7, 44)."""
    token = signed(place.claims(PEOPLE[name].claims, nonce=nonce))
    with pytest.raises(ProviderProfileFailed):
        await place.identify(name, id_token=token)


@pytest.mark.parametrize("token", [None, "", 5, "a.b.c", ["x"]])
async def test_openid_without_an_id_token_is_refused(place: Place, token: Any) -> None:
    """We asked for it, and PKCE is not enough against a provider's own mistakes (security 44)."""
    with pytest.raises(ProviderProfileFailed):
        await place.identify("google", id_token=token)


async def test_the_id_token_in_the_browsers_answer_is_not_looked_at(place: Place) -> None:
    """Only the one from the token endpoint counts (security 5)."""
    token = signed(place.claims(PEOPLE["apple"].claims, sub="victim"))
    found = await place.identify("apple", callback=Callback(code="a-code", id_token=token))
    assert found.identity.subject == PEOPLE["apple"].subject
    with pytest.raises(ProviderProfileFailed):
        await place.identify("apple", callback=Callback(code="a-code", id_token=token), id_token=None)


async def test_a_token_for_somebody_else_is_refused(place: Place) -> None:
    """Its audience is not us (security 6)."""
    token = signed(place.claims(PEOPLE["google"].claims, aud="another client"))
    with pytest.raises(ProviderProfileFailed):
        await place.identify("google", id_token=token)


async def test_another_tenants_token_is_refused(place: Place) -> None:
    """Where one tenant is configured (security 5)."""
    other = "11111111-2222-4333-8444-555555555555"
    claims = place.claims(PEOPLE["entraid"].claims, tid=other, iss=f"https://login.microsoftonline.com/{other}/v2.0")
    with pytest.raises(ProviderProfileFailed):
        await place.identify("entraid", id_token=signed(claims))


async def test_without_openid_the_profile_is_all(place: Place) -> None:
    """An operator who asks for other scopes gets no ID token, and no nonce is sent."""
    place.say("google", PEOPLE["google"], id_token=None)
    provider = place.provider("google", scopes=("email", "profile"))
    assert "nonce" not in sent_to(await provider.depart(REQUEST))
    assert (await provider.identify(BACK, REQUEST)).identity.email_is_vouched


@pytest.mark.parametrize(
    ("expires_in", "after"),
    [
        (3600, 3600),
        ("3599", 3599),
        (0, None),
        (-5, None),
        (None, None),
        ("soon", None),
        (True, None),
        (1e9, None),
        (10**12, None),
        ("9" * 5000, None),
        ([], None),
    ],
)
async def test_when_a_session_of_theirs_ends(place: Place, expires_in: Any, after: int | None) -> None:
    """As they say, where it makes sense."""
    session = (await place.identify("github", expires_in=expires_in, refresh_token="a-refresh-token")).session
    assert session is not None
    assert session.expires_at == (None if after is None else place.clock.now() + timedelta(seconds=after))
    assert session.refresh_token == Secret("a-refresh-token")


async def test_a_session_is_refreshed(place: Place) -> None:
    """By the refresh token; a new one comes only if they send it."""
    place.say("github", PEOPLE["github"])
    session = await place.provider("github").refreshed(Secret("a-refresh-token"))
    assert session.access_token.reveal() == "an-access-token"
    assert session.refresh_token is None
    (request,) = place.server.requests
    assert request.form == {
        "grant_type": "refresh_token",
        "refresh_token": "a-refresh-token",
        "client_id": CLIENT,
        "client_secret": SECRET,
    }


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_a_refresh_that_fails_is_a_no(place: Place, fault: Answer | Fault) -> None:
    """Whatever went wrong (security 97)."""
    place.server.faults.append(fault)
    with pytest.raises(ProviderRefused):
        await place.provider("github").refreshed(Secret("a-refresh-token"))


@pytest.mark.parametrize("code", ["invalid_grant", "<script>", "a b", 5, "x" * 65])
async def test_what_they_say_is_made_harmless(place: Place, code: Any) -> None:
    """It ends up in a URL and in logs."""
    place.server.faults.append(Answer(400, {"error": code}))
    with pytest.raises(ProviderRefused) as refused:
        await place.provider("github").refreshed(Secret("a-refresh-token"))
    assert refused.value.said == ("invalid_grant" if code == "invalid_grant" else "")


@pytest.mark.parametrize("token", ["", "two words", "\u00fc", "line\n"])
async def test_what_is_no_refresh_token_is_not_sent(place: Place, token: str) -> None:
    """It comes from the application."""
    with pytest.raises(ProviderRefused):
        await place.provider("github").refreshed(Secret(token))
    assert place.server.requests == []


def test_other_projects_have_none(place: Place) -> None:
    """The environment describes the default project."""
    everything = place.everything(ProviderSettings((place.configured(place.row("github")),)))
    other = ProjectId(UUID(int=2))
    assert everything.find(PROJECT, "github") is not None
    assert everything.find(other, "github") is None
    assert everything.find(PROJECT, "google") is None
    assert everything.verifier(other, "google") is None


@pytest.mark.parametrize("organization", ["", "x" * 256, "org_1\r\n", "org\u202e"])
async def test_what_is_no_short_line_is_not_passed_on(place: Place, organization: str) -> None:
    """Also where the provider's row lets the parameter pass (security 48)."""
    request = replace(REQUEST, parameters={"organization": organization, "connection": "conn_1"})
    sent = sent_to(await place.provider("workos").depart(request))
    assert "organization" not in sent
    assert sent["connection"] == "conn_1"


@pytest.mark.parametrize("code", ["<script>", "a b", 5, "x" * 65])
async def test_what_they_say_beside_success_is_made_harmless_too(place: Place, code: Any) -> None:
    """Some tell their errors with status 200 (security 47)."""
    place.server.faults.append(Answer(200, {"error": code}))
    with pytest.raises(ProviderRefused) as refused:
        await place.provider("github").refreshed(Secret("a-refresh-token"))
    assert refused.value.said == ""


async def test_a_profile_that_is_not_answered_is_left_alone(place: Place) -> None:
    """After five calls, also while codes are exchanged as ever: nobody waits for it, for a while (security 97)."""
    place.say("discord", PEOPLE["discord"])
    provider, token = place.provider("discord"), place.server.tokens
    for _ in range(7):
        place.server.faults += [token, Fault.HANGS_UP]
        with pytest.raises(ProviderProfileFailed):
            await provider.identify(BACK, REQUEST)
        place.server.faults.clear()
    assert len(place.server.asked("/api/users/@me")) == 5
    assert len(place.server.asked("/api/oauth2/token")) == 7


async def test_no_answer_of_a_provider_is_endless(place: Place) -> None:
    """A quarter of a megabyte, however well it is written (security 101)."""
    long = "x" * 300_000
    with pytest.raises(ProviderExchangeFailed):
        await place.identify("discord", note=long)
    recorded = PEOPLE["discord"].changed(("/api/users/@me", "note"), long)
    with pytest.raises(ProviderProfileFailed):
        await place.identify("discord", recorded)
