import pytest

from tests.dialects.accountmaker.speaking import EMAIL, Caller, assert_invalid
from tests.support.serving import CLIENT_ID, Serve

URL = "http://localhost:4000/auth"


async def test_check_email_tells_who_is_known(serve: Serve) -> None:
    """Documented: it reveals who is registered, by design of the API."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        known = await ann.post("/auth/check-email", {"client_id": CLIENT_ID, "email": " ANN@example.com"})
        unknown = await ann.post("/auth/check-email", {"client_id": CLIENT_ID, "email": "bob@example.com"})

        methods = ["email_password"]
        assert known.json() == {"status": "active", "preferred": methods, "available": methods}
        assert unknown.json() == {"status": "inactive", "preferred": [], "available": methods}
        assert len(await running.mails()) == 1


@pytest.mark.parametrize("status", ["suspended", "disabled"])
async def test_who_may_not_come_in_is_inactive(serve: Serve, status: str) -> None:
    """Only active users are told."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        (user,) = await running.core.users.page(running.project.id)
        async with running.core.db.write() as tx:
            await running.core.users.set_status(tx, running.project.id, user.id, status, actor="tests")

        answer = await ann.post("/auth/check-email", {"client_id": CLIENT_ID, "email": EMAIL})
        assert answer.json()["status"] == "inactive"


async def test_a_client_may_hide_who_is_known(serve: Serve) -> None:
    """`hide_email_existence`: one answer for all (security 82)."""
    async with serve() as running:
        client = await running.new_client(settings={"hide_email_existence": True})
        ann = Caller(running, client.public_id)
        await ann.sign_up()
        answers = [
            (await ann.post("/auth/check-email", {"client_id": client.public_id, "email": email})).json()
            for email in (EMAIL, "bob@example.com")
        ]

        assert answers[0] == answers[1]
        assert answers[0]["status"] == "active"


async def test_check_email_wants_an_address(serve: Serve) -> None:
    """400, with the field and what came in."""
    async with serve() as running:
        answer = await Caller(running).post("/auth/check-email", {"client_id": CLIENT_ID, "email": "ann@"})
        assert_invalid(answer, "email", "email", received="ann@")


async def test_login_methods_are_keyed_by_method(serve: Serve) -> None:
    """Absolute addresses; what is switched off is left out."""
    async with serve() as running:
        ann = Caller(running)
        closed = await running.new_client(settings={"sign_up_enabled": False})
        other = await running.new_client(settings={"methods": ["magic_link"]})
        password = {"login_method": "email_password", "submit_url": f"{URL}/sign-in"}

        usual = await ann.post("/auth/login-methods", {"client_id": CLIENT_ID, "redirect_uri": "https://x.example"})
        assert usual.json() == {"password": {**password, "sign_up_url": f"{URL}/sign-up"}}
        assert (await ann.post("/auth/login-methods", {"client_id": closed.public_id})).json() == {"password": password}
        assert (await ann.post("/auth/login-methods", {"client_id": other.public_id})).json() == {}
        by_header = await ann.post("/auth/login-methods", x_client_id=CLIENT_ID)
        assert by_header.json() == usual.json()
