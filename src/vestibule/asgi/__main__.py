"""`python -m vestibule.asgi`: a worker, started by the supervisor with a socket and two pipes."""

import argparse
import json
import os
import socket
import sys

from vestibule.asgi.exits import Ending, ExitCode, complain


def main() -> int:
    """Serve; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m vestibule.asgi")
    parser.add_argument("--flags", required=True, help="the supervisor's command line, as JSON")
    parser.add_argument("--listen", type=int, required=True, help="file descriptor of the bound socket")
    parser.add_argument("--parent", type=int, required=True, help="pipe that closes when the supervisor ends")
    parser.add_argument("--ready", type=int, required=True, help="pipe to write to when the worker serves")
    parser.add_argument("--first", action="store_true", help="migrate if asked to, and tell the warnings")
    arguments = parser.parse_args()
    try:
        _serve(arguments)
    except Ending as ending:
        complain(ending.lines)
        return ending.code
    return ExitCode.OK


def _serve(arguments: argparse.Namespace) -> None:
    # After the arguments are known to be right: these cost half a second.
    from dataclasses import replace  # noqa: PLC0415

    from vestibule.asgi.endings import endings  # noqa: PLC0415
    from vestibule.asgi.logs import configure_logs  # noqa: PLC0415
    from vestibule.asgi.worker import run  # noqa: PLC0415
    from vestibule.settings import Flags, environment, read  # noqa: PLC0415

    def on_ready() -> None:
        os.write(arguments.ready, b"!")
        os.close(arguments.ready)

    configure_logs()
    with endings():
        reading = read(environment(), Flags(**json.loads(arguments.flags)))
        configure_logs(debug=reading.settings.log_debug, as_text=reading.settings.log_as_text)
        if arguments.first:
            complain([str(warning) for warning in reading.warnings], "warning")
        settings = reading.settings if arguments.first else replace(reading.settings, migrate=False)
        run(settings, [socket.socket(fileno=arguments.listen)], on_ready=on_ready, parent=arguments.parent)


if __name__ == "__main__":
    sys.exit(main())
