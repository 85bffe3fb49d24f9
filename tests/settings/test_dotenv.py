"""Environment files, as Docker Compose reads them."""

from pathlib import Path

import pytest

from tests.support.nhost_environment import as_env_file, deployment
from vestibule.settings import SettingsError
from vestibule.settings.dotenv import values_in


def read(folder: Path, text: str) -> dict[str, str]:
    (folder / "some.env").write_text(text, newline="")
    return values_in(folder / "some.env")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b c", "b c"),
        ("export A=b", "b"),
        (" A = b ", "b"),
        ("A=", ""),
        ("A=b # a remark", "b"),
        ("A=b#c", "b#c"),
        ("A=# a remark", ""),
        ("A='b # c' # a remark", "b # c"),
        ("A='b\\n\"c\"'", 'b\\n"c"'),
        ('A="b\\nc"', "b\nc"),
        ('A="b \\"c\\" \\\\ \\$d \\e"', 'b "c" \\ $d \\e'),
        ("A='b\nc'", "b\nc"),
        ("A=$HOME/${b}", "$HOME/${b}"),
        ('A={"b":"c"}', '{"b":"c"}'),
        ("A=b\r", "b"),
        ("# a remark\n\nA=1\nA=b", "b"),
        ("\ufeffA=b", "b"),
    ],
)
def test_a_line_means_what_it_means_to_compose(tmp_path: Path, line: str, value: str) -> None:
    """Quotes, remarks, `export`; nothing is expanded."""
    assert read(tmp_path, line) == {"A": value}


def test_a_name_alone_sets_nothing(tmp_path: Path) -> None:
    """It asks for the environment's value, which is looked at anyway."""
    assert read(tmp_path, "A\nB=1\n") == {"B": "1"}


def test_a_whole_deployment_is_read_back(tmp_path: Path) -> None:
    """A private key of several lines included."""
    variables = deployment(tmp_path)
    assert read(tmp_path, as_env_file(variables)) == variables


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("A=1\nhunter2 hunter2", "line 2, is no NAME=value"),
        ("A=1\nhunter2 = 1 = 2\n=hunter2", "line 3, is no NAME=value"),
        ("A='hunter2", "line 1, opens a ' that is never closed"),
        ('A="hunter2" b', 'line 1, goes on after the closing "'),
        (None, "cannot be read"),
        ("A=\udcff", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_quotes_nothing(tmp_path: Path, text: str | None, says: str) -> None:
    """A line may hold a secret (security 117)."""
    file = tmp_path / "some.env"
    if text is not None:
        file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(SettingsError) as caught:
        values_in(file)
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)
