"""What the README tells people to paste works as it stands."""

import asyncio
import json
import os
import re
import subprocess
from pathlib import Path

from tests.journeys.nhost.running import PACKAGES, node
from tests.support.ports import reserved_port
from tests.support.processes import serving

README = Path(__file__).parents[2] / "README.md"


def _blocks(language: str, port: int) -> list[str]:
    found = re.findall(rf"```{language}\n(.*?)```", README.read_text(), re.DOTALL)
    return [block.replace("127.0.0.1:4000", f"127.0.0.1:{port}") for block in found]


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


async def test_every_curl_of_the_readme_answers_a_user(tmp_path: Path) -> None:
    """Bob signs up through one door and comes in through the others."""
    port = reserved_port()
    commands = [block for block in _blocks("sh", port) if block.startswith("curl")]
    assert len(commands) == 3
    async with serving({"PATH": os.environ["PATH"], "AUTH_PORT": str(port)}, tmp_path, "--dev"):
        for command in commands:
            answer = await asyncio.to_thread(_output, ["/bin/sh", "-ec", command])
            assert "bob@example.com" in json.dumps(json.loads(answer)), command


async def test_the_javascript_of_the_readme_prints_an_id(tmp_path: Path) -> None:
    """With the real client, in a folder where it is installed."""
    port = reserved_port()
    (block,) = _blocks("js", port)
    script = tmp_path / "readme.mjs"
    script.write_text(block)
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    async with serving({"PATH": os.environ["PATH"], "AUTH_PORT": str(port)}, tmp_path, "--dev"):
        answer = await asyncio.to_thread(_output, [node(), str(script)])
    assert re.fullmatch(r"[0-9a-f-]{36}\n", answer)
