import pytest

from tests.dialects.accountmaker.speaking import (
    EMAIL,
    ERASE,
    EXPECT_FACTOR,
    LEAVE_ALL_ACCOUNTS,
    PASSWORD,
    Caller,
    assert_invalid,
    assert_problem,
    claims,
)
from tests.support.serving import CLIENT_ID, Serve


async def test_sign_in_answers_tokens_and_profile(serve: Serve) -> None:
    """The same AuthenticationResult as sign-up; every sign-in is a session of its own (security 34)."""
    async with serve() as running:
        ann = Caller(running)
        signed_up = await ann.sign_up()
        first, second = (await ann.sign_in()).json(), (await ann.sign_in(" Ann@EXAMPLE.com ")).json()

        assert first["profile"] == second["profile"] == signed_up["profile"]
        assert first["tokens"]["access_token"] != second["tokens"]["access_token"]
        assert claims(first["tokens"]["access_token"])["sid"] != claims(second["tokens"]["access_token"])["sid"]


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "Wrong horse 7"),
        (EMAIL, ""),
        (EMAIL, "x" * 5000),
        ("bob@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("", PASSWORD),
        ("x" * 5000, PASSWORD),
        ("ann@example.com\u202e", PASSWORD),
    ],
)
async def test_whatever_is_wrong_about_credentials_is_answered_alike(serve: Serve, email: str, password: str) -> None:
    """Security 82: one status, one body, whether the address is unknown, malformed or the password wrong."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        answer = await ann.sign_in(email, password)

        problem = assert_problem(answer, 401, "invalid_credentials")
        reference = (await ann.sign_in(password="Wrong horse 8")).json()
        assert {**problem, "instance": ""} == {**reference, "instance": ""}
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(("missing", "wrong"), [("email", 5), ("password", ["x"])])
async def test_only_presence_and_type_are_checked(serve: Serve, missing: str, wrong: object) -> None:
    """A field that is not there or not a text is 400; its contents are a matter of credentials."""
    async with serve() as running:
        body = {"client_id": CLIENT_ID, "email": EMAIL, "password": PASSWORD}
        absent = {name: value for name, value in body.items() if name != missing}
        ann = Caller(running)

        assert_invalid(await ann.post("/auth/sign-in", absent), missing, "required")
        received = wrong if missing == "email" else None
        assert_invalid(await ann.post("/auth/sign-in", {**body, missing: wrong}), missing, "type", received=received)


@pytest.mark.parametrize(
    ("status", "answer"),
    [("suspended", (403, "user_suspended")), ("disabled", (401, "invalid_credentials"))],
)
async def test_a_users_state_shows_only_after_the_right_password(
    serve: Serve, status: str, answer: tuple[int, str]
) -> None:
    """Security 18, 82: suspended is told to whoever knows the password, out of service to nobody."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        (user,) = await running.core.users.page(running.project.id)
        async with running.core.db.write() as tx:
            await running.core.users.set_status(tx, running.project.id, user.id, status, actor="tests")

        assert_problem(await ann.sign_in(password="Wrong horse 7"), 401, "invalid_credentials")
        assert_problem(await ann.sign_in(), *answer)


async def test_a_second_factor_that_is_due_gives_no_tokens(serve: Serve) -> None:
    """Security 30: this door cannot ask for it, so it does not let anybody past it."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        await running.core.db.run(EXPECT_FACTOR, project_id=running.project.id)

        answer = await ann.sign_in(origin="http://localhost:3000")
        assert_problem(answer, 403, "second_factor_required")
        assert "set-cookie" not in answer.headers


async def test_a_client_may_want_verified_addresses(serve: Serve) -> None:
    """`require_verified_email` of the client is stricter than the project; a wrong password still shows nothing."""
    async with serve() as running:
        client = await running.new_client(settings={"require_verified_email": True})
        await Caller(running).sign_up()
        strict = Caller(running, client.public_id)

        assert_problem(await strict.sign_in(), 403, "email_unverified")
        assert_problem(await strict.sign_in(password="Wrong horse 7"), 401, "invalid_credentials")


async def test_an_account_may_be_asked_for(serve: Serve) -> None:
    """One's own is given; any other is forbidden, whatever it looks like, and only after the right password."""
    async with serve() as running:
        ann, bob = Caller(running), Caller(running)
        own = (await ann.sign_up())["profile"]["active_membership"]["account_id"]
        other = (await bob.sign_up("bob@example.com"))["profile"]["active_membership"]["account_id"]

        chosen = await ann.sign_in(body={"account_id": own})
        assert chosen.json()["profile"]["active_membership"]["account_id"] == own
        for account_id in (other, "acc_nonsense", ""):
            assert_problem(await ann.sign_in(body={"account_id": account_id}), 403, "forbidden")
        wrong = await ann.sign_in(password="Wrong horse 7", body={"account_id": other})
        assert_problem(wrong, 401, "invalid_credentials")


async def test_somebody_without_accounts_may_sign_in(serve: Serve) -> None:
    """A token without `acc` and `role`, and no active membership."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        await running.core.db.run(LEAVE_ALL_ACCOUNTS, project_id=running.project.id)

        result = (await ann.sign_in()).json()
        assert {"acc", "role"}.isdisjoint(claims(result["tokens"]["access_token"]))
        assert (result["profile"]["memberships"], result["profile"]["active_membership"]) == ([], None)


async def test_an_erased_identity_is_null(serve: Serve) -> None:
    """The user stays, the person is gone."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        await running.core.db.run(ERASE, project_id=running.project.id)

        assert (await ann.sign_in()).json()["profile"]["identity"] is None


async def test_scopes_are_cut_to_what_the_client_may_have(serve: Serve) -> None:
    """Asked for and allowed; security 68 for the rest."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        result = (await ann.sign_in(body={"scope": "profile admin email profile"})).json()

        assert claims(result["tokens"]["access_token"])["scope"] == "profile email"


async def test_one_address_in_two_applications_is_two_users(serve: Serve) -> None:
    """Security 122: a client of one application never signs in the other's user."""
    async with serve() as running:
        other = await running.new_client(await running.other_project())
        here, there = Caller(running), Caller(running, other.public_id)
        ours = await here.sign_up()
        assert_problem(await there.sign_in(), 401, "invalid_credentials")
        theirs = await there.sign_up(password="Other horse 77")

        assert ours["profile"]["id"] != theirs["profile"]["id"]
        assert theirs["profile"]["application_id"] != "default"
        assert_problem(await there.sign_in(), 401, "invalid_credentials")
        assert (await there.sign_in(password="Other horse 77")).status_code == 200


async def test_who_signed_up_at_another_door_signs_in_here(serve: Serve) -> None:
    """One project, several doors: without an account of their own they work in none."""
    async with serve() as running:
        body = {"email": EMAIL, "password": PASSWORD}
        assert (await running.client.post("/v1/signup/email-password", json=body)).status_code == 200

        result = (await Caller(running).sign_in()).json()
        assert result["profile"]["credentials"][0]["email"] == EMAIL
        assert result["profile"]["active_membership"] is None
