"""The command line. Each command imports what it needs when it runs, so that `vestibule version` is instant."""

import sys

from vestibule import __version__

__all__ = ["main"]


def main() -> int:
    """Run the command in `sys.argv`; return the exit status, as documented in docs/operations.md."""
    # Scripts ask for it often, and the command line itself takes longer to build.
    if sys.argv[1:] in (["version"], ["--version"]):
        sys.stdout.write(f"vestibule {__version__}\n")
        return 0
    from vestibule.asgi.exits import Ending, ExitCode, complain  # noqa: PLC0415 - as the module says
    from vestibule.cli.app import UsageProblem, app  # noqa: PLC0415

    try:
        status = app(standalone_mode=False, prog_name="vestibule")
    except UsageProblem as problem:
        command = problem.ctx.command_path if problem.ctx else "vestibule"
        message = problem.format_message().rstrip(".")
        complain([f"{message[:1].lower()}{message[1:]}; see: {command} --help"])
        return ExitCode.USAGE
    except Ending as ending:
        complain(ending.lines)
        return ending.code
    except KeyboardInterrupt:
        return 130  # 128 + SIGINT, as shells expect
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone, as `head` does
        return ExitCode.FAILED
    return status if isinstance(status, int) else ExitCode.OK
