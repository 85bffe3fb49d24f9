"""Rules about the source text that no other tool checks; `make check` runs this file, test_rules.py tests it.

Each rule takes a path and its text and yields findings, so that a test can hand it a sample that breaks the rule.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]

LONGEST_MODULE: Final = 500
LONG_MODULE: Final = 300

# Who may use what pyproject.toml bans for everyone else (tool.ruff.lint.flake8-tidy-imports.banned-api).
ROOMS: Final[Mapping[str, tuple[str, ...]]] = {
    "src/vestibule/kernel/clock.py": ("time", "datetime"),
    "src/vestibule/kernel/entropy.py": ("random", "secrets", "os.urandom", "uuid"),
    "src/vestibule/settings": ("os.environ", "os.getenv"),
    "src/vestibule/outbound": ("httpx2", "httpcore2"),
}

# Spelled with bars, so that this file keeps its own rule.
FOREIGN: Final = (
    *"pypi|org pythonhosted|org npmjs|org npmjs|com crates|io proxy|golang|org".replace("|", ".").split(),
    *"deb|debian|org security|debian|org snapshot|debian|org".replace("|", ".").split(),
    *"|work| |root|".replace("|", "/").split(),
)

# The beginning of a statement, in capitals or not; prose seldom begins so.
SQL: Final = re.compile(
    r"\s*(?:SELECT\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s*\(|(?:CREATE|DROP|ALTER)\s+(?:TABLE|INDEX|UNIQUE)\s"
    r"|PRAGMA\s|BEGIN\s+IMMEDIATE"
    r"|select\s.+\sfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One place where a rule is broken; a warning asks for thought and does not fail."""

    path: str
    line: int
    message: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'note: ' if self.warning else ''}{self.message}"


def size(path: str, text: str) -> Iterator[Finding]:
    """A module is read in one sitting."""
    lines = text.count("\n") + 1
    if lines > LONGEST_MODULE:
        yield Finding(path, lines, f"{lines} lines; a module ends before {LONGEST_MODULE}, so split it")
    elif lines > LONG_MODULE:
        yield Finding(path, lines, f"{lines} lines; from {LONG_MODULE} on, ask why", warning=True)


def docstring(path: str, text: str) -> Iterator[Finding]:
    """A module says why it exists."""
    if not ast.get_docstring(ast.parse(text)):
        yield Finding(path, 1, "the module has no docstring")


def sql(path: str, text: str) -> Iterator[Finding]:
    """SQL text stands in store.py, storage/ and migrations/, where the test that prepares every statement finds it."""
    if path.endswith("/store.py") or "/storage/" in path or "/migrations/" in path:
        return
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            yield Finding(path, node.lineno, "SQL outside a store.py")


def ambient(path: str, text: str, banned: Mapping[str, str]) -> Iterator[Finding]:
    """Time, chance, environment and outbound HTTP are passed in; only their rooms touch the real thing.

    `banned` maps dotted names to what to do instead. A name is found under any alias and also when it is not called.
    """
    allowed = next(
        (names for room, names in ROOMS.items() if path == room or path.startswith((room + "/", room + "."))), ()
    )
    for dotted, line in _mentioned(ast.parse(text)):
        for name, instead in banned.items():
            if _within(dotted, name) and not any(_within(dotted, room) for room in allowed):
                yield Finding(path, line, f"{dotted} outside its room. {instead}")


def foreign(path: str, text: str) -> Iterator[Finding]:
    """No file names a package registry or a folder of the machine it was written on."""
    for number, line in enumerate(text.splitlines(), start=1):
        yield from (Finding(path, number, f"mentions {word}") for word in FOREIGN if word in line)


def _mentioned(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield each imported name, and each attribute of one, in full and with its line."""
    meaning: dict[str, str] = {}  # local name -> what it stands for
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                outermost = alias.name.partition(".")[0]
                meaning[alias.asname or outermost] = alias.name if alias.asname else outermost
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                meaning[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield f"{node.module}.{alias.name}", node.lineno
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            start, *rest = ast.unparse(node).split(".")
            if start in meaning:
                yield ".".join([meaning[start], *rest]), node.lineno


def _within(dotted: str, name: str) -> bool:
    return dotted == name or dotted.startswith(name + ".")


def banned_names() -> dict[str, str]:
    """Return the names that pyproject.toml bans, with what to do instead: one list for ruff and for us."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    table = settings["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]
    return {name: entry["msg"] for name, entry in table.items()}


def paths() -> list[str]:
    """Return what git tracks or would take; where there is no git history, everything that tools do not make."""
    if (ROOT / ".git").exists():
        command = [
            "git",
            "-c",
            f"safe.directory={ROOT}",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        return sorted(set(filter(None, listed.split("\0"))))
    made = {".venv", "node_modules", "var", "__pycache__"}
    relative = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in relative if made.isdisjoint(path.parts) and "_cache" not in path.parts[0])


def texts() -> dict[str, str]:
    """Return every text file of the repository by its path."""
    found = {}
    for path in paths():
        try:
            found[path] = (ROOT / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # an image, or a file removed but not yet committed so
    return found


def findings() -> list[Finding]:
    """Apply every rule to the repository."""
    banned = banned_names()
    found: list[Finding] = []
    for path, text in texts().items():
        found += foreign(path, text)
        if not path.endswith(".py"):
            continue
        found += size(path, text)
        if not path.startswith(("src/", "client/")):
            continue
        found += docstring(path, text)
        if path.startswith("src/"):
            found += sql(path, text)
            found += ambient(path, text, banned)
    return sorted(found)


def main() -> int:
    """Print the findings; the exit status says whether one of them is more than a note."""
    found = findings()
    for finding in found:
        print(finding)
    return int(any(not finding.warning for finding in found))


if __name__ == "__main__":
    sys.exit(main())
