"""Nobody learns who is registered from how long an answer takes, nor, where the dialect conceals it, from its text."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import bcrypt
import httpx2
import pytest
from argon2 import PasswordHasher

from tests.cross.doors import EMAIL, NAMES, PASSWORD, WRONG_PASSWORD, doors_of
from tests.support.serving import Running, Serve
from vestibule.core.passwords import HashingLoad
from vestibule.storage import Statement

CONCEALING = ["nhost", "accountmaker"]
EVERY = [*NAMES, "replyke"]
NEVER_SET = Statement(None, "UPDATE vestibule_credentials SET password_hash = NULL WHERE project_id = :project_id")
BCRYPT = "$2b$04$eJzrGU7YDGMUyDoFMdiQ3u7Eqfk7ujd.i8tK0g1OCe9JHvQ.YDLoq"
IMPORT = Statement(None, "UPDATE vestibule_credentials SET password_hash = :known WHERE project_id = :project_id")


ADD_OLDER = Statement(
    None,
    "UPDATE vestibule_credentials SET password_hash = :known WHERE project_id = :project_id AND email_key = :email",
)


@contextmanager
def _counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Count how often Argon2 runs, the dear part of every sign-in."""
    runs: list[str] = []
    verify, hash_ = PasswordHasher.verify, PasswordHasher.hash

    def counting_verify(self: PasswordHasher, *arguments: str | bytes) -> bool:
        runs.append("verify")
        return verify(self, *arguments)

    def counting_hash(self: PasswordHasher, *arguments: str | bytes) -> str:
        runs.append("hash")
        return hash_(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(PasswordHasher, "verify", counting_verify)
        patch.setattr(PasswordHasher, "hash", counting_hash)
        yield runs


def _told(answer: httpx2.Response) -> tuple[int, object]:
    body = answer.json()
    body.pop("instance", None)  # AccountMaker names the request
    return answer.status_code, body


@pytest.mark.parametrize("name", EVERY)
async def test_unknown_email_costs_the_same_as_wrong_password(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """As much hashing for nobody, for what is no address, for a user without a password and for one with a fast
    imported hash as for a wrong password (security 82, 87).
    """
    async with serve() as running:
        door = doors_of(running)[name]
        await door.sign_up()

        async def work(email: str, password: str = WRONG_PASSWORD) -> list[str]:
            with _counted(monkeypatch) as runs:
                assert (await door.try_to_sign_in(email, password)).status_code >= 400
            return runs

        expected = await work(EMAIL)
        assert expected == ["verify"]
        decomposed = "Not that horse 9 e\u0301"  # tried in two forms, for nobody as for somebody
        assert await work("nobody@example.com", decomposed) == await work(EMAIL, decomposed)
        assert await work("nobody@example.com") == expected
        if name != "nhost":  # which refuses what is no address as malformed, whoever exists
            assert await work("no address at all") == expected
        assert await work(EMAIL, "x" * 1024) == expected
        assert await work("nobody@example.com", "x" * 1024) == expected
        await running.core.db.run(IMPORT, project_id=running.project.id, known=BCRYPT)
        assert await work(EMAIL) == expected
        assert await work("nobody@example.com", decomposed) == await work(EMAIL, decomposed)
        await running.core.db.run(NEVER_SET, project_id=running.project.id)
        assert await work(EMAIL) == expected


async def test_who_came_with_an_older_hash_is_not_told_apart(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a project has bcrypt hashes every wrong password costs one of the dearest beside the Argon2, whether
    nobody has the address, or somebody with a hash of that cost, of a lower one, of ours, or none (security 82).
    """
    argon2, rounds = [], []
    verify, checkpw = PasswordHasher.verify, bcrypt.checkpw

    def counting_verify(self: PasswordHasher, *arguments: str | bytes) -> bool:
        argon2.append(1)
        return verify(self, *arguments)

    def counting_checkpw(password: bytes, hashed: bytes) -> bool:
        rounds.append(2 ** int(hashed[4:6]))
        return checkpw(password, hashed)

    monkeypatch.setattr(PasswordHasher, "verify", counting_verify)
    monkeypatch.setattr(bcrypt, "checkpw", counting_checkpw)
    people = {"dearest": bcrypt.gensalt(7), "cheaper": bcrypt.gensalt(4), "none": None, "ours": b""}
    async with serve() as running:
        door = doors_of(running).nhost
        for name, salt in people.items():
            await door.sign_up(f"{name}@example.com")
            if salt != b"":
                known = None if salt is None else bcrypt.hashpw(PASSWORD.encode(), salt).decode()
                email = f"{name}@example.com"
                await running.core.db.run(ADD_OLDER, project_id=running.project.id, email=email, known=known)
        running.clock.advance(timedelta(minutes=1))

        async def work(name: str, password: str) -> tuple[int, int]:
            argon2.clear()
            rounds.clear()
            assert (await door.try_to_sign_in(f"{name}@example.com", password)).status_code == 401
            return sum(argon2), sum(rounds)

        for name in (*people, "nobody"):
            assert await work(name, WRONG_PASSWORD) == (1, 2**7), name
            assert await work(name, "Not that horse 9 e\u0301") == (2, 2 * 2**7), name
        assert (await door.try_to_sign_in("cheaper@example.com", PASSWORD)).status_code == 200


@pytest.mark.parametrize("name", CONCEALING)
async def test_an_unknown_email_is_told_as_a_wrong_password(serve: Serve, name: str) -> None:
    """The very same answer; who is shut out learns it after the right password only (security 82)."""
    async with serve() as running:
        door = doors_of(running)[name]
        held = await door.sign_up()
        wrong = _told(await door.try_to_sign_in(EMAIL, WRONG_PASSWORD))
        assert _told(await door.try_to_sign_in("nobody@example.com", WRONG_PASSWORD)) == wrong
        await running.core.change_standing(running.project.id, held.user_id, "disabled", actor="test")
        assert _told(await door.try_to_sign_in(EMAIL, WRONG_PASSWORD)) == wrong
        await running.core.db.run(NEVER_SET, project_id=running.project.id)
        assert _told(await door.try_to_sign_in(EMAIL, WRONG_PASSWORD)) == wrong


@pytest.mark.parametrize("name", EVERY)
async def test_tries_on_nobody_are_counted_like_tries_on_somebody(serve: Serve, name: str) -> None:
    """The refusal after too many tries comes for both at the same try; neither door nor spelling starts anew (security
    78, 82).
    """
    async with serve() as running:
        doors = doors_of(running)
        await doors[name].sign_up()

        async def tries(email: str) -> int:
            for number in range(1, 100):
                if (await doors[name].try_to_sign_in(email, WRONG_PASSWORD)).status_code == 429:
                    return number
            return 0

        assert await tries(EMAIL) == await tries("nobody@example.com") > 1
        for door in doors.all:
            assert (await door.try_to_sign_in(EMAIL.upper(), PASSWORD)).status_code == 429, door.name


async def _letters(running: Running) -> int:
    return len(await running.mails())


async def test_asking_for_a_reset_tells_nothing(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known, unknown, disabled: one answer, no hashing, and a mail only where there is a mailbox to read (security
    82).
    """
    async with serve() as running:
        door = doors_of(running).nhost
        held = await door.sign_up()
        answers = []
        with _counted(monkeypatch) as runs:
            answers.append(await door.send("POST", "/v1/user/password/reset", {"email": EMAIL}))
            answers.append(await door.send("POST", "/v1/user/password/reset", {"email": "nobody@example.com"}))
            sent = await _letters(running)
            await running.core.change_standing(running.project.id, held.user_id, "disabled", actor="test")
            answers.append(await door.send("POST", "/v1/user/password/reset", {"email": EMAIL}))
        assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
        assert runs == []
        assert sent == await _letters(running) == 1


async def test_a_server_that_hashes_enough_says_so(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A storm of sign-ins is answered 503 with Retry-After at every door, and it passes (security 85)."""
    verify = PasswordHasher.verify
    calm = threading.Event()

    def slowly(self: PasswordHasher, *arguments: str | bytes) -> bool:
        calm.wait(60)  # in the hashing thread: no hash is ready before the storm has come in
        return verify(self, *arguments)

    monkeypatch.setattr(PasswordHasher, "verify", slowly)
    async with serve(hashing=HashingLoad(threads=1, waiting=2, deadline_seconds=60)) as running:
        for door in doors_of(running).every:
            calm.clear()
            storm = [
                asyncio.create_task(door.try_to_sign_in(f"{number}@example.com", WRONG_PASSWORD))
                for number in range(12)
            ]
            await asyncio.wait(storm, timeout=60, return_when=asyncio.FIRST_COMPLETED)
            calm.set()
            answers = await asyncio.gather(*storm)
            busy = [answer for answer in answers if answer.status_code == 503]
            assert busy, door.name
            assert all(int(answer.headers["retry-after"]) >= 1 for answer in busy)
            assert {answer.status_code for answer in answers} <= {401, 403, 503}
            assert (await door.try_to_sign_in("0@example.com", WRONG_PASSWORD)).status_code in {401, 403}
