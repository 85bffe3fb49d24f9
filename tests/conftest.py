"""What every test may ask for: a database on each engine, a clock that obeys, chance that repeats.

`database_url` and `db` run a test once per engine (`--engine sqlite` for one of them).
"""

import gc
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.databases import TestRun
from tests.support.fakes import FakeClock, SeededEntropy
from tests.support.ports import reserved_port
from tests.support.postgres import PostgresMissing, PostgresServer
from vestibule.storage import Database, Engine, database_from_url

# How long an example takes says something about the machine only.
settings.register_profile("unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

_RUN = pytest.StashKey[TestRun]()
_RUN_FOLDER = "vestibule_run_folder"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        action="append",
        choices=[engine.value for engine in Engine],
        help="run database tests on this engine only (may be repeated; default: all)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "engine(name): a promise about one engine only: sqlite or postgresql")
    of_controller = getattr(config, "workerinput", {}).get(_RUN_FOLDER)  # set by pytest-xdist in its workers
    run = config.stash[_RUN] = TestRun.begin() if of_controller is None else TestRun(Path(of_controller))
    if sys.dont_write_bytecode:  # else each of the many children compiles all that it imports
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(run.folder / "bytecode")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    node.workerinput[_RUN_FOLDER] = node.config.stash[_RUN].folder.as_posix()  # type: ignore[attr-defined]  # xdist has no types


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash[_RUN]
    run.close()
    if not hasattr(config, "workerinput"):
        run.remove()


def pytest_collection_finish() -> None:
    """Spare the garbage collector what the run keeps to its end: looking there was half the price of a server."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("engine")
        meant = marker.args if marker else [engine.value for engine in Engine]
        asked = metafunc.config.getoption("--engine") or meant
        chosen = [engine for engine in meant if engine in asked]
        metafunc.parametrize("database_url", chosen, indirect=True)


@pytest.fixture
def sqlite_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """A migrated SQLite database of the test's own."""
    with pytestconfig.stash[_RUN].sqlite() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> PostgresServer:
    """The PostgreSQL server that all tests of the run share: never stop it."""
    try:
        return pytestconfig.stash[_RUN].server
    except PostgresMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))


@pytest.fixture
def postgres_url(pytestconfig: pytest.Config, postgres_server: PostgresServer) -> Iterator[str]:
    """A migrated PostgreSQL database of the test's own."""
    with pytestconfig.stash[_RUN].postgres() as url:
        yield url


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own, on each engine in turn."""
    name = "sqlite_url" if request.param == Engine.SQLITE else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """An open, migrated, empty database, on each engine in turn."""
    database = database_from_url(database_url, deadline=timedelta(seconds=60))  # for a machine with much else to do
    await database.open()
    yield database
    await database.close()


@pytest.fixture(scope="session")
def unused_tcp_port_factory() -> Callable[[], int]:
    """Give ports that stay nobody's until the test uses them; pytest-asyncio's own may be taken by then."""
    return reserved_port


@pytest.fixture
def unused_tcp_port() -> int:
    """A port that stays nobody's until the test uses it."""
    return reserved_port()


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands at the present until it is told to advance."""
    return FakeClock()


@pytest.fixture
def entropy() -> SeededEntropy:
    """Chance that is the same in every run."""
    return SeededEntropy()
