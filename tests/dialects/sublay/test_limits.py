import pytest

from tests.dialects.sublay.speaking import caller, key_headers, other_project
from tests.support.serving import Serve
from vestibule.wire import LimitSettings

TEXTS = {
    "sign-up": "Too many sign up attempts, please wait 5 minutes",
    "sign-in": "Too many sign in attempts, please wait 5 minutes",
    "sign-out": "Too many sign out attempts, please wait 5 minutes",
    "change-password": "Too many attempts to change password, please wait 5 minutes",
    "request-new-access-token": "Too many attempts to request a new access token, please wait 5 minutes",
}


@pytest.mark.parametrize(
    ("generation", "path", "tries"),
    [
        ("/api/v5", "sign-up", 5),
        ("/api/v5", "sign-in", 5),
        ("/api/v5", "sign-out", 5),
        ("/api/v5", "change-password", 5),
        ("/api/v5", "request-new-access-token", 25),
        ("/api/v6", "request-new-access-token", 50),
        ("/v7", "sign-up", 5),
        ("/v7", "sign-out", 50),
        ("/v7", "request-new-access-token", 50),
    ],
)
async def test_each_route_has_its_limit(serve: Serve, generation: str, path: str, tries: int) -> None:
    """Counted whether they succeed or not; the excess is bare text with the headers that clients know."""
    async with serve(limits=LimitSettings()) as running:
        ann = caller(running, generation)
        for used in range(1, tries + 1):
            answer = await ann.post(f"/auth/{path}", {})
            assert answer.status_code != 429
            assert answer.headers["x-ratelimit-limit"] == str(tries)
            assert answer.headers["x-ratelimit-remaining"] == str(tries - used)
        answer = await ann.post(f"/auth/{path}", {})
        assert (answer.status_code, answer.text) == (429, TEXTS[path])
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert 0 < int(answer.headers["retry-after"]) <= 300
        assert int(answer.headers["x-ratelimit-reset"]) > running.clock.now().timestamp()


async def test_projects_are_counted_apart_and_backends_not_at_all(serve: Serve) -> None:
    """The window belongs to route, project and network; a service key of the project is exempt, a bad one is not."""
    async with serve(limits=LimitSettings()) as running:
        ann = caller(running)
        for _ in range(5):
            await ann.sign_in()
        assert (await ann.sign_in()).status_code == 429
        assert (await caller(running, project=await other_project(running.core)).sign_in()).status_code == 403
        ann.headers = {"authorization": "Bearer vsk_rubbish", "x-sublay-project-id": running.project.public_id}
        assert (await ann.sign_in()).status_code == 429
        ann.headers = await key_headers(running.core, running.project)
        answer = await ann.sign_in()
        assert answer.status_code == 403
        assert "x-ratelimit-limit" not in answer.headers
