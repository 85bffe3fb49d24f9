"""What happens beside the requests, as one JSON line each on standard error; requests have their own log."""

import logging
import sys

import msgspec
import structlog


def configure_logs() -> None:
    """Send our events, and the warnings of libraries, to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Forward()], force=True)


def _json(event: object, **_options: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


class _Forward(logging.Handler):
    """Gives what libraries log the same form as our own events."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one event."""
        log = structlog.get_logger(record.name)
        message = record.getMessage()
        log.log(record.levelno, "library.log", logger=record.name, message=message, exc_info=record.exc_info)
