"""An anonymous user becomes known by a telephone number (2.54, 2.19)."""

from datetime import timedelta
from typing import Any

from tests.dialects.nhost.speaking import INVALID_REFRESH, INVALID_REQUEST, OK, Speaker, refused
from tests.dialects.nhost.test_text_codes import NUMBER, ask, come
from tests.support.serving import Serve

ON = {"text_codes_enabled": True, "anonymous_users_enabled": True}
_A_MOMENT = timedelta(seconds=1)  # so that the newest text is the newest


async def name(speaker: Speaker, session: dict[str, Any], number: str = NUMBER, **options: Any) -> str:
    """Ask to be known by a number and return the code that was sent there."""
    body = {"phoneNumber": number, "options": options}
    answer = await speaker.post("/user/deanonymize/sms", body, session["accessToken"])
    assert (answer.status_code, answer.content) == (200, OK), answer.text
    return (await speaker.running.texts())[0].code


async def test_the_code_gives_the_number_and_the_name(serve: Serve) -> None:
    """The id stays, the roles are those of users, the anonymous session ends."""
    async with serve(policy=ON) as running:
        speaker = Speaker(running)
        before = await speaker.anonymous(metadata={"cart": [1]})
        code = await name(speaker, before, displayName="Ann")
        still = (await speaker.refresh(before["refreshToken"])).json()["user"]
        assert (still["isAnonymous"], still.get("phoneNumber", "none")) == (True, "none")

        user = (await come(speaker, code))["user"]

        assert (user["id"], user["isAnonymous"], user["displayName"]) == (before["user"]["id"], False, "Ann")
        assert (user["phoneNumber"], user["phoneNumberVerified"]) == (NUMBER, True)
        assert (user["metadata"], set(user["roles"])) == ({"cart": [1]}, {"me", "user"})
        refused(await speaker.refresh(before["refreshToken"]), *INVALID_REFRESH)


async def test_a_number_that_somebody_has_is_no_name(serve: Serve) -> None:
    """Whoever has it keeps it (security 19)."""
    async with serve(policy=ON) as running:
        speaker = Speaker(running)
        owner = await come(speaker, await ask(speaker))
        guest = await speaker.anonymous()
        answer = await speaker.post("/user/deanonymize/sms", {"phoneNumber": NUMBER}, guest["accessToken"])
        refused(answer, 409, "user-already-exists", "User already exists")
        running.clock.advance(_A_MOMENT)
        assert (await come(speaker, await ask(speaker)))["user"]["id"] == owner["user"]["id"]


async def test_whoever_registers_the_number_first_has_it(serve: Serve) -> None:
    """A code that was sent to be named is nothing to somebody who signs up with that number meanwhile."""
    async with serve(policy=ON) as running:
        speaker = Speaker(running)
        guest = await speaker.anonymous()
        naming = await name(speaker, guest)
        running.clock.advance(_A_MOMENT)
        code = await ask(speaker)
        if naming != code:
            wrong = await speaker.post("/signin/passwordless/sms/otp", {"phoneNumber": NUMBER, "otp": naming})
            refused(wrong, *INVALID_REQUEST)
        assert (await come(speaker, code))["user"]["id"] != guest["user"]["id"]


async def test_the_last_one_who_names_a_number_counts(serve: Serve) -> None:
    """Nobody else's wish stands in the way of who has the telephone."""
    async with serve(policy=ON) as running:
        speaker = Speaker(running)
        await name(speaker, await speaker.anonymous())
        running.clock.advance(_A_MOMENT)
        guest = await speaker.anonymous()
        assert (await come(speaker, await name(speaker, guest)))["user"]["id"] == guest["user"]["id"]


async def test_five_wrong_codes_end_the_naming(serve: Serve) -> None:
    """As with every code (security 73)."""
    async with serve(policy=ON) as running:
        speaker = Speaker(running)
        code = await name(speaker, await speaker.anonymous())
        for _ in range(5):
            wrong = await speaker.post("/signin/passwordless/sms/otp", {"phoneNumber": NUMBER, "otp": "no code"})
            refused(wrong, *INVALID_REQUEST)
        right = await speaker.post("/signin/passwordless/sms/otp", {"phoneNumber": NUMBER, "otp": code})
        refused(right, *INVALID_REQUEST)


async def test_a_named_user_who_must_wait_is_named_and_refused(serve: Serve) -> None:
    """AUTH_DISABLE_NEW_USERS: as after every sign-up."""
    async with serve(policy={**ON, "new_users_disabled": True}) as running:
        speaker = Speaker(running)
        guest = await speaker.anonymous()
        code = await name(speaker, guest)
        answer = await speaker.post("/signin/passwordless/sms/otp", {"phoneNumber": NUMBER, "otp": code})
        refused(answer, 401, "disabled-user", "User is disabled")
        owner = await running.core.users.subject_by_phone(running.core.db, running.project.id, NUMBER)
        assert owner is not None
        assert (str(owner.id), owner.status, owner.is_anonymous) == (guest["user"]["id"], "disabled", False)
