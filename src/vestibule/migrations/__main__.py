"""`python -m vestibule.migrations upgrade|downgrade|current --url URL`; the URL `-` is read from standard input."""

import argparse
import asyncio
import sys

from vestibule.migrations.steps import current, downgrade, upgrade


def main() -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m vestibule.migrations")
    parser.add_argument("command", choices=["upgrade", "downgrade", "current"])
    parser.add_argument("--url", required=True, help="sqlite:///path, postgresql://..., or - to read it from stdin")
    parser.add_argument("--to", help="the revision to go to (default: head up, base down)")
    parser.add_argument("--traceback", action="store_true", help="show where a failure comes from")
    arguments = parser.parse_args()
    url = sys.stdin.read().strip() if arguments.url == "-" else arguments.url
    try:
        match arguments.command:
            case "upgrade":
                asyncio.run(upgrade(url, arguments.to or "head"))
            case "downgrade":
                asyncio.run(downgrade(url, arguments.to or "base"))
            case _:
                sys.stdout.write(f"{asyncio.run(current(url)) or 'none'}\n")
    except Exception as error:
        if arguments.traceback:
            raise
        cause = getattr(error, "orig", None) or error  # SQLAlchemy wraps what the driver said in a page of its own
        sys.stderr.write(f"{type(cause).__name__}: {cause}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
