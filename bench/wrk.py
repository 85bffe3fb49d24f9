"""Drives wrk: one thread, some connections, one script of bench/lua; the figures come back as JSON."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from bench.processes import ROOT, BenchError

_LUA: Final = Path("bench/lua")
_SPARE_SECONDS: Final = 30.0


class Load(msgspec.Struct, frozen=True):
    """What wrk saw: `refused` answers were not 2xx or 3xx, `broken` ones never came."""

    requests: int
    micros: int
    p50_micros: int
    p99_micros: int
    refused: int
    broken: int

    @property
    def rate(self) -> float:
        """Answers per second that were what was asked for."""
        return (self.requests - self.refused) / self.micros * 1_000_000

    @property
    def failures(self) -> int:
        """Requests that were not answered as they should have been."""
        return self.refused + self.broken


@dataclass(frozen=True, slots=True)
class Wrk:
    """wrk with what all runs have in common."""

    program: str
    connections: int

    def load(self, url: str, script: str, *arguments: str, seconds: float) -> Load:
        """Load `url` for some seconds and return the figures. Raises: BenchError."""
        whole_seconds = max(1, round(seconds))
        command = [self.program, "-t1", f"-c{self.connections}", f"-d{whole_seconds}s", "--timeout", "10s"]
        command += ["-s", str(_LUA / f"{script}.lua"), url, "--", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=whole_seconds + _SPARE_SECONDS
        )
        last = done.stdout.strip().rpartition("\n")[2]
        if done.returncode != 0 or not last.startswith("{"):
            raise BenchError(f"wrk failed with {script}: {done.stdout}{done.stderr}")
        return msgspec.json.decode(last, type=Load)


def find_wrk(connections: int) -> Wrk:
    """Return wrk, installed from the distribution when it is missing and we may. Raises: BenchError."""
    found = shutil.which("wrk")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("wrk is missing: installing the distribution's package")
        for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "wrk"]):
            subprocess.run(["apt-get", *arguments], check=False, capture_output=True)
        found = shutil.which("wrk")
    if found is None:
        raise BenchError("wrk is missing; on Debian: apt-get install wrk")
    return Wrk(found, connections)
