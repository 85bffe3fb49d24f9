"""A user with a second factor at every door: asked for it where the door can ask, refused where it cannot."""

import httpx2
import pytest

from tests.cross.doors import EMAIL, PASSWORD, Door, doors_of
from tests.cross.scenes import Scene
from tests.cross.second_factor import turn_on, with_ticket
from tests.support.serving import Running, Serve

ON = {"AUTH_MFA_ENABLED": "true"}


async def _scene(running: Running) -> Scene:
    scene = await Scene.begin(running, EMAIL, "nhost")
    await turn_on(scene)
    return scene


def _door(running: Running, name: str) -> Door:
    return doors_of(running)[name]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("sublay", "auth/second-factor-required"),
        ("replyke", "auth/second-factor-required"),
        ("accountmaker", "second_factor_required"),
    ],
)
async def test_doors_that_cannot_ask_for_it_refuse(serve: Serve, name: str, code: str) -> None:
    """403 in their own words, after the right password only, and no session (security 30, 88)."""
    async with serve(ON) as running:
        scene = await _scene(running)
        sessions = await scene.sessions()
        door = _door(running, name)
        refused = await door.try_to_sign_in(EMAIL, PASSWORD)
        assert refused.status_code == httpx2.codes.FORBIDDEN
        assert f'"{code}"' in refused.text
        assert code not in (await door.try_to_sign_in(EMAIL, f"{PASSWORD}!")).text
        assert await scene.sessions() == sessions


@pytest.mark.parametrize("name", ["sublay", "accountmaker"])
async def test_a_door_that_cannot_ask_ends_no_challenge_of_one_that_can(serve: Serve, name: str) -> None:
    """Somebody who tries the password at another door meanwhile is no reason to begin again."""
    async with serve(ON) as running:
        scene = await Scene.begin(running, EMAIL, "nhost")
        ticket, application = await with_ticket(scene)
        await _door(running, name).try_to_sign_in(EMAIL, PASSWORD)
        answer = await scene.asked("/signin/mfa/totp", {"ticket": ticket, "otp": application.fresh()})
        assert answer["session"]["user"]["email"] == EMAIL


async def test_it_is_asked_for_after_password_and_link_alike(serve: Serve) -> None:
    """The original asked after passwords only, and a reset link walked around it (security 88)."""
    async with serve(ON) as running:
        scene = await _scene(running)
        assert list((await scene.doors.nhost.try_to_sign_in(EMAIL, PASSWORD)).json()) == ["mfa"]
        followed = await scene.doors.nhost.follow(await scene.doors.nhost.reset_ticket(EMAIL))
        assert "refreshToken=" not in followed.headers["location"]


async def test_the_rule_of_the_original_can_be_had(serve: Serve) -> None:
    """VESTIBULE_SECOND_FACTOR_AFTER=password."""
    async with serve({**ON, "VESTIBULE_SECOND_FACTOR_AFTER": "password"}) as running:
        scene = await _scene(running)
        assert list((await scene.doors.nhost.try_to_sign_in(EMAIL, PASSWORD)).json()) == ["mfa"]
        followed = await scene.doors.nhost.follow(await scene.doors.nhost.reset_ticket(EMAIL))
        assert "refreshToken=" in followed.headers["location"]
