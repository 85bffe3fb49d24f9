from datetime import timedelta
from typing import Any

import pytest

from tests.dialects.sublay.speaking import GENERATIONS, caller, other_project
from tests.support.serving import Serve

DEVICES: list[tuple[Any, int]] = [
    ({"platform": "ios", "token": "t"}, 204),
    ({"platform": "web", "subscription": {"endpoint": "https://p", "keys": {"p256dh": "a", "auth": "b"}}}, 204),
    ({"platform": "web", "token": "t"}, 400),
    ({"platform": "android"}, 400),
    ({"platform": "fax", "token": "t"}, 400),
    ("phone", 400),
]


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_sign_out_ends_the_session_and_says_nothing(serve: Serve, generation: str) -> None:
    """204 with no body; the token is dead, other sessions live on (security 25)."""
    async with serve() as running:
        ann = caller(running, generation)
        token = (await ann.sign_up())["refreshToken"]
        other = (await ann.sign_in()).json()["refreshToken"]
        answer = await ann.sign_out(token)
        assert (answer.status_code, answer.content) == (204, b"")
        assert "content-type" not in answer.headers
        assert (await ann.refresh(token)).json()["code"] == "auth/refresh-token-mismatch"
        assert (await ann.refresh(other)).status_code == 200


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_nothing_to_end_is_no_error(serve: Serve, generation: str) -> None:
    """Always 204."""
    async with serve() as running:
        for body in (None, {}, {"refreshToken": None}, {"refreshToken": "rubbish"}):
            assert (await caller(running, generation).post("/auth/sign-out", body)).status_code == 204


async def test_sign_out_takes_the_whole_family_by_an_older_token_too(serve: Serve) -> None:
    """A tab that still holds the previous token signs out the session that has moved on."""
    async with serve() as running:
        ann = caller(running)
        first = (await ann.sign_up())["refreshToken"]
        second = (await ann.refresh(first)).json()["refreshToken"]
        running.clock.advance(timedelta(minutes=5))
        assert (await ann.sign_out(first)).status_code == 204
        assert (await ann.refresh(second)).json()["code"] == "auth/refresh-token-mismatch"


async def test_another_projects_token_ends_nothing(serve: Serve) -> None:
    """204 as always, and the session lives (security 122)."""
    async with serve() as running:
        ann = caller(running)
        token = (await ann.sign_up())["refreshToken"]
        elsewhere = caller(running, project=await other_project(running.core))
        assert (await elsewhere.sign_out(token)).status_code == 204
        assert (await ann.refresh(token)).status_code == 200


async def test_a_push_device_must_be_well_formed(serve: Serve) -> None:
    """Its shape is checked, then it is ignored."""
    async with serve() as running:
        for device, status in DEVICES:
            answer = await caller(running).post("/auth/sign-out", {"pushDevice": device})
            assert answer.status_code == status, device
            assert status == 204 or answer.json()["code"] == "auth/invalid-body"
