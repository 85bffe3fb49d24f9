"""Coming in by an ID token of Apple or Google that the application got itself."""

from datetime import timedelta
from typing import Any

import pytest

from tests.dialects.nhost.providing import ANN
from tests.dialects.nhost.speaking import INVALID_REQUEST, SESSION_KEYS, UNVERIFIED, WRONG_PASSWORD, Speaker, refused
from tests.support.serving import Running, Serve
from vestibule.storage import Statement

MFA = Statement(None, "UPDATE vestibule_users SET mfa_type = 'totp'")
EXISTS = (409, "user-already-exists", "User already exists")
DISABLED_ENDPOINT = (409, "disabled-endpoint", "This endpoint is disabled")


def _body(running: Running, provider: str = "google", subject: str = "1", **more: Any) -> dict[str, Any]:
    """Return the body of a request with a good token."""
    nonce, email, vouched = more.pop("nonce", None), more.pop("email", ANN), more.pop("vouched", True)
    scripted = running.identities[provider]
    person = scripted.person(subject, email, vouched=vouched)
    token = scripted.id_token(person, running.clock.now() + timedelta(hours=1), nonce)
    return {"provider": provider, "idToken": token, **({} if nonce is None else {"nonce": nonce}), **more}


@pytest.mark.parametrize("provider", ["apple", "google", "c:acme"])
async def test_a_token_signs_in_and_registers_who_is_new(serve: Serve, provider: str) -> None:
    """With a whole session, the options for the new user, and the same user the next time."""
    async with serve() as running:
        speaker = Speaker(running)
        body = _body(running, provider, options={"displayName": "Ann"})
        answer = await speaker.post("/signin/idtoken", body)
        session = answer.json()["session"]
        assert [*session] == SESSION_KEYS
        assert session["user"]["displayName"] == "Ann"
        again = await speaker.post("/signin/idtoken", _body(running, provider))
        assert again.json()["session"]["user"]["id"] == session["user"]["id"]


async def test_signing_up_refuses_who_is_known(serve: Serve) -> None:
    """By the account at the provider, or by the address; whatever year the other codes are of."""
    async with serve() as running:
        speaker = Speaker(running)
        assert (await speaker.post("/signup/idtoken", _body(running))).json().keys() == {"session"}
        refused(await speaker.post("/signup/idtoken", _body(running)), *EXISTS)
        refused(await speaker.post("/signup/idtoken", _body(running, subject="2")), *EXISTS)


async def test_a_nonce_works_once(serve: Serve) -> None:
    """A token that somebody has found opens nothing (security 7)."""
    async with serve() as running:
        speaker = Speaker(running)
        body = _body(running, nonce="n")
        assert (await speaker.post("/signin/idtoken", body)).status_code == 200
        refused(await speaker.post("/signin/idtoken", body), *INVALID_REQUEST)
        refused(await speaker.post("/signin/idtoken", {**_body(running, nonce="m"), "nonce": "x"}), *INVALID_REQUEST)


async def test_one_setting_makes_the_nonce_mandatory(serve: Serve) -> None:
    """At all three endpoints, and with the same words as for any other bad token (security 7)."""
    async with serve({"VESTIBULE_ID_TOKEN_NONCE_REQUIRED": "true"}) as running:
        speaker = Speaker(running)
        for path in ("/signin/idtoken", "/signup/idtoken"):
            refused(await speaker.post(path, _body(running)), *INVALID_REQUEST)
        session = (await speaker.post("/signin/idtoken", _body(running, nonce="n"))).json()["session"]
        bearer = {"authorization": f"Bearer {session['accessToken']}"}
        refused(await speaker.post("/link/idtoken", _body(running, subject="2"), **bearer), *INVALID_REQUEST)


async def test_a_token_that_is_no_good_says_nothing_more(serve: Serve) -> None:
    """Forged, or of a provider that is not configured (security 5, 9)."""
    async with serve() as running:
        speaker = Speaker(running)
        refused(await speaker.post("/signin/idtoken", {"provider": "google", "idToken": "x.y.z"}), *INVALID_REQUEST)
        del running.identities.providers["apple"]
        refused(await speaker.post("/signin/idtoken", {"provider": "apple", "idToken": "x"}), *DISABLED_ENDPOINT)
        refused(await speaker.post("/signin/idtoken", {"provider": "c:other", "idToken": "x"}), *DISABLED_ENDPOINT)
        for name in ("github", "c:", "c:Acme", "acme", ""):
            wrong = await speaker.post("/signin/idtoken", {"provider": name, "idToken": "x"})
            assert (wrong.status_code, wrong.json()["error"]) == (400, "schema-validation-error")


async def test_an_unvouched_address_signs_nobody_in(serve: Serve) -> None:
    """As somebody who has it already; who is new proves it first (security 1)."""
    async with serve(policy={"verified_email_required": True}) as running:
        speaker = Speaker(running)
        answer = await speaker.post("/signin/idtoken", _body(running, vouched=False))
        assert (answer.status_code, answer.content) == (200, b"{}\n")
        refused(await speaker.post("/signin/idtoken", _body(running, subject="2", vouched=False)), *UNVERIFIED)
        link, _ = await speaker.newest_mail()
        assert (await speaker.follow(link)).status_code == 302
        assert (await speaker.post("/signin/idtoken", _body(running, vouched=False))).status_code == 200


async def test_a_token_needs_an_address_that_may_come(serve: Serve) -> None:
    """The access lists count for the token's own, and none is none."""
    async with serve({"AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS": "evil.example"}) as running:
        speaker = Speaker(running)
        for email in (None, "a@evil.example"):
            refused(await speaker.post("/signin/idtoken", _body(running, email=email)), *WRONG_PASSWORD)


async def test_a_second_factor_is_asked_for(serve: Serve) -> None:
    """The token is a first factor (security 88)."""
    async with serve() as running:
        speaker = Speaker(running)
        await speaker.post("/signin/idtoken", _body(running))
        await running.core.db.run(MFA)
        assert [*(await speaker.post("/signin/idtoken", _body(running))).json()] == ["mfa"]
