"""Turning on the second factor through the nhost door, and what comes of a sign-in then."""

from typing import Final

from tests.cross.doors import PASSWORD
from tests.cross.scenes import Scene
from tests.support.second_factor import Application

OURS: Final = "/_/api/mfa/recovery-codes"


async def turn_on(scene: Scene) -> Application:
    """Give the user an authenticator application."""
    nhost, bearer = scene.doors.nhost, {"authorization": f"Bearer {scene.nhost.access}"}
    offered = (await nhost.send("GET", "/v1/mfa/totp/generate", **bearer)).json()
    application = Application.scanning(offered["totpSecret"], scene.running.clock)
    await scene.asked("/user/mfa", {"code": application.shows(), "activeMfaType": "totp"}, bearer=True)
    return application


async def ticket_of(scene: Scene) -> str:
    """Show the password and return what stands for it."""
    answer = await scene.asked("/signin/email-password", {"email": scene.email, "password": PASSWORD})
    ticket: str = answer["mfa"]["ticket"]
    return ticket


async def with_ticket(scene: Scene) -> tuple[str, Application]:
    """Turn it on, and show the password."""
    application = await turn_on(scene)
    return await ticket_of(scene), application


async def with_recovery_code(scene: Scene) -> tuple[str, str]:
    """Turn it on, make recovery codes, and show the password."""
    application = await turn_on(scene)
    bearer = {"authorization": f"Bearer {scene.nhost.access}"}
    made = await scene.doors.nhost.send("POST", OURS, {"code": application.fresh()}, **bearer)
    return await ticket_of(scene), made.json()["codes"][0]
