"""Whoever may not come in comes in by no path: every path to a token, tried by every kind of user who is kept out."""

from collections.abc import Iterator
from typing import Any, Final, get_args, get_type_hints

import httpx2
import msgspec
import pytest

from tests.cross.paths import PATHS, REDIRECT_WITHOUT_TOKENS, hands_out_tokens
from tests.cross.routes import served
from tests.cross.scenes import STATES, Scene
from tests.support.serving import Serve
from tests.support.ways_in import EVERY_WAY_IN
from vestibule.wire import Redirect

TOKENS: Final = {"access_token", "refresh_token", "personal_access_token"}


def _parts(kind: Any, seen: set[Any]) -> Iterator[Any]:
    """Yield a type and everything that it is made of."""
    if kind in seen:
        return
    seen.add(kind)
    yield kind
    for argument in get_args(kind):
        yield from _parts(argument, seen)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for hint in get_type_hints(kind).values():
            yield from _parts(hint, seen)


def _can_hand_out_tokens(function: Any) -> bool:
    for part in _parts(get_type_hints(function).get("return"), set()):
        if part is Redirect:
            return True
        if isinstance(part, type) and issubclass(part, msgspec.Struct) and TOKENS & {*part.__struct_fields__}:
            return True
    return False


def _operations() -> set[str]:
    return {
        f"{one.dialect.name} {one.endpoint.operation}"
        for one in served()
        if _can_hand_out_tokens(one.endpoint.function)
    }


def test_every_path_to_a_token_is_in_the_matrix() -> None:
    """What a handler answers says so: a session somewhere in it, or a redirect (security 18)."""
    assert _operations() == PATHS.keys() | REDIRECT_WITHOUT_TOKENS.keys()


@pytest.mark.parametrize("name", PATHS)
async def test_nobody_who_is_kept_out_comes_in(serve: Serve, name: str) -> None:
    """Suspended, disabled, deleted, unverified, anonymous or of another project since the proof was given: no token,
    no session (security 18).
    """
    path = PATHS[name]
    async with serve(policy=EVERY_WAY_IN) as running:
        for number, (state, change) in enumerate(STATES.items()):
            scene = await Scene.begin(running, f"person{number}@example.com", name.partition(" ")[0])
            proof = await path.prove(scene)
            sessions = await scene.sessions()
            changed = await change(scene)
            answer = await path.attempt(changed, proof)
            assert answer.status_code < httpx2.codes.INTERNAL_SERVER_ERROR, (state, answer.text)
            assert hands_out_tokens(answer) == (state in path.allows), (state, answer.text, answer.headers)
            if state not in {"deleted", *path.allows}:
                assert await scene.sessions() == sessions, state


@pytest.mark.parametrize("name", PATHS)
async def test_everybody_else_comes_in(serve: Serve, name: str) -> None:
    """The test above means something: the same deed works for a user whom nothing has happened to."""
    path = PATHS[name]
    async with serve(policy=EVERY_WAY_IN) as running:
        scene = await Scene.begin(running, "person@example.com", name.partition(" ")[0])
        assert hands_out_tokens(await path.attempt(scene, await path.prove(scene))) == path.works
