import asyncio
import json
from pathlib import Path

from tests.journeys.nhost.running import Asked, node, serving, travel
from tests.journeys.nhost.test_nhost_js import CLIENT_URL, MAIL_SECONDS, newest
from tests.support.mail_server import Postbox
from tests.support.mail_server import serve as serve_mail
from tests.support.ports import reserved_port

JOURNEY = Path(__file__).with_name("passkeys.mjs")


async def test_the_real_client_lives_without_a_password(database_url: str, tmp_path: Path) -> None:
    """Every passkey method of an unmodified @nhost/nhost-js, with an authenticator in software, on either engine."""
    node()
    port = reserved_port()
    auth_url = f"http://127.0.0.1:{port}/v1"
    database = "POSTGRES_CONNECTION" if database_url.startswith("postgres") else "VESTIBULE_DATABASE_URL"
    async with serve_mail(Postbox()) as postbox:
        environ = {
            database: database_url,
            "AUTH_PORT": str(port),
            "AUTH_SERVER_URL": auth_url,
            "AUTH_CLIENT_URL": CLIENT_URL,
            "AUTH_SMTP_HOST": "127.0.0.1",
            "AUTH_SMTP_PORT": str(postbox.port),
            "AUTH_SMTP_SENDER": "Acme <auth@acme.example>",
            "AUTH_WEBAUTHN_ENABLED": "true",
            "AUTH_REQUIRE_ELEVATED_CLAIM": "required",
            "HASURA_GRAPHQL_JWT_SECRET": json.dumps({"type": "HS256", "key": "a shared secret, long enough for HS256"}),
        }

        async def read_mail(asked: Asked) -> dict[str, str]:
            return await asyncio.wait_for(newest(postbox, asked["mail"]), MAIL_SECONDS)

        async with serving(environ, port, tmp_path):
            told = {"JOURNEY_AUTH_URL": auth_url, "JOURNEY_CLIENT_URL": CLIENT_URL}
            kept = await travel(JOURNEY, told, read_mail)
    assert kept[0] == "signing up with a passkey sends a mail and starts no session"
    assert kept[-1] == "the user is told of the new key"
    assert len(kept) == 6
