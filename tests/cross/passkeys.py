"""The ways to a token that a passkey opens at the nhost door, each as one call."""

from typing import Any

import httpx2

from tests.cross.doors import EMAIL, Held, NhostDoor
from tests.support.authenticator import Authenticator


async def add_passkey(door: NhostDoor, held: Held) -> None:
    """Give the user of a session a key on the door's authenticator."""
    answer = await _ceremony(door, "/user/webauthn/add", "/user/webauthn/verify", held)
    assert answer.status_code == 200, answer.text


async def sign_up_with_passkey(door: NhostDoor, email: str = EMAIL) -> httpx2.Response:
    """Go as far as a sign-up gets."""
    return await _ceremony(door, "/signup/webauthn", "/signup/webauthn/verify", body={"email": email})


async def sign_in_with_passkey(door: NhostDoor, email: str = EMAIL) -> httpx2.Response:
    """Go as far as a sign-in gets."""
    return await _ceremony(door, "/signin/webauthn", "/signin/webauthn/verify", body={"email": email})


async def elevate_with_passkey(door: NhostDoor, held: Held) -> httpx2.Response:
    """Go as far as an elevation gets."""
    return await _ceremony(door, "/elevate/webauthn", "/elevate/webauthn/verify", held)


async def _ceremony(
    door: NhostDoor, begin: str, finish: str, held: Held | None = None, body: dict[str, Any] | None = None
) -> httpx2.Response:
    who = {} if held is None else {"authorization": f"Bearer {held.access}"}
    begun = await door.send("POST", f"/v1{begin}", body, **who)
    if begun.status_code != 200:
        return begun
    options = begun.json()
    if "rp" in options:
        maker = Authenticator()
        credential = maker.create(options)
        door.authenticator.passkeys[:0] = maker.passkeys  # before those that work: it may come to nothing
    else:
        credential = door.authenticator.get(options)
    return await door.send("POST", f"/v1{finish}", {"credential": credential}, **who)
