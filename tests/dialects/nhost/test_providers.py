"""Coming in by a provider: the way there, the way back, and what travels in the redirects."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from tests.dialects.nhost.providing import ANN, Traveller, signed_in, told
from tests.dialects.nhost.speaking import CLIENT_URL, INVALID_REQUEST, Speaker, refused
from tests.support.identities import parameter
from tests.support.linking import CHALLENGE, VERIFIER
from tests.support.serving import Serve
from vestibule.storage import Statement

HTTPS = {"AUTH_SERVER_URL": "https://auth.example.com/v1", "VESTIBULE_PUBLIC_URL": "https://auth.example.com"}
LAN = {
    "AUTH_SERVER_URL": "http://192.168.7.5:4000/v1",
    "VESTIBULE_PUBLIC_URL": "http://192.168.7.5:4000",
    "VESTIBULE_ALLOW_HTTP": "true",
}
_MFA = Statement(None, "UPDATE vestibule_users SET mfa_type = 'totp' WHERE id = :user_id")


async def test_the_way_there_and_back_ends_in_a_session(serve: Serve) -> None:
    """With the provider's name for the user, the target's query merged, the application's state handed back."""
    async with serve() as running:
        ann = Traveller(running)
        github = ann.provider("github").person("1", ANN, name="Ann B")
        answer = await ann.travel(github, redirectTo=f"{CLIENT_URL}/x?y=1#frag", state="mine & yours")
        base, parameters = told(answer)
        assert base == f"{CLIENT_URL}/x"
        assert parameters.keys() == {"refreshToken", "state", "y"}
        assert (parameters["state"], parameters["y"]) == ("mine & yours", "1")
        assert urlsplit(answer.headers["location"]).fragment == "frag"
        assert answer.headers["cache-control"] == "no-store"
        session = await signed_in(running, answer)
        assert session["user"]["displayName"] == "Ann B"
        assert session["user"]["emailVerified"] is True


async def test_the_target_is_the_client_url_unless_another_is_wanted(serve: Serve) -> None:
    """And nothing but the token is added."""
    async with serve() as running:
        ann = Traveller(running)
        base, parameters = told(await ann.travel(ann.provider("github").person("1")))
        assert (base, [*parameters]) == (CLIENT_URL, ["refreshToken"])


async def test_the_options_count_for_who_is_new(serve: Serve) -> None:
    """Roles, locale, name and metadata, as at any sign-up."""
    async with serve({"AUTH_LOCALE_ALLOWED_LOCALES": "en,fr"}) as running:
        ann = Traveller(running)
        options: dict[str, Any] = {"allowedRoles": "user", "displayName": "Ann", "locale": "fr", "metadata": '{"a":1}'}
        answer = await ann.travel(ann.provider("github").person("1", ANN), **options)
        user = (await signed_in(running, answer))["user"]
        assert (user["roles"], user["displayName"], user["locale"]) == (["user"], "Ann", "fr")
        assert user["metadata"] == {"a": 1}


async def test_a_form_is_a_way_back_too(serve: Serve) -> None:
    """Apple's page sends one, with members that nobody has declared; its cookie comes along from another site."""
    async with serve() as running:
        ann = Traveller(running)
        departed = await ann.depart("apple")
        assert departed.headers["set-cookie"].endswith("HttpOnly; Secure; SameSite=None")
        state = parameter(departed.headers["location"], "state")
        code = ann.provider("apple").consent(state, ann.provider("apple").person("1", ANN))
        answer = await ann.come_back("apple", state=state, code=code, extra="member")
        assert (await signed_in(running, answer))["user"]["email"] == ANN


async def test_the_cookie_is_bound_to_this_host(serve: Serve) -> None:
    """`__Host-`, HttpOnly, Secure, SameSite=Lax, ten minutes, one per provider (security 35, 42)."""
    async with serve(HTTPS) as running:
        answer = await Traveller(running).depart("github")
        name, _, rest = answer.headers["set-cookie"].partition("=")
        assert name == "__Host-vestibule-provider-github"
        attributes = rest.split("; ")[1:]
        assert attributes[0] == "Max-Age=600"
        assert {"Path=/", "HttpOnly", "Secure", "SameSite=Lax"} <= {*attributes}
        assert not any(part.startswith("Domain") for part in attributes)
        custom = await Traveller(running).depart("c:acme")
        assert custom.headers["set-cookie"].startswith("__Host-vestibule-provider-c.acme=")


@pytest.mark.parametrize("environ", [{}, LAN], ids=["this machine", "a trusted network"])
async def test_the_cookie_has_neither_prefix_nor_secure_where_there_is_no_https(
    serve: Serve, environ: dict[str, str]
) -> None:
    """Browsers would drop it there, and every journey would end as somebody else's."""
    async with serve(environ) as running:
        cookie = (await Traveller(running).depart("github")).headers["set-cookie"]
        assert cookie.startswith("vestibule-provider-github=")
        assert "Secure" not in cookie


async def test_two_tabs_get_along(serve: Serve) -> None:
    """The browser keeps one secret, and each journey its own state."""
    async with serve() as running:
        ann = Traveller(running)
        first, second = await ann.departed(), await ann.departed()
        for state, subject in ((first, "1"), (second, "1")):
            code = ann.provider("github").consent(state, ann.provider("github").person(subject))
            assert "refreshToken" in told(await ann.come_back(state=state, code=code))[1]


async def test_a_cookie_that_is_none_of_ours_is_replaced(serve: Serve) -> None:
    """Somebody may have planted one: only a secret of full length is kept (security 42)."""
    async with serve() as running:
        ann = Traveller(running, {"vestibule-provider-github": "short"})
        await ann.departed()
        assert len(ann.cookies["vestibule-provider-github"]) == 43


async def test_with_a_challenge_comes_a_code(serve: Serve) -> None:
    """No session in the redirect; the code works with the verifier (security 37)."""
    async with serve() as running:
        ann = Traveller(running)
        answer = await ann.travel(ann.provider("github").person("1"), codeChallenge=CHALLENGE)
        _, parameters = told(answer)
        assert [*parameters] == ["code"]
        body = {"code": parameters["code"], "codeVerifier": VERIFIER}
        exchanged = await Speaker(running).post("/token/exchange", body)
        assert exchanged.status_code == 200, exchanged.text


async def test_a_challenge_can_be_the_only_way(serve: Serve) -> None:
    """Then nobody sets out without one (security 37)."""
    async with serve({"VESTIBULE_NHOST_PKCE_ONLY": "true"}) as running:
        ann = Traveller(running)
        refused(await ann.depart(), *INVALID_REQUEST)
        answer = await ann.travel(ann.provider("github").person("1"), codeChallenge=CHALLENGE)
        assert [*told(answer)[1]] == ["code"]


async def test_a_second_factor_is_asked_for_by_redirect(serve: Serve) -> None:
    """With a ticket, as a mailed link does (security 88)."""
    async with serve() as running:
        ann = Traveller(running)
        github = ann.provider("github").person("1")
        session = await signed_in(running, await ann.travel(github))
        await running.core.db.run(_MFA, user_id=UUID(session["user"]["id"]))
        _, parameters = told(await ann.travel(github))
        assert parameters["mfaTicket"].startswith("mfaTotp:")
        assert "refreshToken" not in parameters


async def test_who_must_prove_an_address_first_gets_a_letter_and_no_token(serve: Serve) -> None:
    """The link in it goes on to where the journey was to end."""
    async with serve(policy={"verified_email_required": True}) as running:
        ann = Traveller(running)
        github = ann.provider("github").person("1", ANN, vouched=False)
        base, parameters = told(await ann.travel(github, redirectTo=f"{CLIENT_URL}/x", state="mine"))
        assert (base, parameters) == (f"{CLIENT_URL}/x", {"state": "mine"})
        link, _ = await Speaker(running).newest_mail()
        assert told(await Speaker(running).follow(link))[0] == f"{CLIENT_URL}/x"
        assert (await signed_in(running, await ann.travel(github)))["user"]["emailVerified"] is True


async def test_signing_up_tells_who_is_known(serve: Serve) -> None:
    """And signing in tells who is unknown, where the two are apart."""
    async with serve({"AUTH_DISABLE_AUTO_SIGNUP": "true"}) as running:
        ann = Traveller(running)
        github = ann.provider("github").person("1", ANN)
        assert told(await ann.travel(github))[1]["error"] == "invalid-email-password"
        await signed_in(running, await ann.travel(github, how="signup"))
        assert told(await ann.travel(github, how="signup"))[1]["error"] == "user-already-exists"
        await signed_in(running, await ann.travel(github))
