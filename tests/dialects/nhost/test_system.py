import base64
import json
import re

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.dialects.nhost.speaking import EMAIL, OK, PASSWORD, Speaker, part
from tests.support.serving import CLIENT_ID, Serve
from vestibule import __version__
from vestibule.core.signing import Algorithm
from vestibule.dialects.nhost import nhost, nhost_mount
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.kernel.errors import Refusal
from vestibule.wire import InternalError


async def test_health_differs_with_and_without_prefix(serve: Serve) -> None:
    """The text "OK" under the prefix, an object without; HEAD is empty."""
    async with serve() as running:
        prefixed = await running.client.get("/v1/healthz")
        bare = await running.client.get("/healthz")
        assert (prefixed.status_code, prefixed.content, prefixed.headers["content-length"]) == (200, OK, "5")
        assert bare.json() == {"status": "ok"}
        assert bare.headers["content-type"] == "application/json; charset=utf-8"
        for path in ("/v1/healthz", "/healthz"):
            head = await running.client.head(path)
            assert (head.status_code, head.content) == (200, b"")


async def test_the_version_is_told(serve: Serve) -> None:
    """An object with one member."""
    async with serve() as running:
        assert (await running.client.get("/v1/version")).json() == {"version": __version__}


async def test_every_base_answers(serve: Serve) -> None:
    """No prefix, `/v1` and AUTH_API_PREFIX."""
    async with serve(environ={"AUTH_API_PREFIX": "/custom/auth"}) as running:
        for base in ("", "/v1", "/custom/auth"):
            assert (await running.client.get(f"{base}/version")).status_code == 200
        assert (await running.client.get("/custom/auth/healthz")).content == OK


async def test_unknown_paths_and_methods_are_plain_404(serve: Serve) -> None:
    """And a trailing slash is taken away."""
    async with serve() as running:
        client = running.client
        for answer in (await client.get("/v1/nope"), await client.get("/nope"), await client.get("/v1/token")):
            assert (answer.status_code, answer.text) == (404, "404 page not found")
            assert answer.headers["content-type"] == "text/plain"
        moved = await client.get("/v1/version/")
        assert (moved.status_code, moved.headers["location"]) == (301, "/v1/version")
        assert (await client.post("/v1/token/")).status_code == 307


async def test_bare_jwks_are_the_default_projects_keys(serve: Serve) -> None:
    """The key that signs is there; the document is public and revalidates."""
    async with serve(signing_algorithm=Algorithm.RS256) as running:
        answer = await running.client.get("/v1/.well-known/jwks.json", headers={"origin": "https://any.example"})
        (key,) = answer.json()["keys"]
        token = (await Speaker(running).sign_up())["accessToken"]
        assert list(key) == ["alg", "e", "kid", "kty", "n", "use"]
        assert part(token, 0) == {"alg": "RS256", "kid": key["kid"], "typ": "JWT"}
        assert answer.headers["cache-control"] == "public, max-age=3600"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        etag = answer.headers["etag"]
        for value in (etag, f'"x", W/{etag}', "*"):
            again = await running.client.get("/v1/.well-known/jwks.json", headers={"if-none-match": value})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert (await running.client.get("/.well-known/jwks.json")).content == answer.content


async def test_jwks_of_a_client_are_the_clients(serve: Serve) -> None:
    """By `client_id` or by a host that is bound to it; an unknown client has none."""
    async with serve() as running:
        bound = await running.new_client(hosts=("auth.acme.example",))
        path = "/.well-known/jwks.json"

        async def kids(answer: httpx2.Response) -> list[str]:
            return [key["kid"] for key in answer.json()["keys"]]

        named = await kids(await running.client.get(path, params={"client_id": bound.public_id}))
        by_host = await kids(await running.client.get(path, headers={"host": "auth.acme.example"}))
        other = await kids(await running.client.get(path, params={"client_id": CLIENT_ID}))
        project = await kids(await running.client.get(path))
        assert named == by_host
        assert len({*named, *other, *project}) == 3
        assert (await running.client.get(path, params={"client_id": "cid_nobody"})).status_code == 404


@pytest.mark.parametrize("kind", ["HS256", "HS384", "HS512"])
async def test_a_shared_secret_signs_and_is_not_published(serve: Serve, kind: str) -> None:
    """HASURA_GRAPHQL_JWT_SECRET with issuer, kid and namespace of the operator's own."""
    secret = f'{{"type":"{kind}","key":"{"k" * 64}","issuer":"acme","kid":"k1","claims_namespace":"https://acme.example/claims"}}'
    async with serve(environ={"HASURA_GRAPHQL_JWT_SECRET": secret}) as running:
        session = await Speaker(running).sign_up()
        claims = part(session["accessToken"], 1)
        assert part(session["accessToken"], 0) == {"alg": kind, "kid": "k1", "typ": "JWT"}
        assert claims["iss"] == "acme"
        assert claims["https://acme.example/claims"]["x-hasura-user-id"] == session["user"]["id"]
        assert (await Speaker(running).get("/user", session["accessToken"])).status_code == 200
        assert (await running.client.get("/.well-known/jwks.json")).content == b'{"keys":[]}\n'


@pytest.mark.parametrize("kind", ["RS256", "RS384", "RS512"])
async def test_a_configured_key_pair_signs_and_is_published(serve: Serve, kind: str) -> None:
    """`key` is the public, `signing_key` the private PEM."""
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    secret = json.dumps({"type": kind, **_pems(pair), "kid": "rsa1"})
    async with serve(environ={"HASURA_GRAPHQL_JWT_SECRET": secret}) as running:
        session = await Speaker(running).sign_up()
        (key,) = (await running.client.get("/v1/.well-known/jwks.json")).json()["keys"]
        assert (key["alg"], key["kid"], key["e"]) == (kind, "rsa1", "AQAB")
        assert part(session["accessToken"], 0) == {"alg": kind, "kid": "rsa1", "typ": "JWT"}
        assert (await Speaker(running).get("/user", session["accessToken"])).status_code == 200


async def test_a_configured_key_pair_needs_no_name(serve: Serve) -> None:
    """It gets one that any server finds for it; tokens that were signed with it elsewhere, without one, are good."""
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    async with serve(environ={"HASURA_GRAPHQL_JWT_SECRET": json.dumps({"type": "RS256", **_pems(pair)})}) as running:
        speaker = Speaker(running)
        token = (await speaker.sign_up())["accessToken"]
        (key,) = (await running.client.get("/v1/.well-known/jwks.json")).json()["keys"]
        assert len(base64.urlsafe_b64decode(key["kid"] + "=")) == 32
        assert part(token, 0) == {"alg": "RS256", "kid": key["kid"], "typ": "JWT"}
        nameless = jwt.encode(part(token, 1), pair, algorithm="RS256")
        assert part(nameless, 0) == {"alg": "RS256", "typ": "JWT"}
        for good in (token, nameless):
            assert (await speaker.get("/user", good)).status_code == 200
        stranger = jwt.encode(part(token, 1), pair, algorithm="RS256", headers={"kid": "other"})
        assert (await speaker.get("/user", stranger)).status_code == 401


def _pems(pair: rsa.RSAPrivateKey) -> dict[str, str]:
    private = pair.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = pair.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {"signing_key": private.decode(), "key": public.decode()}


async def test_cors_echoes_the_origin_without_credentials(serve: Serve) -> None:
    """Security 107: bearer tokens are all that counts, so no cookie ever crosses."""
    async with serve() as running:
        origin = {"origin": "https://app.example"}
        asked = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        }
        preflight = await running.client.options("/v1/token", headers={**origin, **asked})
        assert (preflight.status_code, preflight.content) == (204, b"")
        assert preflight.headers["access-control-allow-origin"] == "https://app.example"
        assert preflight.headers["access-control-allow-methods"] == "POST, GET"
        assert preflight.headers["access-control-allow-headers"] == "authorization,content-type"
        assert preflight.headers["access-control-max-age"] == "86400"
        assert preflight.headers["vary"] == "Origin, Access-Control-Request-Method"
        refusal = await running.client.get("/v1/user", headers=origin)
        assert refusal.headers["access-control-allow-origin"] == "https://app.example"
        assert "access-control-allow-credentials" not in preflight.headers
        assert "access-control-allow-credentials" not in refusal.headers
        unknown = await running.client.options("/v1/nope", headers={**origin, **asked})
        assert unknown.status_code == 204


async def test_rate_limits_answer_an_empty_429(serve: Serve) -> None:
    """AUTH_RATE_LIMIT_*: off by default; signing up has a counter of its own."""
    limits = {
        "AUTH_RATE_LIMIT_ENABLE": "true",
        "VESTIBULE_WORKERS": "1",
        "AUTH_RATE_LIMIT_BRUTE_FORCE_BURST": "3",
        "AUTH_RATE_LIMIT_SIGNUPS_BURST": "2",
        "AUTH_RATE_LIMIT_EMAIL_BURST": "1",
        "VESTIBULE_RATE_LIMITS": "true",
    }
    async with serve(environ=limits) as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        tries = [await speaker.sign_in(password="wrong password") for _ in range(4)]
        assert [answer.status_code for answer in tries] == [401, 401, 401, 429]
        assert tries[-1].content == b""
        assert "content-type" not in tries[-1].headers
        await speaker.sign_up("bob@example.com")
        body = {"email": "eve@example.com", "password": PASSWORD}
        assert (await speaker.post("/signup/email-password", body)).status_code == 429
        assert (await speaker.post("/user/password/reset", {"email": EMAIL})).status_code == 200
        assert (await speaker.post("/user/password/reset", {"email": EMAIL})).status_code == 429
        for _ in range(2):
            answer = await speaker.post("/user/email/send-verification-email", {"email": EMAIL})
            assert answer.status_code == 200


def test_every_refusal_has_a_form() -> None:
    """Whatever the core says no with, this dialect can show."""
    kinds: list[type[Refusal]] = [Refusal]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert nhost.missing_errors([*kinds[1:], InternalError]) == []


async def test_the_operators_dialect_has_every_endpoint(serve: Serve) -> None:
    """The mounted dialect differs from the declared one in its errors only; the route table says which there are."""
    async with serve() as running:
        mount, _ = nhost_mount(running.core, NhostSettings(conceal_errors=True))
        assert mount.dialect.endpoints == nhost.endpoints
        assert mount.dialect.project_function is nhost.project_function


async def test_errors_are_made_for_each_request(serve: Serve) -> None:
    """Security 123: no shared error carries another request's data; each answer has its own id."""
    async with serve() as running:
        answers = [await running.client.get("/v1/user") for _ in range(2)]
        ids = {answer.headers["x-request-id"] for answer in answers}
        assert len(ids) == 2
        assert all(re.fullmatch(r"[0-9a-f]{32}", text) for text in ids)
