from dataclasses import replace
from datetime import timedelta
from typing import cast
from uuid import UUID

import pytest

from tests.support.fakes import FakeClock, SeededEntropy
from vestibule.core.projects import Policy, Project
from vestibule.core.sessions import ROTATING, Session
from vestibule.core.signing import KeySets
from vestibule.dialects.sublay.settings import SublaySettings
from vestibule.dialects.sublay.tokens import Tokens
from vestibule.kernel.errors import ForeignRefreshToken, InvalidAccessToken, MalformedRefreshToken
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.keyring import Keyring

OLD, NEW = b"o" * 32, b"n" * 32
SECRET = bytes(range(16))
PROJECT = Project(ProjectId(UUID(int=1)), "shop", "Shop", frozenset({"sublay"}), Policy())


class KeySetsThatNeverChange:
    """Only the generation is asked for."""

    generation = 0


def tokens(clock: FakeClock, *roots: bytes) -> Tokens:
    key_sets = cast("KeySets", KeySetsThatNeverChange())  # the real one would want a database
    return Tokens(Keyring(roots, SeededEntropy()), key_sets, clock, SublaySettings())


def session(clock: FakeClock) -> Session:
    now = clock.now()
    return Session(
        id=UUID(int=2),
        user_id=UUID(int=3),
        dialect="sublay",
        client_id=None,
        account_id=None,
        rotation=ROTATING,
        created_at=now,
        refreshed_at=now,
        expires_at=now + timedelta(days=30),
        scope=None,
        claims=None,
        method="password",
    )


def test_a_refresh_token_can_be_made_again_from_its_row(clock: FakeClock) -> None:
    """Later and elsewhere the same row and secret give the same bytes; another secret or time does not."""
    row = session(clock)
    first = tokens(clock, NEW).refresh(PROJECT, row, SECRET)
    clock.advance(timedelta(days=1))
    assert tokens(clock, NEW, OLD).refresh(PROJECT, row, SECRET) == first
    assert tokens(clock, NEW).refresh(PROJECT, row, SECRET[::-1]) != first
    assert tokens(clock, NEW).refresh(PROJECT, replace(row, refreshed_at=clock.now()), SECRET) != first
    assert tokens(clock, NEW).secret(PROJECT, first) == SECRET


def test_tokens_outlive_a_change_of_root_keys(clock: FakeClock) -> None:
    """What an older root key signed is read until that key is taken away."""
    old, both, new = tokens(clock, OLD), tokens(clock, NEW, OLD), tokens(clock, NEW)
    row = session(clock)
    access, refresh = old.access(PROJECT, row), old.refresh(PROJECT, row, SECRET)
    assert both.end_user(PROJECT, access).session_id == row.id
    assert both.secret(PROJECT, refresh) == SECRET
    with pytest.raises(InvalidAccessToken):
        new.end_user(PROJECT, access)
    with pytest.raises(MalformedRefreshToken):
        new.secret(PROJECT, refresh)


def test_a_project_of_the_same_name_is_another_project(clock: FakeClock) -> None:
    """Access tokens are bound to the project's own id, whatever it is called (security 122)."""
    both = tokens(clock, NEW)
    row = session(clock)
    namesake = replace(PROJECT, id=ProjectId(UUID(int=9)))
    with pytest.raises(InvalidAccessToken):
        both.end_user(namesake, both.access(PROJECT, row))
    with pytest.raises(ForeignRefreshToken):
        both.secret(replace(PROJECT, public_id="other"), both.refresh(PROJECT, row, SECRET))


def test_the_end_of_a_token_is_sharp(clock: FakeClock) -> None:
    """Good until the second before `exp`."""
    both = tokens(clock, NEW)
    refresh = both.refresh(PROJECT, session(clock), SECRET)
    clock.advance(timedelta(days=30) - timedelta(seconds=1))
    both.secret(PROJECT, refresh)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(MalformedRefreshToken):
        both.secret(PROJECT, refresh)
