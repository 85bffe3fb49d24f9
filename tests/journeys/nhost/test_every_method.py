import asyncio
import json
import re
from pathlib import Path

from tests.journeys.nhost.running import Asked, node, serving, travel
from tests.support.mail_server import Postbox
from tests.support.mail_server import serve as serve_mail
from tests.support.ports import reserved_port

JOURNEY = Path(__file__).with_name("every_method.mjs")
CLIENT_URL = "http://localhost:3000"
PATIENCE_SECONDS = 120
_CODE = re.compile(r"\d{6}")


async def _next_mail(postbox: Postbox, taken: set[int], recipient: str, template: str) -> dict[str, str]:
    """Return ticket and link of the next letter of a kind to somebody, waiting for it to arrive."""
    while True:
        for number, letter in enumerate(postbox.letters):
            if number not in taken and (letter["To"], letter["X-Email-Template"]) == (recipient, template):
                taken.add(number)
                return {"ticket": letter["X-Ticket"], "link": letter["X-Link"]}
        await asyncio.sleep(0.02)


async def _next_code(folder: Path, recipient: str) -> str:
    """Return the code of the next text to somebody, waiting for it."""
    while True:
        code = await asyncio.to_thread(_code_in, folder, recipient)
        if code is not None:
            return code
        await asyncio.sleep(0.02)


def _code_in(folder: Path, recipient: str) -> str | None:
    """Return the code of the oldest text to somebody that was not read yet, and put the text away."""
    for text in sorted(folder.glob("*.txt")):
        head, _, body = text.read_text().partition("\n\n")
        code = _CODE.search(body)
        if head == f"To: {recipient}" and code:
            text.rename(text.with_suffix(".read"))
            return code[0]
    return None


async def test_every_method_of_the_real_client_is_answered(database_url: str, tmp_path: Path) -> None:
    """An unmodified @nhost/nhost-js calls everything that it has, on either engine: mails by SMTP, texts into a folder,
    passkeys from an authenticator in software. A method that is neither called nor listed as later fails the journey.
    """
    node()
    port = reserved_port()
    auth_url = f"http://127.0.0.1:{port}/v1"
    database = "POSTGRES_CONNECTION" if database_url.startswith("postgres") else "VESTIBULE_DATABASE_URL"
    texts, taken = tmp_path / "texts", set[int]()
    async with serve_mail(Postbox()) as postbox:
        environ = {
            database: database_url,
            "AUTH_PORT": str(port),
            "AUTH_SERVER_URL": auth_url,
            "AUTH_CLIENT_URL": CLIENT_URL,
            "AUTH_SMTP_HOST": "127.0.0.1",
            "AUTH_SMTP_PORT": str(postbox.port),
            "AUTH_SMTP_SENDER": "Acme <auth@acme.example>",
            "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": "false",
            "AUTH_ANONYMOUS_USERS_ENABLED": "true",
            "AUTH_EMAIL_PASSWORDLESS_ENABLED": "true",
            "AUTH_OTP_EMAIL_ENABLED": "true",
            "AUTH_SMS_PASSWORDLESS_ENABLED": "true",
            "AUTH_SMS_PROVIDER": "dev",
            "AUTH_SMS_DEV_OUTPUT_DIR": str(texts),
            "AUTH_MFA_ENABLED": "true",
            "AUTH_WEBAUTHN_ENABLED": "true",
            "HASURA_GRAPHQL_JWT_SECRET": json.dumps({"type": "HS256", "key": "a shared secret, long enough for HS256"}),
        }

        async def answer(asked: Asked) -> object:
            if "text" in asked:
                return await asyncio.wait_for(_next_code(texts, asked["text"]), PATIENCE_SECONDS)
            letter = _next_mail(postbox, taken, asked["to"], asked["mail"])
            return await asyncio.wait_for(letter, PATIENCE_SECONDS)

        async with serving(environ, port, tmp_path, "--dev"):
            told = {"JOURNEY_AUTH_URL": auth_url, "JOURNEY_CLIENT_URL": CLIENT_URL}
            kept = await travel(JOURNEY, told, answer)
    assert kept[0] == "about the server"
    assert kept[-1] == "and no method was forgotten"
