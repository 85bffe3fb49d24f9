"""`vestibule serve` and `vestibule worker`: the commands that stay."""

import dataclasses
from typing import Annotated

import typer

from vestibule.cli.options import ConfigFile, Dev, flags_of
from vestibule.settings.environ import SettingsError
from vestibule.settings.process import Flags, Listening, environment, listening_of


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(worker)


def serve(
    *,
    dev: Annotated[
        bool, typer.Option("--dev", help="Develop: SQLite and keys under var/, every dialect, a mailbox page.")
    ] = False,
    dev_expose: Annotated[bool, typer.Option("--dev-expose", help="Let --dev listen beyond this machine.")] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="all")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default="4000")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes.", show_default="1 on SQLite, one per core on PostgreSQL")
    ] = None,
    migrate: Annotated[bool | None, typer.Option("--migrate", help="Bring the schema up to date first.")] = None,
    strict: Annotated[bool | None, typer.Option("--strict", help="Refuse unknown AUTH_* names.")] = None,
    config: ConfigFile = None,
) -> int:
    """Serve requests until told to stop."""
    flags = Flags(
        dev=dev,
        dev_expose=dev_expose,
        strict=strict,
        migrate=migrate,
        host=host,
        port=port,
        workers=workers,
        config_file=str(config) if config else None,
    )
    try:
        listening = listening_of(environment(), flags)
    except SettingsError:
        listening = None  # the whole reading below knows everything that is wrong, not only this
    if listening is None or listening.workers == 1:
        return _serve_here(flags)
    return _supervise(flags, listening)


def _serve_here(flags: Flags) -> int:
    from vestibule.asgi.endings import endings  # noqa: PLC0415 - half a second that a supervisor saves
    from vestibule.asgi.exits import ExitCode, complain  # noqa: PLC0415
    from vestibule.asgi.logs import configure_logs  # noqa: PLC0415
    from vestibule.asgi.worker import run  # noqa: PLC0415
    from vestibule.cli.serve.banner import announce  # noqa: PLC0415
    from vestibule.cli.serve.sockets import bound_socket  # noqa: PLC0415
    from vestibule.settings import read  # noqa: PLC0415

    configure_logs()
    with endings():
        reading = read(environment(), flags)
        sock = bound_socket(reading.settings.host, reading.settings.port)
        taken = sock.getsockname()[1]
        if taken != reading.settings.port:
            reading = read(environment(), dataclasses.replace(flags, port=taken))
        settings = reading.settings
        configure_logs(debug=settings.log_debug, as_text=settings.log_as_text)
        complain([str(warning) for warning in reading.warnings], "warning")
        run(settings, [sock], on_ready=lambda: announce(settings))
    return ExitCode.OK


def _supervise(flags: Flags, listening: Listening) -> int:
    from vestibule.cli.serve.banner import announce_workers  # noqa: PLC0415 - only here
    from vestibule.cli.serve.sockets import bound_socket  # noqa: PLC0415
    from vestibule.cli.serve.supervisor import Supervisor  # noqa: PLC0415

    sock = bound_socket(listening.host, listening.port)
    listening = dataclasses.replace(listening, port=sock.getsockname()[1])
    flags = dataclasses.replace(flags, port=listening.port)
    return Supervisor(listening, flags, sock, lambda: announce_workers(flags, listening)).run()


def worker(*, dev: Dev = False, config: ConfigFile = None) -> int:
    """Deliver mail from the outbox, and do nothing else, until told to stop."""
    import asyncio  # noqa: PLC0415 - only here

    from vestibule.asgi.delivery import deliver  # noqa: PLC0415
    from vestibule.asgi.endings import endings  # noqa: PLC0415
    from vestibule.asgi.exits import ExitCode, complain  # noqa: PLC0415
    from vestibule.asgi.logs import configure_logs  # noqa: PLC0415
    from vestibule.settings import read  # noqa: PLC0415

    configure_logs()
    with endings():
        reading = read(environment(), flags_of(config, dev=dev))
        configure_logs(debug=reading.settings.log_debug, as_text=reading.settings.log_as_text)
        complain([str(warning) for warning in reading.warnings], "warning")
        asyncio.run(deliver(reading.settings))
    return ExitCode.OK
