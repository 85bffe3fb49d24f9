"""The repository keeps its own rules, and the rules notice when it does not."""

import pytest

from tests.arch import rules

BANNED = {"time.time": "", "datetime.datetime.now": "", "secrets": "", "os.environ": "", "uuid.uuid4": ""}
ELSEWHERE = "src/vestibule/core/users/store.py"


def test_the_repository_breaks_no_rule() -> None:
    """Everything that `make check` demands of the source text also fails here."""
    assert [str(finding) for finding in rules.findings() if not finding.warning] == []


def test_the_rules_see_the_repository() -> None:
    """A rule that looks at nothing would never fail."""
    paths = rules.texts().keys()
    assert "src/vestibule/__init__.py" in paths
    assert "tests/arch/test_rules.py" in paths
    assert "time.time" in rules.banned_names()


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.time()",
        "import time as t\nt.time()",
        "from time import time",
        "from time import time as now",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime\ndatetime.now()",
        "from datetime import datetime as dt\nfrozen = dt.now",
        "import secrets",
        "from secrets import token_bytes",
        "import os\nos.environ['A']",
        "from os import environ",
        "import uuid\nuuid.uuid4()",
        "def late():\n    import secrets",
    ],
)
def test_the_real_clock_chance_and_environment_are_noticed_under_any_name(source: str) -> None:
    """An alias, a reference without a call and an import inside a function are found too."""
    assert list(rules.ambient(ELSEWHERE, source, BANNED))


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndatetime.fromtimestamp(0)",
        "import uuid\nuuid.UUID(int=1)",
        "clock.time()",
        "import os\nos.path.join('a')",
        "self.time.time()",
    ],
)
def test_what_merely_looks_alike_is_left_alone(source: str) -> None:
    """A Clock's own method or a neighbour in the same module is no finding."""
    assert not list(rules.ambient(ELSEWHERE, source, BANNED))


@pytest.mark.parametrize(
    ("path", "source", "fine"),
    [
        ("src/vestibule/kernel/clock.py", "import time\ntime.time()", True),
        ("src/vestibule/kernel/clock.py", "import secrets", False),
        ("src/vestibule/kernel/entropy.py", "import secrets", True),
        ("src/vestibule/settings.py", "import os\nos.environ", True),
        ("src/vestibule/settings/environment.py", "import os\nos.environ", True),
        ("src/vestibule/settings_again.py", "import os\nos.environ", False),
    ],
)
def test_each_room_is_open_for_its_own_purpose_only(path: str, source: str, *, fine: bool) -> None:
    """The clock's room may read the clock and still draw no random numbers."""
    assert bool(list(rules.ambient(path, source, BANNED))) is not fine


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "\n  SELECT id FROM users",
        "INSERT INTO users VALUES (1)",
        "UPDATE users SET a = 1",
        "DELETE FROM users",
        "WITH a AS (SELECT 1)",
        "select id\nfrom users",
        "CREATE TABLE a (b int)",
        "PRAGMA journal_mode",
    ],
)
def test_sql_outside_a_store_is_noticed(statement: str) -> None:
    """Statements live where the test that prepares them all looks for them."""
    source = f"QUERY = {statement!r}"
    assert list(rules.sql("src/vestibule/core/users/rules.py", source))
    assert list(rules.sql("src/vestibule/core/users/rules.py", f"QUERY = f{statement + ' {x}'!r}"))
    assert not list(rules.sql("src/vestibule/core/users/store.py", source))
    assert not list(rules.sql("src/vestibule/storage/sqlite.py", source))


@pytest.mark.parametrize(
    "prose", ["Select a file", "Update your settings", "with one as the first", "from the list", ""]
)
def test_prose_is_not_taken_for_sql(prose: str) -> None:
    """Messages for people may use the same words."""
    assert not list(rules.sql("src/vestibule/cli/main.py", f"MESSAGE = {prose!r}"))


def test_long_modules_are_named_and_too_long_ones_fail() -> None:
    """300 lines ask for thought, 500 for a split."""
    assert list(rules.size("a.py", "x\n" * 200)) == []
    assert [finding.warning for finding in rules.size("a.py", "x\n" * 400)] == [True]
    assert [finding.warning for finding in rules.size("a.py", "x\n" * 500)] == [False]


def test_a_module_without_a_docstring_is_noticed() -> None:
    """A comment is not a docstring."""
    assert list(rules.docstring("a.py", "# why\nx = 1"))
    assert not list(rules.docstring("a.py", '"""Why."""\nx = 1'))


@pytest.mark.parametrize("word", rules.FOREIGN)
def test_registry_hosts_and_machine_folders_are_noticed(word: str) -> None:
    """Whoever builds elsewhere uses their own mirror; a file that names ours would break that."""
    assert [finding.line for finding in rules.foreign("docs/a.md", f"one\nsee {word}x\n")] == [2]
