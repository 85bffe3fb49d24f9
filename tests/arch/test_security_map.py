"""docs/security.md names tests that exist, and has every number that tests and sources cite."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.arch.rules import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
_ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
_TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
_CITED = re.compile(r"\bsecurity\s+(\d+(?:,\s+\d+)*)\b", re.IGNORECASE)


def _rows() -> dict[int, list[tuple[str, str]]]:
    return {int(number): _TEST.findall(tests) for number, _, _, tests in _ROW.findall(PAGE)}


def _defined(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def _cited(text: str) -> Iterator[int]:
    for numbers in _CITED.findall(text):
        yield from map(int, re.findall(r"\d+", numbers))


def _sources() -> Iterator[Path]:
    for folder in ("tests", "src"):
        yield from (path for path in (ROOT / folder).rglob("*.py") if path != Path(__file__))


def test_every_line_names_tests_that_exist() -> None:
    """A line without a test is a hope, and a test that was renamed is none."""
    rows = _rows()
    assert len(rows) == len(_ROW.findall(PAGE)), "a number stands there twice"
    for number, tests in rows.items():
        assert tests, number
        for path, name in tests:
            assert (ROOT / "tests" / path).exists(), (number, path)
            assert name in _defined(ROOT / "tests" / path), (number, path, name)


def test_every_number_that_is_cited_is_on_the_page() -> None:
    """Whoever reads `security 26` somewhere finds out what it means."""
    rows = _rows()
    unknown = {(str(path.relative_to(ROOT)), number) for path in _sources() for number in _cited(path.read_text())}
    assert {(path, number) for path, number in unknown if number not in rows} == set()


def test_citations_are_seen_in_every_form() -> None:
    """The test above means something."""
    assert list(_cited("(security 36,\n    37); Security 9 and security 100, 101.")) == [36, 37, 9, 100, 101]
    assert len(list(_sources())) > 100
    assert len(_rows()) > 60


def test_only_one_room_has_an_http_client() -> None:
    """Whatever is called, is called by the one client that is careful (security 101)."""
    clients = {"httpx", "httpx2", "httpcore2", "requests", "aiohttp", "urllib3", "urllib.request", "http.client"}
    room = ROOT / "src" / "vestibule" / "outbound"
    for path in (ROOT / "src" / "vestibule").rglob("*.py"):
        if room in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            imported += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert clients.isdisjoint(imported), path
