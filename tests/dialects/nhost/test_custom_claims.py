"""Custom claims in the tokens of this door: where they come from, and what is done when they cannot be had."""

import json

import httpx2
import jwt
import pytest

from tests.dialects.nhost.claiming import BUILT_IN, assert_unavailable, claims_of, custom, on_webhook
from tests.dialects.nhost.speaking import EMAIL, OK, PASSWORD, Speaker
from tests.dialects.nhost.test_passwordless import brought
from tests.support.linking import CHALLENGE, VERIFIER
from tests.support.providers.claims_webhook import ClaimsWebhook
from tests.support.providers.hasura import ADMIN_SECRET, Hasura
from tests.support.providers.standing_in import Answer, Fault
from tests.support.providers.standing_in import serve as serve_stand_in
from tests.support.serving import Running, Serve
from vestibule.core.projects import NewProject

ELEVATED = "x-hasura-auth-elevated"
OF_USER = {
    "AUTH_JWT_CUSTOM_CLAIMS": json.dumps(
        {
            "org": "metadata.org",
            "tags": "metadata.tags[]",
            "roles": "roles[*].role",
            "seats": "metadata.seats",
            "Plan": "metadata.plan",
            "X-Hasura-Locale": "locale",
            "verified": "emailVerified",
            "phone": "phoneNumber",
            "nick": "metadata.nick",
        }
    ),
    "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS": json.dumps({"nick": "nobody", "org": "unused"}),
}


def on_hasura(hasura: Hasura, **more: str) -> dict[str, str]:
    return {
        "HASURA_GRAPHQL_GRAPHQL_URL": hasura.graphql,
        "HASURA_GRAPHQL_ADMIN_SECRET": ADMIN_SECRET,
        "AUTH_JWT_CUSTOM_CLAIMS": '{"org":"metadata.org","teams":"teams[].team.id","x-hasura-tier":"plan.name"}',
        **more,
    }


async def test_a_token_says_what_the_paths_find_in_the_user(serve: Serve) -> None:
    """Sign-up, sign-in and refresh alike: named and written as Hasura reads them, with defaults, null as a word."""
    async with serve(environ=OF_USER) as running:
        speaker = Speaker(running)
        metadata = {"org": "acme", "tags": ["a", "b"], "seats": 5, "plan": {"name": "gold"}, "nick": None}
        session = await speaker.sign_up(metadata=metadata)
        expected = {
            "x-hasura-org": "acme",
            "x-hasura-tags": '{"a","b"}',
            "x-hasura-roles": '{"me","user"}',
            "x-hasura-seats": "5",
            "x-hasura-plan": '{"name":"gold"}',
            "X-Hasura-Locale": "en",
            "x-hasura-verified": "false",
            "x-hasura-phone": "null",
            "x-hasura-nick": "nobody",
        }
        signed_in = (await speaker.sign_in()).json()["session"]
        refreshed = (await speaker.refresh(session["refreshToken"])).json()
        for found in (session, signed_in, refreshed):
            assert custom(found) == expected
            assert claims_of(found).keys() >= BUILT_IN
            assert (await speaker.get("/user", found["accessToken"])).status_code == 200


async def test_a_server_without_custom_claims_asks_nobody(serve: Serve) -> None:
    """There is nothing to call and nothing in the token."""
    async with serve(environ={"AUTH_JWT_CUSTOM_CLAIMS": "{}"}) as running:
        assert running.core.custom_claims is None
        assert claims_of(await Speaker(running).sign_up()).keys() == BUILT_IN


async def test_hasura_is_asked_for_each_token(serve: Serve) -> None:
    """By the operator's own variables: next door and without TLS, which needs no further setting."""
    async with serve_stand_in(Hasura()) as hasura, serve(environ=on_hasura(hasura)) as running:
        speaker = Speaker(running)
        assert_unavailable(await speaker.post("/signup/email-password", {"email": EMAIL, "password": PASSWORD}))
        user_id = hasura.requests[0].json["variables"]["id"]
        hasura.users[user_id] = {
            "metadata": {"org": "acme"},
            "teams": [{"team": {"id": 1}}, {"team": {"id": 2}}],
            "plan": {"name": "gold"},
        }
        session = (await speaker.sign_in()).json()["session"]
        expected = {"x-hasura-org": "acme", "x-hasura-teams": "{1,2}", "x-hasura-tier": "gold"}
        assert custom(session) == expected
        hasura.users[user_id]["plan"] = None
        assert custom((await speaker.refresh(session["refreshToken"])).json()) == {**expected, "x-hasura-tier": "null"}


async def test_the_webhook_is_told_and_believed(serve: Serve) -> None:
    """Its claims go by the same rules; it is told who comes and how, and beats a path of the same name."""
    async with serve_stand_in(ClaimsWebhook()) as webhook:
        webhook.claims = {"org": "beta", "teams": [7], "level": 3, "none": None}
        async with serve(environ={**OF_USER, **on_webhook(webhook)}) as running:
            session = await Speaker(running).sign_up(metadata={"org": "acme"})
            assert custom(session)["x-hasura-org"] == "beta"
            assert (
                custom(session).items()
                >= {"x-hasura-teams": "{7}", "x-hasura-level": "3", "x-hasura-none": "null"}.items()
            )
            [message] = webhook.messages
            assert (message["project"], message["method"]) == ("default", "sign-up")
            assert message["session"]["id"] == session["refreshTokenId"]
            assert message["user"]["id"] == session["user"]["id"]


async def test_nobody_else_says_who_somebody_is(serve: Serve) -> None:
    """Roles, id and elevation are the server's own, however they are spelt (security 11)."""
    async with serve_stand_in(ClaimsWebhook()) as webhook, serve(environ=on_webhook(webhook)) as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        user_id = session["user"]["id"]
        webhook.claims = {
            "allowed-roles": ["admin"],
            "X-Hasura-Default-Role": "admin",
            "x-hasura-User-Id": "somebody",
            "user-is-anonymous": "true",
            "auth-elevated": user_id,
            "tier": "gold",
        }
        found = claims_of((await speaker.refresh(session["refreshToken"])).json())
        assert found == {
            "x-hasura-allowed-roles": ["me", "user"],
            "x-hasura-default-role": "user",
            "x-hasura-user-id": user_id,
            "x-hasura-user-is-anonymous": "false",
            "x-hasura-tier": "gold",
        }


async def test_an_elevated_token_has_them_too(serve: Serve) -> None:
    """And says itself that it is elevated."""
    async with serve_stand_in(ClaimsWebhook()) as webhook:
        webhook.claims = {"tier": "gold", ELEVATED: "never"}
        async with serve(environ=on_webhook(webhook)) as running:
            speaker = Speaker(running)
            session = await speaker.sign_up()
            token = await speaker.elevated(session)
            assert custom({"accessToken": token}) == {"x-hasura-tier": "gold", ELEVATED: session["user"]["id"]}
            assert [message["session"]["elevated"] for message in webhook.messages] == [False, True]


@pytest.mark.parametrize("fault", [Fault.LATE, Fault.HANGS_UP, Answer(500), Answer(200, {})], ids=str)
async def test_without_its_claims_there_is_no_token(serve: Serve, fault: Answer | Fault) -> None:
    """At a sign-in and at a refresh: rights may hang on what is missing (security 97)."""
    async with serve_stand_in(ClaimsWebhook()) as webhook, serve(environ=on_webhook(webhook)) as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        webhook.faults += [fault, fault]
        assert_unavailable(await speaker.sign_in())
        assert_unavailable(await speaker.refresh(session["refreshToken"]))
        assert (await speaker.sign_in()).status_code == 200


async def test_an_operator_may_want_tokens_without_them(serve: Serve) -> None:
    """VESTIBULE_CLAIMS_ON_FAILURE=omit, as in Nhost Auth: none at all then, also none of other sources."""
    async with serve_stand_in(ClaimsWebhook()) as webhook:
        omitting = {**OF_USER, **on_webhook(webhook, VESTIBULE_CLAIMS_ON_FAILURE="omit")}
        async with serve(environ=omitting) as running:
            webhook.faults.append(Answer(500))
            session = await Speaker(running).sign_up(metadata={"org": "acme"})
            assert claims_of(session).keys() == BUILT_IN
            webhook.claims = {"tier": "gold"}
            found = custom((await Speaker(running).refresh(session["refreshToken"])).json())
            assert found["x-hasura-org"] == "acme"
            assert found["x-hasura-tier"] == "gold"


async def test_more_than_a_header_holds_is_a_failure(serve: Serve) -> None:
    """A token that no server takes is worse than none."""
    async with serve_stand_in(ClaimsWebhook()) as webhook:
        webhook.claims = {"long": "x" * 8192}
        async with serve(environ=on_webhook(webhook)) as running:
            answer = await Speaker(running).post("/signup/email-password", {"email": EMAIL, "password": PASSWORD})
            assert_unavailable(answer)


async def test_a_token_with_claims_is_one_that_hasura_verifies(serve: Serve) -> None:
    """The custom claims stand under the signature, in the namespace of the JWT secret."""
    key = "a shared secret that is long enough for HS256"
    secret = json.dumps({"type": "HS256", "key": key, "claims_namespace": "https://acme.example/claims"})
    async with serve(environ={**OF_USER, "HASURA_GRAPHQL_JWT_SECRET": secret}) as running:
        session = await Speaker(running).sign_up(metadata={"org": "acme"})
        read = jwt.decode(session["accessToken"], key, algorithms=["HS256"])
        assert read["https://acme.example/claims"]["x-hasura-org"] == "acme"


async def test_an_exchanged_code_brings_them_too(serve: Serve) -> None:
    """The way of a mailed link, with PKCE."""
    async with serve(environ=OF_USER, policy={"sign_in_links_enabled": True}) as running:
        speaker = Speaker(running)
        body = {"email": EMAIL, "options": {"metadata": {"org": "acme"}}, "codeChallenge": CHALLENGE}
        assert (await speaker.post("/signin/passwordless/email", body)).content == OK
        followed = brought(await speaker.follow((await speaker.newest_mail())[0]))
        exchange = {"code": followed["code"], "codeVerifier": VERIFIER}
        session = (await speaker.post("/token/exchange", exchange)).json()["session"]
        assert custom(session)["x-hasura-org"] == "acme"


async def test_other_projects_are_named_to_the_webhook_and_not_asked_of_hasura(serve: Serve) -> None:
    """Hasura serves the default project; a user of another one could have any id there (security 122)."""
    paths = {"AUTH_JWT_CUSTOM_CLAIMS": '{"org":"metadata.org","nick":"metadata.nick"}'}
    async with serve_stand_in(Hasura()) as hasura, serve_stand_in(ClaimsWebhook()) as webhook:
        webhook.claims = {"level": 1}
        async with serve(environ={**on_hasura(hasura, **paths), **on_webhook(webhook)}) as running:
            answer = await sign_up_elsewhere(running)
            expected = {"x-hasura-org": "acme", "x-hasura-nick": "null", "x-hasura-level": "1"}
            assert custom(answer.json()["session"]) == expected
            assert hasura.requests == []
            assert [message["project"] for message in webhook.messages] == ["other"]


async def test_other_projects_get_no_token_without_what_only_hasura_knows(serve: Serve) -> None:
    """Neither a default nor null stands in for it: rights may hang on what is missing (security 97)."""
    async with serve_stand_in(Hasura()) as hasura, serve(environ=on_hasura(hasura)) as running:
        assert_unavailable(await sign_up_elsewhere(running))
        assert hasura.requests == []


async def sign_up_elsewhere(running: Running) -> httpx2.Response:
    """Register somebody in another project."""
    new = NewProject("Other", frozenset({"nhost"}), public_id="other", hosts=("other.example",))
    await running.core.registry.create_project(new)
    body = {"email": EMAIL, "password": PASSWORD, "options": {"metadata": {"org": "acme"}}}
    return await Speaker(running).post("/signup/email-password", body, host="other.example")
