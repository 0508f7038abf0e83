"""The process of one door: `python -m inspection.line.door_process DESCRIPTOR MODULE`. `process_door` starts it.

It ends when the station has let go of it, or is gone.
"""

import asyncio
import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable

import structlog

from inspection.line.station_link import StationGone, StationLink
from inspection.private_files import OTHERS

Serve = Callable[[StationLink], Awaitable[None]]


async def _run(connection: socket.socket, module: str) -> None:
    """`module`: its `serve(link)` answers the door's partners, and ends only where it can't."""
    serve: Serve = importlib.import_module(module).serve
    link = StationLink(connection)
    await link.open()
    serving = asyncio.ensure_future(serve(link))
    gone = asyncio.ensure_future(link.gone.wait())
    try:
        await asyncio.wait((serving, gone), return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
    finally:
        for task in (serving, gone):
            task.cancel()
        await asyncio.gather(serving, gone, return_exceptions=True)
        await link.close()


def main(arguments: list[str]) -> int:
    """The whole life of the process; returns its exit status. What it says last on stderr the station shows."""
    os.umask(OTHERS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    descriptor, module = int(arguments[0]), arguments[1]
    try:
        asyncio.run(_run(socket.socket(fileno=descriptor), module))
    except StationGone:
        return 0
    except OSError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the station reads it
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
