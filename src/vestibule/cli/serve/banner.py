"""What a server says when it is ready: one line in production, everything one needs to try it with `--dev`."""

import json
import sys
from operator import itemgetter
from typing import TYPE_CHECKING

from vestibule.kernel.clock import SystemClock

if TYPE_CHECKING:
    from vestibule.settings import Settings
    from vestibule.settings.process import Flags, Listening


def announce(settings: "Settings") -> None:
    """Say that this process serves."""
    if settings.dev:
        _show(settings)
    else:
        _serving(settings.host, settings.port, 1, as_text=settings.log_as_text)


def announce_workers(flags: "Flags", listening: "Listening") -> None:
    """Say that the first worker serves."""
    if not flags.dev:
        _serving(listening.host, listening.port, listening.workers, as_text=listening.log_as_text)
        return
    from vestibule.settings import environment, load  # noqa: PLC0415 - a developer's machine has the memory

    _show(load(environment(), flags=flags))


def _serving(host: str, port: int, workers: int, *, as_text: bool) -> None:
    moment = SystemClock().now().isoformat(timespec="milliseconds")
    line = {"ts": moment, "level": "info", "event": "serving", "host": host, "port": port, "workers": workers}
    text = f"{moment} [info] serving host={host} port={port} workers={workers}"
    sys.stderr.write((text if as_text else json.dumps(line)) + "\n")
    sys.stderr.flush()


def curls(settings: "Settings") -> dict[str, str]:
    """Return one command per dialect that works when pasted: it signs a user up."""
    base = settings.public_url
    key = settings.dev_service_key.reveal() if settings.dev_service_key else ""
    email = "ada@example.com"
    return {
        "nhost": _curl(f"{base}/v1/signup/email-password", {"email": email, "password": "correct horse 9"}),
        "sublay": _curl(
            f"{base}/v7/default/auth/sign-up",
            {"email": f"s.{email}", "password": "correct horse 9"},
            f"Authorization: Bearer {key}",
        ),
        "accountmaker": _curl(
            f"{base}/auth/sign-up",
            {"client_id": settings.dev_client_id, "email": f"a.{email}", "password": "Correct-horse-9"},
        ),
    }


def _curl(url: str, body: dict[str, object], *headers: str) -> str:
    lines = [f"curl -s {url}", *(f"-H '{header}'" for header in ("Content-Type: application/json", *headers))]
    return " ".join([*lines, f"-d '{json.dumps(body)}'"])


def _show(settings: "Settings") -> None:
    from rich.console import Console  # noqa: PLC0415 - only while developing
    from rich.text import Text  # noqa: PLC0415

    base = settings.public_url
    rows = [
        ("nhost", f"{base}/v1"),
        ("sublay", f"{base}/v7/default"),
        ("accountmaker", f"{base}/auth"),
        ("API documents", f"{base}/docs"),
        ("mailbox", "" if settings.mail else f"{base}/_/mail"),
        ("sign-in page", settings.dev_provider.page if settings.dev_provider else ""),
        ("service key", settings.dev_service_key.reveal() if settings.dev_service_key else ""),
        ("client id", settings.dev_client_id or ""),
        ("database", settings.database_url),
    ]
    console = Console(soft_wrap=True, highlight=False)
    console.print(Text("\nVestibule is ready, for development only.\n", style="bold green"))
    for name, value in filter(itemgetter(1), rows):
        console.print(Text(f"  {name:<15}", style="bold"), Text(value), sep="")
    console.print(Text("\nSign up through each of its doors:\n", style="bold"))
    for command in curls(settings).values():
        console.print(Text(f"  {command}\n"))
