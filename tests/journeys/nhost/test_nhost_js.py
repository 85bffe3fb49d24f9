import asyncio
import json
from pathlib import Path

from tests.journeys.nhost.running import Asked, node, serving, travel
from tests.support.mail_server import Postbox
from tests.support.mail_server import serve as serve_mail
from tests.support.ports import reserved_port

JOURNEY = Path(__file__).with_name("journey.mjs")
CLIENT_URL = "http://localhost:3000"
MAIL_SECONDS = 120


async def newest(postbox: Postbox, template: str) -> dict[str, str]:
    """Return ticket and link of the newest letter of a kind, waiting for it to arrive."""
    while True:
        for letter in reversed(postbox.letters):
            if letter["X-Email-Template"] == template:
                return {"ticket": letter["X-Ticket"], "link": letter["X-Link"]}
        await asyncio.sleep(0.02)


async def test_the_real_client_lives_a_whole_life(database_url: str, tmp_path: Path) -> None:
    """An unmodified @nhost/nhost-js against a server that knows only Nhost's own variables, on either engine."""
    node()
    port = reserved_port()
    auth_url = f"http://127.0.0.1:{port}/v1"
    secret = {"type": "HS256", "key": "a shared secret that is long enough for HS256"}
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
            "AUTH_ACCESS_TOKEN_EXPIRES_IN": "30",
            "HASURA_GRAPHQL_JWT_SECRET": json.dumps(secret),
        }

        async def read_mail(asked: Asked) -> dict[str, str]:
            return await asyncio.wait_for(newest(postbox, asked["mail"]), MAIL_SECONDS)

        async with serving(environ, port, tmp_path):
            told = {"JOURNEY_AUTH_URL": auth_url, "JOURNEY_CLIENT_URL": CLIENT_URL}
            kept = await travel(JOURNEY, told, read_mail)
    assert kept[0] == "the server answers as a service"
    assert kept[-1] == "signing out ends the session, here and everywhere"
    assert len(kept) == 9
