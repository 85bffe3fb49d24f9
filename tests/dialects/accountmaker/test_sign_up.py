import asyncio
from typing import Any

import pytest

from tests.dialects.accountmaker.speaking import (
    EMAIL,
    ENCRYPTED,
    OWN_ORIGIN,
    PAGE,
    PASSWORD,
    Caller,
    assert_invalid,
    assert_problem,
    claims,
    mailed_link,
    set_cookies,
)
from tests.support.serving import CLIENT_ID, Serve

BODY = {"client_id": CLIENT_ID, "email": EMAIL, "password": PASSWORD}


async def test_sign_up_makes_a_user_who_owns_an_account(serve: Serve) -> None:
    """The documented AuthenticationResult: every member is there, null or not."""
    async with serve() as running:
        result = await Caller(running).sign_up()

        profile, tokens = result["profile"], result["tokens"]
        user_id, membership = profile["id"], profile["memberships"][0]
        assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in"}
        assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
        assert profile == {
            "id": user_id,
            "application_id": "default",
            "status": "active",
            "preferred_membership_id": None,
            "identity": {
                "id": user_id,
                "given_name": None,
                "family_name": None,
                "display_name": None,
                "avatar_url": profile["identity"]["avatar_url"],
                "preferred_language": None,
                "locale": None,
                "timezone": None,
                "external_id": None,
            },
            "credentials": [{"id": profile["credentials"][0]["id"], "email": EMAIL, "email_verified_at": None}],
            "memberships": [membership],
            "active_membership": membership,
        }
        assert membership == {
            "id": membership["id"],
            "user_id": user_id,
            "account_id": membership["account_id"],
            "role": "owner",
            "account": {
                "id": membership["account_id"],
                "parent_id": "default",
                "name": "ann",
                "avatar_url": None,
                "status": "active",
                "paid_until": None,
            },
        }
        prefixes = [user_id, profile["credentials"][0]["id"], membership["id"], membership["account_id"]]
        assert [value.partition("_")[0] for value in prefixes] == ["uid", "crd", "mbr", "acc"]


async def test_what_is_said_at_sign_up_is_kept(serve: Serve) -> None:
    """Identity, account name and language come back; unknown members are ignored."""
    identity = {"given_name": "Ann", "display_name": "Ann B", "timezone": "Europe/Oslo", "shoe_size": 38}
    async with serve() as running:
        result = await Caller(running).sign_up(
            identity=identity, account_name="Acme", preferred_language="en-CA", nonsense=[1]
        )

        shown = result["profile"]["identity"]
        assert (shown["given_name"], shown["display_name"]) == ("Ann", "Ann B")
        assert (shown["timezone"], shown["preferred_language"]) == ("Europe/Oslo", "en-CA")
        assert result["profile"]["active_membership"]["account"]["name"] == "Acme"


async def test_every_sign_up_mails_a_link_to_the_endpoint_that_verifies(serve: Serve) -> None:
    """Signed in at once, and asked to prove the address all the same; the link is built from the public URL."""
    async with serve() as running:
        await Caller(running).sign_up()

        assert (await mailed_link(running)).startswith(f"{OWN_ORIGIN}/auth/verify?token=")


async def test_the_link_leads_to_a_registered_page_only(serve: Serve) -> None:
    """An unregistered target is refused before anything is made (security 105)."""
    page = "https://app.example.com/welcome?from=mail"
    async with serve() as running:
        client = await running.new_client(redirect_uris=(page,))
        ann = Caller(running, client.public_id)
        body = {**BODY, "client_id": client.public_id}
        evil = await ann.post("/auth/sign-up", {**body, "redirect_uri": f"{page}.evil"})
        assert_invalid(evil, "redirect_uri", "redirect_uri", received=f"{page}.evil")
        assert not await running.mails()

        await ann.sign_up(redirect_uri=page)
        assert (await mailed_link(running)).startswith(f"{page}&token=")


async def test_the_client_may_name_the_page_that_links_lead_to(serve: Serve) -> None:
    """`links.email_verification` of the client counts where the request names no page."""
    async with serve() as running:
        client = await running.new_client(settings={"links": {"email_verification": "https://app.example.com/#/v"}})
        await Caller(running, client.public_id).sign_up()

        assert "https://app.example.com/?token=" in await mailed_link(running)


async def test_a_taken_address_is_a_conflict(serve: Serve) -> None:
    """However it is spelled; documented, since sign-up cannot hide it."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()

        assert_problem(await ann.post("/auth/sign-up", {**BODY, "email": " ANN@Example.com "}), 409, "email_taken")


async def test_of_many_sign_ups_at_once_one_makes_the_user(serve: Serve) -> None:
    """One wins, the others learn that the address is taken."""
    async with serve() as running:
        ann = Caller(running)
        answers = await asyncio.gather(*(ann.post("/auth/sign-up", BODY) for _ in range(20)))

        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
        assert len(await running.core.users.page(running.project.id)) == 1


@pytest.mark.parametrize(
    ("password", "kind"),
    [
        ("Sh0rt!", "min_length"),
        ("correct horse 7", "password_too_weak"),
        ("CORRECT HORSE 7", "password_too_weak"),
        ("Correct horses", "password_too_weak"),
        ("Correcthorse7", "password_too_weak"),
        ("Annabel likes 7!", "password_too_weak"),
        ("Aa1!" * 33, "max_length"),
        ("", "min_length"),
    ],
)
async def test_weak_passwords_are_refused_and_never_echoed(serve: Serve, password: str, kind: str) -> None:
    """Lower, upper, digit, other, 8 to 128, and not the name in the address."""
    async with serve() as running:
        body = {**BODY, "email": "annabel@example.com", "password": password}
        answer = await Caller(running).post("/auth/sign-up", body)

        assert_invalid(answer, "password", kind)
        assert not password or password not in answer.text


@pytest.mark.parametrize(
    ("change", "path", "kind", "received"),
    [
        ({"email": "nobody"}, "email", "email", "nobody"),
        ({"email": None}, "email", "type", None),
        ({"email": 7}, "email", "type", 7),
        ({"password": 7}, "password", "type", None),
        ({"account_name": "x" * 257}, "account_name", "max_length", None),
        ({"identity": {"given_name": 4}}, "identity.given_name", "type", 4),
        ({"identity": []}, "identity", "type", None),
    ],
)
async def test_a_wrong_field_is_named(
    serve: Serve, change: dict[str, Any], path: str, kind: str, received: Any
) -> None:
    """400 with where, which and why; what came in is repeated unless it is secret or large."""
    async with serve() as running:
        assert_invalid(await Caller(running).post("/auth/sign-up", {**BODY, **change}), path, kind, received=received)


async def test_a_missing_field_is_named(serve: Serve) -> None:
    """`required`, with null as what was received."""
    async with serve() as running:
        body = {"client_id": CLIENT_ID, "email": EMAIL}
        assert_invalid(await Caller(running).post("/auth/sign-up", body), "password", "required")


async def test_a_client_may_switch_sign_up_off(serve: Serve) -> None:
    """403, and nobody is made."""
    async with serve() as running:
        closed = await running.new_client(settings={"sign_up_enabled": False})
        no_password = await running.new_client(settings={"methods": ["magic_link"]})
        ann = Caller(running)
        for client, code in ((closed, "sign_up_disabled"), (no_password, "method_disabled")):
            body = {**BODY, "client_id": client.public_id}
            assert_problem(await ann.post("/auth/sign-up", body), 403, code)
        assert await running.core.users.page(running.project.id) == []


async def test_a_project_may_take_no_new_users(serve: Serve) -> None:
    """Then none of its clients can."""
    async with serve(policy={"sign_up_enabled": False}) as running:
        assert_problem(await Caller(running).post("/auth/sign-up", BODY), 403, "sign_up_disabled")


async def test_an_invite_that_never_was_makes_nobody(serve: Serve) -> None:
    """Whoever wants to join an account does not get another one by mistake."""
    async with serve() as running:
        answer = await Caller(running).post("/auth/sign-up", {**BODY, "invite_token": "x" * 43})

        assert_problem(answer, 400, "invalid_token")
        assert "x" * 43 not in answer.text
        assert await running.core.users.page(running.project.id) == []


async def test_where_addresses_must_be_verified_first_no_tokens_are_given(serve: Serve) -> None:
    """The user is made and the letter leaves; signing in has to wait."""
    async with serve(policy={"verified_email_required": True}) as running:
        ann = Caller(running)
        assert_problem(await ann.post("/auth/sign-up", BODY), 403, "email_unverified")
        assert_problem(await ann.sign_in(), 403, "email_unverified")

        token = (await mailed_link(running)).partition("token=")[2]
        assert (await ann.get(f"/auth/verify?token={token}")).json() == {"email": EMAIL, "verified": True}
        assert (await ann.sign_in()).status_code == 200


async def test_new_users_may_have_to_wait_for_an_operator(serve: Serve) -> None:
    """Made, but not let in: no tokens, no letter."""
    async with serve(policy={"new_users_disabled": True}) as running:
        assert_problem(await Caller(running).post("/auth/sign-up", BODY), 403, "user_suspended")
        assert len(await running.core.users.page(running.project.id)) == 1
        assert not await running.mails()


async def test_browsers_get_both_cookies_and_others_none(serve: Serve) -> None:
    """Security 35, 36: HttpOnly, Secure, SameSite, and no cache keeps the answer."""
    async with serve(accountmaker=ENCRYPTED) as running:
        ann = Caller(running)
        plain = await ann.post("/auth/sign-up", BODY)
        browser = await ann.post("/auth/sign-up", {**BODY, "email": "bob@example.com"}, **PAGE)

        assert set_cookies(plain) == {}
        cookies, tokens = set_cookies(browser), browser.json()["tokens"]
        for name, life in (("access_token", 3600), ("refresh_token", 1_209_600)):
            value, *attributes = cookies[name].split("; ")
            assert value == tokens[name]
            assert [part for part in attributes if not part.startswith("Expires=")] == [
                f"Max-Age={life}",
                "Path=/",
                "HttpOnly",
                "Secure",
                "SameSite=Lax",
            ]
        assert browser.headers["cache-control"] == "no-store"


async def test_a_new_session_says_owner_of_the_new_account(serve: Serve) -> None:
    """`acc` and `role` of the token are those of the account that was just made."""
    async with serve() as running:
        result = await Caller(running).sign_up()
        said = claims(result["tokens"]["access_token"])

        assert (said["acc"], said["role"]) == (result["profile"]["active_membership"]["account_id"], "owner")
