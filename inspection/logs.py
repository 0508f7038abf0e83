"""Structured logs, one record a line: for people in colour, for programs as JSON.

DEBUG once for each frame, INFO once in 10 s, WARNING means that a person should look today.
"""

import logging
import sys
from enum import StrEnum

import structlog


class LogFormat(StrEnum):
    """How records are written."""

    CONSOLE = "console"
    JSON = "json"


def configure_logs(form: LogFormat = LogFormat.CONSOLE, level: str = "INFO") -> None:
    """Send every record of the program and of the libraries to stderr. Called once, by the command line."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    last: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if form is LogFormat.JSON
        # A traceback with local variables would show passwords and session tokens.
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for chatty in ("alembic", "uvicorn", "PIL"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
