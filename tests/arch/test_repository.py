"""Things that are written in two places say the same in both."""

import re
import subprocess
import sys
import tomllib

import pytest

import vestibule
import vestibule_client
from tests.arch.rules import ROOT


def test_imports_follow_the_rooms() -> None:
    """The contracts in pyproject.toml hold: rooms point inward, dialects and methods never meet, rows stay home."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    checked = subprocess.run(
        [sys.executable, "-c", program, "--no-logo"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("project", "version"),
    [("pyproject.toml", vestibule.__version__), ("client/pyproject.toml", vestibule_client.__version__)],
)
def test_the_package_knows_its_version(project: str, version: str) -> None:
    """What `vestibule version` prints is what was installed."""
    assert tomllib.loads((ROOT / project).read_text())["project"]["version"] == version


@pytest.mark.parametrize("name", ["uv", "server", "dev"])
def test_every_requirement_is_pinned_with_hashes(name: str) -> None:
    """An installation takes exactly the files that were tested, wherever they come from."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", "")
    requirements = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert requirements
    for line in requirements:
        assert re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line


def test_tests_run_the_servers_own_versions() -> None:
    """dev.txt holds all of server.txt, pin for pin."""

    def pins(name: str) -> set[str]:
        return set(
            re.findall(r"^[a-z0-9-]+==[^\s;\\]+", (ROOT / "requirements" / f"{name}.txt").read_text(), re.MULTILINE)
        )

    assert pins("server") <= pins("dev")


def test_every_decision_is_in_the_index_and_complete() -> None:
    """A decision names its context, consequences, rejected options and what enforces it, and can be found."""
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text()
    decisions = sorted(folder.glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        assert f"]({path.name})" in index, path.name
        headings = re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences", "Rejected", "Enforced by"], path.name
