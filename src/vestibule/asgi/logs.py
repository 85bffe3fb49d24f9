"""What happens beside the requests, as one line each on standard error; requests have their own log."""

import logging
import sys

import msgspec
import structlog


def configure_logs(*, debug: bool = False, as_text: bool = False) -> None:
    """Send our events, and the warnings of libraries, to standard error: JSON, or `as_text` for people.

    With `debug` also what is of use while looking for a fault. Libraries then tell of their work, and still not at
    their own debug level: some would write down headers there, tokens among them (security 117).
    """
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer(serializer=_json)
    if as_text:
        # The default would print local variables along with a traceback.
        renderer = structlog.dev.ConsoleRenderer(
            colors=False, timestamp_key="ts", exception_formatter=structlog.dev.plain_traceback
        )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if debug else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.INFO if debug else logging.WARNING, handlers=[_Forward()], force=True)


def _json(event: object, **_options: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


class _Forward(logging.Handler):
    """Gives what libraries log the same form as our own events."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one event."""
        log = structlog.get_logger(record.name)
        message = record.getMessage()
        log.log(record.levelno, "library.log", logger=record.name, message=message, exc_info=record.exc_info)
