from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec
import pytest

from tests.storage import scratch
from vestibule.storage import Database, Json, Statement

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
ThingId = NewType("ThingId", UUID)


class Colour(StrEnum):
    RED = "red"


class Shape(msgspec.Struct, frozen=True):
    corners: int
    name: str = "square"


@dataclass(frozen=True)
class Painted:
    id: ThingId
    word: Colour
    document: Shape | None


async def test_every_type_comes_back_as_it_went_in(scratch_db: Database) -> None:
    """UUID, moment, truth, JSON, text, bytes and integer mean the same on both engines."""
    row = scratch.Row(
        id=ID,
        at=datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC),
        flag=True,
        document={"nested": {"list": [1, 2.5, None, True, {"ключ": "ß🙂"}]}, "empty": {}, "quote": "'\"\\"},
        names=["é", "", ":name", "$1"],
        word="line\nbreak :word ' \" \\ ß🙂",
        octets=bytes(range(256)),
        number=2**63 - 1,
    )
    await _insert(scratch_db, row)
    found = await scratch_db.one(scratch.ROW, id=ID)
    assert found == row
    assert found is not None
    assert isinstance(found.flag, bool)
    assert isinstance(found.id, UUID)


async def test_nothing_comes_back_as_nothing(scratch_db: Database) -> None:
    """NULL is None for every type."""
    row = scratch.Row(ID, None, None, None, None, None, None, None)
    await _insert(scratch_db, row)
    assert await scratch_db.one(scratch.ROW, id=ID) == row


@pytest.mark.parametrize("year", [1, 1969, 2100, 9999])
async def test_moments_keep_their_microseconds_in_any_year(scratch_db: Database, year: int) -> None:
    """A float would round them."""
    at = datetime(year, 1, 2, 3, 4, 5, 123_457, tzinfo=UTC)
    await _insert(scratch_db, scratch.Row(ID, at, None, None, None, None, None, None))
    found = await scratch_db.one(scratch.ROW, id=ID)
    assert found is not None
    assert found.at == at


async def test_a_moment_comes_back_in_utc(scratch_db: Database) -> None:
    """Whatever zone it was given in."""
    at = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    await _insert(scratch_db, scratch.Row(ID, at, None, None, None, None, None, None))
    found = await scratch_db.one(scratch.ROW, id=ID)
    assert found is not None
    assert found.at == at
    assert found.at is not None
    assert found.at.utcoffset() == timedelta(0)


async def test_a_moment_without_a_zone_is_refused(scratch_db: Database) -> None:
    """It would mean another moment on every machine."""
    naive = datetime(2026, 7, 1, 12)  # noqa: DTZ001
    with pytest.raises(TypeError):
        await _insert(scratch_db, scratch.Row(ID, naive, None, None, None, None, None, None))


async def test_ids_enums_and_documents_become_their_types(scratch_db: Database) -> None:
    """A NewType, a StrEnum and a Struct in a row are decoded as such."""
    await scratch_db.run(
        Statement(None, "INSERT INTO scratch (id, word, document) VALUES (:id, :word, :document)"),
        id=ID,
        word=Colour.RED,
        document=Json(Shape(4)),
    )
    painted = await scratch_db.one(Statement(Painted, "SELECT id, word, document FROM scratch"))
    assert painted == Painted(ThingId(ID), Colour.RED, Shape(4))
    assert painted is not None
    assert isinstance(painted.word, Colour)


async def test_a_single_column_is_a_plain_value(scratch_db: Database) -> None:
    """UUID, truth and moment need their decoding there too."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    await _insert(
        scratch_db, scratch.Row(ID, at, flag=False, document=None, names=None, word=None, octets=None, number=None)
    )
    assert await scratch_db.one(Statement(ThingId, "SELECT id FROM scratch")) == ID
    assert await scratch_db.one(Statement(bool, "SELECT flag FROM scratch")) is False
    assert await scratch_db.all(Statement(datetime, "SELECT at FROM scratch")) == [at]


async def _insert(db: Database, row: scratch.Row) -> None:
    await db.run(
        scratch.INSERT,
        id=row.id,
        at=row.at,
        flag=row.flag,
        document=None if row.document is None else Json(row.document),
        names=None if row.names is None else Json(row.names),
        word=row.word,
        octets=row.octets,
        number=row.number,
    )
