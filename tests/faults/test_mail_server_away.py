"""A dead mail server never fails a sign-up; the mail arrives when it is back."""

import asyncio
from pathlib import Path

import httpx2

from tests.faults.load import PATIENCE
from tests.support.mail_server import Postbox
from tests.support.mail_server import serve as serve_mail
from tests.support.ports import reserved_port
from tests.support.processes import environment, serving


async def test_mail_waits_for_its_server(database_url: str, tmp_path: Path) -> None:
    """Sign-up answers at once while nobody listens on the SMTP port, and the letter comes later, once."""
    mail_port = reserved_port()
    environ = environment(
        database_url,
        reserved_port(),
        AUTH_SMTP_HOST="127.0.0.1",
        AUTH_SMTP_PORT=str(mail_port),
        AUTH_SMTP_SENDER="auth@acme.example",
        AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED="true",
    )
    async with serving(environ, tmp_path, "--workers=1") as server, httpx2.AsyncClient(timeout=PATIENCE) as client:
        body = {"email": "ann@example.com", "password": "correct horse battery"}
        answer = await client.post(f"{server.base}/signup/email-password", json=body)
        assert (answer.status_code, answer.json()) == (httpx2.codes.OK, {})
        await asyncio.sleep(2)
        async with serve_mail(Postbox(port=mail_port)) as postbox:
            async with asyncio.timeout(120):
                while not postbox.letters:  # noqa: ASYNC110 - the sink does not signal
                    await asyncio.sleep(0.05)
            assert postbox.letters[0]["X-Email-Template"] == "email-verify"
            link = postbox.letters[0]["X-Link"]
            visited = await client.get(link)
            assert "refreshToken=" in visited.headers["location"]
            await asyncio.sleep(2)
        assert len(postbox.letters) == 1
