"""Signing up and in with passkeys, to the letter of the contract."""

import re
from typing import Any
from uuid import UUID

import pytest

from tests.dialects.nhost.passkey_speaking import ON, Ceremonies
from tests.dialects.nhost.speaking import (
    CLIENT_URL,
    DISABLED,
    EMAIL,
    INVALID_REQUEST,
    SESSION_KEYS,
    UNVERIFIED,
    WRONG_PASSWORD,
    part,
    refused,
)
from tests.support.authenticator import Authenticator, b64
from tests.support.serving import Serve
from vestibule.storage import Statement

SECOND_FACTOR = Statement(None, "UPDATE vestibule_users SET mfa_type = 'totp' WHERE id = :user_id")


async def test_creation_options_are_those_of_the_original(serve: Serve) -> None:
    """Not wrapped, in this order, with these algorithms; the user's id is its text."""
    async with serve(ON) as running:
        answer = await Ceremonies(running).post("/signup/webauthn", {"email": EMAIL})
    assert answer.status_code == 200
    algorithms = ",".join(
        f'{{"type":"public-key","alg":{algorithm}}}'
        for algorithm in (-7, -35, -36, -257, -258, -259, -37, -38, -39, -8)
    )
    assert re.fullmatch(
        r'\{"rp":\{"name":"localhost","id":"localhost"\},'
        rf'"user":\{{"name":"{EMAIL}","displayName":"{EMAIL}","id":"[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}"\}},'
        r'"challenge":"[A-Za-z0-9_-]{43}",'
        rf'"pubKeyCredParams":\[{re.escape(algorithms)}\],"timeout":300000,'
        r'"authenticatorSelection":\{"requireResidentKey":false,"residentKey":"preferred",'
        r'"userVerification":"preferred"\},"attestation":"indirect"\}\n',
        answer.text,
    )


async def test_request_options_are_those_of_the_original(serve: Serve) -> None:
    """Without an address no key is named, with one those of the address, without transports."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        await ann.signed_up()
        start = r'\{"challenge":"[A-Za-z0-9_-]{43}","timeout":300000,"rpId":"localhost",'
        end = r'"userVerification":"preferred"\}\n'
        empty: list[Any] = [None, {}]
        for body in empty:
            answer = await ann.post("/signin/webauthn", body)
            assert re.fullmatch(start + end, answer.text), answer.text
        answer = await ann.post("/signin/webauthn", {"email": EMAIL})
        known = re.escape(f'{{"type":"public-key","id":"{b64(ann.authenticator.passkeys[0].id)}"}}')
        assert re.fullmatch(rf'{start}"allowCredentials":\[{known}\],{end}', answer.text), answer.text


async def test_the_timeout_is_the_operators(serve: Serve) -> None:
    """In milliseconds, in both directions."""
    async with serve({**ON, "AUTH_WEBAUTHN_ATTESTATION_TIMEOUT": "420000"}) as running:
        ann = Ceremonies(running)
        assert (await ann.asked("/signup/webauthn", {"email": EMAIL}))["timeout"] == 420_000
        assert (await ann.asked("/signin/webauthn"))["timeout"] == 420_000


async def test_a_sign_up_answers_a_session(serve: Serve) -> None:
    """Wrapped, as every sign-up does; the user has no password and an unverified address."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        answer = await ann.sign_up(nickname="my phone")
        assert answer.status_code == 200
        session = answer.json()["session"]
        assert list(session) == SESSION_KEYS
        assert (session["user"]["email"], session["user"]["emailVerified"]) == (EMAIL, False)
        assert session["user"]["displayName"] == EMAIL
        assert (await ann.speaker.get("/user", session["accessToken"])).status_code == 200


async def test_options_of_the_beginning_count_unless_replaced(serve: Serve) -> None:
    """The original loses them; ours does what it meant to."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        asked = {"displayName": "Ann", "metadata": {"plan": "pro"}, "locale": "en"}
        options = await ann.asked("/signup/webauthn", {"email": EMAIL, "options": asked})
        assert options["user"]["displayName"] == "Ann"
        body = {"credential": ann.authenticator.create(options), "options": {"displayName": "Anna"}}
        user = (await ann.post("/signup/webauthn/verify", body)).json()["session"]["user"]
        assert (user["displayName"], user["metadata"]) == ("Anna", {"plan": "pro"})


async def test_who_must_prove_the_address_gets_a_mail(serve: Serve) -> None:
    """And no session before; its link leads where the sign-up asked for."""
    async with serve({**ON, "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": "true"}) as running:
        ann = Ceremonies(running)
        asked = {"redirectTo": f"{CLIENT_URL}/welcome"}
        options = await ann.asked("/signup/webauthn", {"email": EMAIL, "options": asked})
        answer = await ann.post("/signup/webauthn/verify", {"credential": ann.authenticator.create(options)})
        assert (answer.status_code, answer.content) == (200, b"{}\n")
        refused(await ann.sign_in(), *UNVERIFIED)
        link, _ = await ann.speaker.newest_mail()
        followed = await ann.speaker.follow(link)
        assert followed.headers["location"].startswith(f"{CLIENT_URL}/welcome?refreshToken=")
        assert (await ann.sign_in()).status_code == 200


async def test_signing_in_answers_a_session(serve: Serve) -> None:
    """With an address or without, and with whatever a browser adds."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        user = (await ann.signed_up())["user"]
        for body in (None, {"email": EMAIL}):
            answer = await ann.sign_in(body)
            assert answer.status_code == 200, answer.text
            assert list(answer.json()["session"]) == SESSION_KEYS
            assert answer.json()["session"]["user"]["id"] == user["id"]


async def test_what_browsers_send_is_taken(serve: Serve) -> None:
    """Extensions of any name, an attachment or none, a handle that is null, the deprecated address."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        await ann.signed_up()
        credential = ann.authenticator.get(await ann.asked("/signin/webauthn", {"email": EMAIL}))
        credential["clientExtensionResults"] = {"credProps": {"rk": True}, "x": [1, {"y": None}]}
        credential["response"]["userHandle"] = None
        del credential["authenticatorAttachment"]
        answer = await ann.post("/signin/webauthn/verify", {"credential": credential, "email": "other@example.com"})
        assert answer.status_code == 200, answer.text


async def test_new_users_may_have_to_be_enabled(serve: Serve) -> None:
    """AUTH_DISABLE_NEW_USERS: the user is there and may not come in."""
    async with serve({**ON, "AUTH_DISABLE_NEW_USERS": "true"}) as running:
        ann = Ceremonies(running)
        refused(await ann.sign_up(), *DISABLED)
        refused(await ann.sign_in(), *DISABLED)


@pytest.mark.parametrize(
    "lie",
    [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"challenge": "x" * 43}, {"user_present": False}],
)
async def test_a_lie_is_an_invalid_request(serve: Serve, lie: dict[str, Any]) -> None:
    """Whatever was wrong, the answer is the same (security 92)."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        await ann.signed_up()
        refused(await ann.sign_in(**lie), *INVALID_REQUEST)
        bob = Ceremonies(running, Authenticator())
        options = await bob.asked("/signup/webauthn", {"email": "bob@example.com"})
        body = {"credential": bob.authenticator.create(options, **lie)}
        refused(await bob.post("/signup/webauthn/verify", body), *INVALID_REQUEST)


async def test_an_answer_is_taken_once(serve: Serve) -> None:
    """Whoever listened in has nothing (security 92)."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        await ann.signed_up()
        body = {"credential": ann.authenticator.get(await ann.asked("/signin/webauthn"))}
        assert (await ann.post("/signin/webauthn/verify", body)).status_code == 200
        refused(await ann.post("/signin/webauthn/verify", body), *INVALID_REQUEST)


async def test_nobody_learns_who_has_passkeys(serve: Serve) -> None:
    """Status and shape are the same for everybody, and asking twice shows the same (security 93)."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        await ann.signed_up()
        await ann.speaker.sign_up("bob@example.com")
        for email in (EMAIL, "bob@example.com", "nobody@example.com"):
            first, second = [await ann.asked("/signin/webauthn", {"email": email}) for _ in range(2)]
            assert list(first) == ["challenge", "timeout", "rpId", "allowCredentials", "userVerification"]
            assert first["allowCredentials"] == second["allowCredentials"]
            assert first["challenge"] != second["challenge"]


async def test_the_operator_may_have_it_told(serve: Serve) -> None:
    """The original's answers, for those whose clients count on them."""
    async with serve({**ON, "VESTIBULE_PASSKEY_DECOYS": "false"}) as running:
        ann = Ceremonies(running)
        await ann.speaker.sign_up("bob@example.com")
        refused(await ann.post("/signin/webauthn", {"email": "nobody@example.com"}), *WRONG_PASSWORD)
        refused(await ann.post("/signin/webauthn", {"email": "bob@example.com"}), *INVALID_REQUEST)


async def test_a_second_factor_is_asked_for(serve: Serve) -> None:
    """With the ticket that every first factor answers (security 88)."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        session = await ann.signed_up()
        await running.core.db.run(SECOND_FACTOR, user_id=UUID(session["user"]["id"]))
        answer = await ann.sign_in()
        assert list(answer.json()) == ["mfa"]
        assert answer.json()["mfa"]["ticket"].startswith("mfaTotp:")


async def test_passkey_sessions_are_not_elevated(serve: Serve) -> None:
    """Signing in is not proving oneself again."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        await ann.signed_up()
        token = (await ann.sign_in()).json()["session"]["accessToken"]
        assert "x-hasura-auth-elevated" not in part(token, 1)["https://hasura.io/jwt/claims"]
