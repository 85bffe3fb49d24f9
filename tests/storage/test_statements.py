from uuid import uuid4

import pytest

from tests.storage import scratch
from vestibule.storage import Database, Engine, Json, Statement, statements

ONE_OF_EACH = """
SELECT ':string', 'it''s :quoted', ":name", a::text, $tag$ :dollar $tag$ -- :comment
FROM t /* :block
comment */ WHERE a = :first AND b = :second AND c = :first
"""


def test_names_become_numbers_for_postgresql_and_only_names_do() -> None:
    """A colon in a string, a quoted name, a cast or a comment is not a parameter."""
    prepared = Statement(str, ONE_OF_EACH).prepared(Engine.POSTGRESQL)
    assert prepared.names == ("first", "second")
    expected = ONE_OF_EACH.replace(":first", "$1").replace(":second", "$2").strip()
    assert prepared.sql == expected


def test_sqlite_keeps_the_names() -> None:
    """It knows them itself."""
    prepared = Statement(str, ONE_OF_EACH).prepared(Engine.SQLITE)
    assert prepared.sql == ONE_OF_EACH.strip()
    assert prepared.named({"first": 1, "second": 2}) == {"first": 1, "second": 2}


@pytest.mark.parametrize(
    ("sql", "reads_only"),
    [
        ("SELECT 1", True),
        ("  with x as (select 1) select * from x", True),
        ("SELECT 'delete' -- update", True),
        ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", False),
        ("INSERT INTO t VALUES (1)", False),
        ("UPDATE t SET a = 1 RETURNING a", False),
        ("CREATE TABLE t (a)", False),
        ("PRAGMA user_version", False),
    ],
)
def test_only_what_cannot_write_goes_to_the_readers(sql: str, reads_only: bool) -> None:  # noqa: FBT001
    """On SQLite the text decides between the writing thread and the reading ones."""
    assert Statement(None, sql).prepared(Engine.SQLITE).reads_only is reads_only


@pytest.mark.parametrize("given", [{}, {"id": 1, "nummer": 2}, {"id": 1, "number": 2, "more": 3}])
async def test_the_names_given_must_be_the_names_bound(scratch_db: Database, given: dict[str, int]) -> None:
    """A typo is an error at once, on both engines alike."""
    with pytest.raises(TypeError, match="binds"):
        await scratch_db.run(scratch.ADD, **given)


def test_a_statement_has_text_for_both_engines() -> None:
    """One for both, or one for each."""
    with pytest.raises(TypeError):
        Statement(None, postgres="SELECT 1")
    with pytest.raises(TypeError):
        Statement(None, "SELECT 1", sqlite="SELECT 1")


def test_a_declared_statement_is_registered() -> None:
    """So that the test of all statements finds it."""
    declared = Statement(None, "SELECT 1")
    assert declared in statements()


def test_a_json_parameter_does_not_show_its_document() -> None:
    """It may hold what a log must not."""
    assert "hunter2" not in repr(Json({"password": "hunter2"}))


async def test_one_all_and_run_answer_row_rows_and_count(scratch_db: Database) -> None:
    """The three ways to run a statement."""
    first, second = (uuid4() for _ in range(2))
    assert await scratch_db.one(scratch.ROW, id=first) is None
    assert await scratch_db.all(scratch.NUMBERS) == []
    assert await scratch_db.run(scratch.ADD, id=first, number=1) == 1
    assert await scratch_db.run(scratch.ADD, id=second, number=2) == 1
    assert await scratch_db.run(scratch.ADD_ONCE, id=second, number=3) == 0
    assert await scratch_db.all(scratch.NUMBERS) == [1, 2]
    assert await scratch_db.one(scratch.NUMBERS) == 1
    assert await scratch_db.run(scratch.INCREASE, id=first, by=10) == 1
    assert await scratch_db.run(scratch.REMOVE_ALL) == 2


async def test_one_of_a_writing_statement_writes_every_row(scratch_db: Database) -> None:
    """Though only the first is answered."""
    for number in (1, 2, 3):
        await scratch_db.run(scratch.ADD, id=uuid4(), number=number)
    await scratch_db.one(Statement(int, "UPDATE scratch SET number = number + 20 RETURNING number"))
    assert await scratch_db.all(scratch.NUMBERS) == [21, 22, 23]
