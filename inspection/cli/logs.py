"""Structured logs, one record a line: for people in colour, for programs as JSON.

DEBUG once for each frame, INFO once in 10 s, WARNING means that a person should look today.

A thread of its own writes them: a terminal that was stopped, or a full pipe, never holds up a decision.
"""

import atexit
import logging
import os
import queue
import sys
import threading
import time
from enum import StrEnum

import structlog


class LogFormat(StrEnum):
    """How records are written."""

    CONSOLE = "console"
    JSON = "json"


_WAITING = 10_000
"""Records that may wait for stderr; what comes beyond is dropped and counted."""
_GOODBYE_S = 2.0


class PatientHandler(logging.Handler):
    """Hands records to another handler in a thread of its own."""

    def __init__(self, writer: logging.Handler, waiting: int = _WAITING) -> None:
        super().__init__()
        self._writer = writer
        self._records: queue.Queue[logging.LogRecord] = queue.Queue(waiting)
        self._dropped = 0
        threading.Thread(target=self._write, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Never waits."""
        try:
            self._records.put_nowait(record)
        except queue.Full:
            self._dropped += 1

    def flush(self) -> None:
        """Wait until all is written, but for 2 s at most."""
        end_s = time.monotonic() + _GOODBYE_S
        while self._records.unfinished_tasks and time.monotonic() < end_s:
            time.sleep(0.005)

    def _write(self) -> None:
        while True:
            record = self._records.get()
            self._writer.emit(record)
            if self._dropped and self._records.empty():
                dropped, self._dropped = self._dropped, 0
                text = f"{dropped} log records were dropped: nobody read the log for too long"
                self._writer.emit(logging.LogRecord("inspection.cli.logs", logging.WARNING, "", 0, text, None, None))
            self._records.task_done()


class StderrHandler(logging.Handler):
    """Writes to the process' stderr, for one thread alone. It holds no lock, so that the program can end although the
    writing thread waits for a reader that never comes.
    """

    def createLock(self) -> None:  # noqa: N802 - logging's name
        """None is needed."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write to the last byte, however long that takes."""
        try:
            left = f"{self.format(record)}\n".encode(errors="backslashreplace")
            while left:
                left = left[os.write(2, left) :]
        except OSError:
            return  # nobody can be told


def _with_its_exception(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The exception of this very thread, before another one writes the record."""
    if event.get("exc_info") is True:
        event["exc_info"] = sys.exc_info()
    return event


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
            _with_its_exception,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    last: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if form is LogFormat.JSON
        # A traceback with local variables would show passwords and session tokens.
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    handler = StderrHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    patient = PatientHandler(handler)
    atexit.register(patient.flush)
    root = logging.getLogger()
    root.handlers = [patient]
    root.setLevel(level)
    for chatty in ("alembic", "uvicorn", "PIL"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
