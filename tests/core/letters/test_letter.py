"""What a letter says, whoever asked for it."""

from tests.support.cores import LETTER, CoreUnderTest, core_under_test
from tests.support.fakes import FakeClock
from vestibule.storage import Database

ANN = "ann@example.com"


async def product_of(under_test: CoreUnderTest) -> str:
    await under_test.core.request_password_reset(under_test.visit(), ANN, LETTER)
    [letter] = await under_test.letters()
    return letter.product


async def test_the_configured_name_is_told_whatever_is_stored(
    database_url: str, db: Database, clock: FakeClock
) -> None:
    """A database from before keeps its users, and its next letter has the new name."""
    before = await core_under_test(database_url, db, clock, environ={"VESTIBULE_PROJECT_NAME": "Acme Notes"})
    await before.sign_up(ANN)
    assert await product_of(before) == "Acme Notes"
    after = await core_under_test(database_url, db, clock, environ={"VESTIBULE_PROJECT_NAME": "Acme Papers"})
    assert await product_of(after) == "Acme Papers"
    assert [row.name for row in await after.core.registry.projects()] == ["Acme Papers"]


async def test_another_project_has_a_name_of_its_own(under_test: CoreUnderTest) -> None:
    """Given when it was made."""
    other = under_test.visit(project=await under_test.other_project())
    await under_test.sign_up(ANN, visit=other)
    await under_test.core.request_password_reset(other, ANN, LETTER)
    [letter] = await under_test.letters()
    assert letter.product == "Other"
