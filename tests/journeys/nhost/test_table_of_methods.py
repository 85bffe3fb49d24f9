"""The table of the client's methods, compared with the client itself and with the tests that it names."""

import json
import re
import subprocess
from pathlib import Path

from tests.journeys.nhost.running import node

TABLE = Path("docs/nhost/client-methods.md")
ROW = re.compile(r"\| `(\w+)` \| [^|]+ \| `([\w/]+\.py)::(\w+)` \| \[[^]]+\]\(([^)]+)\) \|")
# Being a provider oneself is not served yet.
LATER = re.compile(r"oauth2|getOpenIDConfiguration|getOAuthAuthorizationServer")
METHODS_OF_THE_CLIENT = """
import { createAPIClient } from "@nhost/nhost-js/auth";
const client = createAPIClient("http://localhost/v1");
console.log(JSON.stringify(Object.keys(client).filter((name) => typeof client[name] === "function")));
"""


def _rows() -> list[tuple[str, str, str, str]]:
    return [row.groups() for row in ROW.finditer(TABLE.read_text())]  # type: ignore[misc]  # four groups, as written


def test_the_table_names_every_method_of_the_client() -> None:
    """A method that nobody wrote about fails here, and so does one that is no longer there."""
    command = [node(), "--input-type=module", "--eval", METHODS_OF_THE_CLIENT]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
    methods = {name for name in json.loads(told.stdout) if not LATER.match(name)}
    assert {name for name, *_ in _rows()} == methods


def test_the_tests_and_pages_that_it_names_exist() -> None:
    """Whoever follows the table arrives somewhere."""
    for method, file, test, page in _rows():
        path = Path("tests") / (file if "/" in file else f"dialects/nhost/{file}")
        assert f"def {test}(" in path.read_text(), method
        assert (TABLE.parent / page).exists(), method
