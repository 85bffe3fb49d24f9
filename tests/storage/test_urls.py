import pytest

from vestibule.storage import Engine, database_from_url
from vestibule.storage.urls import postgres_dsn, sqlite_location


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///var/a.db", "var/a.db"),
        ("sqlite:////srv/a.db", "/srv/a.db"),
        ("sqlite:///with%20space.db", "with space.db"),
    ],
)
def test_three_slashes_are_relative_and_four_absolute(url: str, path: str) -> None:
    """As everywhere else."""
    assert str(sqlite_location(url).path) == path


@pytest.mark.parametrize(
    "url",
    ["", "mysql://h/d", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:a.db", "sqlite:///a.db?cache=shared"],
)
def test_any_other_url_is_an_error_that_says_what_to_write(url: str) -> None:
    """Found at the start, not at the first request."""
    with pytest.raises(ValueError, match="URL"):
        database_from_url(url)


async def test_a_question_mark_in_a_file_name_is_not_an_option() -> None:
    """The path is quoted on its way to SQLite."""
    assert sqlite_location("sqlite:////srv/a%3Fmode=memory.db").uri == "file:/srv/a%3Fmode%3Dmemory.db?mode=rw"


def test_options_of_other_clients_are_left_out() -> None:
    """The server would refuse to know pool_max_conns; a statement_timeout it does know."""
    url = "postgres://u:p%40@h:5432/d?sslmode=disable&pool_max_conns=4&statement_timeout=1000&connect_timeout=3"
    assert postgres_dsn(url) == "postgres://u:p%40@h:5432/d?sslmode=disable&statement_timeout=1000"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
async def test_both_spellings_of_postgresql_connect(postgres_url: str, scheme: str) -> None:
    """With libpq's sslmode in the URL."""
    assert "sslmode=disable" in postgres_url
    database = database_from_url(postgres_url.replace("postgresql://", f"{scheme}://"))
    assert database.engine is Engine.POSTGRESQL
    assert await database.ping() is not None
    await database.close()
