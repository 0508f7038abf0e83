"""Nobody who reads the log, or does not, holds up the station."""

import logging
import os
import subprocess
import sys
import threading

import pytest

from inspection.cli.logs import PatientHandler
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.process


class Stopped(logging.Handler):
    """A writer that waits, like one whose terminal was stopped with Ctrl-S, until `go_on` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.written: list[str] = []

    def emit(self, record) -> None:
        self.go_on.wait(30)
        self.written.append(record.getMessage())


def record(text):
    return logging.LogRecord("test", logging.INFO, "", 0, text, None, None)


def test_a_writer_that_is_stopped_delays_nobody_and_what_was_dropped_is_said_afterwards():
    writer = Stopped()
    handler = PatientHandler(writer, waiting=4)
    for number in range(20):
        handler.emit(record(f"record {number}"))
    assert writer.written == []
    writer.go_on.set()
    handler.flush()
    assert writer.written[0] == "record 0"
    dropped = 20 - (len(writer.written) - 1)
    assert writer.written[-1] == f"{dropped} log records were dropped: nobody read the log for too long"


def test_a_program_whose_log_is_a_full_pipe_that_nobody_reads_goes_on_and_ends():
    program = (
        "import structlog; from inspection.cli.logs import configure_logs; configure_logs(level='INFO');"
        "log = structlog.get_logger('test');"
        "[log.info('x' * 1000) for _ in range(1000)]; print('done', flush=True)"
    )
    read_end, write_end = os.pipe()
    try:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=write_end, timeout=PATIENCE_S, check=False
        )
    finally:
        os.close(read_end)
        os.close(write_end)
    assert done.stdout == b"done\n"


def test_the_last_words_of_a_program_are_written():
    program = (
        "import structlog; from inspection.cli.logs import configure_logs; configure_logs(level='INFO');"
        "structlog.get_logger('test').warning('last words')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=PATIENCE_S, check=True)
    assert b"last words" in done.stderr
